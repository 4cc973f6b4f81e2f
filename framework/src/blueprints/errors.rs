//! Errors of the ORM as clients see them.

use crate::{Error, Req, reply::Reply};
use ::http::StatusCode;
use serde_json::{Value, json};
use topsail_orm::{Broken, OrmError};

/// The answer to an error that the client has caused; nothing for the others, which are a 500.
pub(crate) fn refusal(error: &OrmError) -> Option<Reply> {
    answer(error, "This request could not be fulfilled: see `details` for what is wrong with it.".to_owned())
}

/// The same with the method and path of the request, and outside production with a hint.
pub(crate) fn refuse(req: &Req, mut error: OrmError) -> Error {
    let mut message = format!(
        "`{} {}` could not be fulfilled, because of the parameters that were sent: see `details`.",
        req.method(),
        req.path()
    );
    if !req.app().is_production() {
        message.push_str(
            " (Not shown in production: compare what the client sends with the attributes of the model; \
             `problems` has one entry for each complaint.)",
        );
    }
    if let Some(reply) = hidden(req, &mut error, &message) {
        return reply;
    }
    match answer(&error, message) {
        Some(reply) if matches!(error, OrmError::Unique { .. } | OrmError::ForeignKey { .. }) => {
            reply.with_status(conflict(req)).into()
        }
        Some(reply) => reply.into(),
        None => error.into(),
    }
}

/// Takes what clients may not know of out of an error; gives the error of the app where nothing is left.
fn hidden(req: &Req, error: &mut OrmError, message: &str) -> Option<Error> {
    let def = req.app().orm().model(error.model_identity()?)?;
    let is_hidden = |attr: &str| def.attr(attr).is_some_and(|attr| attr.protect);
    match error {
        OrmError::Unique { attrs, .. } => attrs.retain(|attr| !is_hidden(attr)),
        OrmError::ForeignKey { broken: Broken::Dangling { attr }, .. } => {
            attr.take_if(|attr| is_hidden(attr));
        }
        OrmError::RequiredBackReference { attr, .. } if is_hidden(attr) => {
            let details = "a linked record requires the link, so it cannot be removed";
            let problems = json!([{ "attr": null, "rule": "required", "message": details }]);
            let body = usage(error.code(), details, message, problems);
            return Some(Reply::refusal_json(StatusCode::BAD_REQUEST, body).into());
        }
        // Criteria name what the client wrote, whether it exists or not; values lack what the client could not write.
        OrmError::Usage(usage) if usage.code.is_about_values() => {
            let all = usage.problems.len();
            usage.problems.retain(|problem| !problem.attr.as_deref().is_some_and(is_hidden));
            if usage.problems.is_empty() && all > 0 {
                let message = format!(
                    "a hidden attribute of model `{}` has no valid value, and clients cannot give it one; \
                     set it in the action or in a callback of the model",
                    def.identity
                );
                return Some(Error::new(message));
            }
        }
        _ => {}
    }
    None
}

/// 400 as with Sails, or 409: the setting `blueprints.conflict_status`.
fn conflict(req: &Req) -> StatusCode {
    let status = req.app().config().blueprints.conflict_status;
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
}

fn answer(error: &OrmError, message: String) -> Option<Reply> {
    let body = match error {
        OrmError::Unique { index, .. } => {
            let mut body = json!({
                "code": error.code(),
                "message": "A record with the same value exists already, and this value must be unique.",
                "modelIdentity": error.model_identity(),
                "attrNames": error.attr_names(),
            });
            if let Some(index) = index {
                body["index"] = json!(index);
            }
            body
        }
        OrmError::ForeignKey { broken, .. } => {
            // Who points here is no matter of those who ask.
            let message = match broken {
                Broken::Held { .. } => "Other records point at this one, so it has to stay as it is.",
                _ => "This points at a record that does not exist.",
            };
            json!({
                "code": error.code(),
                "message": message,
                "modelIdentity": error.model_identity(),
                "attrNames": error.attr_names(),
            })
        }
        OrmError::Stale { model, .. } => {
            let message = "The record was changed in the meantime: read it again.";
            let body = json!({ "code": error.code(), "message": message, "modelIdentity": model });
            return Some(Reply::refusal_json(StatusCode::CONFLICT, body));
        }
        OrmError::RequiredBackReference { model, attr } => {
            let details = format!("`{attr}` of model `{model}` is required, so the link cannot be removed");
            let problems = json!([{ "attr": attr, "rule": "required", "message": details }]);
            usage(error.code(), &details, &message, problems)
        }
        error if error.is_usage() => {
            let problems = serde_json::to_value(error.problems()).unwrap_or_default();
            usage(error.code(), &error.details().unwrap_or_default(), &message, problems)
        }
        _ => return None,
    };
    Some(Reply::refusal_json(StatusCode::BAD_REQUEST, body))
}

fn usage(code: &str, details: &str, message: &str, problems: Value) -> Value {
    json!({ "code": code, "details": details, "message": message, "problems": problems })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use topsail_orm::Code;

    #[test]
    fn usage_errors_have_code_details_message_and_problems() {
        let error =
            OrmError::usage(Code::InvalidCriteria, "user", Some("age"), "type", "`age` should be a number");
        let body = refusal(&error).unwrap().value().unwrap();
        assert_eq!(body["code"], "E_INVALID_CRITERIA");
        assert_eq!(body["details"], "`age` should be a number");
        assert_eq!(body["problems"][0]["attr"], "age");
        assert!(body["message"].is_string());
    }

    #[test]
    fn what_the_client_has_not_caused_is_no_refusal() {
        assert!(refusal(&OrmError::Closed).is_none());
    }
}
