//! The one parser: a JSON text (RFC 8259) becomes a flat list of tokens, over which [`Node`]s look.
//!
//! Must not know: types. Texts stay where they are in the source, and numbers are read when somebody asks for them.

use std::{borrow::Cow, cell::Cell};

use crate::{Fault, FromWire};

/// How deep lists and objects may lie within each other. Ours lie nine deep.
const DEEPEST: usize = 64;

/// A text that is JSON.
///
/// It keeps the first fault that was found when it was read as a type. The reading functions then need to hand back no more
/// than whether they came through, and the code of every type is smaller by a fifth.
#[derive(Debug)]
pub struct Doc<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    fault: Cell<Option<Fault>>,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    /// Where the text, without its quotes, or the number begins in the source.
    start: usize,
    /// Where it ends. Of a list or an object: the number of the first token behind it.
    end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    True,
    False,
    Number,
    /// A text that says what is in the source.
    Plain,
    /// A text with escapes.
    Escaped,
    /// Its items follow.
    List,
    /// Its names, which are texts, and values follow in turns.
    Map,
}

impl<'a> Doc<'a> {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// It is not JSON, with nothing behind, or lists and objects lie more than 64 deep in each other.
    pub fn parse(source: &'a str) -> Result<Self, Fault> {
        let mut parser = Parser { bytes: source.as_bytes(), at: 0, tokens: Vec::new() };
        if parser.value(DEEPEST).is_some() && parser.next().is_none() {
            Ok(Self { source, tokens: parser.tokens, fault: Cell::new(None) })
        } else {
            Err(Fault::new("This is not JSON, or too deep."))
        }
    }

    /// Reads it as a type.
    ///
    /// # Errors
    ///
    /// The first fault that was found.
    pub fn read<T: FromWire>(&self) -> Result<T, Fault> {
        T::read(self.root()).ok_or_else(|| self.fault.take().unwrap_or(Fault::new("This cannot be read.")))
    }

    /// The value that it is.
    #[must_use]
    pub const fn root(&self) -> Node<'_> {
        Node { doc: self, at: 0 }
    }
}

/// A value in a [`Doc`], or the absence of one: a field that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    doc: &'a Doc<'a>,
    at: usize,
}

impl<'a> Node<'a> {
    /// Whether it is a field that is not there.
    #[must_use]
    #[inline(never)]
    pub fn is_absent(self) -> bool {
        self.token().is_none()
    }

    /// Whether it is a field that is not there, or `null`.
    #[must_use]
    #[inline(never)]
    pub fn is_nothing(self) -> bool {
        self.token().is_none_or(|t| t.kind == Kind::Null)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.token() {
            Some(Token { kind: Kind::True, .. }) => Some(true),
            Some(Token { kind: Kind::False, .. }) => Some(false),
            _ => self.wrong("This has to be true or false."),
        }
    }

    /// A number, as it was written.
    #[must_use]
    pub fn number(self) -> Option<&'a str> {
        match self.token() {
            Some(token) if token.kind == Kind::Number => Some(self.source(token)),
            _ => self.wrong("This has to be a number."),
        }
    }

    /// A text. Borrowed when there are no escapes in it.
    #[must_use]
    #[inline(never)]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self.token() {
            Some(token) if token.kind == Kind::Plain => Some(Cow::Borrowed(self.source(token))),
            Some(token) if token.kind == Kind::Escaped => Some(Cow::Owned(unescape(self.source(token)))),
            _ => self.wrong("This has to be a text."),
        }
    }

    /// The items of a list.
    #[must_use]
    #[inline(never)]
    pub fn items(self) -> Option<Items<'a>> {
        match self.token() {
            Some(token) if token.kind == Kind::List => Some(self.inside(token)),
            _ => self.wrong("This has to be a list."),
        }
    }

    /// The names, which are texts, and the values of an object, in turns.
    #[must_use]
    pub fn fields(self) -> Option<Items<'a>> {
        match self.token() {
            Some(token) if token.kind == Kind::Map => Some(self.inside(token)),
            _ => self.wrong("This has to be an object."),
        }
    }

    /// The value of a field of an object; absent when there is no such field.
    #[must_use]
    #[inline(never)]
    pub fn get(self, name: &str) -> Option<Self> {
        let mut inside = self.fields()?;
        while let Some((key, value)) = inside.next().zip(inside.next()) {
            if key.text()? == name {
                return Some(value);
            }
        }
        Some(self.absent())
    }

    /// The value of a result; its error becomes the fault.
    pub fn checked<T, E: Into<Fault>>(self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => self.fault(error.into()),
        }
    }

    /// Keeps a fault of this value, unless another one was found before. Always nothing, which is what a reading function says.
    #[must_use]
    pub fn fault<T>(self, fault: Fault) -> Option<T> {
        self.keep(fault);
        None
    }

    #[cold]
    #[inline(never)]
    fn keep(self, fault: Fault) {
        if self.doc.fault.get().is_none() {
            self.doc.fault.set(Some(fault));
        }
    }

    /// Says in which field the fault is that was found. A field that is known already stays: it is further inside.
    #[cold]
    #[inline(never)]
    pub(crate) fn within(self, field: &'static str) {
        if let Some(fault) = self.doc.fault.get().filter(|fault| fault.field.is_empty()) {
            self.doc.fault.set(Some(Fault { field, ..fault }));
        }
    }

    fn wrong<T>(self, what: &'static str) -> Option<T> {
        self.fault(Fault::new(if self.is_absent() { "This is missing." } else { what }))
    }

    /// The name and the content of a variant: of an object its only field, of a text itself and nothing.
    pub(crate) fn variant(self) -> Option<(Cow<'a, str>, Self)> {
        if self.token().is_some_and(|t| matches!(t.kind, Kind::Plain | Kind::Escaped)) {
            return Some((self.text()?, self.absent()));
        }
        let mut inside = self.fields()?;
        match (inside.next(), inside.next(), inside.next()) {
            (Some(name), Some(content), None) => Some((name.text()?, content)),
            _ => self.wrong("This has to have one field."),
        }
    }

    /// The absence of a value.
    pub(crate) const fn absent(self) -> Self {
        Self { doc: self.doc, at: usize::MAX }
    }

    fn token(self) -> Option<Token> {
        self.doc.tokens.get(self.at).copied()
    }

    fn source(self, token: Token) -> &'a str {
        self.doc.source.get(token.start..token.end).unwrap_or_default()
    }

    const fn inside(self, token: Token) -> Items<'a> {
        Items { next: Self { doc: self.doc, at: self.at + 1 }, end: token.end }
    }
}

/// The items of a list, in order.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    next: Node<'a>,
    end: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Node<'a>> {
        if self.next.at >= self.end {
            return None;
        }
        let item = self.next;
        self.next.at = match item.token() {
            Some(Token { kind: Kind::List | Kind::Map, end, .. }) => end,
            _ => item.at + 1,
        };
        Some(item)
    }
}

/// Each step gives nothing when the text is not JSON.
struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'{' => self.many(Kind::Map, b'}', depth),
            b'[' => self.many(Kind::List, b']', depth),
            b'"' => self.text(),
            b'n' => self.word(Kind::Null, b"null"),
            b't' => self.word(Kind::True, b"true"),
            b'f' => self.word(Kind::False, b"false"),
            _ => self.number(),
        }
    }

    /// A list or an object, from its bracket on.
    fn many(&mut self, kind: Kind, close: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let place = self.tokens.len();
        self.push(kind, self.at);
        self.at += 1;
        if self.next()? != close {
            loop {
                if kind == Kind::Map {
                    (self.next()? == b'"').then_some(())?;
                    self.text()?;
                    (self.next()? == b':').then_some(())?;
                    self.at += 1;
                }
                self.value(depth)?;
                match self.next()? {
                    b',' => self.at += 1,
                    end if end == close => break,
                    _ => return None,
                }
            }
        }
        self.at += 1;
        let behind = self.tokens.len();
        self.tokens.get_mut(place)?.end = behind;
        Some(())
    }

    /// A text, from its quote on.
    fn text(&mut self) -> Option<()> {
        self.at += 1;
        let (start, mut kind) = (self.at, Kind::Plain);
        loop {
            let rest = self.bytes.get(self.at..)?;
            let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..b' '))?;
            self.at += plain;
            match rest.get(plain..)? {
                [b'"', ..] => break,
                escaped => self.at += escape(escaped)?.1,
            }
            kind = Kind::Escaped;
        }
        self.push(kind, start);
        self.at += 1;
        Some(())
    }

    fn word(&mut self, kind: Kind, word: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word).then_some(())?;
        self.at += word.len();
        self.push(kind, self.at);
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.skip(b"-");
        let is_zero = self.bytes.get(self.at) == Some(&b'0');
        let n_whole = self.digits()?;
        // A zero stands alone.
        (!is_zero || n_whole == 1).then_some(())?;
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        self.push(Kind::Number, start);
        Some(())
    }

    /// One digit or more; says how many.
    fn digits(&mut self) -> Option<usize> {
        let n = self.bytes.get(self.at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += n;
        (n > 0).then_some(n)
    }

    /// Goes on by one when one of these bytes comes; says whether one did.
    fn skip(&mut self, any: &[u8]) -> bool {
        let is_there = self.bytes.get(self.at).is_some_and(|b| any.contains(b));
        self.at += usize::from(is_there);
        is_there
    }

    /// The next byte that is no white space. It is not taken.
    fn next(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// A token that ends here.
    #[inline(never)]
    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, start, end: self.at });
    }
}

/// What a text with escapes says. The parser has seen that the escapes are good.
fn unescape(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, behind)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        let Some((character, length)) = escape(behind.as_bytes()) else { break };
        said.push_str(plain);
        said.push(character);
        rest = behind.get(length..).unwrap_or_default();
    }
    said.push_str(rest);
    said
}

/// The character that the escape at the beginning of the bytes stands for, and how many bytes it takes (RFC 8259, section 7).
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let [b'\\', kind, ..] = bytes else { return None };
    let short = match *kind {
        plain @ (b'"' | b'\\' | b'/') => plain,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let unit = hex(bytes.get(2..6)?)?;
            if !(0xd800..0xdc00).contains(&unit) {
                // A low surrogate without its high one is no character.
                return Some((char::from_u32(unit)?, 6));
            }
            let low = hex(bytes.get(6..12)?.strip_prefix(b"\\u")?)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            return Some((char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low)?, 12));
        }
        _ => return None,
    };
    Some((char::from(short), 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}
