//! From a reply to a response: JSON, text or page, after the app's own override had its say.

use super::{Data, Negotiable, Reply, problem};
use crate::{
    App, Error, Req,
    http::{Panicked, caught},
};
use ::http::{HeaderValue, StatusCode, header};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json, value::RawValue};
use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// The JSON of an answer, kept beside the body made of it, so that an ack can take it over unread.
#[derive(Clone)]
pub(crate) struct JsonBody(pub(crate) Arc<RawValue>);

/// The body that is made of it: whole, and only when somebody reads it.
struct Unread(Option<JsonBody>);

impl http_body::Body for Unread {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|json| Ok(http_body::Frame::data(Bytes::from_owner(json)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0.as_ref().map_or(0, |JsonBody(raw)| raw.get().len() as u64))
    }
}

impl AsRef<[u8]> for JsonBody {
    fn as_ref(&self) -> &[u8] {
        self.0.get().as_bytes()
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Finishes a response that carries a reply; leaves every other response alone.
pub(crate) async fn negotiate(app: &App, req: &Req, mut response: Response) -> Response {
    let Some(mut reply) = response.extensions_mut().remove::<Negotiable>() else {
        return response;
    };
    log_failure(req, &response, &reply);
    if let Some(respond) = app.response(&reply.kind) {
        let mut given = Reply::new(reply.kind, response.status(), reply.data);
        given.headers = Some(Box::new(std::mem::take(response.headers_mut()))).filter(|h| !h.is_empty());
        response = match caught(respond(req.clone(), given)).await {
            Ok(response) => response,
            Err(panicked) => Error::new(panicked).into_response(),
        };
        // An override is never applied to its own result.
        reply = match response.extensions_mut().remove::<Negotiable>() {
            Some(reply) => reply,
            None => return response,
        };
    }
    // axum has written the length of the empty body that carried the reply.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    Writer { app, req, response }.write(reply)
}

fn log_failure(req: &Req, response: &Response, reply: &Negotiable) {
    if response.status().is_server_error() {
        match &reply.data {
            // It is in the log already.
            Data::Error(cause) if cause.is::<Panicked>() => {}
            Data::Error(cause) => {
                let mut chain = cause.to_string();
                let mut source = cause.source();
                while let Some(inner) = source {
                    chain.push_str(": ");
                    chain.push_str(&inner.to_string());
                    source = inner.source();
                }
                tracing::error!(method = %req.method(), url = %req.uri(), "{chain}");
            }
            Data::Value(data) => {
                tracing::error!(method = %req.method(), url = %req.uri(), "server error: {data}")
            }
            _ => tracing::error!(method = %req.method(), url = %req.uri(), "server error"),
        }
    } else if response.status() == StatusCode::BAD_REQUEST {
        tracing::trace!(method = %req.method(), url = %req.uri(), "bad request");
    }
}

struct Writer<'a> {
    app: &'a App,
    req: &'a Req,
    response: Response,
}

impl Writer<'_> {
    fn write(mut self, reply: Negotiable) -> Response {
        let production = self.app.is_production();
        if problem::is_on(self.app, self.req)
            && !self.has_page(&reply.kind)
            && let Some(problem) = problem::of(self.response.status(), &reply, production)
        {
            self.response.headers_mut().entry(header::CONTENT_TYPE).or_insert(PROBLEM);
            return self.data(Data::Value(problem));
        }
        match (&*reply.kind, reply.data) {
            ("end", _) => self.response,
            ("redirect", Data::Location(to)) => self.redirect(&to),
            ("forbidden", _) => self.phrase(),
            ("notFound", _) => self.error_page("404", Value::Null),
            ("serverError", data) => {
                let shown = match data {
                    Data::None | Data::View(..) | Data::Location(_) => Data::None,
                    _ if production => Data::None,
                    shown => shown,
                };
                if !self.req.wants_json() && self.app.views().exists("500") {
                    let error = match &shown {
                        Data::Error(e) => Value::from(describe(&***e)),
                        Data::Value(v) => v.clone(),
                        Data::Json(raw) => serde_json::from_str(raw.get()).unwrap_or_default(),
                        _ => Value::Null,
                    };
                    return self.error_page("500", json!({ "error": error }));
                }
                self.data(shown)
            }
            (_, data) => self.data(data),
        }
    }

    /// Does a browser get a page of the app for this refusal?
    fn has_page(&self, kind: &str) -> bool {
        let page = match kind {
            "notFound" => "404",
            "serverError" => "500",
            _ => return false,
        };
        !self.req.wants_json() && self.app.views().exists(page)
    }

    fn data(self, data: Data) -> Response {
        match data {
            Data::None => self.phrase(),
            Data::Json(raw) => self.json(raw),
            Data::Value(value) => match serde_json::value::to_raw_value(&value) {
                Ok(raw) => self.json(raw.into()),
                Err(_) => self.phrase(),
            },
            Data::Text(text) => self.body(HTML, text),
            Data::View(name, locals) => self.view(&name, locals),
            Data::Location(to) => self.redirect(&to),
            Data::Error(cause) if self.app.is_production() => {
                let _ = cause;
                self.phrase()
            }
            // Its text may quote what a client sent: never as a page.
            // A page may show it, and it may quote what came in.
            Data::Error(cause) => match describe(&**cause) {
                text if self.req.wants_json() => self.body(HTML, text),
                text => self.body(HTML, crate::http::escape_html(&text)),
            },
        }
    }

    fn body(mut self, content_type: HeaderValue, text: impl Into<Body>) -> Response {
        self.response.headers_mut().entry(header::CONTENT_TYPE).or_insert(content_type);
        *self.response.body_mut() = text.into();
        self.response
    }

    fn phrase(self) -> Response {
        let status = self.response.status();
        self.body(PLAIN, Body::from(phrase_of(status).into_owned()))
    }

    fn json(mut self, raw: Arc<RawValue>) -> Response {
        self.response.headers_mut().entry(header::CONTENT_TYPE).or_insert(JSON);
        *self.response.body_mut() = Body::new(Unread(Some(JsonBody(raw.clone()))));
        self.response.extensions_mut().insert(JsonBody(raw));
        self.response
    }

    fn redirect(mut self, to: &str) -> Response {
        if !self.response.status().is_redirection() {
            *self.response.status_mut() = StatusCode::FOUND;
        }
        let target = match to {
            "back" => self.req.header("referer").unwrap_or("/").to_owned(),
            to => crate::http::encode_url(to).into_owned(),
        };
        let Ok(location) = HeaderValue::from_str(&target) else {
            *self.response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return self.phrase();
        };
        self.response.headers_mut().insert(header::LOCATION, location);
        self.response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        let phrase = phrase_of(self.response.status());
        let accept = self.req.header("accept").unwrap_or("*/*");
        if accept.contains("html") && !self.req.is_socket() {
            let shown = crate::http::escape_html(&target);
            self.body(HTML, format!("<p>{phrase}. Redirecting to {shown}</p>"))
        } else if accept.contains("*/*") || accept.contains("text/") {
            self.body(PLAIN, format!("{phrase}. Redirecting to {target}"))
        } else {
            self.response
        }
    }

    fn error_page(self, name: &'static str, locals: Value) -> Response {
        if self.req.wants_json() || !self.app.views().exists(name) {
            return self.phrase();
        }
        match self.app.views().render(self.app, self.req, name, locals) {
            Ok(html) => self.body(HTML, html),
            Err(error) => {
                tracing::error!(view = name, "the error page itself failed: {error}");
                self.phrase()
            }
        }
    }

    fn view(mut self, name: &str, locals: Value) -> Response {
        match self.app.views().render(self.app, self.req, name, locals) {
            Ok(html) => self.body(HTML, html),
            Err(error) => {
                tracing::error!(method = %self.req.method(), url = %self.req.uri(), view = name, "{error}");
                *self.response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                if self.app.is_production() {
                    return self.phrase();
                }
                let body = json!({ "message": error.to_string(), "code": "E_VIEW_FAILED", "status": 500, "view": name });
                self.data(Data::Value(body))
            }
        }
    }
}

/// The phrase of a status as Node writes it.
pub(super) fn phrase_of(status: StatusCode) -> Cow<'static, str> {
    match status.as_u16() {
        203 => "Non-Authoritative Information".into(),
        418 => "I'm a Teapot".into(),
        509 => "Bandwidth Limit Exceeded".into(),
        _ => status.canonical_reason().map_or_else(|| status.as_str().to_owned().into(), Cow::Borrowed),
    }
}

/// An error with its causes, for developers.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str("\n  caused by: ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
