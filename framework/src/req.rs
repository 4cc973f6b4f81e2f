//! The request as actions and policies see it: `req` of Sails.

mod params;
mod path;

pub use params::Params;
pub(crate) use params::{MAX_PAIRS, ParsedBody, parse_query as parse_form};
pub use path::Path;

use crate::{
    App, Error, Session, Socket, error::Result, router::RouteOptions, session::SessionId, sockets::SocketId,
};
use ::http::{Extensions, HeaderMap, Method, Uri, request::Parts};
use axum::extract::FromRequestParts;
use bytes::Bytes;
use serde_json::Value;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// A request, whichever way it came: a cheap handle that can be cloned and kept.
///
/// It is made at the door and completed by the router, so a policy, an action and a router mounted beside the app's
/// routes all take it as an extractor. What a policy leaves with [`Req::put`] the action finds with [`Req::get`].
#[derive(Clone)]
pub struct Req(Arc<Matched>);

/// What belongs to one matched route.
struct Matched {
    base: Arc<Base>,
    path: Params,
    options: Arc<RouteOptions>,
    action: Option<Arc<str>>,
    all: OnceLock<Params>,
}

/// What belongs to the request.
struct Base {
    app: App,
    id: RequestId,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    peer: Option<SocketAddr>,
    socket: Option<Socket>,
    query: OnceLock<Params>,
    body: OnceLock<ParsedBody>,
    session: OnceLock<Session>,
    known_session: OnceLock<SessionId>,
    cookies: OnceLock<crate::cookies::Cookies>,
    kept: Mutex<Extensions>,
}

impl Req {
    /// Made at a door, before anything else has happened.
    pub(crate) fn new(
        app: App,
        parts: &Parts,
        peer: Option<SocketAddr>,
        socket: Option<Socket>,
        id: RequestId,
    ) -> Self {
        Self(Arc::new(Matched {
            base: Arc::new(Base {
                app,
                id,
                method: parts.method.clone(),
                uri: parts.uri.clone(),
                headers: parts.headers.clone(),
                peer,
                socket,
                query: OnceLock::new(),
                body: OnceLock::new(),
                session: OnceLock::new(),
                known_session: OnceLock::new(),
                cookies: OnceLock::new(),
                kept: Mutex::default(),
            }),
            path: Params::new(),
            options: Arc::default(),
            action: None,
            all: OnceLock::new(),
        }))
    }

    /// The same request, matched by a route.
    pub(crate) fn matched(&self, path: Params, options: Arc<RouteOptions>, action: Option<Arc<str>>) -> Self {
        Self(Arc::new(Matched { base: self.0.base.clone(), path, options, action, all: OnceLock::new() }))
    }

    /// Has the door set the body already?
    pub(crate) fn is_parsed(&self) -> bool {
        self.0.base.body.get().is_some()
    }

    pub(crate) fn set_body(&self, body: ParsedBody) {
        let _ = self.0.base.body.set(body);
    }

    /// The session that the cookies name, where a door has checked their signature before.
    pub(crate) fn set_known_session(&self, id: SessionId) {
        let _ = self.0.base.known_session.set(id);
    }

    pub(crate) fn known_session(&self) -> Option<SessionId> {
        self.0.base.known_session.get().copied()
    }

    pub(crate) fn set_session(&self, session: Session) {
        let _ = self.0.base.session.set(session);
    }

    /// The app that serves this request.
    pub fn app(&self) -> &App {
        &self.0.base.app
    }

    /// The id of this request: `x-request-id` as it came, or made here.
    pub fn id(&self) -> &str {
        self.0.base.id.as_str()
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.0.base.method
    }

    /// The address as received, never rewritten.
    pub fn uri(&self) -> &Uri {
        &self.0.base.uri
    }

    /// The address as the client wrote it: of a virtual request its `url` unchanged, over HTTP the request's target.
    pub fn url(&self) -> String {
        match self.get::<crate::sockets::GivenUrl>() {
            Some(given) => given.0,
            None => self.uri().to_string(),
        }
    }

    /// The path without the query, not decoded.
    pub fn path(&self) -> &str {
        self.0.base.uri.path()
    }

    /// The headers. Of a virtual request these are what `realtime.md` 1.6 lets in.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.base.headers
    }

    /// One header as text; `referer` and `referrer` are the same.
    pub fn header(&self, name: &str) -> Option<&str> {
        let name = if name.eq_ignore_ascii_case("referrer") { "referer" } else { name };
        self.headers().get(name)?.to_str().ok()
    }

    /// Did it come over a socket?
    pub fn is_socket(&self) -> bool {
        self.0.base.socket.is_some()
    }

    /// The socket behind a virtual request.
    pub fn socket(&self) -> Option<&Socket> {
        self.0.base.socket.as_ref()
    }

    /// `http`, `https` (through a trusted proxy) or `ws`.
    pub fn protocol(&self) -> &'static str {
        if self.is_socket() {
            return "ws";
        }
        let forwarded = self.header("x-forwarded-proto").and_then(|v| v.split(',').next()).map(str::trim);
        match forwarded {
            Some("https") if self.app().config().http.trust_proxy.trusts_any() => "https",
            _ => "http",
        }
    }

    /// The client's address: the peer, or what a trusted proxy says (`http.trust_proxy`).
    pub fn ip(&self) -> Option<std::net::IpAddr> {
        let forwarded = self.ips();
        forwarded.first().copied().or_else(|| self.0.base.peer.map(|p| p.ip()))
    }

    /// The addresses of `X-Forwarded-For`, client first, as far as proxies are trusted; else empty.
    pub fn ips(&self) -> Vec<std::net::IpAddr> {
        self.app().config().http.trust_proxy.forwarded(self.headers())
    }

    /// The peer of the connection.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.base.peer
    }

    /// The parsed query string; `a[b]=1` nests.
    pub fn query(&self) -> &Params {
        let base = &self.0.base;
        base.query.get_or_init(|| params::parse_query(base.uri.query().unwrap_or_default()))
    }

    /// The parsed body; nothing for GET, HEAD and OPTIONS over HTTP, an empty dictionary where none was sent.
    pub fn body(&self) -> Option<&Value> {
        self.0.base.body.get().and_then(ParsedBody::value)
    }

    /// The path parameters, the unnamed ones by number.
    pub fn path_params(&self) -> &Params {
        &self.0.path
    }

    /// All parameters: path over body over query. A body that is a list contributes nothing.
    pub fn params(&self) -> &Params {
        self.0.all.get_or_init(|| {
            let mut all = self.query().clone();
            if let Some(Value::Object(body)) = self.body() {
                all.extend(body.clone());
            }
            all.extend(self.0.path.clone());
            all
        })
    }

    /// Sails' name of [`Req::params`].
    pub fn all_params(&self) -> &Params {
        self.params()
    }

    /// One parameter: path, then body, then query.
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.0
            .path
            .get(name)
            .or_else(|| self.body().and_then(|b| b.get(name)))
            .or_else(|| self.query().get(name))
    }

    /// The bytes of a parameter that a socket sent as bytes: an `ArrayBuffer`, a typed array, a `Blob`, a `Buffer`.
    ///
    /// Such a parameter is socket.io's placeholder in [`Req::param`] and in the body, because JSON has no bytes; Sails has
    /// a `Buffer` there. Nothing over HTTP, where files are read with axum's `Multipart`.
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// #[action]
    /// pub async fn upload(req: Req) -> Outcome {
    ///     let Some(photo) = req.bytes("photo") else { return bad_request("`photo` must be bytes") };
    ///     ok(json!({ "bytes": photo.len() }))
    /// }
    /// # fn main() {}
    /// ```
    pub fn bytes(&self, name: &str) -> Option<Bytes> {
        self.bytes_of(self.param(name)?)
    }

    /// The bytes that a value somewhere in the body stands for; see [`Req::bytes`].
    pub fn bytes_of(&self, value: &Value) -> Option<Bytes> {
        self.get::<crate::sockets::Attachments>()?.of(value)
    }

    /// The options of the matched route, those of an earlier match first.
    pub fn options(&self) -> &RouteOptions {
        &self.0.options
    }

    /// The identity of the action that the route leads to.
    pub fn action(&self) -> Option<&str> {
        self.0.action.as_deref()
    }

    /// The session; an error where this request has none (`nosession`, an asset's path, sessions switched off).
    pub fn session(&self) -> Session {
        self.0.base.session.get().cloned().unwrap_or_else(Session::none)
    }

    /// The cookies.
    pub fn cookies(&self) -> &crate::cookies::Cookies {
        let base = &self.0.base;
        base.cookies.get_or_init(|| crate::cookies::Cookies::parse(&base.headers, base.app.cookie_key()))
    }

    /// Does the client want JSON rather than a page?
    ///
    /// True over sockets, for `X-Requested-With: XMLHttpRequest`, where `Accept` does not contain `html`, for a JSON
    /// body sent with an `Accept` header, and where the route option `wantsJSON` is true.
    pub fn wants_json(&self) -> bool {
        if self.is_socket() || self.is_xhr() || self.0.options.wants_json {
            return true;
        }
        match self.header("accept") {
            None => true,
            Some(accept) if !accept.contains("html") => true,
            Some(_) => self.header("content-type").is_some_and(|t| t.contains("json")),
        }
    }

    /// `X-Requested-With: XMLHttpRequest`.
    pub fn is_xhr(&self) -> bool {
        self.header("x-requested-with").is_some_and(|v| v.eq_ignore_ascii_case("xmlhttprequest"))
    }

    /// Leaves a value for whoever comes later in this request.
    pub fn put<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.0.base.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(value);
    }

    /// What was left with [`Req::put`].
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.0.base.kept.lock().unwrap_or_else(PoisonError::into_inner).get().cloned()
    }
}

/// The id of a request: given, or counted on its socket and written only where somebody reads it.
pub(crate) enum RequestId {
    Text(Arc<str>),
    OnSocket { socket: SocketId, number: u64, text: OnceLock<Box<str>> },
}

impl RequestId {
    pub(crate) fn on_socket(socket: SocketId, number: u64) -> Self {
        Self::OnSocket { socket, number, text: OnceLock::new() }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::OnSocket { socket, number, text } => {
                text.get_or_init(|| format!("{socket}.{number}").into())
            }
        }
    }
}

impl std::fmt::Debug for Req {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Req").field("method", self.method()).field("uri", self.uri()).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Req {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Error::new("this request did not come through the app: lift it, or mount your router with `AppBuilder::mount`")
        })
    }
}

impl FromRequestParts<App> for App {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(app.clone())
    }
}

impl FromRequestParts<App> for crate::Sockets {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(app.sockets.clone())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Ok(Req::from_request_parts(parts, state).await?.session())
    }
}

/// A request is an executor: as `&app`, but what it writes carries who asked (W6).
impl topsail_orm::Executor for Req {
    fn context(&self) -> topsail_orm::Context<'_> {
        let mut context = topsail_orm::Executor::context(self.app());
        context.origin = Some(topsail_orm::Origin {
            socket: self.socket().map(|s| s.id().to_string()),
            request_id: Some(self.id().to_owned()),
            mirror: self.options().mirror,
        });
        context
    }
}
