//! Answers: from a response to the one object that acknowledges a virtual request, and how it is sent.

use super::{SocketsConfig, hub::expel, seat::Seat};
use crate::{
    metrics::{Counts, Limit},
    reply::JsonBody,
};
use ::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;
use socketioxide::{
    SendError, SocketError,
    adapter::Adapter,
    extract::{AckSender, SocketRef},
    handler::FromMessageParts,
    socket::Socket as IoSocket,
};
use socketioxide_core::{Str, Value as IoValue};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

/// Largest answer that is collected for an ack.
const MAX_ANSWER: usize = 64 << 20;
/// How often a full connection is tried again before it is given up, unless its reader gets on meanwhile.
const TRIES: u32 = 10;

/// Headers of a response that mean nothing in an ack.
const HTTP_ONLY: [HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::DATE,
    header::SET_COOKIE,
    HeaderName::from_static("x-powered-by"),
    HeaderName::from_static("x-request-id"),
];

/// The JSON WebSocket response: `{body, headers, statusCode}`.
pub(super) struct Jwr {
    body: Body,
    headers: Option<BTreeMap<Cow<'static, str>, String>>,
    status: Option<StatusCode>,
}

enum Body {
    Absent,
    Json(Arc<RawValue>),
    Text(String),
    Bytes(Bytes),
}

impl Jwr {
    /// Makes the answer that a client gets out of a response.
    pub(super) async fn new(response: Response, config: &SocketsConfig) -> Self {
        let (parts, body) = response.into_parts();
        let mut status = parts.status;
        let kept = parts.extensions.get::<JsonBody>().map(|JsonBody(raw)| raw.clone());
        let bytes = whole(body).await.unwrap_or_else(|error| {
            tracing::error!("an answer could not be read for its ack: {error}");
            status = StatusCode::INTERNAL_SERVER_ERROR;
            Bytes::new()
        });
        let content_type =
            parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (body, twice) = read(bytes, kept, content_type);
        let headers = config.send_response_headers.then(|| {
            let mut all = visible(&parts.headers);
            if twice {
                all.insert("content-type".into(), "application/json".to_owned());
            } else if status.is_redirection() && content_type.starts_with("text/") {
                all.insert("content-type".into(), "text/html".to_owned());
            }
            all
        });
        Self { body, headers, status: config.send_status_code.then_some(status) }
    }
}

/// Reads a body to its end.
async fn whole(body: axum::body::Body) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let mut body = Limited::new(body, MAX_ANSWER);
    let first = loop {
        match body.frame().await {
            None => return Ok(Bytes::new()),
            Some(frame) => match frame?.into_data() {
                Ok(data) if body.is_end_stream() => return Ok(data),
                Ok(data) => break data,
                Err(_trailers) => {}
            },
        }
    };
    let mut all = bytes::BytesMut::from(first);
    all.extend_from_slice(&body.collect().await?.to_bytes());
    Ok(all.freeze())
}

/// The body as a client sees it; true if it is a text that is encoded twice.
fn read(bytes: Bytes, kept: Option<Arc<RawValue>>, content_type: &str) -> (Body, bool) {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if bytes.is_empty() {
        return (Body::Absent, false);
    }
    let json = match kept {
        // The very bytes that the answer was made of: nothing between has touched them.
        Some(raw) if raw.get().as_ptr() == bytes.as_ptr() && raw.get().len() == bytes.len() => Some(raw),
        _ if media == "application/json" || media.ends_with("+json") => {
            serde_json::from_slice::<Box<RawValue>>(&bytes).ok().map(Arc::from)
        }
        _ => None,
    };
    if let Some(raw) = json {
        // Sails encodes a text twice, and clients rely on it.
        return if raw.get().starts_with('"') {
            (Body::Text(raw.get().to_owned()), true)
        } else {
            (Body::Json(raw), false)
        };
    }
    let binary = ["application/octet-stream", "application/zip", "application/pdf"].contains(&media.as_str())
        || ["image/", "audio/", "video/", "font/"].iter().any(|kind| media.starts_with(kind));
    if binary {
        return (Body::Bytes(bytes), false);
    }
    match String::from_utf8(bytes.into()) {
        Ok(text) => (Body::Text(text), false),
        Err(error) => (Body::Bytes(error.into_bytes().into()), false),
    }
}

fn visible(headers: &HeaderMap) -> BTreeMap<Cow<'static, str>, String> {
    let mut all = BTreeMap::new();
    for name in headers.keys().filter(|name| !HTTP_ONLY.contains(name)) {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
        let value = values.join(", ");
        if name == header::LOCATION {
            // Clients read either.
            all.insert(Cow::Borrowed("Location"), value.clone());
        }
        all.insert(Cow::Owned(name.as_str().to_owned()), value);
    }
    all
}

impl Serialize for Jwr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.body {
            Body::Absent => {}
            Body::Json(raw) => map.serialize_entry("body", &**raw)?,
            Body::Text(text) => map.serialize_entry("body", text)?,
            Body::Bytes(bytes) => map.serialize_entry("body", bytes)?,
        }
        if let Some(headers) = &self.headers {
            map.serialize_entry("headers", headers)?;
        }
        if let Some(status) = self.status {
            map.serialize_entry("statusCode", &status.as_u16())?;
        }
        map.end()
    }
}

/// An event as it came, and the way to answer it, which survives a full connection.
pub(super) struct Event<A: Adapter> {
    pub(super) text: Str,
    /// The binary frames that came with it.
    pub(super) attachments: Vec<Bytes>,
    socket: Arc<IoSocket<A>>,
    ack: Option<i64>,
}

impl<A: Adapter> Event<A> {
    pub(super) fn new(socket: Arc<IoSocket<A>>, value: IoValue, ack: Option<i64>) -> Self {
        let (text, attachments) = match value {
            IoValue::Str(text, frames) => (text, frames.unwrap_or_default().into()),
            IoValue::Bytes(_) => (Str::default(), Vec::new()),
        };
        Self { text, attachments, socket, ack }
    }

    pub(super) fn wants_ack(&self) -> bool {
        self.ack.is_some()
    }

    /// What it holds in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }

    pub(super) fn socket(&self) -> SocketRef<A> {
        SocketRef::from(self.socket.clone())
    }

    /// Answers; nothing happens where no answer was asked for.
    pub(super) async fn answer(&self, data: &impl Serialize, seat: &Seat, counts: &Counts) {
        if self.ack.is_none() {
            return;
        }
        // Serialised once, however often it is tried.
        let attempt = || {
            let Ok(sender) =
                AckSender::from_message_parts(&self.socket, &mut IoValue::Bytes(Bytes::new()), &self.ack);
            sender.send(data)
        };
        self.persist(attempt, seat, counts).await;
    }

    /// Sends an event to this socket alone.
    pub(super) async fn emit(&self, event: &str, data: &impl Serialize, seat: &Seat, counts: &Counts) {
        self.persist(|| self.socket.emit(event, data), seat, counts).await;
    }

    /// Tries until there is room. A reader that makes none, for this answer or another, loses its connection.
    async fn persist(&self, attempt: impl Fn() -> Result<(), SendError>, seat: &Seat, counts: &Counts) {
        if self.is_done(attempt(), seat) {
            return;
        }
        Box::pin(async {
            let mut patience = Patience::new(seat.answered());
            while let Some(pause) = patience.next(seat.answered()) {
                tokio::time::sleep(pause).await;
                if self.is_done(attempt(), seat) {
                    return;
                }
            }
            counts.hit(Limit::Reader);
            tracing::warn!(socket = %self.socket.id, "a reader is too slow for its answers: its connection is ended");
            expel(self.socket());
        })
        .await;
    }

    /// Whether this attempt was the last, however it went.
    fn is_done(&self, attempt: Result<(), SendError>, seat: &Seat) -> bool {
        match attempt {
            Err(SendError::Socket(SocketError::InternalChannelFull)) => false,
            Err(SendError::Serialize(error)) => {
                tracing::error!(socket = %self.socket.id, "an answer could not be written: {error}");
                true
            }
            Ok(()) => {
                seat.has_answered();
                true
            }
            Err(SendError::Socket(SocketError::Closed)) => true,
        }
    }
}

/// How long an answer waits for a reader: longer and longer, but anew when another answer has found room.
struct Patience {
    answered: u32,
    left: u32,
    pause: Duration,
}

impl Patience {
    /// The shortest pause.
    const FIRST: Duration = Duration::from_micros(200);

    fn new(answered: u32) -> Self {
        Self { answered, left: TRIES, pause: Self::FIRST / 2 }
    }

    /// The time until the next attempt, if there is to be one.
    fn next(&mut self, answered: u32) -> Option<Duration> {
        if answered == self.answered {
            self.pause *= 2;
        } else {
            self.answered = answered;
            self.left = TRIES;
            self.pause = (self.pause / 2).max(Self::FIRST);
        }
        self.left = self.left.checked_sub(1)?;
        Some(self.pause)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ::http::HeaderValue;
    use axum::response::IntoResponse;
    use serde_json::{Value, json, value::to_raw_value};

    async fn ack(response: Response) -> Value {
        serde_json::to_value(Jwr::new(response, &SocketsConfig::default()).await).unwrap()
    }

    fn json_response(value: &Value) -> Response {
        let raw: Arc<RawValue> = to_raw_value(value).unwrap().into();
        let mut response = axum::body::Body::from(Bytes::from_owner(JsonBody(raw.clone()))).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        response.extensions_mut().insert(JsonBody(raw));
        response
    }

    #[test]
    fn a_reader_that_gets_on_is_waited_for_and_one_that_does_not_is_given_up() {
        let mut patience = Patience::new(0);
        let all: Duration = std::iter::from_fn(|| patience.next(0)).sum();
        assert!(all > Duration::from_millis(200) && all < Duration::from_millis(210), "{all:?}");
        let mut patience = Patience::new(u32::MAX);
        for answered in 0..1_000 {
            assert_eq!(patience.next(answered), Some(Patience::FIRST));
        }
        assert_eq!(
            std::iter::from_fn(|| patience.next(999)).count(),
            9,
            "after the last one that was for it"
        );
    }

    #[tokio::test]
    async fn rt_19_texts_and_objects_have_no_headers() {
        assert_eq!(
            ack("plain".into_response()).await,
            json!({ "body": "plain", "headers": {}, "statusCode": 200 })
        );
        let object = json!({ "a": [1, null] });
        assert_eq!(
            ack(json_response(&object)).await,
            json!({ "body": object, "headers": {}, "statusCode": 200 })
        );
    }

    #[tokio::test]
    async fn rt_20_null_is_a_body_and_nothing_is_none() {
        assert_eq!(
            ack(json_response(&Value::Null)).await,
            json!({ "body": null, "headers": {}, "statusCode": 200 })
        );
        assert_eq!(ack(json_response(&json!(0))).await["body"], json!(0));
        let nothing = ack(StatusCode::NO_CONTENT.into_response()).await;
        assert_eq!(nothing, json!({ "headers": {}, "statusCode": 204 }));
    }

    #[tokio::test]
    async fn rt_21_a_json_text_is_encoded_twice() {
        let answer = ack(json_response(&json!("abc"))).await;
        assert_eq!(answer["body"], "\"abc\"");
        assert_eq!(answer["headers"], json!({ "content-type": "application/json" }));
    }

    #[tokio::test]
    async fn a_body_that_a_layer_has_replaced_is_read_anew() {
        let mut response = json_response(&json!({ "a": 1 }));
        *response.body_mut() = axum::body::Body::from("{\"b\":2}");
        assert_eq!(ack(response).await["body"], json!({ "b": 2 }));
        let mut response = json_response(&json!({ "a": 1 }));
        *response.body_mut() = axum::body::Body::from("{\"b\":");
        assert_eq!(ack(response).await["body"], "{\"b\":");
    }

    #[tokio::test]
    async fn rt_23_a_redirect_names_its_target_in_both_cases() {
        let response =
            (StatusCode::FOUND, [(header::LOCATION, "/str")], "Found. Redirecting to /str").into_response();
        let answer = ack(response).await;
        assert_eq!(answer["statusCode"], 302);
        let expected = json!({ "Location": "/str", "location": "/str", "content-type": "text/html" });
        assert_eq!(answer["headers"], expected);
    }

    #[tokio::test]
    async fn rt_34_35_own_headers_are_seen_and_cookies_are_not() {
        let mut response = "x".into_response();
        response.headers_mut().insert("x-my", HeaderValue::from_static("1"));
        response.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static("a=b"));
        assert_eq!(ack(response).await["headers"], json!({ "x-my": "1" }));
    }

    #[tokio::test]
    async fn rt_36_37_status_and_headers_can_be_left_out() {
        let config = SocketsConfig {
            send_response_headers: false,
            send_status_code: false,
            ..SocketsConfig::default()
        };
        let jwr = Jwr::new("x".into_response(), &config).await;
        assert_eq!(serde_json::to_value(jwr).unwrap(), json!({ "body": "x" }));
    }
}
