//! `ETag` of dynamic answers, and 304 for clients that have them already.

use crate::reply::JsonBody;
use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use http_body_util::BodyExt;
use std::hash::{DefaultHasher, Hasher};

/// Larger answers, and those that are streamed, get no tag.
const LARGEST: u64 = 1 << 20;

/// What the client says it has, unless it asks for the whole answer all the same (`Cache-Control: no-cache`).
pub(super) fn known(headers: &HeaderMap) -> Option<&HeaderValue> {
    let insists = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.split(',').any(|one| one.trim().eq_ignore_ascii_case("no-cache")))
    };
    let anew = headers.get_all(header::CACHE_CONTROL).iter().any(insists);
    headers.get(header::IF_NONE_MATCH).filter(|_| !anew)
}

/// Tags a successful answer whose whole body is at hand; `known` is what the client says it has.
pub(super) async fn fresh(known: Option<&HeaderValue>, response: Response) -> Response {
    let whole = response.body().size_hint().exact().is_some_and(|size| (1..=LARGEST).contains(&size));
    if response.status() != StatusCode::OK || !whole || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (mut parts, mut body) = response.into_parts();
    let tag = match parts.extensions.get::<JsonBody>() {
        Some(JsonBody(raw)) => tag(raw.get().as_bytes()),
        None => {
            let Ok(collected) = body.collect().await else {
                parts.status = StatusCode::INTERNAL_SERVER_ERROR;
                return Response::from_parts(parts, Body::empty());
            };
            let bytes = collected.to_bytes();
            let tag = tag(&bytes);
            body = Body::from(bytes);
            tag
        }
    };
    let unchanged = known.and_then(|k| k.to_str().ok()).is_some_and(|known| has(known, &tag));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    if unchanged {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, body)
}

fn tag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("W/\"{:x}-{:016x}\"", bytes.len(), hasher.finish())
}

fn has(known: &str, tag: &str) -> bool {
    let plain = tag.trim_start_matches("W/");
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_known_tags_is_enough_weak_or_strong() {
        assert!(has("\"x\", W/\"1-a\"", "W/\"1-a\"") && has("\"1-a\"", "W/\"1-a\"") && has("*", "W/\"1-a\""));
        assert!(!has("\"1-b\"", "W/\"1-a\""));
    }
}
