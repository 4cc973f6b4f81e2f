//! `generate policy`: a guard in front of actions.

use super::GenerateError;
use super::plan::Plan;
use crate::names::Name;

pub(super) fn plan(text: &str) -> Result<Plan, GenerateError> {
    let name = Name::parse(text)?.not_one_of(&["forbidden", "proceed"], Name::snake, "every policy")?;
    let identity = name.identity();
    let function = name.snake();
    let source = format!(
        "use topsail::prelude::*;

/// `{identity}`: lets through who has a `userId` in the session, which an action that logs in puts there.
#[policy]
pub async fn {function}(req: Req) -> Verdict {{
    if req.session().get::<Id>(\"userId\").await?.is_none() {{
        return forbidden();
    }}
    proceed()
}}
"
    );
    Ok(Plan::default()
        .file(format!("api/policies/{}.rs", name.file()), source)
        .then(format!("config/policies.toml:  \"some-controller/*\" = \"{identity}\"")))
}
