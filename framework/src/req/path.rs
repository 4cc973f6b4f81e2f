//! `Path`: the parameters of the matched route, for axum habits.

use super::Req;
use crate::{Error, error::Result};
use ::http::request::Parts;
use axum::extract::FromRequestParts;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The path parameters, deserialised: `Path(id): Path<i64>` for one, a struct or map for several.
///
/// It works behind every route of the table, also behind wildcards and regular expressions, where axum's own `Path`
/// does not. Digits deserialise as numbers where the type asks for a number. A mismatch is a 400.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let req = Req::from_request_parts(parts, state).await?;
        let params = req.path_params();
        let mut last = None;
        for as_numbers in [false, true] {
            let read = |value: &Value| match value {
                Value::String(text) if as_numbers => {
                    text.parse::<i64>().map_or_else(|_| value.clone(), Value::from)
                }
                other => other.clone(),
            };
            let whole = || Value::Object(params.iter().map(|(k, v)| (k.clone(), read(v))).collect());
            let mut forms = Vec::with_capacity(3);
            if let (1, Some(only)) = (params.len(), params.values().next()) {
                forms.push(read(only));
            }
            forms.push(whole());
            forms.push(Value::Array(params.values().map(read).collect()));
            for form in forms {
                match T::deserialize(form) {
                    Ok(value) => return Ok(Self(value)),
                    Err(error) => last = Some(error),
                }
            }
        }
        let why = last.map(|e| e.to_string()).unwrap_or_default();
        crate::bad_request(serde_json::json!({
            "code": "E_INVALID_PATH",
            "message": format!("The path `{}` does not fit its route: {why}", req.path()),
        }))
    }
}
