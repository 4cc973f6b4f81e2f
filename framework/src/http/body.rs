//! Reading a body: JSON, urlencoded, or left as a stream.

use crate::{
    App, Req,
    error::Result,
    metrics::Limit,
    refuse,
    req::{MAX_PAIRS, ParsedBody},
};
use ::http::{Method, StatusCode, header};
use axum::{body::Body, extract::Request};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value, json};

/// May this request have a body? GET, HEAD and OPTIONS have none.
pub(crate) fn may_have_body(req: &Req) -> bool {
    let may = !matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !may {
        req.set_body(ParsedBody::Absent);
    }
    may
}

/// Parses the body into the request's parameters and gives it back whole for axum's own extractors.
///
/// JSON is strict (an object or a list), urlencoded nests, of a form with files the
/// text before the first file is taken, and every other type is tried as JSON and else left alone. What cannot be read is a 400 with `E_BODY_PARSE`.
pub(crate) async fn read_body(app: &App, req: &Req, request: Request) -> Result<Request> {
    let content_type = req.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if content_type.starts_with("multipart/form-data") {
        return super::multipart::read_fields(app, req, request).await;
    }
    if content_type.starts_with("multipart/") {
        req.set_body(ParsedBody::Value(Value::Object(Map::new())));
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let config = &app.config().http;
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > config.body_limit as u64) {
        return too_large(app);
    }
    let bytes = match Limited::new(body, config.body_limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return too_large(app),
        Err(_) => return refused("the body ended before it was complete"),
    };
    let parsed = parse(&content_type, &bytes, config.json_depth);
    if let Err(Unread::TooDeep(_)) = parsed {
        app.counts().hit(Limit::Depth);
    }
    req.set_body(ParsedBody::Value(parsed.or_else(refused)?));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn too_large<T>(app: &App) -> Result<T> {
    app.counts().hit(Limit::Body);
    let limit = app.config().http.body_limit;
    refused(format!("the body is larger than the limit of {limit} bytes (`http.body_limit`)"))
}

pub(super) fn refused<T>(why: impl std::fmt::Display) -> Result<T> {
    refuse(
        StatusCode::BAD_REQUEST,
        json!({ "code": "E_BODY_PARSE", "message": format!("The body of this request could not be parsed: {why}.") }),
    )
}

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    #[error("it is nested deeper than {0} levels")]
    TooDeep(usize),
    #[error("it has more than {MAX_PAIRS} parameters")]
    TooMany,
    #[error("it is not UTF-8")]
    NotText,
    #[error("JSON must be an object or a list at its top level")]
    Scalar,
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

fn parse(content_type: &str, bytes: &Bytes, depth: usize) -> Result<Value, Unread> {
    let empty = || Value::Object(Map::new());
    if bytes.is_empty() {
        return Ok(empty());
    }
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if media == "application/x-www-form-urlencoded" {
        return match std::str::from_utf8(bytes) {
            Ok(text) if text.split('&').filter(|pair| !pair.is_empty()).count() > MAX_PAIRS => {
                Err(Unread::TooMany)
            }
            Ok(text) => Ok(Value::Object(crate::req::parse_form(text))),
            Err(_) => Err(Unread::NotText),
        };
    }
    let is_json = media == "application/json" || media.ends_with("+json");
    match parse_json(bytes, depth) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(value),
        Ok(_) if is_json => Err(Unread::Scalar),
        Err(why) if is_json => Err(why),
        Ok(_) | Err(_) => Ok(empty()),
    }
}

/// Parses JSON that is nested no deeper than `depth`.
pub(crate) fn parse_json(bytes: &[u8], depth: usize) -> Result<Value, Unread> {
    if is_deeper(bytes, depth) {
        return Err(Unread::TooDeep(depth));
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// Is this JSON nested deeper than `depth`? Looks at brackets outside of texts only, before anything is built.
pub(crate) fn is_deeper(json: &[u8], depth: usize) -> bool {
    // Most texts have too few brackets in all, and counting them is quicker than reading.
    if json.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() <= depth {
        return false;
    }
    let (mut level, mut in_text, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                level += 1;
                if level > depth {
                    return true;
                }
            }
            b']' | b'}' if !in_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(content_type: &str, body: &'static str) -> Result<Value, Unread> {
        parse(content_type, &Bytes::from_static(body.as_bytes()), 100)
    }

    #[test]
    fn ht_11_an_empty_body_is_an_empty_dictionary() {
        assert_eq!(read("application/json", "").unwrap(), json!({}));
    }

    #[test]
    fn ht_12_malformed_json_is_a_400_with_a_code() {
        let error = read("application/json", "{\"a\":").or_else(refused::<Value>).unwrap_err();
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        assert_eq!(error.reply().value().unwrap()["code"], "E_BODY_PARSE");
        assert!(read("application/json; charset=utf-8", "7").is_err());
    }

    #[test]
    fn ht_15_json_typed_as_text_is_parsed_and_other_text_ignored() {
        assert_eq!(read("text/plain", "{\"a\":1}").unwrap(), json!({ "a": 1 }));
        assert_eq!(read("text/plain", "hello").unwrap(), json!({}));
    }

    #[test]
    fn a_form_of_more_than_a_thousand_parameters_is_refused() {
        let form = |count: usize| (0..count).map(|n| format!("k{n}=v&")).collect::<String>();
        let read = |text: String| parse("application/x-www-form-urlencoded", &Bytes::from(text), 100);
        assert_eq!(read(form(1000)).unwrap().as_object().unwrap().len(), 1000);
        assert!(matches!(read(form(1001)), Err(Unread::TooMany)));
    }

    #[test]
    fn deep_json_is_refused_before_it_is_built() {
        let deep = format!("{}{}", "[".repeat(101), "]".repeat(101));
        assert!(matches!(parse_json(deep.as_bytes(), 100), Err(Unread::TooDeep(100))));
        assert!(parse_json(b"[\"[[[[\\\"[[[\"]", 2).is_ok());
    }
}
