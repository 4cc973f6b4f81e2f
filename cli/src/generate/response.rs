//! `generate response`: what actions answer by a name of the app's own, or instead of a built-in answer.

use super::GenerateError;
use super::plan::Plan;
use crate::names::Name;

pub(super) fn plan(text: &str) -> Result<Plan, GenerateError> {
    let name = Name::parse_flat(text, "a response", "api/responses")?;
    let function = name.snake();
    let source = format!(
        "use topsail::prelude::*;

/// Replaces every answer of `{function}`; giving `reply` back keeps the answer as it was.
#[response]
pub async fn {function}(_req: Req, reply: Reply) -> Outcome {{
    Ok(reply)
}}
"
    );
    Ok(Plan::default()
        .file(format!("api/responses/{}.rs", name.file()), source)
        .then(format!("Every `{function}` answer goes through it after the next `topsail lift`.")))
}
