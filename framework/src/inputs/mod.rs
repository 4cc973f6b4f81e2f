//! Declared inputs: what an action or helper wants of its parameters, checked before it runs.
//!
//! ```ignore
//! #[derive(Inputs)]
//! pub struct Signup {
//!     #[input(is_email)]
//!     email: String,
//!     #[input(min = 18, max = 120)]
//!     age: Option<i64>,
//!     #[input(is_in = ["free", "paid"], default = "free")]
//!     plan: String,
//! }
//!
//! #[action]
//! pub async fn signup(Inputs(input): Inputs<Signup>) -> Outcome { ok(()) }
//! ```
//!
//! Values are looked up as [`Req::param`] does, made of the right type where that is possible (`"3"` is a number), and
//! tried against the rules. All problems of a request are reported together: 400, `E_MISSING_OR_INVALID_PARAMS`.
//! Parameters that are not declared do not reach the action.

mod coerce;
mod kinds;
mod problem;
mod reader;
mod rules;

pub use kinds::Input;
pub use reader::InputReader;
pub use rules::InputRule;

use crate::{Error, Params, Req};
use ::http::{HeaderName, HeaderValue, request::Parts};
use axum::extract::FromRequestParts;
use serde_json::Value;

/// One declared input, as data.
#[derive(Clone, Copy, Debug)]
pub struct InputDef {
    /// The parameter's name on the wire: `orderId`.
    pub name: &'static str,
    /// What it must be.
    pub kind: InputKind,
    /// Must it be present?
    pub required: bool,
    /// Is `null` a value?
    pub allow_null: bool,
    /// What must hold of the value.
    pub rules: &'static [InputRule],
    /// Stands in where the parameter is absent; the rules do not apply to it.
    pub default: Option<fn() -> Value>,
    /// For readers and generated documentation.
    pub description: &'static str,
}

/// The type of an input, in the words of Sails.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum InputKind {
    /// Text; numbers and booleans become text.
    String,
    /// A number; numeric text and booleans become numbers.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`, also as text or as 1 and 0.
    Boolean,
    /// Any JSON value.
    Json,
    /// A dictionary with any keys.
    Dictionary,
    /// A list of items of one kind.
    List(&'static InputKind),
    /// A dictionary with these members; other keys are removed.
    Shape(fn() -> &'static [InputDef]),
}

/// A type that can be read from parameters; `#[derive(Inputs)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare inputs",
    note = "put `#[derive(Inputs)]` on `{Self}`"
)]
pub trait FromParams: Sized {
    /// The declared inputs, for tools.
    fn inputs() -> &'static [InputDef] {
        &[]
    }

    /// Reads them.
    ///
    /// # Errors
    /// 400 with the code `E_MISSING_OR_INVALID_PARAMS` and every problem.
    fn from_params(params: &Params) -> Result<Self, Error>;
}

impl FromParams for () {
    fn from_params(_: &Params) -> Result<Self, Error> {
        Ok(())
    }
}

impl FromParams for Params {
    fn from_params(params: &Params) -> Result<Self, Error> {
        Ok(params.clone())
    }
}

/// The extractor of declared inputs: `Inputs(input): Inputs<UpdateStatus>`.
///
/// In the query string, an empty text counts as absent for a number and as true for a boolean (`?verbose=`).
#[derive(Clone, Debug)]
pub struct Inputs<T>(pub T);

impl<T: FromParams, S: Send + Sync> FromRequestParts<S> for Inputs<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let req = Req::from_request_parts(parts, state).await?;
        let empty: Vec<&InputDef> = T::inputs().iter().filter(|def| is_empty_in_query(&req, def)).collect();
        let read = if empty.is_empty() {
            T::from_params(req.params())
        } else {
            let mut params = req.params().clone();
            for def in empty {
                match def.kind {
                    InputKind::Boolean => params.insert(def.name.to_owned(), Value::Bool(true)),
                    _ => params.remove(def.name),
                };
            }
            T::from_params(&params)
        };
        read.map(Self).map_err(|error| explain(error, &req, req.app().is_production()))
    }
}

/// Is this a number or boolean that the query string names without a value?
fn is_empty_in_query(req: &Req, def: &InputDef) -> bool {
    matches!(def.kind, InputKind::Number | InputKind::Integer | InputKind::Boolean)
        && req.query().get(def.name).and_then(Value::as_str) == Some("")
        && req.params().get(def.name).and_then(Value::as_str) == Some("")
}

/// Puts the request into the message of a refusal.
fn explain(error: Error, req: &Req, production: bool) -> Error {
    let reply = error.into_reply();
    let Some(Value::Object(mut data)) = reply.value().filter(|d| d["code"] == problem::CODE) else {
        return reply.into();
    };
    let count = data.get("problems").and_then(Value::as_array).map_or(0, Vec::len);
    let line = format!("{} {}", req.method(), req.path());
    data.insert("message".to_owned(), problem::message(&line, count, production).into());
    let mut reply = problem::refusal(data);
    reply = reply.with_header(HeaderName::from_static("x-exit"), HeaderValue::from_static("error"));
    if !production {
        let name = HeaderName::from_static("x-exit-description");
        reply = reply.with_header(name, HeaderValue::from_static("An unexpected error occurred."));
    }
    reply.into()
}
