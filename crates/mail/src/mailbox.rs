//! Reading what was sent, where it is still here: for development, and for tests.

use mail_parser::{Address, HeaderValue, MessageParser};
use std::{io, sync::Arc};

use crate::transport::{folder::Folder, memory::Memory};

/// The mails of a folder or of memory.
#[derive(Clone)]
pub struct Mailbox(pub(crate) Source);

#[derive(Clone)]
pub(crate) enum Source {
    Folder(Arc<Folder>),
    Memory(Arc<Memory>),
}

/// A mail as it was sent, read back by a parser that knows nothing of how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name in this mailbox.
    pub id: String,
    /// The header `Date`, in UTC milliseconds.
    pub date_ms: i64,
    /// The sender, as in `Muster <muster@example.org>`.
    pub from: String,
    /// The recipient's name; empty if there is none.
    pub to_name: String,
    /// The recipient's address.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML document.
    pub html: String,
    /// The id without angle brackets.
    pub message_id: String,
    /// The thread's id without angle brackets.
    pub thread: Option<String>,
    /// Where an answer goes.
    pub reply_to: Option<String>,
    /// The link that unsubscribes with one POST.
    pub unsubscribe: Option<String>,
    /// The whole mail as it was sent.
    pub source: String,
}

/// The plain text of a mail that somebody saved (an `.eml` file); nothing if it is no mail.
#[must_use]
pub fn text_of(eml: &[u8]) -> Option<String> {
    let mail = MessageParser::default().parse(eml).filter(|mail| mail.from().is_some())?;
    mail.body_text(0).map(|text| lines(&text))
}

impl Mailbox {
    /// The newest mails, at most `limit`, newest first. What is no mail is left out.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub async fn list(&self, limit: usize) -> io::Result<Vec<Kept>> {
        let mut ids = match &self.0 {
            Source::Folder(folder) => folder.ids().await?,
            Source::Memory(memory) => memory.ids(),
        };
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.truncate(limit);
        let mut mails = Vec::with_capacity(ids.len());
        for id in ids {
            mails.extend(self.read(&id).await?);
        }
        Ok(mails)
    }

    /// One mail; nothing if there is none of that id.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub async fn read(&self, id: &str) -> io::Result<Option<Kept>> {
        let eml = match &self.0 {
            Source::Folder(folder) => folder.eml(id).await?,
            Source::Memory(memory) => memory.eml(id),
        };
        Ok(eml.and_then(|eml| Kept::read(id, &eml)))
    }
}

impl Kept {
    fn read(id: &str, eml: &[u8]) -> Option<Self> {
        let mail = MessageParser::default().parse(eml)?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let to = mail.to().and_then(Address::first);
        Some(Self {
            id: id.to_owned(),
            date_ms: mail.date().map_or(0, |date| date.to_timestamp() * 1000),
            from: mail.from().map(written).unwrap_or_default(),
            to_name: text(to.and_then(|to| to.name())),
            to: text(to.and_then(|to| to.address())),
            subject: text(mail.subject()),
            text: mail.body_text(0).map(|text| lines(&text)).unwrap_or_default(),
            html: mail.body_html(0).map(|text| lines(&text)).unwrap_or_default(),
            message_id: text(mail.message_id()),
            thread: mail.in_reply_to().as_text().map(str::to_owned),
            reply_to: mail.reply_to().map(written),
            unsubscribe: bare_link(mail.list_unsubscribe()),
            source: String::from_utf8_lossy(eml).into_owned(),
        })
    }

    /// The links of the text, in their order, each once.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        let words = self.text.split_whitespace().map(|word| word.trim_matches(['<', '>', '(', ')', ',']));
        let mut links: Vec<String> = Vec::new();
        for word in words.filter(|word| word.starts_with("http://") || word.starts_with("https://")) {
            if !links.iter().any(|link| link == word) {
                links.push(word.to_owned());
            }
        }
        links
    }
}

/// Mails end their lines with CR and LF; readers of texts do not.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn written(address: &Address<'_>) -> String {
    let Some(first) = address.first() else { return String::new() };
    let email = first.address().unwrap_or_default();
    first.name().map_or_else(|| email.to_owned(), |name| format!("{name} <{email}>"))
}

/// The parser reads the header as a list of addresses in angle brackets.
fn bare_link(value: &HeaderValue<'_>) -> Option<String> {
    value.as_address().and_then(Address::first).and_then(|link| link.address()).map(str::to_owned)
}
