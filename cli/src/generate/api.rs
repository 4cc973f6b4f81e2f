//! `generate api`: a model and a controller of one name.

use super::GenerateError;
use super::controller;
use super::model;
use super::plan::Plan;

pub(super) fn plan(text: &str, attributes: &[String]) -> Result<Plan, GenerateError> {
    let name = model::name(text)?;
    let model = model::plan(text, attributes)?;
    let struct_name = name.pascal();
    let identity = name.identity();
    let source = format!(
        "use crate::models::{struct_name};
use topsail::orm::Where;
use topsail::prelude::*;

/// How many records there are.
#[action]
pub async fn count(app: App) -> Outcome {{
    ok(json!({{ \"count\": {struct_name}::count(&app, Where::All).await? }}))
}}
"
    );
    let controller = Plan::default().file(controller::path(&name), source).then(format!(
        "config/routes.toml:  \"GET /{}/count\" = \"{identity}/count\"",
        model::identity(&name)
    ));
    Ok(model.and(controller))
}
