//! WebSockets that begin a session: their handshake is answered here.
//!
//! The engine would answer it as well, but with each connection it would keep for ever what only the answer needs. Here it
//! gets the connection when it is open, and of the request what is asked for later. Sessions that began with polling, and
//! everything that is wrong, are the engine's.

use ::http::{HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What the engine reads a WebSocket from.
pub(super) type Connection = TokioIo<Upgraded>;

/// Gives the engine a connection that is open, and its handshake.
pub(super) type Begin = Arc<dyn Fn(Connection, Request<()>) + Send + Sync>;

/// A WebSocket that can begin.
pub(super) struct Opening {
    upgrade: OnUpgrade,
    accept: HeaderValue,
}

impl Opening {
    /// Takes it out of a request for a session of its own that the engine would accept.
    pub(super) fn take<B>(request: &mut Request<B>) -> Option<Self> {
        let query = request.uri().query()?;
        let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let is_new = request.method() == Method::GET
            && value("sid").is_none()
            && value("transport") == Some("websocket")
            && matches!(value("EIO"), Some("3" | "4"));
        if !is_new {
            return None;
        }
        let key = request.headers().get(header::SEC_WEBSOCKET_KEY)?;
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()?;
        let upgrade = request.extensions_mut().remove::<OnUpgrade>()?;
        request.headers_mut().remove(header::SEC_WEBSOCKET_KEY);
        Some(Self { upgrade, accept })
    }

    /// The answer, and what happens once it is sent.
    pub(super) fn begin(
        self,
        handshake: Request<()>,
        begin: Begin,
    ) -> (Response, impl Future<Output = ()> + Send + 'static) {
        let answer = [
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        let opened = async move {
            match self.upgrade.await {
                Ok(connection) => begin(TokioIo::new(connection), handshake),
                Err(error) => tracing::debug!("a WebSocket was not opened: {error}"),
            }
        };
        ((StatusCode::SWITCHING_PROTOCOLS, answer).into_response(), opened)
    }
}
