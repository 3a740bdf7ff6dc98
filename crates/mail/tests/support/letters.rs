//! Letters as a product might write them, for the tests that look at them.

use mail::{Brand, Colour, Fact, Letter, Link, Row, Tone};

pub(crate) fn home() -> Link {
    Link::parse("https://tasks.example.org").unwrap()
}

pub(crate) fn brand() -> Brand {
    Brand { name: "Muster".into(), home: home() }
}

/// All letters, with the names of their files.
pub(crate) fn all() -> [(&'static str, Letter); 4] {
    [("verify", verify()), ("assigned", assigned()), ("summary", summary()), ("hostile", hostile())]
}

pub(crate) fn verify() -> Letter {
    Letter::new("Confirm your address for Muster", "Confirm your address")
        .preheader("The link works once, within 24 hours.")
        .greeting("Hello Bo,")
        .paragraph("somebody, we hope you, made an account with this address. Confirm that it is yours, and you can begin.")
        .button("Confirm address", home().join("/verify/Jq3mXo2y9mRk4Wb8ZtVn1cLs7PaHd5Ue"))
        .note("The link works once, within 24 hours. If it was not you, there is nothing to do: without it the account stays closed.")
        .why("You get this mail because your address was typed in at tasks.example.org.")
}

pub(crate) fn assigned() -> Letter {
    Letter::new("OTR-5 Torque sensor drifts after a 40 °C soak", "Ana Petrović assigned a task to you")
        .preheader("Due Friday, 27 November in Otter M2 launch.")
        .section(
            "",
            [Row::new("Torque sensor drifts after a 40 °C soak", home().join("/p/OTR/5"))
                .meta("OTR-5 in Otter M2 launch")
                .accent(Colour::HUES[4])],
        )
        .facts([
            Fact::new("Status", "In progress"),
            Fact::new("Due", "Friday, 27 November (in 4 days)").tone(Tone::Warning),
            Fact::new("Priority", "High"),
            Fact::new("Assigned to", "You, Ben Okafor"),
        ])
        .quote(
            "Ana Petrović wrote",
            "The supplier confirms that batch 2417 used another adhesive.\nCan you soak two of the old batch beside it, so that we see whether it is that?",
        )
        .button("Open the task", home().join("/p/OTR/5"))
        .why("You get this mail because tasks assigned to you are sent to you at once.")
        .preferences(home().join("/settings/notifications"))
        .unsubscribe(home().join("/unsubscribe/Jq3mXo2y9mRk4Wb8"))
}

pub(crate) fn summary() -> Letter {
    let task = |title: &str, number: u32, meta: &str, hue: usize| {
        Row::new(title, home().join(&format!("/p/OTR/{number}"))).meta(meta).accent(Colour::HUES[hue])
    };
    Letter::new("Your Monday: 1 overdue, 2 due today", "Monday, 23 November")
        .preheader("Write the emergency-stop section of the manual, and two more.")
        .greeting("Good morning, Bo. This is what waits for you today.")
        .section(
            "Overdue",
            [task("Write the emergency-stop section of the manual", 2, "OTR-2 · was due on Friday", 4)
                .tone(Tone::Danger)],
        )
        .section(
            "Due today",
            [
                task("Book the EMC chamber for the full scan", 1, "OTR-1 · today, 17:00", 4).tone(Tone::Warning),
                task("Choose the colour of the handle", 31, "HND-31 · today", 6).tone(Tone::Warning),
            ],
        )
        .section(
            "This week",
            [
                task("Torque sensor drifts after a 40 °C soak", 5, "OTR-5 · Friday", 4),
                task(
                    "Invite the pilot customers to the launch, and ask them what they would want to see there first",
                    32,
                    "HND-32 · Friday",
                    6,
                ),
            ],
        )
        .button("Open my tasks", home().join("/my-tasks"))
        .why("You get this summary on working days at 7:30, your time.")
        .preferences(home().join("/settings/notifications"))
        .unsubscribe(home().join("/unsubscribe/Jq3mXo2y9mRk4Wb8"))
}

/// What somebody might type who means harm.
pub(crate) fn hostile() -> Letter {
    let markup = "</td></table><script>alert(1)</script><img src=x onerror=\"alert('2')\"> & \u{0} \u{1b}[31m";
    Letter::new(format!("a\r\nBcc: eve@example.org\r\n\r\n{markup}"), markup)
        .preheader(markup)
        .greeting(markup)
        .paragraph(markup)
        .quote(markup, format!("{markup}\n-- \n{markup}"))
        .facts([Fact::new(markup, markup).tone(Tone::Danger)])
        .section(markup, [Row::new(markup, home().join(markup)).meta(markup)])
        .button(markup, home().join(&format!("/{markup}\"onclick=\"alert(3)")))
        .note(markup)
        .why(markup)
}
