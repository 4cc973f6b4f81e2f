//! What an app does of its own as sockets come and go: `beforeConnect` and `afterDisconnect`.

use super::{SocketId, Sockets};
use crate::{App, BoxFuture, Error, Result, Session, reply::Data};
use ::http::{HeaderMap, HeaderValue, Uri, header, request::Parts};
use axum::extract::ConnectInfo;
use serde_json::Value;
use std::{
    fmt,
    future::Future,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

/// The request with which a socket wants to connect.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its address, with the query.
    pub uri: Uri,
    /// Who asks.
    pub peer: Option<SocketAddr>,
}

impl Handshake {
    pub(super) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        Self { headers: parts.headers.clone(), uri: parts.uri.clone(), peer }
    }

    /// A value of the query; of a repeated one the last.
    pub fn query(&self, name: &str) -> Option<String> {
        match crate::req::parse_form(self.uri.query()?).remove(name)? {
            Value::String(text) => Some(text),
            Value::Array(many) => many.last()?.as_str().map(str::to_owned),
            _ => None,
        }
    }
}

type BeforeConnect = Arc<dyn Fn(Handshake) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type AfterDisconnect = Arc<dyn Fn(SocketId, Session) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// The functions that an app has set.
#[derive(Default)]
pub(super) struct Lifecycle {
    before: RwLock<Option<BeforeConnect>>,
    after: RwLock<Option<AfterDisconnect>>,
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lifecycle")
    }
}

impl Sockets {
    /// Decides before the handshake who may connect: `Ok` admits, an error refuses with its text (or `Forbidden`).
    ///
    /// Set it in a hook's `initialize`. It replaces the origin rule of the configuration, as in Sails. Clients see
    /// `connect_error`.
    pub fn before_connect<F, Fut>(&self, decide: F)
    where
        F: Fn(Handshake) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let decide: BeforeConnect = Arc::new(move |handshake| Box::pin(decide(handshake)));
        *self.0.lifecycle.before.write().unwrap_or_else(PoisonError::into_inner) = Some(decide);
    }

    /// Lets go of what the app has set: it may hold the app.
    pub(crate) fn forget_lifecycle(&self) {
        *self.0.lifecycle.before.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.0.lifecycle.after.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Runs after every disconnect, whatever its cause, with the session of the socket; what it changes there is saved
    /// if it gives `Ok`. The session is none where sessions are off or the socket wanted none.
    pub fn after_disconnect<F, Fut>(&self, run: F)
    where
        F: Fn(SocketId, Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let run: AfterDisconnect = Arc::new(move |id, session| Box::pin(run(id, session)));
        *self.0.lifecycle.after.write().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }

    pub(super) fn decides_who_connects(&self) -> bool {
        self.0.lifecycle.before.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn runs_after_disconnect(&self) -> bool {
        self.0.lifecycle.after.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Asks the app; the text is what the client is told.
    pub(super) async fn ask_before_connect(&self, handshake: Handshake) -> Result<(), String> {
        let decide = self.0.lifecycle.before.read().unwrap_or_else(PoisonError::into_inner).clone();
        match decide {
            Some(decide) => decide(handshake).await.map_err(|error| told(&error)),
            None => Ok(()),
        }
    }

    /// A socket is gone.
    pub(super) async fn run_after_disconnect(&self, app: &App, id: SocketId, cookie: Option<HeaderValue>) {
        let run = self.0.lifecycle.after.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(run) = run else { return };
        let sessions = app.sessions();
        let session = match cookie.filter(|_| sessions.config().enabled) {
            Some(cookie) => {
                let headers = HeaderMap::from_iter([(header::COOKIE, cookie)]);
                match sessions.id_of(&headers) {
                    Some(_) => sessions.open(&headers).await.ok(),
                    None => None,
                }
            }
            None => None,
        };
        let session = session.unwrap_or_else(Session::none);
        match run(id, session.clone()).await {
            Err(error) => tracing::error!(socket = %id, "after_disconnect failed: {error}"),
            Ok(()) if session.is_some() => {
                if let Err(error) = sessions.close(&session).await {
                    tracing::error!(socket = %id, "the session was not saved after the disconnect: {error}");
                }
            }
            Ok(()) => {}
        }
    }
}

/// The text of a refusal: its data, its cause, or `Forbidden`.
fn told(error: &Error) -> String {
    match error.reply().data() {
        Data::Value(Value::String(text)) | Data::Text(text) => text.clone(),
        _ => error.cause().map_or_else(|| "Forbidden".to_owned(), ToString::to_string),
    }
}
