//! The colours of letters. Mail programs know neither `oklch()` nor custom properties, so the tokens are written out in sRGB.

/// The light colours, inline on each element: a program that knows no style sheet shows these.
pub(super) mod light {
    /// Around the letter (`--bg-app`).
    pub(in super::super) const BACKDROP: &str = "#f3f0ec";
    /// The letter (`--surface`).
    pub(in super::super) const SURFACE: &str = "#ffffff";
    /// Hairlines (`--line`).
    pub(in super::super) const LINE: &str = "#e2dfda";
    /// What is read first (`--text`).
    pub(in super::super) const TEXT: &str = "#24201b";
    /// Running text (`--text-2`).
    pub(in super::super) const TEXT_2: &str = "#534d47";
    /// What matters less (`--text-3`).
    pub(in super::super) const TEXT_3: &str = "#666059";
    /// The button and the mark (`--accent`).
    pub(in super::super) const ACCENT: &str = "#066a68";
    /// On the button (`--on-accent`).
    pub(in super::super) const ON_ACCENT: &str = "#f6fefd";
    /// Links (`--accent-text`).
    pub(in super::super) const LINK: &str = "#08615f";
    /// Beside a quote (`--accent-line`).
    pub(in super::super) const ACCENT_LINE: &str = "#94cec9";
    /// Late (`--danger-text`).
    pub(in super::super) const DANGER: &str = "#b52524";
    /// Soon (`--warning-text`).
    pub(in super::super) const WARNING: &str = "#8a4e16";
}

/// The dark colours, for programs that read style sheets; `!important` because the light ones are inline. The second list is
/// for those that mark the dark mode on an element instead (Outlook's `data-ogsc` and `data-ogsb`).
pub(super) const STYLES: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (max-width:480px){.pad{padding-left:20px!important;padding-right:20px!important}\
.edge{padding-left:4px!important;padding-right:4px!important}}
@media (prefers-color-scheme:dark){.backdrop{background-color:#151311!important}\
.surface{background-color:#252320!important;border-color:#34322e!important}\
.line{border-color:#34322e!important}.text{color:#ebe9e5!important}.text-2{color:#c7c4be!important}\
.text-3{color:#ada9a2!important}.accent{background-color:#4fcdc0!important;color:#011717!important}\
.link{color:#66d7cb!important}.quote{border-color:#1f615e!important}.good{color:#66d7cb!important}\
.warning{color:#f0be6d!important}.danger{color:#fc958d!important}}
[data-ogsb] .backdrop{background-color:#151311!important}[data-ogsb] .surface{background-color:#252320!important}\
[data-ogsb] .accent{background-color:#4fcdc0!important}[data-ogsc] .accent{color:#011717!important}\
[data-ogsc] .text{color:#ebe9e5!important}[data-ogsc] .text-2{color:#c7c4be!important}\
[data-ogsc] .text-3{color:#ada9a2!important}[data-ogsc] .link,[data-ogsc] .good{color:#66d7cb!important}\
[data-ogsc] .warning{color:#f0be6d!important}[data-ogsc] .danger{color:#fc958d!important}";
