//! One click that ends a kind of mail, for whoever has the mail (RFC 8058). The link needs no sign-in: it says whose and which,
//! and carries a mark that only this installation can make (HMAC-SHA256). It never expires, because mails are kept.

use hmac::{Hmac, KeyInit as _, Mac};
use model::{PersonId, Refusal, Wish as Kind};
use sha2::Sha256;
use store::Lane;

use super::Wish;
use crate::{Cx, batch::Item};

const PURPOSE: &str = "unsubscribe link";

/// The path of the link.
pub(super) fn path(cx: &Cx, person: PersonId, kind: Kind) -> String {
    let plain = plain(person, kind);
    let mark = mac(cx.vault.derive(PURPOSE).expose(), &plain).finalize().into_bytes();
    format!("/unsubscribe/{plain}.{}", crate::account::encode(&mark))
}

fn plain(person: PersonId, kind: Kind) -> String {
    let place = Kind::ALL.iter().position(|k| *k == kind).unwrap_or_default();
    format!("{person}.{place}")
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8], plain: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("a key").chain_update(plain.as_bytes())
}

/// Ends the kind of mail that a link names, for the person that it names.
///
/// # Errors
///
/// [`Refusal::BadLink`] for a link that this installation did not make.
pub async fn unsubscribe(cx: &Cx, link: &str) -> Result<(), Refusal> {
    let (person, kind) = read(cx, link).ok_or(Refusal::BadLink)?;
    let wish = Wish::Stop { person, wish: kind };
    cx.write(Lane::People, Item::Wish(wish)).await.map(|_| ())
}

fn read(cx: &Cx, link: &str) -> Option<(PersonId, Kind)> {
    let (said, mark) = link.rsplit_once('.')?;
    let (person, place) = said.split_once('.')?;
    let mark = crate::account::decode(mark)?;
    // Keys that are not the newest made links that are still in mailboxes.
    let is_ours = |key: &[u8]| mac(key, said).verify_slice(&mark).is_ok();
    cx.vault.derive_all(PURPOSE).iter().any(|(_, key)| is_ours(key.expose())).then_some(())?;
    Some((person.parse().ok()?, *Kind::ALL.get(place.parse::<usize>().ok()?)?))
}
