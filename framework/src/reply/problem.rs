//! Refusals as problem details: RFC 9457, `application/problem+json`. Beyond Sails, and off unless switched on.

use super::{Data, Negotiable, negotiate::phrase_of};
use crate::{App, Req};
use ::http::StatusCode;
use serde_json::{Map, Value, json};

/// Does the app, or the route of this request, want its refusals so?
pub(super) fn is_on(app: &App, req: &Req) -> bool {
    let of_route =
        ["problemDetails", "problem_details"].iter().find_map(|name| req.options().extra.get(*name));
    of_route.and_then(Value::as_bool).unwrap_or(app.config().http.problem_details)
}

/// The refusal as a problem; nothing for what is no refusal, for pages, and for data that has no members.
///
/// `details` or `message` of the data is its `detail`; every other member (`code`, `problems`, …) stays beside it. What the
/// kind of answer keeps to itself, such as causes in production, is not told here either.
pub(super) fn of(status: StatusCode, reply: &Negotiable, production: bool) -> Option<Value> {
    let members = match (&*reply.kind, &reply.data) {
        ("forbidden" | "notFound", _) => Map::new(),
        ("serverError", _) if production => Map::new(),
        ("badRequest" | "unauthorized" | "serverError", data) => members(data, production)?,
        _ => return None,
    };
    let mut problem = Map::from_iter([
        ("type".to_owned(), json!("about:blank")),
        ("title".to_owned(), json!(phrase_of(status))),
    ]);
    problem.extend(members);
    // A status that contradicts that of the answer helps nobody.
    problem.insert("status".to_owned(), json!(status.as_u16()));
    Some(Value::Object(problem))
}

fn members(data: &Data, production: bool) -> Option<Map<String, Value>> {
    let detail = |text: String| Map::from_iter([("detail".to_owned(), Value::from(text))]);
    let value = match data {
        Data::None => return Some(Map::new()),
        Data::Error(_) if production => return Some(Map::new()),
        Data::Error(cause) => return Some(detail(super::negotiate::describe(&***cause))),
        Data::Text(text) => return Some(detail(text.clone())),
        Data::Value(value) => value.clone(),
        Data::Json(raw) => serde_json::from_str(raw.get()).ok()?,
        Data::View(..) | Data::Location(_) => return None,
    };
    match value {
        Value::String(text) => Some(detail(text)),
        Value::Object(mut members) => {
            let message = members.shift_remove("message");
            if let Some(text) = members.shift_remove("details").or(message).filter(Value::is_string) {
                members.entry("detail").or_insert(text);
            }
            Some(members)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &'static str, status: u16, data: Value, production: bool) -> Option<Value> {
        let data = if data.is_null() { Data::None } else { Data::Value(data) };
        of(StatusCode::from_u16(status).ok()?, &Negotiable { kind: kind.into(), data }, production)
    }

    #[test]
    fn every_member_of_the_refusal_stays_beside_the_detail() {
        let data = json!({ "code": "E_X", "details": "so", "message": "and so", "problems": [1] });
        let expected = json!({
            "type": "about:blank", "title": "Bad Request", "status": 400,
            "detail": "so", "code": "E_X", "problems": [1],
        });
        assert_eq!(problem("badRequest", 400, data, true), Some(expected));
        let own = json!({ "type": "/problems/full", "title": "Full", "status": 7, "detail": "d" });
        let expected = json!({ "type": "/problems/full", "title": "Full", "status": 409, "detail": "d" });
        assert_eq!(problem("badRequest", 409, own, true), Some(expected));
    }

    #[test]
    fn nothing_is_told_that_was_not_told_before() {
        let bare = |title, status| Some(json!({ "type": "about:blank", "title": title, "status": status }));
        assert_eq!(problem("notFound", 404, json!("secret"), false), bare("Not Found", 404));
        assert_eq!(problem("forbidden", 403, json!("secret"), false), bare("Forbidden", 403));
        assert_eq!(problem("serverError", 500, json!({ "a": 1 }), true), bare("Internal Server Error", 500));
    }

    #[test]
    fn answers_and_bare_values_stay_as_they_are() {
        assert_eq!(problem("ok", 200, json!({}), false), None);
        assert_eq!(problem("json", 409, json!({}), false), None);
        assert_eq!(problem("badRequest", 400, json!([1]), false), None);
    }
}
