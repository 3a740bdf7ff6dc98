//! What the derive makes of types.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops it")]

use std::{fmt::Debug, sync::Arc};

use wire::{Fault, ToWire, Wire, from_str, to_string};

#[derive(Clone, Debug, Default, PartialEq, Wire)]
struct Parcel {
    #[wire(name = "n")]
    number: u32,
    to: Option<String>,
    #[wire(optional)]
    from: Option<String>,
    #[wire(optional)]
    stamps: Vec<Stamp>,
    #[wire(optional)]
    weight: i64,
    #[wire(default)]
    is_express: bool,
    r#type: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(checked)]
struct Stamp(u8);

impl TryFrom<u8> for Stamp {
    type Error = Fault;
    fn try_from(cents: u8) -> Result<Self, Fault> {
        if cents.is_multiple_of(5) { Ok(Self(cents)) } else { Err(Fault::new("There is no such stamp.")) }
    }
}

#[derive(Clone, Debug, PartialEq, Wire)]
struct Place(String);

#[derive(Clone, Debug, PartialEq, Wire)]
enum Step {
    Lost,
    HandedOver(Place),
    OnTheWay {
        by: String,
        #[wire(optional)]
        stops: u32,
    },
    Returned {},
}

#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(tag = "t")]
enum Told {
    Step { step: Step, at: (u32, i64) },
    Rows { rows: Vec<(u32, u32, bool)> },
    Beat {},
    End,
}

#[derive(Debug, PartialEq, Wire)]
struct Empty {}

/// It borrows, so it can only be told.
#[derive(ToWire)]
struct Borrowed<'a> {
    title: &'a str,
    rows: &'a [u32],
    shared: Arc<str>,
    boxed: Box<Place>,
}

fn there_and_back<T: Wire + Debug + PartialEq>(value: &T, text: &str) {
    assert_eq!(to_string(value), text);
    assert_eq!(&from_str::<T>(text).unwrap(), value, "{text}");
}

#[test]
fn a_struct_is_an_object_in_the_order_of_its_fields() {
    there_and_back(&Parcel::default(), r#"{"n":0,"to":null,"is_express":false,"type":""}"#);
    let full = Parcel {
        number: 7,
        to: Some("Ana".into()),
        from: Some(String::new()),
        stamps: vec![Stamp(5), Stamp(10)],
        weight: -1,
        is_express: true,
        r#type: "a\"b".into(),
    };
    there_and_back(
        &full,
        r#"{"n":7,"to":"Ana","from":"","stamps":[5,10],"weight":-1,"is_express":true,"type":"a\"b"}"#,
    );
    there_and_back(&Empty {}, "{}");
}

#[test]
fn a_variant_is_a_text_or_an_object_of_one_field() {
    there_and_back(&Step::Lost, r#""lost""#);
    there_and_back(&Step::HandedOver(Place("home".into())), r#"{"handed_over":"home"}"#);
    there_and_back(&Step::OnTheWay { by: "bike".into(), stops: 2 }, r#"{"on_the_way":{"by":"bike","stops":2}}"#);
    there_and_back(&Step::OnTheWay { by: "bike".into(), stops: 0 }, r#"{"on_the_way":{"by":"bike"}}"#);
    there_and_back(&Step::Returned {}, r#"{"returned":{}}"#);
}

#[test]
fn a_tag_stands_beside_the_fields() {
    there_and_back(&Told::Step { step: Step::Lost, at: (1, -2) }, r#"{"t":"step","step":"lost","at":[1,-2]}"#);
    there_and_back(&Told::Rows { rows: vec![(1, 2, true)] }, r#"{"t":"rows","rows":[[1,2,true]]}"#);
    there_and_back(&Told::Rows { rows: Vec::new() }, r#"{"t":"rows","rows":[]}"#);
    there_and_back(&Told::Beat {}, r#"{"t":"beat"}"#);
    there_and_back(&Told::End, r#"{"t":"end"}"#);
    // Where it stands does not matter.
    assert_eq!(from_str(r#" { "rows" : [ ] , "t" : "rows" } "#), Ok(Told::Rows { rows: Vec::new() }));
}

#[test]
fn what_is_borrowed_can_be_told() {
    let told = Borrowed { title: "a", rows: &[1, 2], shared: "s".into(), boxed: Box::new(Place("p".into())) };
    assert_eq!(to_string(&told), r#"{"title":"a","rows":[1,2],"shared":"s","boxed":"p"}"#);
    assert!("".is_absent() && !told.is_absent());
}

#[test]
fn what_is_missing_or_unknown_is_no_fault_where_it_need_not_be() {
    let text = r#"{"later":{"t":[1]},"type":"x","n":3,"n":4}"#;
    let expected = Parcel { number: 3, r#type: "x".into(), ..Parcel::default() };
    assert_eq!(from_str(text), Ok(expected));
    assert_eq!(from_str(r#"{"lost":null}"#), Ok(Step::Lost));
    assert_eq!(from_str(r#"{"t":"end","later":1}"#), Ok(Told::End));
}

#[test]
fn a_fault_names_the_innermost_field_and_says_what_is_wrong() {
    fn fault<T: Wire + Debug>(text: &str) -> (&'static str, &'static str) {
        let fault = from_str::<T>(text).unwrap_err();
        (fault.field(), fault.what())
    }
    let missing = "This is missing.";
    assert_eq!(fault::<Parcel>("{}"), ("n", missing));
    assert_eq!(fault::<Parcel>(r#"{"n":1}"#), ("type", missing));
    assert_eq!(fault::<Parcel>(r#"{"n":"1"}"#), ("n", "This has to be a number."));
    assert_eq!(fault::<Parcel>("[]"), ("", "This has to be an object."));
    assert_eq!(
        fault::<Told>(r#"{"t":"step","step":{"on_the_way":[]},"at":[1,2]}"#),
        ("step", "This has to be an object.")
    );
    assert_eq!(fault::<Parcel>(r#"{"n":1,"to":3}"#), ("to", "This has to be a text."));
    assert_eq!(fault::<Parcel>(r#"{"n":1,"stamps":null}"#), ("stamps", "This has to be a list."));
    assert_eq!(fault::<Parcel>(r#"{"n":1,"stamps":[5,6]}"#), ("stamps", "There is no such stamp."));
    assert_eq!(fault::<Parcel>(r#"{"n":1,"is_express":1}"#), ("is_express", "This has to be true or false."));
    let range = "This has to be a whole number, and not as large or as small.";
    assert_eq!(fault::<Parcel>(r#"{"n":-1}"#), ("n", range));
    assert_eq!(fault::<Parcel>(r#"{"n":1.5}"#), ("n", range));
    assert_eq!(fault::<Parcel>("{"), ("", "This is not JSON, or too deep."));
    let unknown = "This is none of the words that can stand here.";
    for text in
        ["\"found\"", "{\"found\":1}", "\"returned\"", "{\"lost\":{}}", "\"Lost\"", "\"\"", "{\"handed_over\":null}"]
    {
        assert_eq!(fault::<Step>(text), ("", unknown), "{text}");
    }
    for text in ["1", "null", "[]"] {
        assert_eq!(fault::<Step>(text), ("", "This has to be an object."), "{text}");
    }
    for text in ["{}", r#"{"lost":null,"returned":{}}"#] {
        assert_eq!(fault::<Step>(text), ("", "This has to have one field."), "{text}");
    }
    assert_eq!(fault::<Step>(r#"{"returned":3}"#), ("", "This has to be an object."));
    assert_eq!(fault::<Told>("{}"), ("t", missing));
    assert_eq!(fault::<Told>(r#"{"t":"new"}"#), ("t", unknown));
    assert_eq!(fault::<Told>(r#"{"t":"step","step":{"on_the_way":{}}}"#), ("by", missing));
    assert_eq!(fault::<Told>(r#"{"t":"step","at":[1,2]}"#), ("step", missing));
    assert_eq!(fault::<Told>(r#"{"t":"step","step":"lost","at":[1]}"#), ("at", missing));
    assert_eq!(fault::<Told>(r#"{"t":"step","step":"lost","at":[1,2,3]}"#), ("at", "This list is too long."));
    assert_eq!(from_str::<Told>("{}").unwrap_err().to_string(), "t: This is missing.");
    assert_eq!(from_str::<Told>("").unwrap_err().to_string(), "This is not JSON, or too deep.");
}
