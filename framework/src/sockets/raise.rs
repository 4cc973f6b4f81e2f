//! Raising: the socket.io server in front of the app's router, and what happens when a socket connects.

use super::{
    Handshake, SocketId, Sockets, SocketsConfig, SocketsError, Transport,
    gate::{Gate, Place},
    hub::{Hub, Io},
    inbox::Inbox,
    origin::{Admission, OriginRule},
    seat::{Kept, Seat, without_session},
};
use crate::{
    Action, App, BoxFuture, Result,
    metrics::{Counts, Refusal},
    router::{Binder, Origin, RouteError, RouteOptions},
};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::{
    Router,
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};
use serde_json::json;
use socketioxide::{
    ParserConfig, SocketIo, SocketIoBuilder, TransportType,
    adapter::{Adapter, LocalAdapter},
    extract::SocketRef,
    handler::ConnectHandler,
};
use socketioxide_core::adapter::DefinedAdapter;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower::{Service, ServiceExt};

/// Bytes that a WebSocket reads at once: most messages fit, a larger one grows the buffer, and every idle socket has one.
const READ_BUFFER: usize = 512;
/// Most binary attachments of one message.
const MAX_ATTACHMENTS: usize = 10;

/// Binds the routes that sockets need over HTTP: `GET /__getcookie`, unless it is switched off.
pub(crate) fn bind(binder: &mut Binder<'_>, app: &App) -> Result<(), RouteError> {
    if !app.config().sockets.grant3rd_party_cookie {
        return Ok(());
    }
    let grant = Action::new(|| async {
        ([(header::CONTENT_TYPE, "application/javascript")], "_sailsIoJSConnect();")
    });
    binder.bind("GET /__getcookie", Origin::Framework, "__getcookie", grant, RouteOptions::default())
}

/// Puts the socket.io server in front of a router; from now on sockets can connect and `app.sockets` works.
///
/// # Errors
/// When the adapter cannot be started.
pub(crate) async fn raise(app: &App, router: Router) -> Result<Router, SocketsError> {
    // The one place that names an adapter.
    raise_on::<LocalAdapter>(app, router, (), |()| Box::pin(async { Ok(()) })).await
}

async fn raise_on<A: Adapter + DefinedAdapter>(
    app: &App,
    router: Router,
    state: A::State,
    ready: impl FnOnce(A::InitRes) -> BoxFuture<'static, Result<(), SocketsError>>,
) -> Result<Router, SocketsError> {
    let config = &app.config().sockets;
    let (layer, io) = builder(config).with_adapter::<A>(state).build_layer();
    app.sockets.set_hub(Some(among_nodes(app, Arc::new(Io(io.clone(), app.counts().clone()))).await?));
    let app_of_sockets = app.clone();
    let app_of_connected = app.clone();
    let connected = move |socket: SocketRef<A>| {
        let (app, id) = (app_of_connected.clone(), SocketId(socket.id));
        async move { app.sockets.run_on_connect(&app, id).await }
    };
    // Handlers are registered before the client is told that it is connected: what it sends at once would be lost.
    let namespace = io.ns(
        "/",
        connected.with(async move |socket: SocketRef<A>| -> Result<(), Infallible> {
            welcome(&app_of_sockets, socket).await;
            Ok(())
        }),
    );
    ready(namespace).await?;
    let engine = Router::new().fallback_service(router.clone()).layer(layer);
    let door = Door {
        path: format!("{}/", config.path).into(),
        sockets: app.sockets.clone(),
        counts: app.counts().clone(),
        gate: Arc::new(Gate::new(config, &app.config().http, app.counts().clone())),
        rule: Arc::new(OriginRule::new(config, app.is_production())),
        upgrades: config.allow_upgrades,
        plain: router,
        engine,
    };
    Ok(Router::new().fallback_service(door))
}

/// The hub that also reaches the other nodes, where the configuration names what carries their messages.
async fn among_nodes(app: &App, here: Arc<dyn Hub>) -> Result<Arc<dyn Hub>, SocketsError> {
    #[cfg(feature = "redis")]
    if app.config().sockets.over_redis() {
        return super::nodes::join(app, here).await;
    }
    let _ = app;
    Ok(here)
}

fn builder(config: &SocketsConfig) -> SocketIoBuilder<LocalAdapter> {
    let millis = Duration::from_millis;
    let largest = config.max_http_buffer_size;
    let builder = SocketIo::builder()
        .req_path(config.path.clone())
        .ping_interval(millis(config.ping_interval))
        .ping_timeout(millis(config.ping_timeout))
        .connect_timeout(millis(config.connect_timeout))
        .upgrade_timeout(millis(config.upgrade_timeout))
        .max_buffer_size(config.max_buffer_size)
        // Three limits below, one setting here: the first is for polling only.
        .max_payload(largest as u64)
        .ws_max_message_size(largest)
        .ws_max_frame_size(largest)
        .ws_read_buffer_size(READ_BUFFER)
        .with_parser(
            ParserConfig::common()
                .max_incoming_binary_buf_size(largest)
                .max_incoming_binaries(MAX_ATTACHMENTS),
        );
    match (config.allows(Transport::Websocket), config.allows(Transport::Polling)) {
        (true, true) => builder.transports([TransportType::Websocket, TransportType::Polling]),
        (false, _) => builder.transports([TransportType::Polling]),
        (true, false) => builder.transports([TransportType::Websocket]),
    }
}

/// A socket connects: it gets a session, a seat, its own room, and its handlers.
async fn welcome<A: Adapter>(app: &App, socket: SocketRef<A>) {
    let id = SocketId(socket.id);
    let handshake = socket.req_parts();
    let peer = handshake.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let granted = match without_session(handshake) {
        true => None,
        false => app.sessions().handshake(&handshake.headers).await,
    };
    let cookie = granted.or_else(|| joined_cookies(&handshake.headers));
    let session = cookie.as_ref().and_then(|cookie| app.sessions().id_in(cookie));
    let seat = Arc::new(Seat::new(id, handshake, peer, Kept { cookie, session }, &app.config().sockets));
    socket.join(id.own_room());
    app.sockets.seat_taken(seat.clone());
    app.sockets.follow_session(&seat);
    let taken = Arc::new(Taken { app: app.clone(), seat: seat.clone() });
    socket.on_disconnect(async move || {
        taken.give_up();
        let Taken { app, seat } = &*taken;
        if app.sockets.runs_after_disconnect() {
            let cookie = if seat.without_session { None } else { seat.kept().cookie };
            let app = app.clone();
            // The rooms are left when this handler ends, so it must not wait.
            taken.app.tasks().spawn(async move { app.sockets.run_after_disconnect(&app, id, cookie).await });
        }
    });
    // One handler for all events costs an idle socket less than one for each.
    socket.on_fallback(Inbox::new(app.clone(), seat));
}

/// A seat that is taken. It is given up when its socket disconnects, and also when the socket is dropped without that: no
/// handler is called for one whose connection ends while it connects.
struct Taken {
    app: App,
    seat: Arc<Seat>,
}

impl Taken {
    fn give_up(&self) {
        self.app.sockets.seat_given_up(&self.seat);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn joined_cookies(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut all = headers.get_all(header::COOKIE).iter();
    let first = all.next()?;
    match all.next() {
        None => Some(first.clone()),
        Some(_) => {
            let values: Vec<_> =
                headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).collect();
            HeaderValue::from_str(&values.join("; ")).ok()
        }
    }
}

/// Sends requests of the engine's path to it, if their origin may connect, and all others straight to the app.
#[derive(Clone)]
struct Door {
    path: Arc<str>,
    sockets: Sockets,
    counts: Arc<Counts>,
    gate: Arc<Gate>,
    rule: Arc<OriginRule>,
    upgrades: bool,
    plain: Router,
    engine: Router,
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
                return Box::pin(engine.oneshot(slim(request)));
            }
            let (sockets, counts) = (self.sockets.clone(), self.counts.clone());
            return Box::pin(async move {
                let (parts, body) = request.into_parts();
                let decision = sockets.ask_before_connect(Handshake::of(&parts)).await;
                let request = Request::from_parts(parts, body);
                match decision {
                    Ok(()) => engine.oneshot(slim(request)).await,
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
            Admission::Admitted => Box::pin(engine.oneshot(slim(request))),
            Admission::Named(origin) => Box::pin(async move {
                let mut response = engine.oneshot(slim(request)).await?;
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
