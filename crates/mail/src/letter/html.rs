//! A letter as HTML for mail programs: tables, inline styles, nothing that is fetched.
//!
//! Written for what programs really show: Word's engine (old Outlook) knows neither padding on links nor `max-width`, hence the
//! comments with `mso`; some programs drop the style sheet, hence everything but the dark colours is inline. No images and no
//! fonts from outside: they would tell the sender who reads when.

use std::fmt::{self, Display, Write as _};

use super::{Brand, Colour, Letter, Part, Row, Tone, palette::STYLES, palette::light};
use crate::Link;

const FONT: &str = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
/// A table that only arranges.
const TABLE: &str = r#"table role="presentation" cellpadding="0" cellspacing="0" border="0""#;
/// How many invisible characters keep the letter's beginning out of the preview behind a short preheader.
const FILLING: usize = 90;

/// A text that may contain anything, in HTML.
struct Plain<'a>(&'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_str("<br>")?,
                '\r' => {}
                // Not allowed in HTML, neither as they are nor as references.
                c if c.is_control() && c != '\t' => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Tone {
    /// The class that has the dark colour, and the light colour.
    const fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("text-2", light::TEXT_2),
            Self::Good => ("good", light::LINK),
            Self::Warning => ("warning", light::WARNING),
            Self::Danger => ("danger", light::DANGER),
        }
    }
}

pub(super) fn render(letter: &Letter, brand: &Brand) -> String {
    let subject = Plain(&letter.subject);
    let backdrop = light::BACKDROP;
    let body: String = letter.parts.iter().map(part).collect();
    let greeting =
        letter.greeting.as_deref().map(|text| paragraph(text, "text-2", light::TEXT_2, 15)).unwrap_or_default();
    format!(
        r#"<!doctype html>
<html lang="en" dir="ltr" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w="urn:schemas-microsoft-com:office:word">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="x-apple-disable-message-reformatting">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
<style>
{STYLES}
</style>
</head>
<body class="backdrop" style="margin:0;padding:0;background-color:{backdrop};-webkit-text-size-adjust:100%">
{preheader}<{TABLE} width="100%" class="backdrop" style="background-color:{backdrop}"><tr><td align="center" style="padding:32px 12px 40px">
<!--[if mso]><{TABLE} width="600" align="center"><tr><td><![endif]-->
<{TABLE} width="100%" style="max-width:600px;margin:0 auto">
{head}
<tr><td class="surface pad" bgcolor="{surface}" style="background-color:{surface};border:1px solid {line};border-radius:14px;padding:32px 36px 14px">
<h1 class="text" style="margin:0 0 16px;{FONT};font-size:22px;line-height:29px;font-weight:650;letter-spacing:-.01em;color:{text}">{heading}</h1>
{greeting}{body}</td></tr>
{foot}
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
"#,
        preheader = preheader(&letter.preheader),
        head = head(brand),
        heading = Plain(&letter.heading),
        foot = foot(letter, brand),
        surface = light::SURFACE,
        line = light::LINE,
        text = light::TEXT,
    )
}

fn preheader(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let hidden =
        "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all";
    let filling = "&#847;&zwnj;&nbsp;".repeat(FILLING);
    format!("<div style=\"{hidden}\">{}{filling}</div>\n", Plain(text))
}

/// The mark, which is a box at the place where people meet, and the name.
fn head(brand: &Brand) -> String {
    let (name, home) = (Plain(&brand.name), &brand.home);
    let (accent, on_accent, text) = (light::ACCENT, light::ON_ACCENT, light::TEXT);
    format!(
        r#"<tr><td class="edge" style="padding:0 8px 18px"><{TABLE}><tr>
<td width="28" height="28" align="center" valign="middle" class="accent" bgcolor="{accent}" style="width:28px;height:28px;border-radius:8px;background-color:{accent};color:{on_accent};font-size:11px;line-height:28px;text-align:center" aria-hidden="true">&#9632;</td>
<td style="padding-left:10px"><a href="{home}" class="text" style="{FONT};font-size:16px;line-height:28px;font-weight:650;letter-spacing:-.01em;color:{text};text-decoration:none">{name}</a></td>
</tr></table></td></tr>"#,
        home = Plain(home.as_str()),
    )
}

fn part(part: &Part) -> String {
    match part {
        Part::Paragraph(text) => paragraph(text, "text-2", light::TEXT_2, 15),
        Part::Note(text) => paragraph(text, "text-3", light::TEXT_3, 13),
        Part::Verbatim(text) => verbatim(text),
        Part::Quote { who, text } => quote(who, text),
        Part::Button { label, link } => button(label, link),
        Part::Facts(facts) => {
            let rows: String = facts.iter().map(|fact| self::fact(&fact.name, &fact.value, fact.tone)).collect();
            let line = light::LINE;
            format!(
                "<{TABLE} width=\"100%\" class=\"line\" style=\"margin:4px 0 20px;border-top:1px solid {line}\">{rows}</table>\n"
            )
        }
        Part::Section { heading, rows } => section(heading, rows),
    }
}

fn paragraph(text: &str, class: &str, colour: &str, size: u8) -> String {
    let line = size + 8;
    format!(
        "<p class=\"{class}\" style=\"margin:0 0 16px;{FONT};font-size:{size}px;line-height:{line}px;color:{colour}\">{}</p>\n",
        Plain(text)
    )
}

/// Not `<pre>`: long lines would make the whole letter wide.
fn verbatim(text: &str) -> String {
    let (line, tint) = (light::LINE, light::TEXT);
    format!(
        r#"<{TABLE} width="100%" style="margin:4px 0 20px"><tr><td class="line" style="border:1px solid {line};border-radius:8px;padding:12px 14px">
<p class="text" style="margin:0;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;line-height:19px;color:{tint};word-break:break-all">{}</p>
</td></tr></table>
"#,
        Plain(text.trim_end_matches('\n'))
    )
}

fn quote(who: &str, text: &str) -> String {
    let (bar, tint, small) = (light::ACCENT_LINE, light::TEXT, light::TEXT_3);
    format!(
        r#"<{TABLE} width="100%" style="margin:4px 0 20px"><tr><td class="quote" style="border-left:3px solid {bar};padding:1px 0 1px 16px">
<p class="text-3" style="margin:0 0 2px;{FONT};font-size:13px;line-height:20px;color:{small}">{}</p>
<p class="text" style="margin:0;{FONT};font-size:15px;line-height:23px;color:{tint};word-break:break-word">{}</p>
</td></tr></table>
"#,
        Plain(who),
        Plain(text)
    )
}

/// A link that is a button in every program: Word draws the shape, all others the link's own box.
fn button(label: &str, link: &Link) -> String {
    let (accent, on_accent, small, tint) = (light::ACCENT, light::ON_ACCENT, light::TEXT_3, light::LINK);
    let (label_text, href) = (Plain(label), Plain(link.as_str()));
    // Word cannot measure the text: 9 pixels a character and the padding.
    let width = label.chars().count() * 9 + 44;
    format!(
        r#"<{TABLE} style="margin:8px 0 14px"><tr><td>
<!--[if mso]><v:roundrect href="{href}" style="height:44px;v-text-anchor:middle;width:{width}px" arcsize="16%" stroke="f" fillcolor="{accent}"><w:anchorlock/><center style="color:{on_accent};font-family:Arial,sans-serif;font-size:15px;font-weight:bold">{label_text}</center></v:roundrect><![endif]-->
<!--[if !mso]><!--><a href="{href}" class="accent" style="display:inline-block;background-color:{accent};color:{on_accent};{FONT};font-size:15px;line-height:22px;font-weight:600;padding:11px 22px;border-radius:8px;text-decoration:none">{label_text}</a><!--<![endif]-->
</td></tr></table>
<p class="text-3" style="margin:0 0 20px;{FONT};font-size:13px;line-height:20px;color:{small}">Or open this link:<br><a href="{href}" class="link" style="color:{tint};word-break:break-all">{href}</a></p>
"#
    )
}

fn fact(name: &str, value: &str, tone: Tone) -> String {
    let (class, colour) = match tone {
        Tone::Plain => ("text", light::TEXT),
        other => other.look(),
    };
    let (line, small) = (light::LINE, light::TEXT_3);
    format!(
        r#"<tr><td class="line text-3" valign="top" width="112" style="width:112px;padding:9px 12px 9px 0;border-bottom:1px solid {line};{FONT};font-size:13px;line-height:20px;color:{small}">{}</td>
<td class="line {class}" valign="top" style="padding:9px 0;border-bottom:1px solid {line};{FONT};font-size:14px;line-height:20px;font-weight:500;color:{colour};word-break:break-word">{}</td></tr>
"#,
        Plain(name),
        Plain(value)
    )
}

fn section(heading: &str, rows: &[Row]) -> String {
    let mut html = String::new();
    if !heading.is_empty() {
        let _ = writeln!(
            html,
            "<h2 class=\"text-3\" style=\"margin:20px 0 2px;{FONT};font-size:13px;line-height:20px;font-weight:650;color:{}\">{}</h2>",
            light::TEXT_3,
            Plain(heading)
        );
    }
    // A hairline between two rows; the last one needs none.
    let last = rows.len().saturating_sub(1);
    let rows: String = rows.iter().enumerate().map(|(at, row)| self::row(row, u8::from(at != last))).collect();
    let _ = writeln!(html, "<{TABLE} width=\"100%\" style=\"margin:0 0 20px\">{rows}</table>");
    html
}

fn row(row: &Row, border: u8) -> String {
    let (hairline, tint) = (light::LINE, light::TEXT);
    let title = match &row.link {
        Some(link) => format!(
            "<a href=\"{}\" class=\"text\" style=\"color:{tint};text-decoration:none\">{}</a>",
            Plain(link.as_str()),
            Plain(&row.title)
        ),
        None => Plain(&row.title).to_string(),
    };
    let mark = row.accent.map(|colour| mark(colour, border)).unwrap_or_default();
    let (class, colour) = match row.tone {
        Tone::Plain => ("text-3", light::TEXT_3),
        other => other.look(),
    };
    let meta = if row.meta.is_empty() {
        String::new()
    } else {
        format!(
            "<br><span class=\"{class}\" style=\"font-size:13px;line-height:20px;font-weight:400;color:{colour}\">{}</span>",
            Plain(&row.meta)
        )
    };
    format!(
        r#"<tr>{mark}<td class="line text" valign="top" style="padding:10px 0;border-bottom:{border}px solid {hairline};{FONT};font-size:15px;line-height:22px;font-weight:500;color:{tint};word-break:break-word">{title}{meta}</td></tr>
"#
    )
}

fn mark(colour: Colour, border: u8) -> String {
    let line = light::LINE;
    format!(
        r#"<td class="line" valign="top" width="18" style="width:18px;padding:16px 0 0;border-bottom:{border}px solid {line}"><{TABLE}><tr><td width="10" height="10" bgcolor="{colour}" style="width:10px;height:10px;border-radius:3px;background-color:{colour};font-size:0;line-height:0">&nbsp;</td></tr></table></td>"#
    )
}

fn foot(letter: &Letter, brand: &Brand) -> String {
    let small = light::TEXT_3;
    let link = |link: &Link, label: &str| {
        format!(
            "<a href=\"{}\" class=\"text-3\" style=\"color:{small};text-decoration:underline;white-space:nowrap\">{}</a>",
            Plain(link.as_str()),
            Plain(label)
        )
    };
    let links: Vec<String> = [
        letter.preferences.as_ref().map(|to| link(to, super::text::PREFERENCES)),
        letter.unsubscribe.as_ref().map(|to| link(to, super::text::UNSUBSCRIBE)),
        Some(link(&brand.home, &brand.home.host())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let why = if letter.why.is_empty() { String::new() } else { format!("{}<br>", Plain(&letter.why)) };
    format!(
        r#"<tr><td class="edge text-3" style="padding:20px 8px 0;{FONT};font-size:12px;line-height:20px;color:{small}">{why}{}</td></tr>"#,
        links.join(" &nbsp;&middot;&nbsp; ")
    )
}
