//! `/test/…`: what the scenarios need beside the behaviour they look at.

use axum::http::{HeaderName, HeaderValue};
use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use topsail::prelude::*;

/// Constant for the life of the process, and of no other.
static BOOT_ID: LazyLock<String> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", std::process::id(), now.as_nanos())
});

/// Is there, and is still the same process.
#[action]
pub async fn ping() -> Outcome {
    Ok(ok(json!({ "pong": true }))?
        .with_header(HeaderName::from_static("x-boot-id"), HeaderValue::from_str(&BOOT_ID)?))
}

/// Empties every table and every room.
#[action]
pub async fn reset(app: App) -> Outcome {
    app.orm().truncate_all().await?;
    app.sockets.reset_rooms().await;
    ok(json!({ "reset": true }))
}

/// Ends the asking socket's connection, shortly after the answer.
#[action]
pub async fn disconnect_me(app: App, req: Req) -> Outcome {
    let socket = app.sockets.get(&req)?;
    app.tasks().spawn(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        socket.disconnect().await;
    });
    ok(json!({ "bye": true }))
}

/// Panics; the contract does not have it, the project's own tests do.
#[action]
pub async fn panic() -> Outcome {
    panic!("on purpose")
}
