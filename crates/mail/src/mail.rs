//! One mail: its headers and its two forms, written as RFC 5322 and MIME want them.

use lettre::message::{
    Message, MultiPart, SinglePart,
    header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
};
use std::time::{Duration, SystemTime};

use crate::{Address, Link, MessageId, clean::one_line};

/// The longest subject, in characters. Even a single word of this length fits into a header line (998 bytes, RFC 5322, 2.1.1).
const LONGEST_SUBJECT: usize = 240;
/// The longest link of a header, in bytes, for the same reason.
const LONGEST_LINK: usize = 900;
/// The end of the year 9999, in milliseconds; what lies behind cannot be written in a header.
const LAST_MOMENT_MS: i64 = 253_402_300_799_999;

/// What a mail says, in both of its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// One line.
    pub subject: String,
    /// The plain text, lines ending with `\n`.
    pub text: String,
    /// A whole HTML document.
    pub html: String,
}

/// A mail to one person.
///
/// It is always marked as sent by a program (`Auto-Submitted: auto-generated`, RFC 3834), so that no vacation notice answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Stays the same when the mail is sent again.
    pub id: MessageId,
    /// When it was written, in UTC milliseconds.
    pub date_ms: i64,
    /// Who sends it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// What it says.
    pub content: Content,
    /// Where an answer goes, if not to the sender.
    pub reply_to: Option<Address>,
    /// A link that, sent a POST, unsubscribes at once (RFC 8058); mail programs show a button for it.
    pub unsubscribe: Option<Link>,
    /// What the mail belongs to: mails with the same thread are shown as one conversation. It need never have been sent itself.
    pub thread: Option<MessageId>,
}

/// A mail that cannot be written down. Sending it again will not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The date is before 1970 or behind the year 9999.
    #[error("the mail's date is out of range")]
    Date,
    /// The link to unsubscribe does not fit into a header.
    #[error("the link to unsubscribe is longer than {LONGEST_LINK} bytes")]
    Link,
    /// The library found something else.
    #[error("the mail cannot be written: {0}")]
    Other(String),
}

impl Mail {
    /// The mail as it is sent and kept (an `.eml` file). The same mail gives the same bytes.
    ///
    /// # Errors
    ///
    /// See [`Unwritable`].
    pub fn eml(&self) -> Result<Vec<u8>, Unwritable> {
        Ok(self.message()?.formatted())
    }

    pub(crate) fn message(&self) -> Result<Message, Unwritable> {
        let mut builder = Message::builder()
            .from(self.from.mailbox().clone())
            .to(self.to.mailbox().clone())
            .subject(one_line(&self.content.subject, LONGEST_SUBJECT))
            .date(self.date()?)
            .message_id(Some(self.id.bracketed()))
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.mailbox().clone());
        }
        if let Some(thread) = &self.thread {
            builder = builder.in_reply_to(thread.bracketed()).references(thread.bracketed());
        }
        if let Some(link) = &self.unsubscribe {
            if link.as_str().len() > LONGEST_LINK {
                return Err(Unwritable::Link);
            }
            builder = builder.header(ListUnsubscribe(link.clone())).header(ListUnsubscribePost);
        }
        builder.multipart(self.parts()).map_err(|error| Unwritable::Other(error.to_string()))
    }

    fn date(&self) -> Result<SystemTime, Unwritable> {
        let is_in_range = (0..=LAST_MOMENT_MS).contains(&self.date_ms);
        let since_epoch = u64::try_from(self.date_ms).ok().filter(|_| is_in_range).map(Duration::from_millis);
        since_epoch.map(|since| SystemTime::UNIX_EPOCH + since).ok_or(Unwritable::Date)
    }

    /// The text first: a program shows the last form that it understands (RFC 2046, section 5.1.4).
    fn parts(&self) -> MultiPart {
        // Drawn from the id instead of by chance. Quoted-printable never writes `=_`, so no text can contain it (RFC 2045, 6.7).
        let plain = self.id.as_str().chars().filter(char::is_ascii_alphanumeric);
        let boundary: String = "=_".chars().chain(plain).take(64).collect();
        let part = |kind, body: &str| {
            SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(body.to_owned())
        };
        MultiPart::alternative()
            .boundary(boundary)
            .singlepart(part(ContentType::TEXT_PLAIN, &self.content.text))
            .singlepart(part(ContentType::TEXT_HTML, &self.content.html))
    }
}

/// RFC 3834, section 5.
#[derive(Clone)]
struct AutoSubmitted;

/// RFC 2369, section 3.2.
#[derive(Clone)]
struct ListUnsubscribe(Link);

/// RFC 8058, section 3.1.
#[derive(Clone)]
struct ListUnsubscribePost;

/// The value as it is: it has nothing that would need encoding, and folding would break a link in two.
fn as_is(name: HeaderName, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
}

/// What the library asks of a header that it might read, which none of these is.
type Unread<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Unread<Self> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        as_is(Self::name(), "auto-generated".into())
    }
}

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Unread<Self> {
        Ok(Self(Link::parse(text.trim_matches(['<', '>']))?))
    }

    fn display(&self) -> HeaderValue {
        as_is(Self::name(), format!("<{}>", self.0))
    }
}

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Unread<Self> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        as_is(Self::name(), "List-Unsubscribe=One-Click".into())
    }
}
