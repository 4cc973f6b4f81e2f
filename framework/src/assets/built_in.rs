//! The files that Topsail brings along.

use ::http::{HeaderValue, Method, StatusCode, header, request::Parts};
use axum::{body::Body, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct File {
    path: &'static str,
    content_type: &'static str,
    cache: &'static str,
    bytes: &'static [u8],
}

/// A client changes with Topsail's version and its address does not: browsers ask each time, and mostly get a 304.
const ASK: &str = "public, max-age=0";
const SCRIPT: &str = "text/javascript; charset=utf-8";

static FILES: [File; 3] = [
    File {
        path: "/favicon.ico",
        content_type: "image/x-icon",
        cache: "public, max-age=31536000",
        bytes: include_bytes!("favicon.ico"),
    },
    File {
        path: "/dependencies/topsail.io.js",
        content_type: SCRIPT,
        cache: ASK,
        bytes: include_bytes!("../../client/dist/topsail.io.js"),
    },
    File {
        path: "/dependencies/topsail.io.mjs",
        content_type: SCRIPT,
        cache: ASK,
        bytes: include_bytes!("../../client/dist/topsail.io.mjs"),
    },
];

/// The tag of each file, in their order.
static TAGS: LazyLock<[HeaderValue; 3]> = LazyLock::new(|| {
    FILES.each_ref().map(|file| {
        let digest = Sha256::digest(file.bytes);
        HeaderValue::from_str(&format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12])))
            .expect("base64 can stand in a header")
    })
});

/// The built-in file that a request names.
pub(super) fn find(request: &Parts) -> Option<Response> {
    let at = FILES.iter().position(|file| file.path == request.uri.path())?;
    let (file, tag) = (&FILES[at], &TAGS[at]);
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(file.cache));
    headers.insert(header::ETAG, tag.clone());
    if is_known(request, tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Some(response);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CONTENT_LENGTH, file.bytes.len().into());
    if request.method != Method::HEAD {
        *response.body_mut() = file.bytes.into();
    }
    Some(response)
}

/// Has the browser this version already?
fn is_known(request: &Parts, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    request
        .headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim() == tag)
}
