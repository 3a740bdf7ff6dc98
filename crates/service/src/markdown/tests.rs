//! What becomes of texts: the ordinary ones, those of people who want to do harm, and any.

use super::{
    clean::{REL, cleaned},
    in_short, rendered,
    write::{self, MOST_BYTES, MOST_DEPTH},
};
use model::{Instant, PersonId, new_id, tick};
use proptest::prelude::*;

const KEY: &str = "MUS";

fn ana() -> PersonId {
    new_id(Instant::from_ms(1), [0xfb; 10])
}

/// What `write` has written, which the list lets through as it is.
#[track_caller]
fn shown(text: &str) -> String {
    let html = rendered(text, KEY);
    assert_eq!(write::html(text, KEY), html, "the list changes what the writer wrote of {text:?}");
    check(&html);
    html
}

#[test]
fn markdown_becomes_the_elements_that_it_means() {
    let out = |address: &str, text: &str| format!("<a href=\"{address}\" rel=\"{REL}\">{text}</a>");
    for (text, html) in [
        ("", String::new()),
        ("One\n\nTwo", "<p>One</p><p>Two</p>".into()),
        ("a line\nand the next", "<p>a line<br>and the next</p>".into()),
        ("# A\n## B\n### C\n#### D\n###### E", "<h3>A</h3><h4>B</h4><h5>C</h5><h6>D</h6><h6>E</h6>".into()),
        ("*a* **b** ~~c~~ `d < e`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d &lt; e</code></p>".into()),
        ("- a\n- b\n  1. c", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>".into()),
        ("3. a\n\n4. b", "<ol start=\"3\"><li><p>a</p></li><li><p>b</p></li></ol>".into()),
        ("> a\n> b", "<blockquote><p>a<br>b</p></blockquote>".into()),
        ("```rust\nlet a = 1;\n\tb & c\n```", "<pre><code>let a = 1;\n\tb &amp; c\n</code></pre>".into()),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>".into()),
        (
            "|a|b|\n|-:|:-:|\n|1|",
            "<div class=\"table-wrap\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr>\
             <th data-align=\"right\">a</th><th data-align=\"center\">b</th></tr></thead><tbody><tr>\
             <td data-align=\"right\">1</td><td data-align=\"center\"></td></tr></tbody></table></div>"
                .into(),
        ),
        (
            "[a *b*](https://x.example/?a=1&b=2)",
            format!("<p>{}</p>", out("https://x.example/?a=1&amp;b=2", "a <em>b</em>")),
        ),
        ("[ours](/p/MUS/7)", "<p><a href=\"/p/MUS/7\">ours</a></p>".into()),
        ("[](https://x.example)", format!("<p>{}</p>", out("https://x.example", "https://x.example"))),
        ("<ana@x.example>", format!("<p>{}</p>", out("mailto:ana@x.example", "ana@x.example"))),
        ("![a map](https://x.example/map.png)", format!("<p>{}</p>", out("https://x.example/map.png", "a map"))),
        (
            "[![a map](https://x.example/map.png)](https://y.example)",
            format!("<p>{}</p>", out("https://y.example", "a map")),
        ),
    ] {
        assert_eq!(shown(text), html, "{text:?}");
    }
}

#[test]
fn bare_addresses_become_links_without_the_sentence_around_them() {
    for (text, address, around) in [
        ("https://x.example", "https://x.example", ("", "")),
        ("See http://x.example/a_b_(c)?d=1#e.", "http://x.example/a_b_(c)?d=1#e", ("See ", ".")),
        ("(https://x.example/)", "https://x.example/", ("(", ")")),
        ("\"https://x.example\", he said", "https://x.example", ("\"", "\", he said")),
    ] {
        let link = format!("<a href=\"{address}\" rel=\"{REL}\">{address}</a>");
        assert_eq!(shown(text), format!("<p>{}{link}{}</p>", around.0, around.1), "{text:?}");
    }
    for text in ["xhttps://x.example", "https://", "http://<b>", "`https://x.example`", "ftp://x.example"] {
        assert!(!shown(text).contains("<a "), "{text:?}");
    }
}

#[test]
fn a_task_of_the_same_project_is_a_link_and_nothing_that_only_looks_so() {
    for (text, number) in
        [("MUS-42", "42"), ("(MUS-7)", "7"), ("**MUS-1**, then", "1"), ("MUS-42.", "42"), ("MUS-9-", "9")]
    {
        let link = format!("<a href=\"/p/MUS/{number}\">MUS-{number}</a>");
        assert!(shown(text).contains(&link), "{text:?}");
    }
    for text in [
        "UTF-8",
        "OPS-7",
        "MUS-0",
        "MUS-042",
        "XMUS-1",
        "MUS-1a",
        "MUS-1_",
        "MUS-1-x",
        "mus-1",
        "`MUS-1`",
        "MUS-1234567890",
        "X-MUS-1",
        "    MUS-1",
        "MUS-",
    ] {
        assert!(!shown(text).contains("<a "), "{text:?}");
    }
    assert_eq!(shown("[MUS-1](/x)"), "<p><a href=\"/x\">MUS-1</a></p>");
    assert!(!rendered("-42 MUS-42", "").contains("<a "));
}

#[test]
fn a_mention_says_who_is_meant_and_leaves_the_name_to_the_page() {
    let id = ana();
    let mention = format!("<span class=\"mention\" data-person=\"{id}\">@</span>");
    for (text, html) in [
        (format!("Hi @[{id}]!"), format!("<p>Hi {mention}!</p>")),
        (format!("**@[{id}]**@[{id}]"), format!("<p><strong>{mention}</strong>{mention}</p>")),
        (format!("`@[{id}]`"), format!("<p><code>{mention}</code></p>")),
        (format!("```\n@[{id}]\n```"), format!("<pre><code>{mention}\n</code></pre>")),
        (format!("[@[{id}]](/p/MUS)"), format!("<p><a href=\"/p/MUS\">{mention}</a></p>")),
        (format!("[a](</@[{id}]>)"), format!("<p><a href=\"/@[{id}]\">a</a></p>")),
        ("@[nobody]".to_owned(), "<p>@[nobody]</p>".to_owned()),
        // The mark under which people are kept cannot be written by hand.
        (format!("&#1;{:023}&#1;", 0), format!("<p>{:023}</p>", 0)),
    ] {
        assert_eq!(shown(&text), html, "{text:?}");
    }
}

#[test]
fn boxes_know_their_place_in_the_text_and_are_called_by_what_they_say() {
    let text =
        format!("Ä @[{}]\n\n- [ ] one **bold** \"x\"\n- [x] two\n  - [ ] three\n\n- [X] @[{}] four", ana(), ana());
    let html = shown(&text);
    let places: Vec<usize> =
        html.split(tick::BOX).skip(1).map(|rest| rest.split_once('"').unwrap().0.parse().unwrap()).collect();
    assert_eq!(places, ["[ ] one", "[x] two", "[ ] three", "[X]"].map(|at| text.find(at).unwrap()));
    for name in ["one bold &quot;x&quot;", "two", "three", "four"] {
        assert!(html.contains(&format!(" aria-label=\"{name}\">")), "{html}");
    }
    assert_eq!(html.matches(" checked=\"\"").count(), 2);
    // What a page predicts is what is told afterwards.
    for place in places {
        let turned = tick::turned(&text, place).unwrap();
        assert_eq!(tick::repainted(&html, &text, &turned), Some(shown(&turned)));
    }
}

#[test]
fn in_short_a_text_has_no_marks_and_no_mention_is_cut() {
    let id = ana();
    for (text, most, short) in [
        (format!("@[{id}] **two**\n\n- [ ] `a` <b>\n- [c](/d)"), 99, format!("@[{id}] two a <b> c")),
        ("ä".repeat(10), 10, "ä".repeat(10)),
        ("ä".repeat(11), 10, "ä".repeat(10) + "…"),
        (format!("abc @[{id}] d"), 4, "abc …".into()),
        (format!("abc @[{id}] d"), 5, format!("abc @[{id}]…")),
    ] {
        assert_eq!(in_short(&text, most), short, "{text:?}");
    }
}

#[test]
fn whatever_is_tried_does_no_harm() {
    for text in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=//evil.example><button>Sign in</button></form>",
        "<input type=checkbox onclick=alert(1) data-at=0>",
        "<b onmouseover=alert(1)>x</b> <!-- x --> <?php ?> <![CDATA[x]]> <!DOCTYPE html>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](javascript&colon;alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](<java\tscript:alert(1)>)",
        "[a](\u{1}javascript:alert(1))",
        "[a](vbscript:x) [b](data:text/html,<script>alert(1)</script>) [c](file:///etc/passwd) [d](blob:x)",
        "[a](//evil.example) [b](/\\evil.example) [c](\\\\evil.example) [d](/&#9;/evil.example) [e](/&#10;/evil.example)",
        "[a]: javascript:alert(1)\n\n[a]",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1)) ![y](data:image/svg+xml;base64,PHN2Zz4=)",
        "[a](https://x.example/\"onmouseover=\"alert(1))",
        "[a](/x \"title\" onclick=alert(1))",
        "[a](</x\" onclick=\"alert(1)>)",
        "https://x.example/\"onmouseover=\"alert(1)",
        "```html\" onclick=\"alert(1)\n</code></pre><script>alert(1)</script>\n```",
        "`</code><script>alert(1)</script>`",
        "- [ ] \" onfocus=\"alert(1)\" autofocus=\"",
        "- [ ] </label><script>alert(1)</script>",
        "|<script>|\n|-|\n|</table><script>alert(1)</script>|",
        "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;",
        "<style>body{display:none}</style><link rel=stylesheet href=//evil.example>",
        "<meta http-equiv=refresh content=0;url=//evil.example><base href=//evil.example>",
        "<span class=mention data-person=x>@</span>",
    ] {
        let html = rendered(text, KEY);
        check(&html);
        for address in html.split("<a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let fine = ["https://x.example/", "/x"].iter().any(|start| address.starts_with(start));
            assert!(fine, "{text:?} leads to {address:?}");
        }
        // Nothing of it can be reached but as text.
        let words = html.replace("&lt;", "").replace("&gt;", "");
        assert!(!words.contains("<script") && !words.contains("<img") && !words.contains("<svg"), "{text:?} → {html}");
    }
}

#[test]
fn the_list_holds_even_if_the_writer_did_not() {
    for (html, left) in [
        ("<p onclick=\"x\" style=\"y\" id=\"z\" class=\"btn\">a</p>", "<p>a</p>"),
        ("<a href=\"javascript:x\">a</a><a href=\"//x\">b</a><a href=\"x\">c</a>", "<a>a</a><a>b</a><a>c</a>"),
        ("<input type=\"text\" name=\"a\" disabled=\"\">", "<input disabled=\"\">"),
        ("<script>a</script><img src=\"x\"><span class=\"mention vh\">b</span>", "<span class=\"mention\">b</span>"),
    ] {
        assert_eq!(cleaned(html), left, "{html}");
    }
}

#[test]
fn whatever_the_text_its_html_has_bounds() {
    const LONG: usize = 100_000;
    let nested =
        |open: &str, close: &str| open.repeat(LONG / 2 / open.len()) + "x" + &close.repeat(LONG / 2 / close.len());
    let tree: String = (0..400).map(|n| " ".repeat(2 * n % 300) + "- a\n").collect();
    let defined = format!("[a]: /{}\n\n{}", "u".repeat(LONG / 2), "[a]".repeat(LONG / 6));
    let table = format!("{}|\n{}|\n{}", "|a".repeat(LONG / 8), "|-".repeat(LONG / 8), "a\n".repeat(LONG / 4));
    let mut texts = vec![
        nested("[", "]"),
        nested("![", "](x)"),
        nested("[a](", ")"),
        nested("*", "*"),
        nested("**a ", "**"),
        nested("~~a ", "~~"),
        nested("_a ", "_"),
        nested("> ", " "),
        nested("<div>", "</div>"),
        nested("<!--", "-->"),
        nested("(", ")") + &"https://x.example/(".repeat(100),
        nested("`a", "`"),
        nested("- ", " "),
        nested("1. ", " "),
        nested("- [ ] ", "\n"),
        "- [ ] a\n".repeat(LONG / 8),
        "> - ".repeat(LONG / 4),
        "a\n".repeat(LONG / 2),
        "`".repeat(LONG),
        "&".repeat(LONG),
        "\\".repeat(LONG),
        "|".repeat(LONG),
        format!("{}\n", "|-".repeat(200)).repeat(LONG / 401),
        "https://x.example/".repeat(LONG / 18),
        "http://a ".repeat(LONG / 9),
        "MUS-1 ".repeat(LONG / 6),
        format!("@[{}]", ana()).repeat(LONG / 25),
        tree,
        defined,
        table,
    ];
    let lines: String = (0..LONG / 100).map(|n| ">".repeat(n % 100) + "\n").collect();
    texts.push(lines);
    for text in &texts {
        let html = rendered(text, KEY);
        let begin: String = text.chars().take(20).collect();
        let depth = check(&html);
        // A paragraph with code may stand in the innermost.
        assert!(depth <= MOST_DEPTH + 4, "{begin:?} is {depth} deep");
        // As it was typed, each character is at most an element for a mention or a line break.
        assert!(html.len() <= MOST_BYTES.max(6 * text.len()), "{begin:?} has {} bytes", html.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_gives_nothing_but_what_is_listed(text in any::<String>()) {
        check(&rendered(&text, KEY));
    }

    #[test]
    fn any_mixture_of_what_means_something_gives_nothing_but_what_is_listed(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..60)
    ) {
        let html = rendered(&parts.concat(), KEY);
        let depth = check(&html);
        prop_assert!(depth <= MOST_DEPTH + 4);
    }
}

const PARTS: &[&str] = &[
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "](/x)",
    "](javascript:x)",
    "<",
    ">",
    "</",
    "<a ",
    "<b>",
    "<script>",
    "<!--",
    "-->",
    "&",
    "&lt;",
    "&#1;",
    "&#0;",
    "\"",
    "'",
    "\\",
    "\n",
    "\n\n",
    "\n- ",
    "\n1. ",
    "\n> ",
    "\n# ",
    "    ",
    "\t",
    "- [ ] ",
    "- [x] ",
    "|",
    "\n|-|-|\n",
    "---",
    "===",
    "http://a",
    "https://x.example/",
    "MUS-1",
    "@[",
    "a",
    "ä",
    " ",
    "日本",
    "\u{a0}",
    "\u{1}",
    "\u{0}",
    "\r\n",
    "onclick=",
    "[a]: /x\n",
    ":",
    "{",
    "}",
    "$",
    "^",
    "\u{202e}",
    "\u{fffd}",
];

/// Goes through HTML letter by letter and accepts only what may come out: elements and attributes of the list with their
/// values, each closed in its order. Answers how deep it goes.
#[track_caller]
fn check(html: &str) -> usize {
    const EMPTY: [&str; 3] = ["br", "hr", "input"];
    let (mut open, mut deepest, mut rest) = (Vec::new(), 0, html);
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a loose > in {html}");
        let (tag, after) = rest[at + 1..].split_once('>').unwrap_or_else(|| panic!("an open tag in {html}"));
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut left = attributes;
        while let Some((attribute, value)) = left.trim_start().split_once("=\"") {
            let (value, next) = value.split_once('"').unwrap_or_else(|| panic!("an open value in {html}"));
            assert!(is_listed(name, attribute, value), "<{name} {attribute}={value:?}> in {html}");
            left = next;
        }
        assert_eq!(left, "", "in <{tag}> of {html}");
        assert!(ELEMENTS.contains(&name), "<{name}> in {html}");
        if !EMPTY.contains(&name) {
            open.push(name);
            deepest = deepest.max(open.len());
        }
    }
    assert!(open.is_empty() && !rest.contains('>'), "{open:?} in {html}");
    deepest
}

const ELEMENTS: [&str; 26] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

fn is_listed(element: &str, attribute: &str, value: &str) -> bool {
    match (element, attribute) {
        ("a", "href") => {
            let value = value.to_lowercase();
            ["http://", "https://", "http:", "https:", "mailto:"].iter().any(|start| value.starts_with(start))
                || (value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\"))
        }
        ("a", "rel") => value == REL,
        ("div", "class") => value == "table-wrap",
        ("div", "role") => value == "group",
        ("div", "aria-label") => value == "Table",
        ("div", "tabindex") => value == "0",
        ("th" | "td", "data-align") => matches!(value, "center" | "right"),
        ("ol", "start") | ("input", "data-at") => value.bytes().all(|b| b.is_ascii_digit()),
        ("span", "class") => value == "mention",
        ("span", "data-person") => value.parse::<PersonId>().is_ok(),
        ("input", "type") => value == "checkbox",
        ("input", "disabled" | "checked") => value.is_empty(),
        ("input", "aria-label") => !value.is_empty(),
        _ => false,
    }
}
