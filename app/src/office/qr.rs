//! A QR code as SVG: one path over all dark modules, so that no style and no script is needed.

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The quiet zone around it, in modules (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;

/// The picture of a text; nothing if the text is too long for one.
pub(super) fn picture(text: &str, label: &'static str) -> Option<AnyView> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let picture = view! {
        <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label=label shape-rendering="crispEdges">
            <path class="qr-paper" d=format!("M0 0h{side}v{side}H0z")></path>
            <path class="qr-ink" d=path(&code.into_colors(), width)></path>
        </svg>
    };
    Some(picture.into_any())
}

/// A rectangle for each run of dark modules in a row.
fn path(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|module| **module == Color::Dark).count();
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dark_module_is_drawn_once() {
        let (dark, light) = (Color::Dark, Color::Light);
        let modules = [dark, dark, light, light, light, dark, dark, light, dark];
        assert_eq!(path(&modules, 3), "M4 4h2v1h-2zM6 5h1v1h-1zM4 6h1v1h-1zM6 6h1v1h-1z");
    }
}
