//! What a type looks like: its fields, its variants and what the attributes say about them.
//!
//! Must not know: the code that is made of it.

use proc_macro2::Span;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Type, ext::IdentExt};

/// A type.
pub(crate) struct Shape {
    pub(crate) form: Form,
    /// The field in which the name of a variant stands.
    pub(crate) tag: Option<String>,
    /// Whether it is read by way of `TryFrom`.
    pub(crate) is_checked: bool,
}

pub(crate) enum Form {
    Struct(Content),
    Enum(Vec<Variant>),
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) content: Content,
}

/// What a struct or a variant holds.
pub(crate) enum Content {
    Nothing,
    /// One field without a name.
    Inner(Box<Type>),
    Fields(Vec<Field>),
}

impl Content {
    pub(crate) fn fields(&self) -> &[Field] {
        if let Self::Fields(fields) = self { fields } else { &[] }
    }
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) absence: Absence,
}

/// What it means that a field is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absence {
    /// What its type makes of it.
    Fault,
    /// The default, which is written all the same.
    Default,
    /// The default, which is left out.
    Optional,
}

/// What the attributes of one place say.
#[derive(Default)]
struct Said {
    tag: Option<String>,
    name: Option<String>,
    is_checked: bool,
    is_default: bool,
    is_optional: bool,
}

impl Said {
    fn by(attributes: &[Attribute], allowed: &[&str]) -> Result<Self> {
        let mut said = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("wire")) {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                if !allowed.contains(&word.as_str()) {
                    return Err(meta.error(format!("here can stand: {}", allowed.join(", "))));
                }
                match word.as_str() {
                    "tag" => said.tag = Some(key(&meta.value()?.parse()?)?),
                    "name" => said.name = Some(key(&meta.value()?.parse()?)?),
                    "checked" => said.is_checked = true,
                    "default" => said.is_default = true,
                    _ => said.is_optional = true,
                }
                Ok(())
            })?;
        }
        Ok(said)
    }
}

/// A name that is written as it is, without escapes.
fn key(name: &LitStr) -> Result<String> {
    let text = name.value();
    if text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\')) {
        Ok(text)
    } else {
        Err(Error::new(name.span(), "a name is made of letters, digits and signs that need no escape"))
    }
}

impl Shape {
    pub(crate) fn of(input: &DeriveInput) -> Result<Self> {
        let said = Said::by(&input.attrs, &["tag", "checked"])?;
        let form = match &input.data {
            Data::Struct(data) => Form::Struct(content(&data.fields)?),
            Data::Enum(data) => Form::Enum(data.variants.iter().map(variant).collect::<Result<_>>()?),
            Data::Union(_) => return Err(Error::new(input.ident.span(), "a union has no form")),
        };
        if let Some(why) = objection(&form, &said) {
            return Err(Error::new(input.ident.span(), why));
        }
        Ok(Self { form, tag: said.tag, is_checked: said.is_checked })
    }
}

/// Why a type can have no form.
fn objection(form: &Form, said: &Said) -> Option<&'static str> {
    let is_inner = |variant: &Variant| matches!(variant.content, Content::Inner(_));
    match form {
        Form::Struct(_) if said.tag.is_some() => Some("a tag is for enums"),
        Form::Struct(Content::Nothing) => Some("write it with `{}`: it is an object without fields"),
        Form::Struct(Content::Inner(_)) => None,
        _ if said.is_checked => Some("`checked` is for structs with one nameless field"),
        // The bits of one number say which variants have no content.
        Form::Enum(variants) if variants.is_empty() || variants.len() > 64 => Some("1 to 64 variants"),
        Form::Enum(variants) if said.tag.is_some() && variants.iter().any(is_inner) => {
            Some("beside a tag there are only named fields")
        }
        Form::Struct(Content::Fields(_)) | Form::Enum(_) => None,
    }
}

fn variant(variant: &syn::Variant) -> Result<Variant> {
    Said::by(&variant.attrs, &[])?;
    let ident = variant.ident.clone();
    Ok(Variant { name: snake_case(&ident.unraw().to_string()), ident, content: content(&variant.fields)? })
}

fn content(fields: &Fields) -> Result<Content> {
    match fields {
        Fields::Unit => Ok(Content::Nothing),
        Fields::Unnamed(inner) if inner.unnamed.len() == 1 => inner
            .unnamed
            .first()
            .map(|field| Content::Inner(Box::new(field.ty.clone())))
            .ok_or_else(|| nameless(fields)),
        Fields::Unnamed(_) => Err(nameless(fields)),
        Fields::Named(named) => named.named.iter().map(field).collect::<Result<_>>().map(Content::Fields),
    }
}

fn nameless(fields: &Fields) -> Error {
    let span = fields.iter().next().and_then(|f| f.ident.as_ref()).map_or_else(Span::call_site, Ident::span);
    Error::new(span, "more than one field: give them names")
}

fn field(field: &syn::Field) -> Result<Field> {
    let said = Said::by(&field.attrs, &["name", "default", "optional"])?;
    let ident = field.ident.clone().ok_or_else(|| Error::new(Span::call_site(), "give the field a name"))?;
    let absence = match (said.is_optional, said.is_default) {
        (true, _) => Absence::Optional,
        (false, true) => Absence::Default,
        _ => Absence::Fault,
    };
    Ok(Field { name: said.name.unwrap_or_else(|| ident.unraw().to_string()), ident, absence })
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
