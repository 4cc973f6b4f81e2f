//! The same work as a good engineer would write it by hand: axum with the middleware that an app has (request ids, traces,
//! panics caught, compression, signed sessions), socketioxide, sqlx.

use crate::BoxError;
use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderName, HeaderValue},
    routing::get,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
    handler::ConnectHandler,
};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{collections::HashMap, io::Write, str::FromStr};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tower_sessions::{
    MemoryStore, Session, SessionManagerLayer, SessionStore,
    cookie::{Key, time::OffsetDateTime},
    session::{Id, Record},
};

#[derive(Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: i64,
    name: String,
    price: f64,
    sold: bool,
    created_at: i64,
    updated_at: i64,
}

#[derive(Clone)]
struct Shared {
    pool: SqlitePool,
    io: SocketIo,
}

#[derive(Deserialize)]
struct Frame {
    url: String,
    #[serde(default)]
    data: Value,
}

async fn hello(session: Session, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    // Like the app: every client has a session.
    if session.is_empty().await {
        let _ = session.insert("seen", true).await;
    }
    Json(json!({ "greeting": "hello", "name": query.get("name").map_or("world", String::as_str) }))
}

async fn find(State(shared): State<Shared>) -> Json<Vec<Item>> {
    let items =
        sqlx::query_as("select id, name, price, sold, created_at, updated_at from item order by id limit 30")
            .fetch_all(&shared.pool)
            .await
            .unwrap_or_default();
    Json(items)
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

/// As in the app, every socket has a session, and every request sees what it holds at that moment.
async fn register(socket: &SocketRef, sessions: MemoryStore) {
    let mut record = Record { id: Id::default(), data: HashMap::new(), expiry_date: tomorrow() };
    let _ = sessions.create(&mut record).await;
    let id = record.id;
    socket.on("get", async move |socket: SocketRef, Data(frame): Data<Frame>, ack: AckSender| {
        if !matches!(sessions.load(&id).await, Ok(Some(_))) {
            let _ = ack.send(&json!({ "headers": {}, "statusCode": 403 }));
            return;
        }
        let body = if frame.url == "/join" {
            socket.join("news");
            json!("OK")
        } else {
            let name = frame.data.get("name").and_then(Value::as_str).unwrap_or("world");
            json!({ "greeting": "hello", "name": name })
        };
        let _ = ack.send(&json!({ "body": body, "headers": {}, "statusCode": 200 }));
    });
}

fn tomorrow() -> OffsetDateTime {
    OffsetDateTime::now_utc() + std::time::Duration::from_secs(24 * 60 * 60)
}

pub(crate) async fn serve(database: &str) -> Result<(), BoxError> {
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{database}"))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePoolOptions::new().connect_with(options).await?;
    sqlx::query(
        "create table item (id integer primary key autoincrement, name text, price real, sold boolean, created_at integer, \
         updated_at integer)",
    )
    .execute(&pool)
    .await?;
    for at in 0..30_i32 {
        sqlx::query("insert into item (name, price, sold, created_at, updated_at) values (?, ?, ?, 1700000000000, 1700000000000)")
            .bind(format!("item {at}"))
            .bind(f64::from(at) + 0.5)
            .bind(at % 2 == 0)
            .execute(&pool)
            .await?;
    }
    let (layer, io) = SocketIo::builder().max_buffer_size(1024).build_layer();
    let connected = async |_: SocketRef| {};
    let store = MemoryStore::default();
    let of_sockets = store.clone();
    let before = async move |socket: SocketRef| -> Result<(), std::convert::Infallible> {
        register(&socket, of_sockets).await;
        Ok(())
    };
    io.ns("/", connected.with(before));
    let sessions = SessionManagerLayer::new(store).with_secure(false).with_signed(Key::generate());
    let router = Router::new()
        .route("/hello", get(hello))
        .route("/item", get(find))
        .route("/broadcast", get(broadcast))
        .with_state(Shared { pool, io })
        .layer(sessions)
        .layer(SetResponseHeaderLayer::overriding(
            HeaderName::from_static("x-powered-by"),
            HeaderValue::from_static("hand"),
        ))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "listening {}", listener.local_addr()?)?;
    axum::serve(listener, router).await?;
    Ok(())
}
