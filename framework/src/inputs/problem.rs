//! The answer to missing or invalid inputs, word for word as Sails' clients know it.

use crate::Reply;
use ::http::StatusCode;
use serde_json::{Map, Value};

/// The code of the answer.
pub(super) const CODE: &str = "E_MISSING_OR_INVALID_PARAMS";

/// The tip that is given in development.
const TIP: &str = "  **The following additional tip will not be shown in production**:  Tip: Check your client-side code \
to make sure that the request data it sends matches the expectations of the corresponding parameters in your \
server-side route/action.  Also check that your client-side code sends data for every required parameter.  Finally, \
for programmatically-parseable details about each validation error, `.problems`. (Just remember, any time you inject \
dynamic data into the HTML, be sure to escape the strings at the point of injection.)";

/// What the client reads; `line` is the request's verb and path.
pub(super) fn message(line: &str, count: usize, production: bool) -> String {
    let plural = if count == 1 { "" } else { "s" };
    let tip = if production { "" } else { TIP };
    format!(
        "The server could not fulfill this request (`{line}`) due to {count} missing or invalid parameter{plural}.{tip}"
    )
}

/// `code`, `problems`, `message`, in this order.
pub(super) fn data(problems: Vec<String>) -> Map<String, Value> {
    let count = problems.len();
    let plural = if count == 1 { "" } else { "s" };
    let message = format!("{count} missing or invalid parameter{plural}: {}", problems.join("; "));
    let mut data = Map::new();
    data.insert("code".to_owned(), CODE.into());
    data.insert("problems".to_owned(), problems.into());
    data.insert("message".to_owned(), message.into());
    data
}

/// Always JSON, whatever the client accepts.
pub(super) fn refusal(data: Map<String, Value>) -> Reply {
    Reply::refusal_json(StatusCode::BAD_REQUEST, Value::Object(data))
}

/// One input and everything that is wrong with its value, each with its place inside the value.
pub(super) fn invalid(name: &str, in_list: bool, details: &[(String, String)]) -> String {
    let mut text = format!("Invalid \"{name}\"{}:", if in_list { " array" } else { "" });
    for (place, what) in details {
        text.push_str("\n  · ");
        if !place.is_empty() {
            text.push_str(&format!("@ `{place}`:  "));
        }
        text.push_str(what);
    }
    text
}
