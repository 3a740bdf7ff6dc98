//! Values of attributes and properties.

use leptos::prelude::*;
use std::borrow::Cow;

use super::Slot;

/// A value, or what works it out anew whenever what it reads changes.
pub(crate) enum Value {
    /// There is none: the attribute is absent.
    Absent,
    /// It is there without a text, as `disabled` is.
    Flag,
    /// A text.
    Text(Cow<'static, str>),
    /// Worked out from what changes.
    Live(Box<dyn FnMut() -> Value + Send>),
}

/// A value as it is now.
pub(super) type Now = Option<Cow<'static, str>>;

impl Value {
    /// As it is now. Tracked.
    pub(super) fn now(self) -> Now {
        match self {
            Self::Absent => None,
            Self::Flag => Some(Cow::Borrowed("")),
            Self::Text(text) => Some(text),
            Self::Live(mut work_out) => work_out().now(),
        }
    }
}

/// What can be the value of an attribute.
pub(crate) trait IntoValue {
    /// As it is kept.
    fn into_value(self) -> Value;
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Text(Cow::Borrowed(self))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        if self { Value::Flag } else { Value::Absent }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Absent, T::into_value)
    }
}

impl<F, T> IntoValue for F
where
    F: FnMut() -> T + Send + 'static,
    T: IntoValue,
{
    fn into_value(mut self) -> Value {
        Value::Live(Box::new(move || self().into_value()))
    }
}

impl IntoValue for Signal<String> {
    fn into_value(self) -> Value {
        (move || self.get()).into_value()
    }
}

impl IntoValue for Signal<&'static str> {
    fn into_value(self) -> Value {
        (move || self.get()).into_value()
    }
}

impl IntoValue for Signal<bool> {
    fn into_value(self) -> Value {
        (move || self.get()).into_value()
    }
}

impl IntoValue for Memo<Option<&'static str>> {
    fn into_value(self) -> Value {
        (move || self.get()).into_value()
    }
}

/// The value of an attribute or a property.
pub(crate) fn value(value: impl IntoValue) -> Slot {
    Slot::Value(value.into_value())
}
