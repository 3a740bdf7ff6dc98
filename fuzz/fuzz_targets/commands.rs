//! Commands as they come in: the server reads them with serde and writes them with it too; the page writes them with `wire`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Answer, Command, OpId, Question};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "op")]
    _op: OpId,
    command: Box<RawValue>,
}

fn agree(command: &Command) {
    let written = wire::to_string(command);
    assert_eq!(serde_json::to_string(command).expect("ours can be written"), written, "two forms of one command");
    assert_eq!(wire::from_str::<Command>(&written).as_ref(), Ok(command));
    assert_eq!(&serde_json::from_str::<Command>(&written).expect("serde reads what it writes"), command);
    let (_, _, _, _) = (command.kind().action(), command.project(), command.task(), command.text_of());
}

fuzz_target!(|text: &str| {
    if let Ok(raw) = serde_json::from_str::<Vec<Raw>>(text) {
        let read = raw.iter().filter_map(|raw| serde_json::from_str::<Command>(raw.command.get()).ok());
        read.for_each(|command| agree(&command));
    }
    serde_json::from_str::<Command>(text).iter().for_each(agree);
    wire::from_str::<Command>(text).iter().for_each(agree);
    let _ = wire::from_str::<Vec<Answer>>(text);
    if let Ok(question) = serde_json::from_str::<Question>(text) {
        assert_eq!(wire::from_str::<Question>(&wire::to_string(&question)), Ok(question));
    }
});
