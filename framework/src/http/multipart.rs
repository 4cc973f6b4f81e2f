//! The text fields of a form with files: they become parameters, and the body stays whole for whoever reads the files.

use super::body::{parse_json, refused};
use crate::{App, Req, error::Result, req::ParsedBody};
use ::http::{HeaderMap, header};
use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
};
use bytes::Bytes;
use http_body::Frame;
use serde_json::{Map, Value, map::Entry};
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

/// Text fields of one form.
const MAX_FIELDS: usize = 1000;

/// Names the text fields whose value is JSON, separated by commas.
const JSON_FIELDS: &str = "x-json-mpu-params";

/// Reads the text fields up to the first file into the parameters; what follows is read by axum's `Multipart` only.
///
/// # Errors
/// 400 with `E_BODY_PARSE` for what is no form, for more than `http.body_limit` bytes of text, and for too many fields.
///
/// # Source
/// Sails leaves this to skipper. Differs: control passes to the action when the first file begins, however long that
/// takes.
pub(super) async fn read_fields(app: &App, req: &Req, request: Request) -> Result<Request> {
    let config = &app.config().http;
    let (parts, body) = request.into_parts();
    let tape = Tape::new(body, config.body_limit);
    let read = fields(&parts.headers, tape.clone(), config.body_limit, config.json_depth).await;
    req.set_body(ParsedBody::Value(Value::Object(read?)));
    Ok(Request::from_parts(parts, Body::new(tape.rewind())))
}

async fn fields(headers: &HeaderMap, tape: Tape, limit: usize, depth: usize) -> Result<Map<String, Value>> {
    let mut copy = Request::new(Body::new(tape));
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        copy.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    // The tape has a limit of its own, which counts text only.
    DefaultBodyLimit::disable().apply(&mut copy);
    let mut form = match Multipart::from_request(copy, &()).await {
        Ok(form) => form,
        Err(why) => return refused(why.body_text()),
    };
    let json = headers.get(JSON_FIELDS).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_json = |name: &str| json.split(',').any(|field| field.trim() == name);
    let mut fields = Map::new();
    for count in 0.. {
        let mut field = match form.next_field().await {
            Ok(Some(field)) if field.file_name().is_none() => field,
            Ok(_) => break,
            Err(why) => return refused(why.body_text()),
        };
        if count == MAX_FIELDS {
            return refused(format!("it has more than {MAX_FIELDS} fields"));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_or_else(|why| refused(why.body_text()), Ok)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > limit {
                return refused(format!(
                    "its text is larger than the limit of {limit} bytes (`http.body_limit`)"
                ));
            }
        }
        let value = if is_json(&name) {
            parse_json(&bytes, depth)
                .or_else(|why| refused(format!("the field `{name}` is no JSON: {why}")))?
        } else {
            String::from_utf8_lossy(&bytes).into_owned().into()
        };
        if !name.is_empty() && name != "__proto__" {
            add(&mut fields, name, value);
        }
    }
    Ok(fields)
}

/// A repeated field is a list.
fn add(fields: &mut Map<String, Value>, name: String, value: Value) {
    match fields.entry(name) {
        Entry::Vacant(vacant) => {
            vacant.insert(value);
        }
        Entry::Occupied(mut occupied) => match occupied.get_mut() {
            Value::Array(list) => list.push(value),
            single => *single = Value::Array(vec![single.take(), value]),
        },
    }
}

/// A body that remembers what was read of it.
#[derive(Clone)]
struct Tape(Arc<Mutex<Reel>>);

struct Reel {
    rest: Body,
    played: VecDeque<Bytes>,
    bytes: usize,
    limit: usize,
}

impl Tape {
    /// Plays until `limit` bytes have been read; the chunk that reaches it is still read as a whole.
    fn new(body: Body, limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Reel { rest: body, played: VecDeque::new(), bytes: 0, limit })))
    }

    /// The whole body again.
    fn rewind(self) -> Rewound {
        let mut reel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Rewound { played: std::mem::take(&mut reel.played), rest: std::mem::take(&mut reel.rest) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the text of the form is larger than the limit of {0} bytes (`http.body_limit`)")]
struct TooMuchText(usize);

impl HttpBody for Tape {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut reel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reel.bytes >= reel.limit {
            return Poll::Ready(Some(Err(axum::Error::new(TooMuchText(reel.limit)))));
        }
        let polled = Pin::new(&mut reel.rest).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            reel.bytes += data.len();
            reel.played.push_back(data.clone());
        }
        polled
    }
}

/// What was read of a body, and then the rest.
struct Rewound {
    played: VecDeque<Bytes>,
    rest: Body,
}

impl HttpBody for Rewound {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.played.pop_front() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.played.is_empty() && self.rest.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http_body_util::{BodyExt, StreamBody};
    use serde_json::json;

    const FORM: &str = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
         --B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n\
         --B\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n{\"x\":1}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nfile\r\n\
         --B\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\n3\r\n--B--\r\n";

    fn headers(kind: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        headers.insert(JSON_FIELDS, "d, e".parse().unwrap());
        headers
    }

    fn in_pieces(text: &str, size: usize) -> Body {
        let pieces: Vec<_> = text
            .as_bytes()
            .chunks(size)
            .map(|piece| Ok::<_, axum::Error>(Frame::data(Bytes::copy_from_slice(piece))))
            .collect();
        Body::new(StreamBody::new(futures_util::stream::iter(pieces)))
    }

    #[tokio::test]
    async fn text_before_the_first_file_is_read_and_the_body_stays_whole() {
        for size in [1, 7, 1000] {
            let tape = Tape::new(in_pieces(FORM, size), 1 << 20);
            let read = fields(&headers("multipart/form-data; boundary=B"), tape.clone(), 1 << 20, 100)
                .await
                .unwrap();
            assert_eq!(Value::Object(read), json!({ "a": ["1", "2"], "d": { "x": 1 } }));
            assert_eq!(Body::new(tape.rewind()).collect().await.unwrap().to_bytes(), FORM);
        }
    }

    #[tokio::test]
    async fn what_is_no_form_and_what_is_too_much_is_a_400() {
        let refusal = async |kind, text: &str, limit| {
            let tape = Tape::new(in_pieces(text, 50), limit);
            fields(&headers(kind), tape, limit, 100).await.unwrap_err().reply().value().unwrap()["code"]
                .clone()
        };
        let form = "multipart/form-data; boundary=B";
        assert_eq!(refusal("multipart/form-data", FORM, 1 << 20).await, "E_BODY_PARSE");
        assert_eq!(refusal(form, "no form", 1 << 20).await, "E_BODY_PARSE");
        assert_eq!(refusal(form, &FORM[..60], 1 << 20).await, "E_BODY_PARSE");
        assert_eq!(refusal(form, FORM, 100).await, "E_BODY_PARSE");
    }
}
