//! The door of the sockets: which requests are for the engine, which of them may enter, and in what shape.

use super::{
    Handshake, Sockets, Transport,
    gate::{Gate, Place},
    origin::{Admission, OriginRule},
    websocket::{self, Opening},
};
use crate::{
    App, BoxFuture, Result,
    metrics::{Counts, Limit, Refusal},
};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::{
    Router,
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};
use tokio_util::task::TaskTracker;
use tower::{
    Service, ServiceExt,
    util::{BoxCloneSyncService, MapResponse},
};

/// Sends requests of the engine's path to it, if their origin may connect, and all others straight to the app.
#[derive(Clone)]
pub(super) struct Door {
    path: Arc<str>,
    sockets: Sockets,
    counts: Arc<Counts>,
    gate: Arc<Gate>,
    rule: Arc<OriginRule>,
    upgrades: bool,
    plain: Router,
    engine: Engine,
}

/// The engine of the sockets: requests go to it as they are, WebSockets once they are open.
#[derive(Clone)]
pub(super) struct Engine {
    requests: BoxCloneSyncService<Request, Response, Infallible>,
    /// Nothing where this transport is off.
    websockets: Option<websocket::Begin>,
    largest: usize,
    counts: Arc<Counts>,
    tasks: TaskTracker,
}

impl Engine {
    /// The engine that this service is.
    pub(super) fn new<S, B: 'static>(app: &App, service: S) -> Self
    where
        S: Service<Request, Response = ::http::Response<B>, Error = Infallible>
            + Service<(websocket::Connection, ::http::Request<()>)>
            + Clone
            + Send
            + Sync
            + 'static,
        <S as Service<Request>>::Future: Send + 'static,
        ::http::Response<B>: IntoResponse,
    {
        let config = &app.config().sockets;
        let of_websockets = service.clone();
        let begin = move |connection: websocket::Connection, handshake: ::http::Request<()>| {
            // What it refuses was checked before: an answer would come too late.
            drop(Service::call(&mut of_websockets.clone(), (connection, handshake)));
        };
        Self {
            requests: BoxCloneSyncService::new(MapResponse::new(service, IntoResponse::into_response)),
            websockets: config.allows(Transport::Websocket).then(|| Arc::new(begin) as websocket::Begin),
            largest: config.max_http_buffer_size,
            counts: app.counts().clone(),
            tasks: app.tasks().clone(),
        }
    }

    async fn serve(self, mut request: Request) -> Result<Response, Infallible> {
        let Some((begin, opening)) = self.websockets.and_then(|b| Some((b, Opening::take(&mut request)?)))
        else {
            let response = self.requests.oneshot(slim(request)).await?;
            if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
                self.counts.hit(Limit::Message);
            }
            return Ok(response);
        };
        let (answer, opened) = opening.begin(slim(request).map(drop), begin, self.largest, self.counts);
        self.tasks.spawn(opened);
        Ok(answer)
    }
}

impl Door {
    /// The door of this app, before `plain` and the engine.
    pub(super) fn new(app: &App, plain: Router, engine: Engine) -> Self {
        let config = &app.config().sockets;
        Self {
            path: format!("{}/", config.path).into(),
            sockets: app.sockets.clone(),
            counts: app.counts().clone(),
            gate: Arc::new(Gate::new(config, &app.config().http, app.counts().clone())),
            rule: Arc::new(OriginRule::new(config, app.is_production())),
            upgrades: config.allow_upgrades,
            plain,
            engine,
        }
    }
}

impl Service<Request> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if !request.uri().path().starts_with(&*self.path) {
            return Box::pin(self.plain.clone().oneshot(request));
        }
        if !self.upgrades && has_sid(&request) && is_websocket(&request) {
            return answer(bad_request(&request));
        }
        if !has_sid(&request)
            && let Err(refusal) = self.gate.enter(&mut request)
        {
            return answer(refusal.into_response());
        }
        let engine = self.engine.clone();
        if self.sockets.decides_who_connects() {
            if has_sid(&request) {
                return Box::pin(engine.serve(request));
            }
            let (sockets, counts) = (self.sockets.clone(), self.counts.clone());
            return Box::pin(async move {
                let (parts, body) = request.into_parts();
                let decision = sockets.ask_before_connect(Handshake::of(&parts)).await;
                let request = Request::from_parts(parts, body);
                match decision {
                    Ok(()) => engine.serve(request).await,
                    Err(text) => {
                        counts.refused(Refusal::App);
                        Ok(refused(&request, &text))
                    }
                }
            });
        }
        match self.rule.admit(request.headers()) {
            Admission::Refused => {
                self.counts.refused(Refusal::Origin);
                tracing::debug!(origin = ?request.headers().get(header::ORIGIN), "sockets of this origin may not connect");
                answer(bad_request(&request))
            }
            Admission::Admitted => Box::pin(engine.serve(request)),
            Admission::Named(origin) => Box::pin(async move {
                let mut response = engine.serve(request).await?;
                response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
                Ok(response)
            }),
        }
    }
}

fn answer(response: Response) -> BoxFuture<'static, Result<Response, Infallible>> {
    Box::pin(async move { Ok(response) })
}

fn has_sid(request: &Request) -> bool {
    request.uri().query().unwrap_or_default().split('&').any(|pair| pair.starts_with("sid="))
}

fn is_websocket(request: &Request) -> bool {
    request.uri().query().unwrap_or_default().split('&').any(|pair| pair == "transport=websocket")
}

/// What `before_connect` has said, as Sails tells it.
fn refused(request: &Request, text: &str) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        let html = [(header::CONTENT_TYPE, "text/html")];
        (StatusCode::BAD_REQUEST, html, crate::http::escape_html(text)).into_response()
    } else {
        (StatusCode::FORBIDDEN, axum::Json(json!({ "code": 4, "message": text }))).into_response()
    }
}

fn bad_request(request: &Request) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/html")], "Bad request").into_response()
    } else {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (StatusCode::BAD_REQUEST, json, r#"{"code":3,"message":"Bad request"}"#).into_response()
    }
}

/// Headers of a handshake that say how its bytes travel, and nothing that anyone asks for later.
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::ACCEPT_ENCODING,
    header::CACHE_CONTROL,
    header::PRAGMA,
];

/// Copies what the engine keeps of a handshake as long as the socket lives, and leaves out what is of no use then: as it
/// came it is slices of the connection's read buffer, which would live as long.
fn slim(mut request: Request) -> Request {
    let kept = || request.headers().iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(name));
    let mut text = bytes::BytesMut::with_capacity(kept().map(|(_, value)| value.len()).sum());
    let mut copies = HeaderMap::with_capacity(kept().count());
    for (name, value) in kept() {
        text.extend_from_slice(value.as_bytes());
        if let Ok(copy) = HeaderValue::from_maybe_shared(text.split().freeze()) {
            copies.append(name.clone(), copy);
        }
    }
    *request.headers_mut() = copies;
    if let Ok(copy) = Uri::try_from(request.uri().to_string()) {
        *request.uri_mut() = copy;
    }
    // What routers and layers have left there is of the way to here; three of it are needed from here on.
    let mut left = std::mem::take(request.extensions_mut());
    let kept = request.extensions_mut();
    if let Some(upgrade) = left.remove::<hyper::upgrade::OnUpgrade>() {
        kept.insert(upgrade);
    }
    if let Some(peer) = left.remove::<ConnectInfo<SocketAddr>>() {
        kept.insert(peer);
    }
    if let Some(place) = left.remove::<Place>() {
        kept.insert(place);
    }
    request
}
