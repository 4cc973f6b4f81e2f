//! WebSockets that begin a session: their handshake is answered here.
//!
//! The engine would answer it as well, but with each connection it would keep for ever what only the answer needs. Here it
//! gets the connection when it is open, and of the request what is asked for later; and here its messages can be measured.
//! Sessions that began with polling, and everything that is wrong, are the engine's.

use super::lengths::Measured;
use crate::metrics::Counts;
use ::http::{HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What the engine reads a WebSocket from. Boxed: the engine moves it about, and keeps room for each place.
pub(super) type Connection = Box<Measured<TokioIo<Upgraded>>>;

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
        largest: usize,
        counts: Arc<Counts>,
    ) -> (Response, impl Future<Output = ()> + Send + 'static) {
        let answer = [
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        let opened = async move {
            match self.upgrade.await {
                Ok(upgraded) => {
                    begin(Box::new(Measured::new(TokioIo::new(upgraded), largest, counts)), handshake);
                }
                Err(error) => tracing::debug!("a WebSocket was not opened: {error}"),
            }
        };
        ((StatusCode::SWITCHING_PROTOCOLS, answer).into_response(), opened)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(method: Method, query: &str) -> Request<()> {
        Request::builder()
            .method(method)
            .uri(format!("/socket.io/{query}"))
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .extension(hyper::upgrade::on(Request::new(())))
            .body(())
            .unwrap()
    }

    #[test]
    fn a_websocket_that_begins_a_session_is_answered_with_the_accept_of_its_key() {
        let mut new = request(Method::GET, "?EIO=4&transport=websocket");
        let (answer, _) = Opening::take(&mut new).unwrap().begin(new, Arc::new(|_, _| {}), 1, Arc::default());
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        // The example of RFC 6455, section 1.3.
        assert_eq!(answer.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn all_others_are_the_engines() {
        for query in [
            "",
            "?EIO=4&transport=polling",
            "?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAA",
            "?EIO=5&transport=websocket",
            "?transport=websocket",
            "?EIO=4",
            "?EIO=4&transport=polling&transport=websocket",
        ] {
            let mut other = request(Method::GET, query);
            assert!(Opening::take(&mut other).is_none(), "{query}");
            assert!(other.headers().contains_key("sec-websocket-key"), "{query}: it is as it was");
        }
        assert!(Opening::take(&mut request(Method::POST, "?EIO=4&transport=websocket")).is_none());
        let mut without_key = request(Method::GET, "?EIO=4&transport=websocket");
        without_key.headers_mut().clear();
        assert!(Opening::take(&mut without_key).is_none());
    }
}
