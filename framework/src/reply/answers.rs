//! The response methods: `ok`, `bad_request`, `view`, `redirect` and their like.

use super::{Accepts, Data, Ends, Outcome, Reply, kind_of_status};
use crate::error::Result;
use ::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// Serialises at once, so that borrowed data is fine. A zero-sized value such as `()` is no data at all.
fn json_data<D: Serialize>(data: &D) -> Result<Data> {
    if size_of::<D>() == 0 {
        return Ok(Data::None);
    }
    Ok(Data::Json(serde_json::value::to_raw_value(data)?.into()))
}

/// 200 with the data as JSON; `ok(())` is the text `OK`.
///
/// A text becomes a JSON string, as with `res.ok()` of Sails; [`send`] sends it as it is.
pub fn ok<T: ?Sized + Accepts<D>, D: Serialize>(data: D) -> Outcome<T> {
    Ok(Reply::new("ok", StatusCode::OK, json_data(&data)?))
}

/// 201 with the data as JSON.
pub fn created<T: ?Sized + Accepts<D>, D: Serialize>(data: D) -> Outcome<T> {
    Ok(Reply::new("created", StatusCode::CREATED, json_data(&data)?))
}

/// The data as JSON with this status: `res.status(status).json(data)`.
pub fn json<T: ?Sized + Accepts<D>, D: Serialize>(status: StatusCode, data: D) -> Outcome<T> {
    Ok(Reply::new("json", status, json_data(&data)?))
}

/// 200; a text goes out as it is (`text/html`), anything else as JSON: `res.send(data)`. `send(())` has no body.
pub fn send<D: Serialize>(data: D) -> Outcome {
    if size_of::<D>() == 0 {
        return Ok(Reply::new("end", StatusCode::OK, Data::None));
    }
    let data = match serde_json::to_value(data)? {
        Value::String(text) => Data::Text(text),
        value => Data::Value(value),
    };
    Ok(Reply::new("send", StatusCode::OK, data))
}

/// 204 without a body.
pub fn no_content() -> Outcome {
    Ok(Reply::new("end", StatusCode::NO_CONTENT, Data::None))
}

/// Answers through the response of `api/responses` with this name, or with `data` as JSON where there is none.
pub fn answer(name: impl Into<Cow<'static, str>>, status: StatusCode, data: impl Serialize) -> Outcome {
    Ok(Reply::new(name, status, json_data(&data)?))
}

/// Renders a template of `views/` (`"pages/homepage"`) with these locals.
pub fn view(name: impl Into<Cow<'static, str>>, locals: impl Serialize) -> Outcome {
    Ok(Reply::new("view", StatusCode::OK, Data::View(name.into(), serde_json::to_value(locals)?)))
}

/// 302 to this address, percent-encoded where needed. Ends an action as its answer, a policy as its refusal.
pub fn redirect<T: Ends>(to: impl Into<String>) -> Result<T> {
    T::end(Reply::new("redirect", StatusCode::FOUND, Data::Location(to.into())))
}

/// Refuses with any status: `refuse(StatusCode::CONFLICT, json!({…}))`.
pub fn refuse<T>(status: StatusCode, data: impl Serialize) -> Result<T> {
    let data = serde_json::to_value(data)?;
    Err(Reply::refusal(kind_of_status(status), status, data).into())
}

/// 400 with the data as JSON, also for browsers; `bad_request(())` is the text `Bad Request`.
pub fn bad_request<T>(data: impl Serialize) -> Result<T> {
    refuse(StatusCode::BAD_REQUEST, data)
}

/// 401 with the data as JSON.
pub fn unauthorized<T>(data: impl Serialize) -> Result<T> {
    refuse(StatusCode::UNAUTHORIZED, data)
}

/// 403, the text `Forbidden`.
pub fn forbidden<T>() -> Result<T> {
    refuse(StatusCode::FORBIDDEN, ())
}

/// 404: the page `404` for browsers, the text `Not Found` for everyone else.
pub fn not_found<T>() -> Result<T> {
    refuse(StatusCode::NOT_FOUND, ())
}

/// 500; the data is logged, and shown to the client in development only.
pub fn server_error<T>(data: impl Serialize) -> Result<T> {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, data)
}
