//! Raising: the socket.io server in front of the app's router, and what happens when a socket connects.

use super::{
    SocketId, SocketsConfig, SocketsError, Transport,
    door::{Door, Engine},
    hub::{Hub, Io},
    inbox::Inbox,
    seat::{Kept, Seat, without_session},
};
use crate::{
    Action, App, BoxFuture, Result,
    router::{Binder, Origin, RouteError, RouteOptions},
};
use ::http::{HeaderMap, HeaderValue, header};
use axum::Router;
use socketioxide::{
    ParserConfig, SocketIo, SocketIoBuilder, TransportType,
    adapter::{Adapter, LocalAdapter},
    extract::SocketRef,
    handler::ConnectHandler,
};
use socketioxide_core::adapter::DefinedAdapter;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tower::Layer;

/// Bytes that a WebSocket reads at once: most messages fit, a larger one grows the buffer, and every idle socket has one.
const READ_BUFFER: usize = 256;
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
    // Not in a router of its own, which would leave its notes in each handshake that the engine keeps.
    let engine = Engine::new(app, layer.layer(router.clone()));
    let door = Door::new(app, router, engine);
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
    let granted = match without_session(handshake) {
        true => None,
        false => app.sessions().handshake(&handshake.headers).await,
    };
    let cookie = granted.or_else(|| joined_cookies(&handshake.headers));
    let session = cookie.as_ref().and_then(|cookie| app.sessions().id_in(cookie));
    let seat = Arc::new(Seat::new(id, handshake, Kept { cookie, session }, &app.config().sockets));
    socket.join(id.own_room());
    app.sockets.seat_taken(seat.clone());
    app.sockets.follow_session(&seat);
    let taken = Arc::new(Taken { app: app.clone(), seat });
    let inbox = Inbox::new(taken.clone());
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
    socket.on_fallback(inbox);
}

/// A seat that is taken. It is given up when its socket disconnects, and also when the socket is dropped without that: no
/// handler is called for one whose connection ends while it connects.
pub(super) struct Taken {
    pub(super) app: App,
    pub(super) seat: Arc<Seat>,
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
