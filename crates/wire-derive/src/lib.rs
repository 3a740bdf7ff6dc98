//! `#[derive(Wire)]`, `#[derive(ToWire)]` and `#[derive(FromWire)]`: the code that a person would write by hand against
//! `muster-wire`. Its documentation says how types look as JSON and what the attributes do.
//!
//! Must not know: JSON. The generated code only names fields and variants.

mod shape;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Code;
use quote::{format_ident, quote};
use syn::{DeriveInput, parse_macro_input};

use shape::{Absence, Content, Field, Form, Shape, Variant};

/// Both [`ToWire`](derive@ToWire) and [`FromWire`](derive@FromWire).
#[proc_macro_derive(Wire, attributes(wire))]
pub fn wire(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input), &[writing, reading])
}

/// Writing: `wire::ToWire`. For types that borrow what they tell.
#[proc_macro_derive(ToWire, attributes(wire))]
pub fn to_wire(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input), &[writing])
}

/// Reading: `wire::FromWire`.
#[proc_macro_derive(FromWire, attributes(wire))]
pub fn from_wire(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input), &[reading])
}

fn derive(input: &DeriveInput, parts: &[fn(&DeriveInput, &Shape) -> Code]) -> TokenStream {
    match Shape::of(input) {
        Ok(shape) => parts.iter().map(|part| part(input, &shape)).collect::<Code>().into(),
        Err(error) => error.to_compile_error().into(),
    }
}

fn writing(input: &DeriveInput, shape: &Shape) -> Code {
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let body = match &shape.form {
        Form::Struct(Content::Inner(..)) => quote! { ::wire::ToWire::write(&self.0, out); },
        Form::Struct(content) => {
            let (names, puts) = (field_names(content), puts(content));
            quote! {
                let Self { #(#names),* } = self;
                ::wire::code::begin(out);
                #puts
                ::wire::code::end(out);
            }
        }
        Form::Enum(variants) => {
            let arms = variants.iter().map(|variant| write_variant(variant, shape.tag.as_deref()));
            quote! { match self { #(#arms)* } }
        }
    };
    quote! {
        #[automatically_derived]
        impl #generics ::wire::ToWire for #name #arguments #bounds {
            fn write(&self, out: &mut ::std::string::String) {
                #body
            }
        }
    }
}

fn write_variant(variant: &Variant, tag: Option<&str>) -> Code {
    let Variant { ident, name, content } = variant;
    let (names, puts) = (field_names(content), puts(content));
    match (content, tag) {
        (Content::Nothing, None) => quote! { Self::#ident => ::wire::write_text(out, #name), },
        (Content::Inner(..), _) => quote! {
            Self::#ident(inner) => {
                ::wire::code::begin_variant(out, #name);
                ::wire::ToWire::write(inner, out);
                ::wire::code::end(out);
            }
        },
        (_, None) => quote! {
            Self::#ident { #(#names),* } => {
                ::wire::code::begin_variant(out, #name);
                ::wire::code::begin(out);
                #puts
                ::wire::code::end_variant(out);
            }
        },
        (_, Some(tag)) => quote! {
            Self::#ident { #(#names),* } => {
                ::wire::code::begin_tagged(out, #tag, #name);
                #puts
                ::wire::code::end(out);
            }
        },
    }
}

fn field_names(content: &Content) -> Vec<&syn::Ident> {
    content.fields().iter().map(|field| &field.ident).collect()
}

/// Writes the fields, which are in scope by their names.
fn puts(content: &Content) -> Code {
    let each = content.fields().iter().map(|Field { ident, name, absence, .. }| {
        let put = format_ident!("{}", if *absence == Absence::Optional { "put_present" } else { "put" });
        quote! { ::wire::code::#put(out, #name, #ident); }
    });
    each.collect()
}

fn reading(input: &DeriveInput, shape: &Shape) -> Code {
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let body = match (&shape.form, &shape.tag) {
        (Form::Struct(Content::Inner(inner)), _) if shape.is_checked => quote! {
            let inner = <#inner as ::wire::FromWire>::read(node)?;
            ::wire::Node::checked(node, <Self as ::core::convert::TryFrom<#inner>>::try_from(inner))
        },
        (Form::Struct(content), _) => make(&quote!(Self), content),
        (Form::Enum(variants), tag) => {
            let names = variants.iter().map(|variant| &variant.name);
            let which = if let Some(tag) = tag {
                quote! { let which = ::wire::code::tagged(node, #tag, NAMES)?; }
            } else {
                let is_bare = |variant: &Variant| matches!(variant.content, Content::Nothing);
                let bare = variants.iter().rev().fold(0_u64, |bits, v| (bits << 1) | u64::from(is_bare(v)));
                quote! { let (which, node) = ::wire::code::variant(node, NAMES, #bare)?; }
            };
            // The last takes all other numbers, of which there are none.
            let last = variants.len() - 1;
            let arms = variants.iter().enumerate().map(|(number, Variant { ident, content, .. })| {
                let made = make(&quote!(Self::#ident), content);
                if number == last {
                    quote! { _ => #made, }
                } else {
                    quote! { #number => #made, }
                }
            });
            quote! {
                const NAMES: &[&str] = &[#(#names),*];
                #which
                match which { #(#arms)* }
            }
        }
    };
    quote! {
        #[automatically_derived]
        impl #generics ::wire::FromWire for #name #arguments #bounds {
            fn read(node: ::wire::Node<'_>) -> ::core::option::Option<Self> {
                #body
            }
        }
    }
}

/// The value with this content, which is in `node`, if it can be read.
fn make(path: &Code, content: &Content) -> Code {
    match content {
        Content::Nothing => quote! { ::core::option::Option::Some(#path) },
        Content::Inner(inner) => quote! {
            ::core::option::Option::map(<#inner as ::wire::FromWire>::read(node), #path)
        },
        // It has to be an object all the same.
        Content::Fields(fields) if fields.is_empty() => quote! {
            ::core::option::Option::map(::wire::Node::get(node, ""), |_| #path {})
        },
        Content::Fields(fields) => {
            let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
            let each = fields.iter().map(|Field { ident, name, absence }| {
                let read = format_ident!("{}", if *absence == Absence::Fault { "field" } else { "field_or_default" });
                quote! { let #ident = ::wire::code::#read(node, #name); }
            });
            // All are read before any is looked at: an early return after each would have to drop those before it.
            quote! {{
                #(#each)*
                if let (#(::core::option::Option::Some(#names),)*) = (#(#names,)*) {
                    ::core::option::Option::Some(#path { #(#names),* })
                } else {
                    ::core::option::Option::None
                }
            }}
        }
    }
}
