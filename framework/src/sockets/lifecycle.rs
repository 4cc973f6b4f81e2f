//! What an app does of its own as sockets come and go (`beforeConnect`, `onConnect`, `afterDisconnect`), and as the other
//! nodes do.

use super::{Socket, SocketId, Sockets};
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
        Self { headers: parts.headers.clone(), uri: parts.uri.clone(), peer: peer_of(parts) }
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

/// Who has sent this handshake.
pub(super) fn peer_of(handshake: &Parts) -> Option<SocketAddr> {
    handshake.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

type BeforeConnect = Arc<dyn Fn(Handshake) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type OnConnect = Arc<dyn Fn(Socket, Session) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type OnCutOff = Arc<dyn Fn(bool) -> BoxFuture<'static, ()> + Send + Sync>;
type AfterDisconnect = Arc<dyn Fn(SocketId, Session) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// The functions that an app has set.
#[derive(Default)]
pub(super) struct Lifecycle {
    before: Slot<BeforeConnect>,
    connect: Slot<OnConnect>,
    after: Slot<AfterDisconnect>,
    cut_off: Slot<OnCutOff>,
}

/// A function, if one has been set.
struct Slot<F>(RwLock<Option<F>>);

impl<F> Default for Slot<F> {
    fn default() -> Self {
        Self(RwLock::new(None))
    }
}

impl<F: Clone> Slot<F> {
    fn get(&self) -> Option<F> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, to: Option<F>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = to;
    }

    fn is_set(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
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
    /// `connect_error`. The last function that was set counts, here and with the three below.
    ///
    /// ```
    /// # use topsail::prelude::*;
    /// # #[derive(Default)]
    /// # pub struct Door;
    /// impl Hook for Door {
    ///     async fn initialize(&self, app: &App) -> Result<()> {
    ///         app.sockets.before_connect(async |handshake: topsail::sockets::Handshake| match handshake.query("ticket") {
    ///             Some(_) => Ok(()),
    ///             None => forbidden(),
    ///         });
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// Sails: the setting `sockets.beforeConnect(handshake, proceed)`. Differs: it answers by what it returns, so an error
    /// cannot admit.
    pub fn before_connect<F, Fut>(&self, decide: F)
    where
        F: Fn(Handshake) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.0.lifecycle.before.set(Some(Arc::new(move |handshake| Box::pin(decide(handshake)))));
    }

    /// Runs when a socket has connected, with it and its session; what is changed in the session is saved if it gives
    /// `Ok`.
    ///
    /// It runs beside the first requests of the socket, and an error is logged: whoever is to be kept out is refused by
    /// [`before_connect`](Self::before_connect). The session is none where sessions are off or the socket wants none.
    ///
    /// ```
    /// # use topsail::prelude::*;
    /// # #[derive(Default)]
    /// # pub struct Greeter;
    /// impl Hook for Greeter {
    ///     async fn initialize(&self, app: &App) -> Result<()> {
    ///         let sockets = app.sockets.clone();
    ///         app.sockets.on_connect(move |socket, session| {
    ///             let sockets = sockets.clone();
    ///             async move {
    ///                 if let Some(user) = session.get::<i64>("userId").await? {
    ///                     sockets.join(&socket, format!("user-{user}")).await?;
    ///                 }
    ///                 Ok(())
    ///             }
    ///         });
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// Sails: the deprecated setting `sockets.onConnect(session, socket)`. Differs: the arguments are the other way round, as
    /// with `after_disconnect`, and it may wait.
    pub fn on_connect<F, Fut>(&self, run: F)
    where
        F: Fn(Socket, Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.0.lifecycle.connect.set(Some(Arc::new(move |socket, session| Box::pin(run(socket, session)))));
    }

    /// Runs after every disconnect, whatever its cause, with the session of the socket; what it changes there is saved
    /// if it gives `Ok`. The session is none where sessions are off or the socket wanted none.
    ///
    /// The socket is gone by then, so there is its id only, and it has left its rooms.
    ///
    /// Sails: the setting `sockets.afterDisconnect(session, socket, done)`. Differs: the id instead of the socket, and the
    /// end of the future instead of `done`.
    pub fn after_disconnect<F, Fut>(&self, run: F)
    where
        F: Fn(SocketId, Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.0.lifecycle.after.set(Some(Arc::new(move |id, session| Box::pin(run(id, session)))));
    }

    /// Runs when the other nodes are out of reach (`true`), and when they are back (`false`): for notices to operators
    /// and for metrics. [`is_cut_off`](Self::is_cut_off) gives the state at any time.
    ///
    /// An absence that is shorter than the run before it may pass unnoticed.
    ///
    /// Sails: the settings `sockets.onRedisDisconnect` and `sockets.onRedisReconnect`. Differs: one function for both.
    pub fn on_cut_off<F, Fut>(&self, run: F)
    where
        F: Fn(bool) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.0.lifecycle.cut_off.set(Some(Arc::new(move |is_cut_off| Box::pin(run(is_cut_off)))));
    }

    /// Lets go of what the app has set: it may hold the app.
    pub(crate) fn forget_lifecycle(&self) {
        let Lifecycle { before, connect, after, cut_off } = &self.0.lifecycle;
        before.set(None);
        connect.set(None);
        after.set(None);
        cut_off.set(None);
    }

    pub(super) fn decides_who_connects(&self) -> bool {
        self.0.lifecycle.before.is_set()
    }

    pub(super) fn runs_after_disconnect(&self) -> bool {
        self.0.lifecycle.after.is_set()
    }

    /// Asks the app; the text is what the client is told.
    pub(super) async fn ask_before_connect(&self, handshake: Handshake) -> Result<(), String> {
        match self.0.lifecycle.before.get() {
            Some(decide) => decide(handshake).await.map_err(|error| told(&error)),
            None => Ok(()),
        }
    }

    /// A socket has connected.
    pub(super) async fn run_on_connect(&self, app: &App, id: SocketId) {
        let Some(run) = self.0.lifecycle.connect.get() else { return };
        let (Some(seat), Ok(socket)) = (self.seat(id), self.get(id)) else { return };
        let session = session_of(app, seat.kept().cookie.filter(|_| !seat.without_session)).await;
        let result = run(socket, session.clone()).await;
        keep(app, id, &session, "on_connect", result).await;
    }

    /// A socket is gone.
    pub(super) async fn run_after_disconnect(&self, app: &App, id: SocketId, cookie: Option<HeaderValue>) {
        let Some(run) = self.0.lifecycle.after.get() else { return };
        let session = session_of(app, cookie).await;
        let result = run(id, session.clone()).await;
        keep(app, id, &session, "after_disconnect", result).await;
    }

    /// The other nodes are out of reach, or back.
    #[cfg(feature = "redis")]
    pub(super) async fn run_on_cut_off(&self, is_cut_off: bool) {
        if let Some(run) = self.0.lifecycle.cut_off.get() {
            run(is_cut_off).await;
        }
    }
}

/// The session that a cookie names, if there is one.
async fn session_of(app: &App, cookie: Option<HeaderValue>) -> Session {
    let sessions = app.sessions();
    let Some(cookie) = cookie.filter(|_| sessions.config().enabled) else { return Session::none() };
    let headers = HeaderMap::from_iter([(header::COOKIE, cookie)]);
    match sessions.id_of(&headers) {
        Some(_) => sessions.open(&headers).await.unwrap_or_else(|_| Session::none()),
        None => Session::none(),
    }
}

/// Saves what a function of the app has changed in a session, unless it failed.
async fn keep(app: &App, id: SocketId, session: &Session, what: &str, result: Result<()>) {
    match result {
        Err(error) => tracing::error!(socket = %id, "{what} failed: {error}"),
        Ok(()) if session.is_some() => {
            if let Err(error) = app.sessions().close(session).await {
                tracing::error!(socket = %id, "the session was not saved after {what}: {error}");
            }
        }
        Ok(()) => {}
    }
}

/// The text of a refusal: its data, its cause, or `Forbidden`.
fn told(error: &Error) -> String {
    match error.reply().data() {
        Data::Value(Value::String(text)) | Data::Text(text) => text.clone(),
        _ => error.cause().map_or_else(|| "Forbidden".to_owned(), ToString::to_string),
    }
}
