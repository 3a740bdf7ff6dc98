//! Frames of the live channel: the server reads them with serde, the page with `wire`; both mean the same by what either writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::live::{ClientFrame, ServerFrame};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

fn agree<T: Serialize + DeserializeOwned + wire::Wire + PartialEq + Debug>(text: &str) {
    let (ours, theirs) = (wire::from_str::<T>(text), serde_json::from_str::<T>(text));
    for frame in ours.iter().chain(&theirs) {
        let written = wire::to_string(frame);
        assert_eq!(serde_json::to_string(frame).expect("ours can be written"), written, "two forms of one frame");
        assert_eq!(wire::from_str::<T>(&written).as_ref(), Ok(frame));
        assert_eq!(&serde_json::from_str::<T>(&written).expect("serde reads what it writes"), frame);
    }
}

fuzz_target!(|text: &str| {
    agree::<ClientFrame>(text);
    agree::<ServerFrame>(text);
});
