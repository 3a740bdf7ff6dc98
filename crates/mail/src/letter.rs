//! What a letter says, in a mail's own terms. How it looks is in the files below, once for HTML and once for plain text.
//!
//! Must not know: tasks, projects, accounts. Whoever writes a letter has put them into words.

use crate::{Content, Link};

mod html;
mod palette;
mod text;

/// Whose letters these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The name at the head of each letter.
    pub name: String,
    /// Where the name leads.
    pub home: Link,
}

/// A letter: its parts in the order in which they are read.
///
/// All texts are plain; what looks like markup is shown as it is. A line end within a text is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject, one line.
    pub subject: String,
    /// What lists of mails show behind the subject; it should go on from there and not repeat it.
    pub preheader: String,
    /// The line at the top, large.
    pub heading: String,
    /// How the reader is addressed, as in `Hello Bo,`; may be absent.
    pub greeting: Option<String>,
    /// What the letter consists of.
    pub parts: Vec<Part>,
    /// Why the reader gets this letter, below everything.
    pub why: String,
    /// Where it is set what is sent.
    pub preferences: Option<Link>,
    /// Where one says that one wants no more of these.
    pub unsubscribe: Option<Link>,
}

/// A part of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Running text.
    Paragraph(String),
    /// What somebody wrote.
    Quote {
        /// Who wrote it.
        who: String,
        /// What they wrote.
        text: String,
    },
    /// What the reader may want to do. A letter has one, and the link is written out below it.
    Button {
        /// A verb and what it is done to.
        label: String,
        /// Where it leads.
        link: Link,
    },
    /// Names and values, one line each.
    Facts(Vec<Fact>),
    /// Things under a heading.
    Section {
        /// The heading; may be empty.
        heading: String,
        /// The things.
        rows: Vec<Row>,
    },
    /// Lines for a program, exactly as they are: never wrapped, in letters of one width.
    Verbatim(String),
    /// Running text that matters less.
    Note(String),
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// How it is.
    pub value: String,
    /// How good or bad that is.
    pub tone: Tone,
}

/// A thing in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub link: Option<Link>,
    /// What else there is to know, in few words.
    pub meta: String,
    /// How good or bad that is.
    pub tone: Tone,
    /// The colour of the mark before it.
    pub accent: Option<Colour>,
}

/// How good or bad something is. It is never told by the colour alone: the words say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    #[default]
    Plain,
    /// Done, agreed, safe.
    Good,
    /// To be looked at soon.
    Warning,
    /// Late, refused, destroyed.
    Danger,
}

/// A colour (sRGB: red, green, blue) that is seen on white and on nearly black.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Eight hues of one lightness, made from `data-hue` 1 to 8 of the style sheets (OKLCH 0.65 0.125).
    pub const HUES: [Self; 8] = [
        Self(0xcd, 0x74, 0x4b),
        Self(0xbb, 0x83, 0x24),
        Self(0x89, 0x99, 0x36),
        Self(0x50, 0xa4, 0x65),
        Self(0x00, 0xa1, 0xbe),
        Self(0x5d, 0x90, 0xda),
        Self(0x9b, 0x7c, 0xd0),
        Self(0xc4, 0x6e, 0xa1),
    ];
}

impl Letter {
    /// A letter that says nothing yet.
    #[must_use]
    pub fn new(subject: impl Into<String>, heading: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            preheader: String::new(),
            heading: heading.into(),
            greeting: None,
            parts: Vec::new(),
            why: String::new(),
            preferences: None,
            unsubscribe: None,
        }
    }

    /// With what lists of mails show behind the subject.
    #[must_use]
    pub fn preheader(self, text: impl Into<String>) -> Self {
        Self { preheader: text.into(), ..self }
    }

    /// With a greeting, as in `Hello Bo,`.
    #[must_use]
    pub fn greeting(self, text: impl Into<String>) -> Self {
        Self { greeting: Some(text.into()), ..self }
    }

    /// With a paragraph more.
    #[must_use]
    pub fn paragraph(self, text: impl Into<String>) -> Self {
        self.part(Part::Paragraph(text.into()))
    }

    /// With what somebody wrote.
    #[must_use]
    pub fn quote(self, who: impl Into<String>, text: impl Into<String>) -> Self {
        self.part(Part::Quote { who: who.into(), text: text.into() })
    }

    /// With lines for a program, exactly as they are.
    #[must_use]
    pub fn verbatim(self, text: impl Into<String>) -> Self {
        self.part(Part::Verbatim(text.into()))
    }

    /// With something to do.
    #[must_use]
    pub fn button(self, label: impl Into<String>, link: Link) -> Self {
        self.part(Part::Button { label: label.into(), link })
    }

    /// With a table of facts; without any there is no table.
    #[must_use]
    pub fn facts(self, facts: impl IntoIterator<Item = Fact>) -> Self {
        let facts: Vec<Fact> = facts.into_iter().collect();
        if facts.is_empty() { self } else { self.part(Part::Facts(facts)) }
    }

    /// With a section; one without rows is left out.
    #[must_use]
    pub fn section(self, heading: impl Into<String>, rows: impl IntoIterator<Item = Row>) -> Self {
        let rows: Vec<Row> = rows.into_iter().collect();
        if rows.is_empty() { self } else { self.part(Part::Section { heading: heading.into(), rows }) }
    }

    /// With a remark.
    #[must_use]
    pub fn note(self, text: impl Into<String>) -> Self {
        self.part(Part::Note(text.into()))
    }

    /// With why the reader gets it.
    #[must_use]
    pub fn why(self, text: impl Into<String>) -> Self {
        Self { why: text.into(), ..self }
    }

    /// With where it is set what is sent.
    #[must_use]
    pub fn preferences(self, link: Link) -> Self {
        Self { preferences: Some(link), ..self }
    }

    /// With where one unsubscribes. The header of the mail ([`crate::Mail::unsubscribe`]) is for the mail program, this is for people.
    #[must_use]
    pub fn unsubscribe(self, link: Link) -> Self {
        Self { unsubscribe: Some(link), ..self }
    }

    /// With a part more.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The letter in both of its forms.
    #[must_use]
    pub fn render(&self, brand: &Brand) -> Content {
        Content { subject: self.subject.clone(), text: text::render(self, brand), html: html::render(self, brand) }
    }
}

impl Fact {
    /// A fact in the plain tone.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), tone: Tone::Plain }
    }

    /// The fact in another tone.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

impl Row {
    /// A row that leads somewhere.
    #[must_use]
    pub fn new(title: impl Into<String>, link: Link) -> Self {
        Self { title: title.into(), link: Some(link), meta: String::new(), tone: Tone::Plain, accent: None }
    }

    /// The row with what else there is to know.
    #[must_use]
    pub fn meta(self, meta: impl Into<String>) -> Self {
        Self { meta: meta.into(), ..self }
    }

    /// The row with its meta in another tone.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// The row with a mark before it.
    #[must_use]
    pub fn accent(self, colour: Colour) -> Self {
        Self { accent: Some(colour), ..self }
    }
}
