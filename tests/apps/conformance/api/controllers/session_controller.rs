//! `/session/…`

use crate::services::given;
use topsail::prelude::*;

/// Counts the visits of one browser.
#[action]
pub async fn count(session: Session) -> Outcome {
    let count = session.get::<i64>("count").await?.unwrap_or_default() + 1;
    session.set("count", count).await?;
    ok(json!({ "count": count }))
}

/// Puts every parameter into the session.
#[action]
pub async fn set(req: Req, session: Session) -> Outcome {
    for (key, value) in req.all_params() {
        session.set(key, value).await?;
    }
    ok(json!({ "set": req.all_params() }))
}

/// What the session holds.
#[action]
pub async fn get(session: Session) -> Outcome {
    let data = if session.is_some() { session.all().await? } else { serde_json::Map::new() };
    ok(json!({ "hasSession": session.is_some(), "data": data }))
}

/// Ends the session.
#[action]
pub async fn destroy(session: Session) -> Outcome {
    session.destroy().await?;
    ok(json!({ "destroyed": true }))
}

/// Notes who the browser belongs to.
#[action]
pub async fn login(req: Req, session: Session) -> Outcome {
    let user = given::number(&req, "userId") as i64;
    session.set("userId", user).await?;
    if req.param("admin").is_some() {
        session.set("admin", true).await?;
    }
    ok(json!({ "userId": user }))
}
