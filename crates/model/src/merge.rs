//! Two people changed a text at once: what each did to other lines is kept, and where both changed the same lines both
//! versions are told.
//!
//! By lines, with three versions: the one from which both started, theirs, and mine (as `diff3` does: S. Khanna, K. Kunal and
//! B. C. Pierce, "A Formal Investigation of Diff3", 2007). Must not know: whose texts these are.

/// The most pairs of lines that are compared. Beyond it, all that differs counts as one change: a text has at most 20,000
/// characters, and only one that is made of empty lines comes near.
const MOST_PAIRS: usize = 4_000_000;

/// A stretch of a merged text, with its line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Nobody, only one, or both in the same way changed this.
    Agreed(String),
    /// Both changed these lines, each otherwise.
    Differing {
        /// What they wrote; empty when they removed the lines.
        theirs: String,
        /// What I wrote; empty when I removed them.
        mine: String,
    },
}

/// Merges what two people made of `base`, from its beginning to its end. Stretches that agree are joined.
///
/// ```
/// use muster_model::{Stretch, merge, merged};
///
/// let stretches = merge("One\n\nTwo\n", "One\n\nTwo, by them\n", "One, by me\n\nTwo\n");
/// assert_eq!(merged(&stretches).as_deref(), Some("One, by me\n\nTwo, by them\n"));
/// ```
#[must_use]
pub fn merge(base: &str, theirs: &str, mine: &str) -> Vec<Stretch> {
    let [base, theirs, mine] = [lines(base), lines(theirs), lines(mine)];
    let (to_theirs, to_mine) = (kept(&base, &theirs), kept(&base, &mine));
    let mut out = Vec::new();
    let (mut b, mut t, mut m) = (0, 0, 0);
    for (at, (in_theirs, in_mine)) in to_theirs.into_iter().zip(to_mine).enumerate() {
        // Both have kept this line: what lies before it is settled by itself.
        if let (Some(in_theirs), Some(in_mine)) = (in_theirs, in_mine) {
            settle(&mut out, &base[b..at], &theirs[t..in_theirs], &mine[m..in_mine]);
            agree(&mut out, base[at].to_owned());
            (b, t, m) = (at + 1, in_theirs + 1, in_mine + 1);
        }
    }
    settle(&mut out, &base[b..], &theirs[t..], &mine[m..]);
    out
}

/// The text, if all agree.
#[must_use]
pub fn merged(stretches: &[Stretch]) -> Option<String> {
    let agreed = |stretch: &Stretch| match stretch {
        Stretch::Agreed(text) => Some(text.clone()),
        Stretch::Differing { .. } => None,
    };
    stretches.iter().map(agreed).collect()
}

/// The lines with their ends, so that put together they are the text again.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn settle(out: &mut Vec<Stretch>, base: &[&str], theirs: &[&str], mine: &[&str]) {
    if theirs == mine || base == mine {
        agree(out, theirs.concat());
    } else if base == theirs {
        agree(out, mine.concat());
    } else {
        out.push(Stretch::Differing { theirs: theirs.concat(), mine: mine.concat() });
    }
}

fn agree(out: &mut Vec<Stretch>, text: String) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some(Stretch::Agreed(before)) => before.push_str(&text),
        _ => out.push(Stretch::Agreed(text)),
    }
}

/// For each line of `from`, where it still stands in `to`: a longest common subsequence.
fn kept(from: &[&str], to: &[&str]) -> Vec<Option<usize>> {
    let mut places = vec![None; from.len()];
    let begin = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let end = from[begin..].iter().rev().zip(to[begin..].iter().rev()).take_while(|(a, b)| a == b).count();
    for (at, place) in places.iter_mut().enumerate().take(begin) {
        *place = Some(at);
    }
    for back in 1..=end {
        places[from.len() - back] = Some(to.len() - back);
    }
    let (left, right) = (&from[begin..from.len() - end], &to[begin..to.len() - end]);
    if left.len() * right.len() <= MOST_PAIRS {
        for (a, b) in common(left, right) {
            places[begin + a] = Some(begin + b);
        }
    }
    places
}

/// The pairs of a longest common subsequence, in order.
fn common(left: &[&str], right: &[&str]) -> Vec<(usize, usize)> {
    let width = right.len() + 1;
    // How many lines are common to what follows each pair of places.
    let mut longest = vec![0_u16; (left.len() + 1) * width];
    for a in (0..left.len()).rev() {
        for b in (0..right.len()).rev() {
            longest[a * width + b] = if left[a] == right[b] {
                longest[(a + 1) * width + b + 1] + 1
            } else {
                longest[(a + 1) * width + b].max(longest[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < left.len() && b < right.len() {
        if left[a] == right[b] {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if longest[(a + 1) * width + b] >= longest[a * width + b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(text: &str) -> Stretch {
        Stretch::Agreed(text.to_owned())
    }

    fn differing(theirs: &str, mine: &str) -> Stretch {
        Stretch::Differing { theirs: theirs.to_owned(), mine: mine.to_owned() }
    }

    #[test]
    fn changes_of_different_paragraphs_are_both_kept() {
        let base = "# Soak\n\nThree of five units.\n\nAt 45 degrees.\n";
        let theirs = base.replace("Three", "Four");
        let mine = base.replace("45", "50") + "\nTwice.\n";
        let expected = base.replace("Three", "Four").replace("45", "50") + "\nTwice.\n";
        assert_eq!(merged(&merge(base, &theirs, &mine)), Some(expected));
    }

    #[test]
    fn where_both_changed_the_same_lines_both_versions_are_told() {
        let told = merge("a\nb\nc\n", "a\ntheirs\nc\n", "a\nmine\nc\n");
        assert_eq!(told, [agreed("a\n"), differing("theirs\n", "mine\n"), agreed("c\n")]);
        assert_eq!(merged(&told), None);
    }

    #[test]
    fn a_line_that_one_removed_and_the_other_changed_is_told() {
        assert_eq!(merge("a\nb\n", "a\n", "a\nB\n"), [agreed("a\n"), differing("", "B\n")]);
    }

    #[test]
    fn the_same_change_by_both_is_no_conflict() {
        assert_eq!(merged(&merge("a\nb\nc", "a\nx\nc", "a\nx\nc")).as_deref(), Some("a\nx\nc"));
    }

    #[test]
    fn two_texts_for_what_was_empty_are_both_told() {
        assert_eq!(merge("", "theirs", "mine"), [differing("theirs", "mine")]);
        assert_eq!(merge("", "", "mine"), [agreed("mine")]);
    }

    #[test]
    fn a_text_without_end_is_compared_in_time() {
        let base = "\n".repeat(20_000);
        let (theirs, mine) = ("x\n".repeat(10_000), "y\n".repeat(10_000));
        assert_eq!(merge(&base, &theirs, &mine), [differing(&theirs, &mine)]);
    }
}
