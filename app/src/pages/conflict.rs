//! Two versions of the same lines, side by side, and the choice between them: theirs, one's own, or both.
//!
//! Must not know: where the text belongs, and how it is saved.

use leptos::prelude::*;
use model::Stretch;

use crate::{
    components::icon::Icon,
    live::{live, memo, part},
    pages::mentioned::said,
};

/// What is kept of lines that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keep {
    /// What they wrote. It is stored already.
    #[default]
    Theirs,
    /// What the reader wrote.
    Mine,
    /// First theirs, then the reader's.
    Both,
}

impl Keep {
    const ALL: [Self; 3] = [Self::Theirs, Self::Mine, Self::Both];
}

/// The text that is chosen; what is not chosen yet is theirs.
fn chosen(both: &[Stretch], keep: &[Keep]) -> String {
    let mut keep = keep.iter();
    let mut text = String::new();
    for stretch in both {
        match stretch {
            Stretch::Agreed(agreed) => text += agreed,
            Stretch::Differing { theirs, mine } => match keep.next().copied().unwrap_or_default() {
                Keep::Theirs => text += theirs,
                Keep::Mine => text += mine,
                Keep::Both => {
                    text += theirs;
                    // A line that ended the text had no end.
                    if !theirs.is_empty() && !theirs.ends_with('\n') {
                        text += "\n";
                    }
                    text += mine;
                }
            },
        }
    }
    text
}

/// Both versions, line by line where they differ.
#[component]
pub(crate) fn Conflict(
    /// Who wrote the other version.
    by: Signal<String>,
    /// Both.
    both: Vec<Stretch>,
    /// Saves what was chosen.
    store: Callback<String>,
    /// Saves one's own version as it is.
    over: Callback<()>,
    /// Goes on with theirs.
    take: Callback<()>,
) -> impl IntoView {
    let n = both.iter().filter(|stretch| matches!(stretch, Stretch::Differing { .. })).count();
    let keep = RwSignal::new(vec![Keep::default(); n]);
    let texts = both.clone();
    let result = memo(move || keep.with(|keep| chosen(&texts, keep)));
    let mut place = 0;
    let parts: Vec<AnyView> = both
        .into_iter()
        .map(|stretch| match stretch {
            Stretch::Agreed(text) => part! { <p class="same">{said(text.trim_matches('\n'))}</p> },
            Stretch::Differing { theirs, mine } => {
                place += 1;
                hunk(place - 1, &theirs, &mine, by, keep)
            }
        })
        .collect();
    let places = if n == 1 { "One place differs".to_owned() } else { format!("{n} places differ") };
    part! {
        <div class="conflict">
        <div class="banner" data-tone="warn" role="alert">
            <Icon name="i-alert"/>
            <p>
                <strong>{live(move || format!("{} changed the same lines while you were writing. ", by.get()))}</strong>
                {places}
                ". Nothing is lost: choose what to keep."
            </p>
        </div>
        <div class="versions" role="group" aria-label="Both versions">
            <div class="version-head">
                <strong>{live(move || format!("Version of {}", by.get()))}</strong>
                <span class="faint">"Saved"</span>
            </div>
            <div class="version-head">
                <strong>"Your version"</strong>
                <span class="faint">"Not saved"</span>
            </div>
            {parts}
        </div>
        <details class="disclose">
            <summary>
                <Icon name="i-chev" class="icon icon-sm icon-chev"/>
                "Result"
            </summary>
            <div class="result prose prose-sm" data-plain="">
                {live(move || said(&result.get()))}
            </div>
        </details>
        <div class="form-foot">
            <button class="btn" type="button" on:click=move |_| take.run(())>
                "Use theirs"
            </button>
            <button class="btn" type="button" on:click=move |_| over.run(())>
                "Use mine"
            </button>
            <button class="btn btn-primary push" type="button" on:click=move |_| store.run(result.get_untracked())>
                "Save merged version"
            </button>
        </div>
        </div>
    }
}

/// The choice at one place.
fn hunk(place: usize, theirs: &str, mine: &str, by: Signal<String>, keep: RwSignal<Vec<Keep>>) -> AnyView {
    let choices: Vec<AnyView> = Keep::ALL
        .into_iter()
        .map(|choice| {
            let content = match choice {
                Keep::Theirs => lines(theirs),
                Keep::Mine => lines(mine),
                Keep::Both => live(move || format!("Keep both, that of {} first", by.get())),
            };
            let whose = match choice {
                Keep::Theirs => {
                    Some(part! { <b class="only-phone">{live(move || format!("Version of {}", by.get()))}</b> })
                }
                Keep::Mine => Some(part! { <b class="only-phone">"Your version"</b> }),
                Keep::Both => None,
            };
            part! {
                <label class=if choice == Keep::Both { "hunk-both" } else { "" }>
                    <input
                        type="radio"
                        name=format!("hunk-{place}")
                        prop:checked=move || keep.with(|keep| keep.get(place).copied() == Some(choice))
                        on:change=move |_| {
                            keep.update(|keep| {
                                if let Some(kept) = keep.get_mut(place) {
                                    *kept = choice;
                                }
                            });
                        }
                    />
                    <span>{whose} {content}</span>
                </label>
            }
        })
        .collect();
    part! {
        <fieldset class="hunk">
            <legend class="vh">{format!("Difference {}", place + 1)}</legend>
            {choices}
        </fieldset>
    }
}

fn lines(text: &str) -> AnyView {
    if text.trim().is_empty() {
        part! { <em class="faint">"Nothing: these lines were removed"</em> }
    } else {
        said(text.trim_matches('\n'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_becomes_the_text_and_both_stand_on_lines_of_their_own() {
        let differing = |theirs: &str, mine: &str| Stretch::Differing { theirs: theirs.into(), mine: mine.into() };
        let both = [
            Stretch::Agreed("a\n".into()),
            differing("b\n", "B\n"),
            Stretch::Agreed("c\n".into()),
            differing("d", "D"),
        ];
        for (keep, text) in [
            (vec![], "a\nb\nc\nd"),
            (vec![Keep::Mine, Keep::Theirs], "a\nB\nc\nd"),
            (vec![Keep::Theirs, Keep::Both], "a\nb\nc\nd\nD"),
            (vec![Keep::Both, Keep::Mine], "a\nb\nB\nc\nD"),
        ] {
            assert_eq!(chosen(&both, &keep), text, "{keep:?}");
        }
    }
}
