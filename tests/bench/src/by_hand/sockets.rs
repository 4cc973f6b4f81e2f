//! Events of sockets: the least that they can be, and requests for the routes of the app.

use super::Sent;
use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Request, header},
};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use socketioxide::extract::{AckSender, Data, SocketRef};
use std::collections::HashMap;
use tower::ServiceExt;

#[derive(Deserialize)]
struct Frame {
    url: String,
    #[serde(default)]
    data: Value,
}

/// The bare answer to an event, without a session, a router or a response: the least that socketioxide can do.
pub(super) fn answer_bare(socket: &SocketRef) {
    socket.on("bare", async |Data(frame): Data<Frame>, ack: AckSender| {
        let name = frame.data.get("name").and_then(Value::as_str).unwrap_or("world");
        let body = json!({ "greeting": "hello", "name": name });
        let _ = ack.send(&json!({ "body": body, "headers": {}, "statusCode": 200 }));
    });
}

/// The routes of the app over the socket, with the session of the socket: what a virtual request is.
pub(super) async fn answer_requests(socket: &SocketRef, router: Router) {
    // As in the app, every socket has a session.
    let first = Request::get("/hello").body(Body::empty()).unwrap_or_default();
    let response = router.clone().oneshot(first).await.unwrap_or_else(|never| match never {});
    let cookie = response.headers().get(header::SET_COOKIE).and_then(|value| {
        let pair = value.to_str().ok()?.split(';').next()?;
        HeaderValue::from_str(pair).ok()
    });
    socket.on("get", async move |socket: SocketRef, Data(frame): Data<Frame>, ack: AckSender| {
        let answer = answer_one(&socket, router, cookie, frame)
            .await
            .unwrap_or_else(|| json!({ "body": "Bad Request", "headers": {}, "statusCode": 400 }));
        let _ = ack.send(&answer);
    });
}

async fn answer_one(
    socket: &SocketRef,
    router: Router,
    cookie: Option<HeaderValue>,
    frame: Frame,
) -> Option<Value> {
    let mut request = Request::get(frame.url).header(header::CONTENT_TYPE, "application/json");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let request = request.extension(socket.clone()).extension(Sent(frame.data)).body(Body::empty()).ok()?;
    let (parts, body) = router.oneshot(request).await.unwrap_or_else(|never| match never {}).into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    let json = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let body = match json {
        true => serde_json::from_slice(&body).ok()?,
        false => Value::from(String::from_utf8(body.into()).ok()?),
    };
    let headers: HashMap<String, String> = parts
        .headers
        .iter()
        .filter(|(name, _)| !CONNECTION_ONLY.contains(name))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    Some(json!({ "body": body, "headers": headers, "statusCode": parts.status.as_u16() }))
}

/// Headers that mean nothing in an ack.
const CONNECTION_ONLY: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::SET_COOKIE,
    HeaderName::from_static("x-powered-by"),
    HeaderName::from_static("x-request-id"),
];
