//! `generate action`: an action in a file of its own.

use super::GenerateError;
use super::plan::Plan;
use crate::names::InvalidName;
use crate::names::Name;

/// Functions of the prelude that generated code calls: an action of that name would call itself.
const TAKEN: &[&str] = &["ok", "view"];

/// Reads an action's name.
pub(super) fn name(text: &str) -> Result<Name, InvalidName> {
    Name::parse(text)?.not_one_of(TAKEN, Name::snake, "every action")
}

pub(super) fn plan(text: &str) -> Result<Plan, GenerateError> {
    let name = name(text)?;
    Ok(match name.snake().strip_prefix("view_") {
        Some(page) => showing(&name, &name.with_last(page)),
        None => answering(&name),
    })
}

/// An action that renders a page.
pub(super) fn showing(action: &Name, page: &Name) -> Plan {
    let view = page.identity();
    let function = action.snake();
    let source = format!(
        "use topsail::prelude::*;

/// Shows `views/pages/{view}.html`.
#[action]
pub async fn {function}() -> Outcome {{
    view(\"pages/{view}\", json!({{}}))
}}
"
    );
    Plan::default()
        .file(path(action), source)
        .needs(
            format!("views/pages/{view}.html"),
            format!("the view is missing, and the app does not build without it: views/pages/{view}.html"),
        )
        .then(format!("config/routes.toml:  \"GET /{view}\" = \"{}\"", action.identity()))
}

/// The function of an action that just answers.
pub(super) fn function(name: &Name, identity: &str) -> String {
    format!(
        "/// `{identity}`: answers 200.
#[action]
pub async fn {}() -> Outcome {{
    ok(())
}}
",
        name.snake()
    )
}

/// The verb that an action's name suggests for its route.
pub(super) fn likely_verb(name: &Name) -> &'static str {
    match name.snake().split('_').next().unwrap_or_default() {
        "count" | "download" | "find" | "get" | "index" | "list" | "load" | "search" | "show" | "view" => {
            "GET"
        }
        "change" | "edit" | "patch" | "rename" | "set" | "toggle" | "update" => "PATCH",
        "clear" | "delete" | "destroy" | "remove" => "DELETE",
        _ => "POST",
    }
}

fn answering(name: &Name) -> Plan {
    let identity = name.identity();
    let verb = likely_verb(name);
    Plan::default()
        .file(path(name), format!("use topsail::prelude::*;\n\n{}", function(name, &identity)))
        .then(format!("config/routes.toml:  \"{verb} /api/v1/{identity}\" = \"{identity}\""))
}

fn path(name: &Name) -> String {
    format!("api/controllers/{}.rs", name.file())
}
