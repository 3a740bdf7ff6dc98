//! Whoever has nothing but an address learns nothing about it: each byte of each answer is the same.

use http::Method;
use serde_json::{Value, json};

use super::world::{Answer, Who, World};

const OTHER: &str = "green kettle on a tram";

fn forms(email: &str) -> [(&'static str, Value); 4] {
    [
        ("/api/account/sign-in", json!({ "email": email, "password": "not the right one at all" })),
        ("/api/account/register", json!({ "name": "Ana", "email": email, "password": OTHER })),
        ("/api/account/forgot", json!({ "email": email })),
        ("/api/account/resend", json!({ "email": email })),
    ]
}

/// The status, the headers in the order of their names, and the body.
type Seen = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

/// All that a browser gets to see.
fn bytes(answer: &Answer) -> Seen {
    let mut headers: Vec<(String, Vec<u8>)> =
        answer.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    headers.sort_unstable();
    (answer.status, headers, answer.body.clone())
}

service::both_engines! {
    async fn known_and_unknown_addresses_get_the_same_answers_to_the_byte(house) {
        let world = World::new(house).await;
        let nobody = world.caller(Who::Nobody);
        let unconfirmed = world.new_email();
        let (path, form) = forms(&unconfirmed)[1].clone();
        assert_eq!(world.send(nobody, Method::POST, path, Some(form)).await.status, 200);
        let unknown = world.new_email();
        let addresses = [
            ("unknown", unknown),
            ("a User's", world.caller(Who::User).email.as_str().to_owned()),
            ("an Admin's", world.caller(Who::Admin).email.as_str().to_owned()),
            ("of somebody disabled", world.caller(Who::Disabled).email.as_str().to_owned()),
            ("not confirmed", unconfirmed),
        ];
        // Registering makes an unknown address a known one, and comes last; often enough, so that limits show, too.
        for place in [0, 2, 3, 1] {
            let mut told = Vec::new();
            for (what, email) in &addresses {
                let (path, form) = forms(email)[place].clone();
                let mut answers = Vec::new();
                for _ in 0..7 {
                    answers.push(bytes(&world.send(nobody, Method::POST, path, Some(form.clone())).await));
                }
                told.push((what, path, answers));
            }
            let (_, _, expected) = &told[0];
            for (what, path, answers) in &told {
                assert_eq!(answers, expected, "{path} of an address that is {what}");
            }
            let statuses: Vec<u16> = expected.iter().map(|(status, ..)| *status).collect();
            let limited = [401, 401, 401, 401, 401, 429, 429];
            assert_eq!(statuses, if place == 0 { limited } else { [200; 7] });
        }
    }
}
