//! `/responses/…`: the response methods with every kind of data.

use crate::services::given;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use std::{fmt, time::Duration};
use topsail::prelude::*;

/// `new Error(message)`
#[derive(Debug)]
struct Failure(&'static str);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error: {}", self.0)
    }
}

impl std::error::Error for Failure {}

/// Answers with the method and the data that are asked for.
#[action]
pub async fn send(req: Req) -> Outcome {
    let code = StatusCode::from_u16(given::number(&req, "code") as u16).unwrap_or(StatusCode::OK);
    let kind = given::text(&req, "kind");
    match &*kind {
        "redirect" => return redirect("/r/any"),
        "redirect301" => return Ok(redirect::<Reply>("/r/any")?.with_status(StatusCode::MOVED_PERMANENTLY)),
        "header" => {
            let (name, value) = (HeaderName::from_static("x-custom-reply"), HeaderValue::from_static("yes"));
            return Ok(ok(json!({ "header": true }))?.with_header(name, value));
        }
        "throw" => return Err(Failure("thrown synchronously").into()),
        "end" => return no_content(),
        "sendStatus" => return Ok(ok(())?.with_status(code)),
        _ => {}
    }
    if given::text(&req, "data") == "error" {
        let failed = |status| Err(Error::with_status(status, Failure("boom message")));
        match &*kind {
            "ok" => return failed(StatusCode::OK),
            "badRequest" => return failed(StatusCode::BAD_REQUEST),
            "serverError" => return failed(StatusCode::INTERNAL_SERVER_ERROR),
            _ => {}
        }
    }
    match (&*kind, data(&req)) {
        ("ok", Some(data)) => ok(data),
        ("ok", None) => ok(()),
        ("badRequest", data) => bad_request(data),
        ("forbidden", _) => forbidden(),
        ("notFound", _) => not_found(),
        ("serverError", data) => server_error(data),
        ("send", Some(data)) => topsail::send(data),
        ("send" | "json" | "jsonp", None) => topsail::send(()),
        ("status", Some(data)) => topsail::json(code, data),
        ("status", None) => topsail::json(code, json!({ "code": code.as_u16() })),
        (_, data) => topsail::json(StatusCode::OK, data),
    }
}

fn data(req: &Req) -> Option<Value> {
    match &*given::text(req, "data") {
        "string" => Some("plain words".into()),
        "object" => Some(json!({ "a": 1, "b": ["x"] })),
        "array" => Some(json!([1, 2])),
        "number" => Some(7.into()),
        "null" => Some(Value::Null),
        "true" => Some(true.into()),
        // What JavaScript makes of an error as JSON.
        "error" => Some(json!({})),
        _ => None,
    }
}

/// Fails after a while.
#[action]
pub async fn throw_async() -> Outcome {
    tokio::task::yield_now().await;
    Err(Failure("thrown asynchronously").into())
}

/// Takes its time.
#[action]
pub async fn slow(req: Req) -> Outcome {
    tokio::time::sleep(Duration::from_millis(given::number(&req, "ms") as u64)).await;
    ok(json!({ "tag": req.param("tag") }))
}

/// As long as asked for, up to what a message may be.
#[action]
pub async fn big(req: Req) -> Outcome {
    let size = (given::number(&req, "size") as usize).min(100 << 20);
    ok(json!({ "text": "x".repeat(size) }))
}
