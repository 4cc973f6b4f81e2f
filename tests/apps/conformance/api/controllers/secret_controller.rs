//! `/secret/…`: what `config/policies.toml` guards.

use topsail::prelude::*;

/// For those who have logged in.
#[action]
pub async fn show(session: Session) -> Outcome {
    ok(json!({ "secret": "shown", "userId": session.get::<Value>("userId").await? }))
}

/// For administrators.
#[action]
pub async fn admin() -> Outcome {
    ok(json!({ "secret": "admin" }))
}

/// For nobody.
#[action]
pub async fn never() -> Outcome {
    ok(json!({ "secret": "never" }))
}

/// For everyone.
#[action]
pub async fn open() -> Outcome {
    ok(json!({ "secret": "open" }))
}
