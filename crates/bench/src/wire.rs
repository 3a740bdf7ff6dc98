//! Bytes on a socket: WebSocket frames (RFC 6455, section 5.2) and HTTP/1.1 answers, just as much as a load needs.
//!
//! Must not know: sockets, subjects. Nothing here copies a payload that it only looks at.

use anyhow::{Context, Result, bail};

/// The key of the example in RFC 6455, section 1.3. A load has no caches in its way that a random key would outwit.
pub const SAMPLE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// What a server answers to [`SAMPLE_KEY`].
pub const SAMPLE_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const TEXT: u8 = 0x81;

/// Kinds of frames.
pub mod opcode {
    /// A whole text.
    pub const TEXT: u8 = 1;
    /// The end.
    pub const CLOSE: u8 = 8;
}

/// A frame that somebody sent to us.
pub struct Frame<'a> {
    /// Its kind, see [`opcode`].
    pub opcode: u8,
    /// What it carries, still masked if it came from a client.
    pub payload: &'a [u8],
    /// The mask of a client's frame.
    pub mask: Option<[u8; 4]>,
    /// How many bytes it took on the wire.
    pub len: usize,
}

/// The first frame in `bytes`, if it is complete. Frames are never split by the subjects we measure.
#[must_use]
pub fn frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (len, mut at) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let mut mask = None;
    if second & 0x80 != 0 {
        mask = Some(bytes.get(at..at + 4)?.try_into().ok()?);
        at += 4;
    }
    Some(Frame { opcode: first & 0x0f, payload: bytes.get(at..at + len)?, mask, len: at + len })
}

/// Appends a text frame as a server sends it.
pub fn put_server_text(out: &mut Vec<u8>, text: &[u8]) {
    put_text(out, text, 0);
}

/// Appends a text frame as a client sends it. The mask is zero: valid, the server's work is the same, and ours is none.
pub fn put_client_text(out: &mut Vec<u8>, text: &[u8]) {
    put_text(out, text, 0x80);
}

#[expect(clippy::cast_possible_truncation, reason = "each length is checked in its arm")]
fn put_text(out: &mut Vec<u8>, text: &[u8], masked: u8) {
    out.push(TEXT);
    match text.len() {
        n @ 0..=125 => out.push(masked + n as u8),
        n @ 126..=0xffff => {
            out.push(masked + 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(masked + 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    if masked != 0 {
        out.extend_from_slice(&[0; 4]);
    }
    out.extend_from_slice(text);
}

/// The channel of an `events` frame, read from its fixed beginning; nothing for any other frame.
#[must_use]
pub fn channel_of_events(payload: &[u8]) -> Option<u32> {
    let rest = payload.strip_prefix(br#"{"t":"events","ch":"#)?;
    Some(digits(rest))
}

/// The numbers of the events in an `events` frame, without parsing it.
pub fn seqs(payload: &[u8]) -> impl Iterator<Item = i64> + '_ {
    const NAME: &[u8] = br#"{"s":"#;
    payload
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, w)| *w == NAME)
        .map(|(at, _)| i64::from(digits(&payload[at + NAME.len()..])))
}

fn digits(bytes: &[u8]) -> u32 {
    bytes.iter().take_while(|b| b.is_ascii_digit()).fold(0, |n, b| n * 10 + u32::from(b - b'0'))
}

/// A whole HTTP answer.
pub struct Answer<'a> {
    /// Its status code.
    pub status: u16,
    /// Its head, with the empty line.
    pub head: &'a str,
    /// Its body.
    pub body: &'a [u8],
    /// How many bytes it took on the wire.
    pub len: usize,
}

/// The first HTTP answer in `bytes`, if it is complete.
///
/// # Errors
///
/// When it is not HTTP, or does not tell its length.
pub fn answer(bytes: &[u8]) -> Result<Option<Answer<'_>>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end + 4])?;
    let status = head.split(' ').nth(1).context("not an HTTP answer")?.parse()?;
    let length = match header(head, "content-length") {
        Some(n) => n.parse()?,
        None if matches!(status, 101 | 204 | 304) => 0,
        None => bail!("an answer without a length:\n{head}"),
    };
    let body = bytes.get(end + 4..end + 4 + length);
    Ok(body.map(|body| Answer { status, head, body, len: end + 4 + length }))
}

/// The value of the first header of this name (in lower case).
#[must_use]
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|l| l.split_once(':')).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was_put_whatever_its_length() {
        for n in [0, 1, 125, 126, 300, 65_535, 65_536] {
            let text = vec![b'x'; n];
            let (mut server, mut client) = (Vec::new(), Vec::new());
            put_server_text(&mut server, &text);
            put_client_text(&mut client, &text);
            for bytes in [&server, &client] {
                let frame = frame(bytes).unwrap();
                assert_eq!((frame.opcode, frame.payload, frame.len), (opcode::TEXT, &text[..], bytes.len()));
                assert!(super::frame(&bytes[..bytes.len() - 1]).is_none() || n == 0);
            }
        }
    }

    #[test]
    fn the_numbers_of_events_are_read_without_parsing() {
        let text = br#"{"t":"events","ch":12,"events":[{"s":41,"e":{"status":7}},{"s":42}]}"#;
        assert_eq!(channel_of_events(text), Some(12));
        assert_eq!(seqs(text).collect::<Vec<_>>(), [41, 42]);
        assert_eq!(channel_of_events(br#"{"t":"beat"}"#), None);
    }

    #[test]
    fn an_answer_is_read_only_when_it_is_whole() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP";
        let whole = answer(bytes).unwrap().unwrap();
        assert_eq!((whole.status, whole.body, whole.len), (200, &b"abc"[..], bytes.len() - 4));
        assert!(answer(&bytes[..whole.len - 1]).unwrap().is_none());
        assert!(answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
