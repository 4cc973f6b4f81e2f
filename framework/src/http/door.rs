//! The HTTP door: what surrounds the one path for requests that come over HTTP, in one visible order.

use crate::{App, Req, reply::JsonBody};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use ::http::{HeaderName, HeaderValue, StatusCode, header};
use std::{any::Any, net::SocketAddr, sync::Arc};
use tower_http::compression::{
    CompressionLayer,
    predicate::{DefaultPredicate, Predicate, SizeAbove},
};
use tracing::Instrument;

/// What a proxy names the request by; taken over where it is short and plain.
const GIVEN_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How the answer names it.
const REQUEST_ID: HeaderName = HeaderName::from_static("topsail-request-id");
const POWERED_BY: HeaderName = HeaderName::from_static("x-powered-by");

/// Marks a request for which static files are looked up when no route answers.
#[derive(Clone)]
pub(crate) struct AfterRoutes;

/// The app's router with everything that only HTTP has. Outermost first:
///
/// 1. request id, and a tracing span with it
/// 2. compression (in production)
/// 3. `X-Powered-By`
/// 4. `ETag` and 304 of dynamic answers
/// 5. indentation of JSON (in development)
/// 6. the door itself: makes the [`Req`]
/// 7. the one path: session, body, routes, CORS, CSRF, policies, action, static files, 404
pub(crate) fn http_service(app: &App) -> Router {
    let config = &app.config().http;
    let mut service = app.router().layer(middleware::from_fn_with_state(app.clone(), door));
    if !app.is_production() {
        service = service.layer(middleware::map_response(indent));
    }
    service = service.layer(middleware::from_fn(super::fresh::fresh));
    if config.powered_by {
        service = service.layer(middleware::map_response(powered_by));
    }
    if config.compress.unwrap_or(app.is_production()) {
        let worth = DefaultPredicate::new().and(SizeAbove::new(1024));
        service = service.layer(CompressionLayer::new().compress_when(worth));
    }
    service
}

/// Makes the request's [`Req`], runs it inside its span, and names it in the answer.
async fn door(axum::extract::State(app): axum::extract::State<App>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let id = request_id(request.headers().get(&GIVEN_ID));
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = request.uri().path());
    let (mut parts, body) = request.into_parts();
    let req = Req::new(app, &parts, peer, None, id.clone());
    parts.extensions.insert(req);
    parts.extensions.insert(AfterRoutes);
    let started = std::time::Instant::now();
    let mut response = next.run(Request::from_parts(parts, body)).instrument(span.clone()).await;
    span.in_scope(|| {
        tracing::debug!(status = response.status().as_u16(), micros = started.elapsed().as_micros() as u64, "answered");
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The client's id where it is short and plain, else a new one.
fn request_id(given: Option<&HeaderValue>) -> Arc<str> {
    let given = given.and_then(|v| v.to_str().ok()).filter(|id| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    });
    match given {
        Some(id) => id.into(),
        None => uuid::Uuid::new_v4().simple().to_string().into(),
    }
}

async fn powered_by(mut response: Response) -> Response {
    response.headers_mut().insert(POWERED_BY, HeaderValue::from_static("Topsail"));
    response
}

/// Two blanks, as Sails has it in development.
async fn indent(mut response: Response) -> Response {
    let Some(JsonBody(raw)) = response.extensions_mut().remove::<JsonBody>() else { return response };
    if let Ok(pretty) = serde_json::from_str::<serde_json::Value>(raw.get()).and_then(|v| serde_json::to_vec_pretty(&v)) {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(Bytes::from(pretty));
    }
    response
}

/// The answer to a panic: one 500, logged once; the process goes on.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a value that is no text");
    tracing::error!("an action panicked: {text}");
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
}
