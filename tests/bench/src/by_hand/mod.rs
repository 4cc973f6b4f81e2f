//! The same work as a good engineer would write it by hand: axum with the middleware that an app has (request ids, traces,
//! panics caught, compression, signed sessions), socketioxide, sqlx.

mod items;
mod sockets;

use crate::BoxError;
use axum::{
    Extension, Json, Router,
    extract::{Query, State},
    http::{HeaderName, HeaderValue},
    routing::get,
    serve::ListenerExt,
};
pub(crate) use items::Item;
use items::Pool;
use serde_json::{Value, json};
use socketioxide::{SocketIo, extract::SocketRef, handler::ConnectHandler};
use sockets::{answer_bare, answer_requests};
use std::{collections::HashMap, io::Write};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer, cookie::Key};

#[derive(Clone)]
struct Shared {
    pool: Pool,
    io: SocketIo,
}

/// The data of a request that came over a socket.
#[derive(Clone)]
struct Sent(Value);

async fn hello(
    session: Session,
    Query(query): Query<HashMap<String, String>>,
    sent: Option<Extension<Sent>>,
) -> Json<Value> {
    // Like the app: every client has a session.
    if session.is_empty().await {
        let _ = session.insert("seen", true).await;
    }
    let sent = sent.as_ref().and_then(|Extension(Sent(data))| data.get("name")?.as_str());
    let name = sent.or_else(|| query.get("name").map(String::as_str)).unwrap_or("world");
    Json(json!({ "greeting": "hello", "name": name }))
}

async fn join(socket: Option<Extension<SocketRef>>) -> &'static str {
    if let Some(Extension(socket)) = socket {
        socket.join("news");
    }
    "OK"
}

async fn broadcast(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> &'static str {
    let count = query.get("count").and_then(|c| c.parse::<u64>().ok()).unwrap_or(1);
    for at in 0..count {
        let _ = shared.io.to("news").emit("news", &json!({ "at": at, "text": "x".repeat(200) })).await;
    }
    "OK"
}

pub(crate) async fn serve(database: &str) -> Result<(), BoxError> {
    let pool = Pool::open(database).await?;
    let (layer, io) = SocketIo::builder().max_buffer_size(1024).build_layer();
    let sessions =
        SessionManagerLayer::new(MemoryStore::default()).with_secure(false).with_signed(Key::generate());
    let router = Router::new()
        .route("/hello", get(hello))
        .route("/join", get(join))
        .merge(items::routes())
        .route("/broadcast", get(broadcast))
        .with_state(Shared { pool, io: io.clone() })
        .layer(sessions)
        .layer(SetResponseHeaderLayer::overriding(
            HeaderName::from_static("x-powered-by"),
            HeaderValue::from_static("hand"),
        ));
    let over_sockets = router.clone().layer(CatchPanicLayer::new());
    let connected = async |_: SocketRef| {};
    let before = async move |socket: SocketRef| -> Result<(), std::convert::Infallible> {
        answer_bare(&socket);
        answer_requests(&socket, over_sockets).await;
        Ok(())
    };
    io.ns("/", connected.with(before));
    let router = router
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "listening {}", listener.local_addr()?)?;
    // As the app does, and every server of live events should: nothing waits for an acknowledgement of what went before.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}
