//! CSRF: a token that only pages of this app can know.

use crate::{
    App, Error, Outcome, Req, Session, error::Result, forbidden, not_found, router::RouteOptions,
    session::SessionError,
};
use ::http::{HeaderMap, Method, StatusCode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Bytes of a session's secret.
const SECRET: usize = 32;
/// Where the secret is kept in the session.
const KEY: &str = "csrfSecret";
/// The headers that may carry a token.
const HEADERS: [&str; 4] = ["csrf-token", "xsrf-token", "x-csrf-token", "x-xsrf-token"];

/// Refuses a request that should carry a token of its session and does not.
///
/// GET, HEAD and OPTIONS pass, and so do routes with `csrf: false`; every other request needs the token, also where no
/// route answers.
///
/// # Errors
/// 403 without a word of the reason. In development a request without a session is a 500 that says so.
pub(crate) async fn csrf(app: &App, req: &Req, options: Option<&RouteOptions>) -> Result<()> {
    let protected = options.and_then(|options| options.csrf).unwrap_or(app.config().security.csrf);
    if !protected || matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let session = req.session();
    if !session.is_some() {
        return if app.is_production() { forbidden() } else { Err(SessionError::None.into()) };
    }
    let param = |params: Option<&Value>| params.and_then(Value::as_str).map(str::to_owned);
    let body = param(req.body().and_then(|body| body.get("_csrf")));
    let Some(token) =
        body.or_else(|| param(req.query().get("_csrf"))).or_else(|| from_headers(req.headers()))
    else {
        return forbidden();
    };
    match session.private_value(KEY)? {
        Some(secret) if matches(&token, &secret) => Ok(()),
        _ => forbidden(),
    }
}

fn from_headers(headers: &HeaderMap) -> Option<String> {
    HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok().map(str::to_owned))
}

/// A token of this session: another text with every call, all of them valid as long as the session lives.
///
/// # Errors
/// When there is no session.
pub(crate) fn token(session: &Session) -> Result<String, SessionError> {
    let secret = session.private(KEY, || URL_SAFE_NO_PAD.encode(rand::random::<[u8; SECRET]>()))?;
    Ok(mask(&secret, rand::random()))
}

/// The action `security/grant-csrf-token`: `{ "_csrf": … }`, with an empty token where CSRF protection is off.
///
/// # Errors
/// Over a socket: 400 in development, 404 in production. A token is fetched over HTTP and may then be spent over both.
pub(crate) async fn grant_csrf_token(app: App, req: Req) -> Outcome {
    if req.is_socket() {
        if app.is_production() {
            return not_found();
        }
        let why = std::io::Error::other(
            "a CSRF token is granted over HTTP only; it can then be spent over sockets too",
        );
        return Err(Error::with_status(StatusCode::BAD_REQUEST, why));
    }
    let token = if app.config().security.csrf { token(&req.session())? } else { String::new() };
    crate::ok(json!({ "_csrf": token }))
}

/// The mask and the masked secret: compression of pages tells nothing of the secret.
fn mask(secret: &str, mask: [u8; SECRET]) -> String {
    let mut bytes = [0; SECRET * 2];
    bytes[..SECRET].copy_from_slice(&mask);
    if let Some(secret) = decode::<SECRET>(secret) {
        for (at, byte) in secret.iter().enumerate() {
            bytes[SECRET + at] = byte ^ mask[at];
        }
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Compares without stopping at the first difference.
fn matches(token: &str, secret: &str) -> bool {
    let (Some(token), Some(secret)) = (decode::<{ SECRET * 2 }>(token), decode::<SECRET>(secret)) else {
        return false;
    };
    let (mask, masked) = token.split_at(SECRET);
    let different =
        secret.iter().zip(mask).zip(masked).fold(0, |sum, ((s, mask), masked)| sum | (s ^ mask ^ masked));
    std::hint::black_box(different) == 0
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > N * 2 {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ht_90_tokens_differ_all_are_valid_and_none_fits_another_session() {
        let mine = URL_SAFE_NO_PAD.encode([7u8; SECRET]);
        let other = URL_SAFE_NO_PAD.encode([8u8; SECRET]);
        let (first, second) = (mask(&mine, [1; SECRET]), mask(&mine, rand::random()));
        assert_ne!(first, second);
        assert!(matches(&first, &mine) && matches(&second, &mine));
        assert!(!matches(&first, &other));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let secret = URL_SAFE_NO_PAD.encode([7u8; SECRET]);
        let long = "A".repeat(100_000);
        for text in ["", "x", "äöü", secret.as_str(), &long, &URL_SAFE_NO_PAD.encode([0u8; SECRET * 2])] {
            assert!(!matches(text, &secret));
        }
    }

    #[test]
    fn ht_89_each_of_the_four_headers_carries_a_token() {
        for name in HEADERS {
            let mut headers = HeaderMap::new();
            headers.insert(name, "t".parse().unwrap());
            assert_eq!(from_headers(&headers).as_deref(), Some("t"));
        }
    }
}
