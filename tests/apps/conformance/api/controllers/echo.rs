//! `/echo`

use topsail::prelude::*;

/// Says how the request was understood.
#[action]
pub async fn echo(req: Req) -> Outcome {
    let shown = ["x-custom", "x-global", "accept", "content-type", "nosession"];
    let headers: serde_json::Map<String, Value> =
        shown.into_iter().filter_map(|name| Some((name.to_owned(), req.header(name)?.into()))).collect();
    let undefined = || Value::from("(undefined)");
    ok(json!({
        "method": req.method().as_str(),
        "url": req.url(),
        "path": req.path(),
        "query": req.query(),
        "body": req.body().cloned().unwrap_or_else(undefined),
        "params": req.path_params(),
        "allParams": req.all_params(),
        "isSocket": req.is_socket(),
        "wantsJSON": req.wants_json(),
        "xhr": req.is_xhr(),
        "protocol": req.protocol(),
        "headers": headers,
        "model": req.options().model,
        "action": req.action(),
    }))
}
