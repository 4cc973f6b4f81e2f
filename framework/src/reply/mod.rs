//! Answers: what an action gives, before it is negotiated into a response.

mod answers;
mod negotiate;
mod overrides;
mod problem;

pub use answers::{
    answer, bad_request, created, forbidden, json, no_content, not_found, ok, redirect, refuse, send,
    server_error, unauthorized, view,
};
pub(crate) use negotiate::{JsonBody, negotiate};
pub use overrides::{ResponseDef, ResponseFn, respond};

use crate::error::{BoxError, Error, Result};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use std::{borrow::Cow, fmt, marker::PhantomData, sync::Arc};

/// Any data: the default of [`Reply`] and [`Outcome`].
///
/// An empty enum that never implements `Serialize`; the two ways of [`Accepts`] rest on that.
pub enum Any {}

/// What an action answers: a [`Reply`] that carries a `T`, or an early end.
///
/// One rule decides the side: what answers (`ok`, `created`, `json`, `send`, `view`, `redirect`) is `Ok`, what refuses
/// (`bad_request`, `forbidden`, `not_found`, `server_error`…) is `Err`.
pub type Outcome<T = Any> = Result<Reply<T>, Error>;

/// An answer that is negotiated (JSON, page, ack) after the action, and that `api/responses` may replace.
///
/// `T` only tells readers and tools what the data is.
pub struct Reply<T: ?Sized = Any> {
    pub(crate) kind: Cow<'static, str>,
    pub(crate) status: StatusCode,
    pub(crate) data: Data,
    pub(crate) headers: Option<Box<HeaderMap>>,
    _t: PhantomData<fn() -> Box<T>>,
}

/// The data of a [`Reply`].
#[derive(Clone)]
pub enum Data {
    /// No data: the phrase of the status is the text.
    None,
    /// Serialised at once.
    Json(Arc<RawValue>),
    /// Kept as a value, because pages and overrides read it.
    Value(Value),
    /// Text that is sent as it is (`text/html`), not as JSON.
    Text(String),
    /// A template and its locals.
    View(Cow<'static, str>, Value),
    /// An error: shown in development, hidden in production.
    Error(Arc<BoxError>),
    /// A target to go to.
    Location(String),
}

impl<T: ?Sized> Reply<T> {
    pub(crate) fn new(kind: impl Into<Cow<'static, str>>, status: StatusCode, data: Data) -> Self {
        Self { kind: kind.into(), status, data, headers: None, _t: PhantomData }
    }

    /// Sails' name of the response method (`ok`, `notFound`, …): what `api/responses` can replace.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The status that the client will get.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The data as it will be negotiated.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The data as JSON, where there is any.
    pub fn value(&self) -> Option<Value> {
        match &self.data {
            Data::Json(raw) => serde_json::from_str(raw.get()).ok(),
            Data::Value(value) => Some(value.clone()),
            Data::Text(text) => Some(Value::from(text.as_str())),
            Data::View(_, locals) => Some(locals.clone()),
            Data::None | Data::Error(_) | Data::Location(_) => None,
        }
    }

    /// The same answer with another status.
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same answer with a header of its own.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.get_or_insert_default().append(name, value);
        self
    }
}

impl Reply {
    pub(crate) fn refusal(kind: impl Into<Cow<'static, str>>, status: StatusCode, data: Value) -> Self {
        Self::new(kind, status, if data.is_null() { Data::None } else { Data::Value(data) })
    }

    /// A refusal whose data is JSON: `{code, message, …}`.
    pub(crate) fn refusal_json(status: StatusCode, data: Value) -> Self {
        Self::refusal(kind_of_status(status), status, data)
    }
}

impl<T: ?Sized> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The reply on its way through axum: an empty response that carries it.
#[derive(Clone)]
pub(crate) struct Negotiable {
    pub(crate) kind: Cow<'static, str>,
    pub(crate) data: Data,
}

impl<T: ?Sized> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(headers) = self.headers {
            response.headers_mut().extend(*headers);
        }
        response.extensions_mut().insert(Negotiable { kind: self.kind, data: self.data });
        response
    }
}

/// Which response method a status stands for, by Sails' names.
pub(crate) fn kind_of_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200 => "ok",
        201 => "created",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "notFound",
        400..=499 => "badRequest",
        _ => "serverError",
    }
}

/// `ok(data)` may stand in an action that answers `Self`.
#[diagnostic::on_unimplemented(
    message = "this action answers `{Self}`, but the data given is `{D}`",
    label = "the wrong data for this action",
    note = "give a `{Self}`, or write `Outcome` without a type to answer any data"
)]
pub trait Accepts<D> {}
#[diagnostic::do_not_recommend]
impl<D: Serialize> Accepts<D> for Any {}
#[diagnostic::do_not_recommend]
impl<D: Serialize> Accepts<D> for D {}
#[diagnostic::do_not_recommend]
impl<D: Serialize> Accepts<&D> for D {}

/// What a `redirect` can end: an action (as its answer) or anything else (as its refusal).
#[diagnostic::on_unimplemented(message = "a redirect cannot end a function that returns `Result<{Self}, _>`")]
pub trait Ends: Sized {
    /// Ends with this reply.
    fn end(reply: Reply) -> Result<Self>;
}
#[diagnostic::do_not_recommend]
impl Ends for Reply {
    fn end(reply: Reply) -> Result<Self> {
        Ok(reply)
    }
}
#[diagnostic::do_not_recommend]
impl<T: Serialize> Ends for Reply<T> {
    fn end(reply: Reply) -> Result<Self> {
        Err(reply.into())
    }
}
impl Ends for crate::Proceed {
    fn end(reply: Reply) -> Result<Self> {
        Err(reply.into())
    }
}
