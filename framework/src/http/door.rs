//! The HTTP door: what surrounds the one path for requests that come over HTTP, in one visible order.

use super::{drain, fresh};
use crate::{App, BoxFuture, Req, health, metrics, reply::JsonBody, req::RequestId};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use bytes::Bytes;
use std::{
    net::SocketAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};
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

/// The door, and around it what is a layer of tower: compression (in production).
///
/// The door is one function rather than a stack of layers: each layer of a router costs an allocation or two per request.
pub(crate) fn http_service(app: &App) -> Router {
    let door = app.clone();
    let service = Router::new().fallback(move |request: Request| enter(door.clone(), request));
    if app.config().http.compress.unwrap_or(app.is_production()) {
        let worth = DefaultPredicate::new().and(SizeAbove::new(1024));
        return service.layer(CompressionLayer::new().compress_when(worth));
    }
    service
}

/// What happens to every HTTP request, in this order.
async fn enter(app: App, request: Request) -> Response {
    // 0 what is asked of the framework and not of the app
    if let Some(answer) = asked_of_us(&app, &request) {
        return answer.await;
    }
    let _running = app.counts().http_running.enter();
    // 1 its id, and a span with it
    let (id, named) = id_of(request.headers());
    let span = tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path());
    let started = std::time::Instant::now();
    // 2 its `Req`
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let known = fresh::known(request.headers()).cloned();
    let method = request.method().clone();
    let (mut parts, body) = request.into_parts();
    let body = drain::to_the_end(&app, &parts, body);
    parts.extensions.insert(Req::new(app.clone(), &parts, peer, None, RequestId::Text(id)));
    parts.extensions.insert(AfterRoutes);
    // 3 the one path: session, body, routes, CORS, CSRF, policies, action, static files, 404
    let mut response = app.serve(Request::from_parts(parts, body)).instrument(span.clone()).await;
    // 4 JSON is indented in development
    if !app.is_production() {
        response = indent(response);
    }
    // 5 answers to GET have a tag, and are left out where the client has them already
    if matches!(method, Method::GET | Method::HEAD) {
        response = fresh::fresh(known.as_ref(), response).await;
    }
    // 6 who answers, and to what
    if app.config().http.powered_by {
        response.headers_mut().insert(POWERED_BY, HeaderValue::from_static("Topsail"));
    }
    response.headers_mut().insert(REQUEST_ID, named);
    app.counts().http.up(response.status());
    span.in_scope(|| {
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(status = response.status().as_u16(), micros, "answered");
    });
    response
}

/// How the app is and what it has counted. Not among the routes: the answer must not depend on what it tells about.
fn asked_of_us(app: &App, request: &Request) -> Option<BoxFuture<'static, Response>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let (config, path) = (app.config(), request.uri().path());
    if config.health.is_at(path) {
        let app = app.clone();
        return Some(Box::pin(async move { health::answer(&app).await }));
    }
    if config.metrics.is_at(path) {
        let (app, headers) = (app.clone(), request.headers().clone());
        return Some(Box::pin(async move { metrics::answer(&app, &headers).await }));
    }
    None
}

/// The client's id where it is short and plain, else a new one: unique to this process and counted.
pub(crate) fn request_id(headers: &HeaderMap) -> (RequestId, HeaderValue) {
    let (text, value) = id_of(headers);
    (RequestId::Text(text), value)
}

fn id_of(headers: &HeaderMap) -> (Arc<str>, HeaderValue) {
    static PROCESS: LazyLock<u64> = LazyLock::new(rand::random);
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let plain = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    if let Some(value) = headers.get(&GIVEN_ID)
        && let Some(id) = value.to_str().ok().filter(plain)
    {
        return (id.into(), value.clone());
    }
    let id = format!("{:016x}-{:08x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    let value = HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"));
    (id.into(), value)
}

/// Two blanks, as Sails has it in development.
fn indent(mut response: Response) -> Response {
    let Some(JsonBody(raw)) = response.extensions_mut().remove::<JsonBody>() else { return response };
    if let Ok(pretty) =
        serde_json::from_str::<serde_json::Value>(raw.get()).and_then(|v| serde_json::to_vec_pretty(&v))
    {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(Bytes::from(pretty));
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_plain_id_is_taken_over_and_any_other_replaced() {
        let taken = |given: &str| {
            let value = HeaderValue::from_str(given).unwrap();
            id_of(&HeaderMap::from_iter([(GIVEN_ID, value)])).0
        };
        assert_eq!(&*taken("abc-1"), "abc-1");
        for bad in ["", "a b", "<script>", "x\t", &"x".repeat(65)] {
            assert_eq!(taken(bad).len(), 25, "{bad:?}");
        }
        assert_ne!(id_of(&HeaderMap::new()).0, id_of(&HeaderMap::new()).0);
    }
}
