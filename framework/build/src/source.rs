//! What a Rust file marks with attributes.

use crate::{
    report::{Place, Report},
    walk::Source,
};
use std::fs;
use syn::{Attribute, Expr, Item, Meta, Token, punctuated::Punctuated};

/// A function or struct that carries one of the framework's attributes.
pub(crate) struct Marked {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Its module, inline modules included.
    pub(crate) module: Vec<String>,
    pub(crate) item: Item,
}

/// Everything in the file that carries the attribute. Nothing if the file cannot be parsed: rustc says it better.
pub(crate) fn marked(source: &Source, attribute: &str, report: &mut Report) -> Option<Vec<Marked>> {
    let text = match fs::read_to_string(&source.absolute) {
        Ok(text) => text,
        Err(error) => {
            report.error(Place::start(&source.path), format!("the file cannot be read: {error}"));
            return None;
        }
    };
    let file = syn::parse_file(&text).ok()?;
    let mut found = Vec::new();
    collect(source, file.items, &source.module, attribute, &mut found);
    Some(found)
}

fn collect(source: &Source, items: Vec<Item>, module: &[String], attribute: &str, found: &mut Vec<Marked>) {
    for item in items {
        let (attributes, ident) = match &item {
            Item::Fn(item) => (&item.attrs, &item.sig.ident),
            Item::Struct(item) => (&item.attrs, &item.ident),
            Item::Enum(item) => (&item.attrs, &item.ident),
            Item::Mod(inner) => {
                if let Some((_, items)) = &inner.content {
                    let below: Vec<String> =
                        module.iter().cloned().chain([inner.ident.to_string()]).collect();
                    collect(source, items.clone(), &below, attribute, found);
                }
                continue;
            }
            _ => continue,
        };
        if attributes.iter().any(|a| is(a, attribute)) {
            found.push(Marked {
                name: ident.to_string(),
                place: Place::in_rust(&source.path, ident.span()),
                module: module.to_vec(),
                item,
            });
        }
    }
}

/// Is this the attribute, with or without a path before it?
pub(crate) fn is(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == name)
}

/// What stands in `#[name(a, b = 1)]`: each key with its value.
pub(crate) fn properties(attributes: &[Attribute], name: &str) -> Vec<(String, Option<Expr>)> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|a| is(a, name)) {
        let Ok(list) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            continue;
        };
        for meta in list {
            let Some(key) = meta.path().get_ident().map(ToString::to_string) else { continue };
            let value = match meta {
                Meta::NameValue(pair) => Some(pair.value),
                Meta::Path(_) | Meta::List(_) => None,
            };
            found.push((key, value));
        }
    }
    found
}
