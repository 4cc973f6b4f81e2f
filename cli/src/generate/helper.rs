//! `generate helper`: a reusable function with declared inputs.

use super::GenerateError;
use super::plan::Plan;
use crate::names::Name;

pub(super) fn plan(text: &str) -> Result<Plan, GenerateError> {
    let name = Name::parse(text)?;
    let identity = name.identity();
    let function = name.snake();
    let inputs = name.pascal();
    let source = format!(
        "use topsail::prelude::*;

/// What `{identity}` is given.
#[derive(Inputs)]
pub struct {inputs} {{
    pub name: String,
}}

/// `{identity}`: greets by name.
#[helper]
pub async fn {function}(_app: &App, input: {inputs}) -> Result<String> {{
    Ok(format!(\"Hello, {{}}!\", input.name))
}}
"
    );
    let module = format!("crate::helpers::{}", name.file().replace('/', "::"));
    Ok(Plan::default()
        .file(format!("api/helpers/{}.rs", name.file()), source)
        .then(format!("use {module}::{{{function}, {inputs}}};"))
        .then(format!("{function}(&app, {inputs} {{ name: \"Ann\".to_owned() }}).await?")))
}
