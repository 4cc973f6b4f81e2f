//! `/things/…`: what the routes of the app lead to.

use crate::{
    policies::{set_second::Second, tag_request::Tagged},
    services::given,
};
use topsail::prelude::*;

/// One parameter, wherever it is.
#[action]
pub async fn param(req: Req) -> Outcome {
    let name = req.query().get("key").and_then(Value::as_str).unwrap_or("x");
    ok(json!({ "value": req.param(name).cloned().unwrap_or_else(|| "fallback".into()) }))
}

/// What the route has made of the address.
#[action]
pub async fn show_params(req: Req) -> Outcome {
    ok(json!({
        "method": req.method().as_str(),
        "path": req.path(),
        "params": req.path_params(),
        "query": req.query(),
        "body": req.body(),
        "tagged": req.get::<Tagged>().map(|tagged| tagged.0),
        "second": req.get::<Second>().map(|second| second.0),
    }))
}

/// A page.
#[action]
pub async fn page(req: Req) -> Outcome {
    view("pages/hello", json!({ "name": given::text(&req, "name") }))
}
