//! A colour out of eight, as a group of radio buttons.

use leptos::prelude::*;
use model::Hue;

use crate::live::part;

/// What the hues are called, in the order of their numbers.
const NAMES: [&str; 8] = ["Clay", "Amber", "Olive", "Green", "Sky", "Blue", "Violet", "Rose"];

/// Eight colours, one of them chosen.
#[component]
pub(crate) fn HuePicker(
    /// What the colour is of.
    legend: String,
    /// The name of the group, unique in the document.
    name: String,
    /// The colour as it is.
    #[prop(into)]
    hue: Signal<u8>,
    /// Takes another one.
    choose: Callback<Hue>,
) -> impl IntoView {
    let swatches = (1_u8..=8)
        .zip(NAMES)
        .map(|(n, word)| {
            let group = name.clone();
            let is_chosen = move || hue.get() == n;
            part! {
                <label class="swatch" data-hue=n.to_string() title=word>
                    <input
                        type="radio"
                        name=group
                        value=n.to_string()
                        aria-label=word
                        checked=is_chosen
                        prop:checked=is_chosen
                        on:change=move |_| {
                            if let Ok(hue) = Hue::try_from(n) {
                                choose.run(hue);
                            }
                        }
                    />
                </label>
            }
        })
        .collect_view();
    part! {
        <fieldset class="swatches">
            <legend class="vh">{legend}</legend>
            {swatches}
        </fieldset>
    }
}
