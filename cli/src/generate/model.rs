//! `generate model`: a struct whose fields are the model's attributes.

use std::collections::BTreeSet;

use super::GenerateError;
use super::attribute::Attribute;
use super::plan::Plan;
use crate::names::InvalidName;
use crate::names::Name;

/// Types of the prelude and of Rust that a model's file needs under their own names.
const TAKEN: &[&str] = &[
    "App",
    "Collection",
    "Id",
    "Model",
    "One",
    "Option",
    "Req",
    "Result",
    "String",
    "Value",
    "Vec",
    "Where",
];

/// Reads a model's name.
pub(super) fn name(text: &str) -> Result<Name, InvalidName> {
    Name::parse_flat(text, "a model", "api/models")?.not_one_of(TAKEN, Name::pascal, "every model")
}

/// The path that the blueprints give a model's records: the identity, which is lower-case without separators, as in Sails.
pub(super) fn identity(name: &Name) -> String {
    name.pascal().to_lowercase()
}

pub(super) fn plan(text: &str, attributes: &[String]) -> Result<Plan, GenerateError> {
    let name = name(text)?;
    let attributes = Attribute::parse_all(attributes)?;
    let identity = identity(&name);
    let mut plan = Plan::default()
        .file(path(&name), source(&name, &attributes))
        .then(format!("GET, POST, PATCH and DELETE /{identity} work after the next `topsail lift`,"))
        .then(format!(
            "and io.socket.on('{identity}', …) hears of every change after io.socket.get('/{identity}')."
        ));
    for target in targets(&name, &attributes) {
        plan = plan.needs(
            path(target),
            format!("`{}` does not exist yet: topsail generate model {}", target.pascal(), target.kebab()),
        );
    }
    Ok(plan)
}

fn path(name: &Name) -> String {
    format!("api/models/{}.rs", name.file())
}

fn source(name: &Name, attributes: &[Attribute]) -> String {
    let others: BTreeSet<String> = targets(name, attributes).map(Name::pascal).collect();
    let others: Vec<String> = others.into_iter().collect();
    let import = match others.as_slice() {
        [] => String::new(),
        [one] => format!("use crate::models::{one};\n"),
        many => format!("use crate::models::{{{}}};\n", many.join(", ")),
    };
    let fields: String = attributes.iter().map(Attribute::to_rust).collect();
    let body = if fields.is_empty() { "{}".to_owned() } else { format!("{{\n{fields}}}") };
    let struct_name = name.pascal();
    format!("{import}use topsail::prelude::*;\n\n#[model]\npub struct {struct_name} {body}\n")
}

fn targets<'a>(name: &'a Name, attributes: &'a [Attribute]) -> impl Iterator<Item = &'a Name> {
    attributes.iter().filter_map(Attribute::target).filter(move |target| *target != name)
}
