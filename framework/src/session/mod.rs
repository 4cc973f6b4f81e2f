//! Sessions: what the server remembers of one browser, named by a signed cookie.
//!
//! The cookie is that of Sails (`sails.sid` = `s:` + id + `.` + signature). Every request that is not for a file gets a
//! session, and a cookie on first contact. The stores are `tower_sessions::SessionStore`s; what is built on them here
//! instead of its `Session` is a session that is loaded when the request begins and can then be read without waiting
//! (views need that), that merges changes by key, and that is saved on every status, a 500 included.

mod config;
mod error;
mod memory;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
pub(crate) mod requests;
mod service;
mod state;

pub use config::{SessionConfig, SessionCookieConfig};
pub use error::SessionError;
pub use memory::MemoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use service::Sessions;
pub use state::Session;
pub use tower_sessions::{SessionStore, session::Id as SessionId, session::Record};

use crate::{App, Req, http::looks_like_asset};
use ::http::header;
use axum::response::Response;

/// Opens the session of a request, unless it is one that has none.
pub(crate) async fn attach(app: &App, req: &Req) {
    let sessions = app.sessions();
    let refused = req.is_socket() && req.header("nosession").is_some_and(|value| !value.is_empty());
    if !sessions.config().enabled || refused || looks_like_asset(req.path()) {
        return;
    }
    let id = req.known_session().or_else(|| sessions.id_of(req.headers()));
    match sessions.open_by(id).await {
        Ok(session) => req.set_session(session),
        Err(error) => {
            tracing::error!(method = %req.method(), url = %req.uri(), "no session for this request: {error}")
        }
    }
}

/// Writes what the request has changed, and sets the cookie where the browser needs a new one.
///
/// A store that fails is logged and does not take the answer away from the client; its changes are lost.
pub(crate) async fn finish(app: &App, req: &Req, response: &mut Response) {
    match app.sessions().close(&req.session()).await {
        Ok(None) => {}
        Ok(Some(cookie)) => {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Err(error) => {
            tracing::error!(method = %req.method(), url = %req.uri(), "the session was not saved: {error}")
        }
    }
}
