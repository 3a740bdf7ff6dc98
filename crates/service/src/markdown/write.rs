//! Markdown into HTML, element by element: what is not written here cannot come out.
//!
//! `CommonMark` with tables, task lists and strikethrough. HTML in a text is text. Pictures are links: a page that shows one
//! would tell somebody else's server who reads it when.
//!
//! Invariants: the output is bounded in length and depth, whatever the text; time is linear in the text.

use model::tick;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use std::{fmt::Write as _, ops::Range};

use super::{
    clean::{REL, is_own},
    words::{Find, Masked, escape, quoted},
};

/// How deep lists, quotes and the like go into one another. What is deeper is written without them.
pub(super) const MOST_DEPTH: usize = 24;
/// The longest HTML, in bytes. A text that needs more is shown as it was typed.
pub(super) const MOST_BYTES: usize = 256 * 1024;
/// The most parts of a text: somewhat more than anybody writes in 20,000 characters, and less than a table of which only the
/// first line was written.
const MOST_EVENTS: usize = 64 * 1024;
/// The longest name of a box, in characters.
const LABEL: usize = 100;

/// A text as HTML; tasks of the project with this key are links.
pub(super) fn html(text: &str, key: &str) -> String {
    let masked = Masked::new(text, key);
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let parser = Parser::new_ext(&masked.text, options).into_offset_iter();
    let events: Vec<(Event<'_>, Range<usize>)> = parser.take(MOST_EVENTS + 1).collect();
    let written = (events.len() <= MOST_EVENTS).then(|| Writer::new(&masked).written(&events)).flatten();
    written.unwrap_or_else(|| as_typed(&masked))
}

/// A text without its marks, on one line, up to a length.
pub(super) fn in_short(text: &str, most: usize) -> String {
    let masked = Masked::new(text, "");
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut plain = String::new();
    for event in Parser::new_ext(&masked.text, options).take(MOST_EVENTS) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => plain += &text,
            Event::SoftBreak | Event::HardBreak | Event::Rule | Event::End(TagEnd::TableCell) => plain.push(' '),
            Event::End(end) if is_block(end) => plain.push(' '),
            _ => {}
        }
        // A mask is longer than most names.
        if plain.len() > 8 * most {
            break;
        }
    }
    masked.cut(&plain.split_whitespace().collect::<Vec<_>>().join(" "), most)
}

const fn is_block(end: TagEnd) -> bool {
    !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image)
}

fn as_typed(masked: &Masked) -> String {
    let mut out = "<p>".to_owned();
    masked.write(&mut out, &masked.text, Find::People);
    out + "</p>"
}

struct Writer<'m> {
    masked: &'m Masked,
    out: String,
    /// What ends the elements that are open; empty for those that were not written.
    open: Vec<&'static str>,
    /// Words that wait for what follows them: Markdown hands them out in pieces.
    run: String,
    n_links: usize,
    /// Where the text of the outermost link begins, and where it leads.
    link: Option<(usize, String)>,
    is_code: bool,
    is_head: bool,
    alignments: Vec<Alignment>,
    n_cells: usize,
}

impl<'m> Writer<'m> {
    const fn new(masked: &'m Masked) -> Self {
        Self {
            masked,
            out: String::new(),
            open: Vec::new(),
            run: String::new(),
            n_links: 0,
            link: None,
            is_code: false,
            is_head: false,
            alignments: Vec::new(),
            n_cells: 0,
        }
    }

    /// Nothing when it gets too long.
    fn written(mut self, events: &[(Event<'_>, Range<usize>)]) -> Option<String> {
        for (n, (event, range)) in events.iter().enumerate() {
            match event {
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.run += text,
                Event::SoftBreak | Event::HardBreak => self.run.push('\n'),
                other => {
                    self.flush();
                    self.other(other, range, &events[n + 1..]);
                }
            }
            if self.out.len() + self.run.len() > MOST_BYTES {
                return None;
            }
        }
        self.flush();
        Some(self.out).filter(|out| out.len() <= MOST_BYTES)
    }

    fn other(&mut self, event: &Event<'_>, range: &Range<usize>, after: &[(Event<'_>, Range<usize>)]) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(*tag),
            Event::Code(code) => {
                self.out.push_str("<code>");
                self.masked.write(&mut self.out, code, Find::People);
                self.out.push_str("</code>");
            }
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(is_done) => {
                let checked = if *is_done { " checked=\"\"" } else { "" };
                let label = quoted(&self.masked.label(&said(after)));
                let label = if label.trim().is_empty() { "Item" } else { label.trim() };
                let at = range.start;
                // Writing to a String cannot fail.
                let _ = write!(self.out, "{}{at}\"{checked} aria-label=\"{label}\"> ", tick::BOX);
            }
            // Of extensions that are not switched on.
            _ => {}
        }
    }

    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        if self.is_code {
            self.masked.write_code(&mut self.out, &run);
        } else {
            let find = if self.n_links > 0 { Find::People } else { Find::All };
            self.masked.write(&mut self.out, &run, find);
        }
    }

    /// Opens an element that may stand anywhere, as long as it is not too deep.
    fn nest(&mut self, begin: &str, end: &'static str) {
        if self.open.len() < MOST_DEPTH {
            self.put(begin, end);
        } else {
            self.open.push("");
        }
    }

    fn put(&mut self, begin: &str, end: &'static str) {
        self.out.push_str(begin);
        self.open.push(end);
    }

    /// Opens a part of the element that is open, unless that was not written.
    fn part(&mut self, begin: &str, end: &'static str) {
        if self.open.last().is_some_and(|end| !end.is_empty()) {
            self.put(begin, end);
        } else {
            self.out.push_str("<br>");
            self.open.push("");
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.put("<p>", "</p>"),
            Tag::Heading { level, .. } => {
                // A page has its own first and second headings.
                let (begin, end) = match level {
                    HeadingLevel::H1 => ("<h3>", "</h3>"),
                    HeadingLevel::H2 => ("<h4>", "</h4>"),
                    HeadingLevel::H3 => ("<h5>", "</h5>"),
                    HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => ("<h6>", "</h6>"),
                };
                self.put(begin, end);
            }
            Tag::BlockQuote(_) => self.nest("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => {
                self.is_code = true;
                self.put("<pre><code>", "</code></pre>");
            }
            Tag::List(None) => self.nest("<ul>", "</ul>"),
            Tag::List(Some(1)) => self.nest("<ol>", "</ol>"),
            Tag::List(Some(first)) => self.nest(&format!("<ol start=\"{first}\">"), "</ol>"),
            Tag::Item => self.part("<li>", "</li>"),
            Tag::Table(alignments) => {
                self.alignments.clone_from(alignments);
                // It scrolls by itself, and whoever has no mouse must get there.
                let begin = "<div class=\"table-wrap\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>";
                self.nest(begin, "</tbody></table></div>");
            }
            Tag::TableHead => {
                (self.is_head, self.n_cells) = (true, 0);
                self.part("<thead><tr>", "</tr></thead><tbody>");
            }
            Tag::TableRow => {
                self.n_cells = 0;
                self.part("<tr>", "</tr>");
            }
            Tag::TableCell => {
                let align = match self.alignments.get(self.n_cells) {
                    Some(Alignment::Center) => " data-align=\"center\"",
                    Some(Alignment::Right) => " data-align=\"right\"",
                    Some(Alignment::Left | Alignment::None) | None => "",
                };
                self.n_cells += 1;
                let (name, end) = if self.is_head { ("th", "</th>") } else { ("td", "</td>") };
                self.part(&format!("<{name}{align}>"), end);
            }
            Tag::Emphasis => self.nest("<em>", "</em>"),
            Tag::Strong => self.nest("<strong>", "</strong>"),
            Tag::Strikethrough => self.nest("<del>", "</del>"),
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => self.start_link(&format!("mailto:{dest_url}")),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.start_link(dest_url),
            // Of extensions that are not switched on.
            _ => self.open.push(""),
        }
    }

    /// A link inside a link is none, and one to where nobody may be led is its text.
    fn start_link(&mut self, to: &str) {
        self.n_links += 1;
        let to = self.masked.unmasked(to);
        if self.n_links > 1 {
            return self.open.push("");
        }
        let mut address = String::new();
        escape(&mut address, &to);
        let address = quoted(&address);
        if is_own(&to) {
            self.nest(&format!("<a href=\"{address}\">"), "</a>");
        } else if leads_out(&to) {
            self.nest(&format!("<a href=\"{address}\" rel=\"{REL}\">"), "</a>");
        } else {
            self.open.push("");
        }
        self.link = Some((self.out.len(), to));
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link | TagEnd::Image => {
                self.n_links -= 1;
                if self.n_links == 0
                    && let Some((begin, to)) = self.link.take()
                    && begin == self.out.len()
                {
                    // There would be nothing to click at.
                    escape(&mut self.out, &to);
                }
            }
            TagEnd::CodeBlock => self.is_code = false,
            TagEnd::TableHead => self.is_head = false,
            TagEnd::HtmlBlock => {
                while self.out.ends_with("<br>") {
                    self.out.truncate(self.out.len() - "<br>".len());
                }
            }
            _ => {}
        }
        self.out.push_str(self.open.pop().unwrap_or_default());
    }
}

/// Whether an address is one of the web or of mail. A scheme is written in any letters.
fn leads_out(address: &str) -> bool {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto")) && !address.contains(char::is_control)
}

/// What an item says by itself, up to a length: the name of its box.
fn said(after: &[(Event<'_>, Range<usize>)]) -> String {
    let mut said = String::new();
    let mut n = 0;
    for (event, _) in after {
        match event {
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => {
                for c in text.chars().take(LABEL - n) {
                    said.push(c);
                    n += 1;
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                said.push(' ');
                n += 1;
            }
            Event::Start(Tag::List(_) | Tag::CodeBlock(_) | Tag::Table(_) | Tag::BlockQuote(_))
            | Event::End(TagEnd::Item | TagEnd::Paragraph) => break,
            _ => {}
        }
        if n >= LABEL {
            break;
        }
    }
    said
}
