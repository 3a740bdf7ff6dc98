//! `part!`: markup as it is written in the pages, split into what never changes and what does.
//!
//! What never changes becomes one constant text, its *shape*; the rest becomes a list of *slots*. The page's program holds the
//! one piece of code that makes elements of any shape, instead of code for each element of each page. The framework's own
//! `view!` makes a type and its code for each piece of markup, which is faster by a little and several times as large.
//!
//! The shape is a sequence of steps, each a control character and a text up to the next one:
//!
//! | character | step |
//! |---|---|
//! | `\u{1}` | opens an element of this name |
//! | `\u{2}` | gives it an attribute, `name=value` |
//! | `\u{3}` | gives it the attribute of this name, its value from the next slot |
//! | `\u{4}` | sets its property of this name from the next slot |
//! | `\u{5}` | hears its event of this name with the next slot |
//! | `\u{6}` | hands it to the next slot, which keeps a reference |
//! | `\u{7}` | makes the next slot its content, as HTML |
//! | `\u{8}` | a text |
//! | `\u{b}` | the view in the next slot |
//! | `\u{c}` | closes the element |
//!
//! Must not know: documents and browsers. The generated code names only `crate::markup` of the crate that uses it.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Code;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use rstml::node::{Node, NodeAttribute, NodeBlock, NodeElement, NodeName};
use syn::spanned::Spanned;

type Element = NodeElement<rstml::Infallible>;

/// A piece of a page.
#[proc_macro]
pub fn part(input: TokenStream) -> TokenStream {
    let outcome = rstml::parse2(input.into()).and_then(|nodes| Part::of(&nodes));
    outcome.unwrap_or_else(|error| error.to_compile_error()).into()
}

#[derive(Default)]
struct Part {
    shape: String,
    slots: Vec<Code>,
}

impl Part {
    fn of(nodes: &[Node]) -> syn::Result<Code> {
        // What is only a component, or only a value, needs no shape around it.
        if let [only] = nodes {
            match only {
                Node::Element(element) if is_component(element.name()) => return component(element),
                Node::Block(NodeBlock::ValidBlock(block)) => {
                    return Ok(quote!(crate::markup::alone(#[allow(unused_braces)] #block)));
                }
                _ => {}
            }
        }
        let mut part = Self::default();
        part.nodes(nodes)?;
        let Self { shape, slots } = part;
        Ok(quote!(crate::markup::markup(#shape, ::std::vec![#(#slots),*])))
    }

    fn nodes(&mut self, nodes: &[Node]) -> syn::Result<()> {
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &Node) -> syn::Result<()> {
        match node {
            Node::Comment(_) => {}
            Node::Fragment(fragment) => self.nodes(&fragment.children)?,
            Node::Text(text) => self.step('\u{8}', &text.value_string()),
            Node::RawText(text) => self.step('\u{8}', &text.to_string_best()),
            Node::Block(NodeBlock::ValidBlock(block)) => {
                self.slot('\u{b}', "", quote!(crate::markup::child(#[allow(unused_braces)] #block)));
            }
            Node::Element(element) if is_component(element.name()) => {
                let view = component(element)?;
                self.slot('\u{b}', "", quote!(crate::markup::Slot::View(#view)));
            }
            Node::Element(element) => self.element(element)?,
            other => return Err(syn::Error::new(other.span(), "a part holds elements, components, texts and values")),
        }
        Ok(())
    }

    fn element(&mut self, element: &Element) -> syn::Result<()> {
        self.step('\u{1}', &element.name().to_string());
        for attribute in element.attributes() {
            self.attribute(attribute)?;
        }
        self.nodes(&element.children)?;
        self.step('\u{c}', "");
        Ok(())
    }

    fn attribute(&mut self, attribute: &NodeAttribute) -> syn::Result<()> {
        let NodeAttribute::Attribute(attribute) = attribute else {
            return Err(syn::Error::new(attribute.span(), "an attribute is written as name=value"));
        };
        let key = attribute.key.to_string();
        let Some(value) = attribute.value() else {
            self.step('\u{2}', &(key + "="));
            return Ok(());
        };
        let kind = key.split_once(':');
        if let Some(("on", name)) = kind {
            let event = format_ident!("{name}", span = attribute.key.span());
            self.slot('\u{5}', name, quote!(crate::markup::on(::leptos::ev::#event, #value)));
        } else if let Some(("prop", name)) = kind {
            self.slot('\u{4}', name, quote!(crate::markup::value(#value)));
        } else if key == "node_ref" {
            self.slot('\u{6}', "", quote!(crate::markup::node_ref(#value)));
        } else if key == "inner_html" {
            self.slot('\u{7}', "", quote!(crate::markup::value(#value)));
        } else if kind.is_some() {
            return Err(syn::Error::new(attribute.key.span(), "only on: and prop: have a meaning here"));
        } else if let Some(literal) = attribute.value_literal_string() {
            self.step('\u{2}', &(key + "=" + &literal));
        } else {
            self.slot('\u{3}', &key, quote!(crate::markup::value(#value)));
        }
        Ok(())
    }

    fn step(&mut self, kind: char, text: &str) {
        self.shape.push(kind);
        self.shape.push_str(text);
    }

    fn slot(&mut self, kind: char, text: &str, slot: Code) {
        self.step(kind, text);
        self.slots.push(slot);
    }
}

fn is_component(name: &NodeName) -> bool {
    name.to_string().split("::").last().is_some_and(|last| last.starts_with(char::is_uppercase))
}

/// The call of a component, as the framework's own macro makes it.
fn component(element: &Element) -> syn::Result<Code> {
    let name = element.name();
    let mut props = Vec::new();
    for attribute in element.attributes() {
        let NodeAttribute::Attribute(attribute) = attribute else {
            return Err(syn::Error::new(attribute.span(), "a property is written as name=value"));
        };
        let key = &attribute.key;
        let value = attribute.value().map_or_else(|| key.to_token_stream(), ToTokens::to_token_stream);
        props.push(quote!(.#key(#[allow(unused_braces)] { #value })));
    }
    if !element.children.is_empty() {
        let children = Part::of(&element.children)?;
        props.push(quote!(.children(::leptos::children::ToChildren::to_children(move || #children))));
    }
    let build = quote_spanned!(name.span() => .build());
    Ok(quote!({
        #[allow(unreachable_code)]
        #[allow(clippy::let_and_return)]
        ::leptos::prelude::IntoAny::into_any(::leptos::component::component_view(
            #[allow(clippy::needless_borrows_for_generic_args)]
            &#name,
            ::leptos::component::component_props_builder(&#name) #(#props)* #build
        ))
    }))
}
