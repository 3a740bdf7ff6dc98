//! `/dev/mailbox`: the mails that were kept instead of sent, for people to read. Markup without a program.
//!
//! Must not know: what mails are about. A mail is shown in a frame of its own that may run nothing and fetch nothing.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use mail::{Kept, Mailbox};
use model::{Instant, Refusal, Today};
use service::zones;
use std::{
    fmt::{self, Display},
    io,
    sync::Arc,
};

use crate::{
    edge::{named_cookie, percent},
    reply::Refused,
    router::Site,
};

/// How many mails are listed.
const LISTED: usize = 200;
/// The page: our own style sheets, and frames of our own.
const PAGE: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-src 'self'; \
                    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/// A mail: its own styles and nothing else, as if from a foreign site; its links open in a window of their own.
const LETTER: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// A text in HTML.
struct Plain<'a>(&'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            c => write!(f, "{c}"),
        })
    }
}

/// `GET /dev/mailbox`: the list, and the newest mail.
pub(crate) async fn newest(State(site): State<Site>, headers: HeaderMap) -> Result<Response, Refused> {
    let listed = mailbox(&site)?.list(LISTED).await.map_err(|error| unread(&error))?;
    Ok(page(&site, &headers, &listed, listed.first()))
}

/// `GET /dev/mailbox/{id}`: the list, and one mail.
pub(crate) async fn one(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let mailbox = mailbox(&site)?;
    let shown = mailbox.read(&id).await.map_err(|error| unread(&error))?.ok_or(Refusal::NotFound)?;
    let listed = mailbox.list(LISTED).await.map_err(|error| unread(&error))?;
    Ok(page(&site, &headers, &listed, Some(&shown)))
}

/// `GET /dev/mailbox/{id}/html`: the mail itself, for the frame.
pub(crate) async fn letter(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Refused> {
    let kept = mailbox(&site)?.read(&id).await.map_err(|error| unread(&error))?.ok_or(Refusal::NotFound)?;
    Ok(html(LETTER, kept.html.replacen("<head>", "<head>\n<base target=\"_blank\">", 1)))
}

/// `GET /dev/mailbox.css`.
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("mailbox.css")).into_response()
}

fn mailbox(site: &Site) -> Result<&Mailbox, Refused> {
    site.mailbox.as_ref().ok_or(Refused(Refusal::NotFound))
}

fn unread(error: &io::Error) -> Refused {
    tracing::error!(%error, "the folder of mails cannot be read");
    Refused(Refusal::Busy { after_s: 5 })
}

fn html(policy: &'static str, text: String) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    (StatusCode::OK, [kind, policy], text).into_response()
}

fn page(site: &Site, headers: &HeaderMap, listed: &[Kept], shown: Option<&Kept>) -> Response {
    let reader = zones::reader(named_cookie(headers, "reader").as_deref());
    let today = Today::of(Arc::new(reader), site.cx.now());
    let assets = &site.files.page;
    let list: String = listed.iter().map(|kept| item(kept, &today, shown)).collect();
    let (title, main) = match shown {
        Some(kept) => (kept.subject.as_str(), reading(kept, &today)),
        None => ("Mailbox", EMPTY.to_owned()),
    };
    let text = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title} · Mailbox</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{css}">
<link rel="stylesheet" href="/dev/mailbox.css">
</head>
<body class="mailbox">
<nav aria-labelledby="mailbox-title">
<header><h2 id="mailbox-title">Mailbox</h2><p>{n} kept here and not sent · <a href="/dev/mailbox.json">JSON</a></p></header>
<ol role="list">{list}</ol>
</nav>
<main>{main}</main>
</body>
</html>
"#,
        title = Plain(title),
        icon = assets.icon,
        css = assets.css,
        n = listed.len(),
    );
    html(PAGE, text)
}

const EMPTY: &str = "<div class=\"mailbox-empty\"><h1>No mail yet</h1><p>What Muster would send appears here: \
                     make an account, or assign a task to somebody.</p></div>";

fn item(kept: &Kept, today: &Today, shown: Option<&Kept>) -> String {
    let current = if shown.is_some_and(|shown| shown.id == kept.id) { " aria-current=\"page\"" } else { "" };
    format!(
        "<li><a href=\"{}\"{current}><span class=\"mailbox-to\">{}</span> <time>{}</time> <b>{}</b></a></li>\n",
        address(&kept.id),
        Plain(whom(kept)),
        today.moment(Instant::from_ms(kept.date_ms)),
        Plain(&kept.subject),
    )
}

fn reading(kept: &Kept, today: &Today) -> String {
    let address = address(&kept.id);
    let facts = [
        ("From", kept.from.clone()),
        ("To", format!("{} <{}>", kept.to_name, kept.to).trim_start().to_owned()),
        ("Date", today.moment(Instant::from_ms(kept.date_ms))),
        ("Reply to", kept.reply_to.clone().unwrap_or_default()),
        ("Unsubscribe", kept.unsubscribe.clone().unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .fold(String::new(), |facts, (name, value)| {
        facts + &format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", Plain(&value))
    });
    format!(
        r#"<article aria-labelledby="subject">
<h1 id="subject">{subject}</h1>
<dl>{facts}</dl>
<iframe title="The mail as HTML" src="{address}/html" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
<details open><summary>Plain text</summary><pre tabindex="0" aria-label="Plain text">{text}</pre></details>
<details><summary>Source</summary><pre tabindex="0" aria-label="Source">{source}</pre></details>
</article>"#,
        subject = Plain(&kept.subject),
        text = Plain(&kept.text),
        source = Plain(&kept.source),
    )
}

fn whom(kept: &Kept) -> &str {
    if kept.to_name.is_empty() { &kept.to } else { &kept.to_name }
}

fn address(id: &str) -> String {
    format!("/dev/mailbox/{}", percent(id))
}
