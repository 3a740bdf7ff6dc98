//! Mail: what a letter says, how it is written for mail programs, and how it leaves.
//!
//! Must not know: who gets what and why, any domain, any database. Nothing here reads a clock or draws chance: the date and the
//! [`MessageId`] come from the caller, so that a mail sent twice is the same mail, byte for byte.
//!
//! - A [`Letter`] is content in a mail's own terms (a heading, paragraphs, a button, rows). It becomes HTML made for mail
//!   programs and plain text, both from the same parts, in the look of a [`Brand`].
//! - A [`Mail`] is that content with its headers. No text can become a header: what would be one is taken out or encoded.
//! - A [`Transport`] is made from one line of settings ([`Config`]) and sends: over SMTP, into a folder, or into memory. What
//!   goes wrong is [temporary or permanent](SendError), and its reason names nobody.
//! - A folder and memory can be read again, as a [`Mailbox`].
//!
//! ```
//! use mail::{Address, Brand, Config, Letter, Link, Mail, MessageId, Transport};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let home = Link::parse("https://tasks.example.org")?;
//! let brand = Brand { name: "Muster".into(), home: home.clone() };
//! let letter = Letter::new("Confirm your address", "Confirm your address")
//!     .paragraph("Somebody, hopefully you, made an account with this address.")
//!     .button("Confirm it", home.join("/verify/3f9a"))
//!     .why("You get this mail because this address was typed in on tasks.example.org.");
//!
//! let from = "Muster <muster@tasks.example.org>".parse::<Address>()?;
//! let mail = Mail {
//!     id: MessageId::new("0197c1e0-verify", from.domain())?,
//!     date_ms: 1_795_000_000_000,
//!     from,
//!     to: Address::new("Bo Åkerlund", "bo@example.org")?,
//!     content: letter.render(&brand),
//!     reply_to: None,
//!     unsubscribe: None,
//!     thread: None,
//! };
//!
//! let transport = Transport::open(&"memory:".parse::<Config>()?)?;
//! transport.send(&mail).await?;
//! let kept = transport.mailbox().expect("memory can be read").list(10).await?;
//! assert_eq!(kept[0].subject, "Confirm your address");
//! assert!(kept[0].links().contains(&"https://tasks.example.org/verify/3f9a".to_owned()));
//! # Ok(()) }
//! ```

mod address;
mod clean;
mod config;
mod id;
mod letter;
mod link;
mod mail;
mod mailbox;
mod redact;
mod transport;

pub use address::{Address, BadAddress};
pub use config::{BadConfig, Config};
pub use id::{BadMessageId, MessageId};
pub use letter::{Brand, Colour, Fact, Letter, Part, Row, Tone};
pub use link::{BadLink, Link};
pub use mail::{Content, Mail, Unwritable};
pub use mailbox::{Kept, Mailbox, text_of};
pub use transport::{OpenError, Receipt, SendError, Transport};
