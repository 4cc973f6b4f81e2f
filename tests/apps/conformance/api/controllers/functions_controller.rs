//! What Sails apps write as functions in their routes.

use topsail::prelude::*;

/// `GET /static.json`
#[action]
pub async fn static_json() -> Outcome {
    ok(json!({ "hello": "world", "n": 1 }))
}

/// `GET /r/fn`
#[action]
pub async fn created() -> Outcome {
    topsail::created(json!({ "fn": true }))
}
