//! `/outcomes/run`: leaving an action in every way.

use crate::services::exits::{Text, leave};
use axum::http::StatusCode;
use topsail::prelude::*;

/// Which way to leave.
#[derive(Inputs)]
pub struct Run {
    how: String,
}

/// Leaves as asked.
#[action]
pub async fn run(app: App, Inputs(input): Inputs<Run>) -> Outcome {
    let there = Text::Description("Already there.");
    let neither = Text::Description("An exit with neither statusCode nor responseType.");
    let unexpected = Text::Description("An unexpected error occurred.");
    let (outcome, exit, texts): (Outcome, &'static str, Vec<Text>) = match &*input.how {
        "object" => (ok(json!({ "fine": true })), "success", vec![Text::Output("ok")]),
        "string" => (send("just text"), "success", vec![Text::Output("ok")]),
        "number" => (ok(42), "success", vec![Text::Output("ok")]),
        "array" => (ok(json!([1, "two", null])), "success", vec![Text::Output("ok")]),
        "null" => (ok(Value::Null), "success", vec![Text::Output("ok")]),
        "false" => (ok(false), "success", vec![Text::Output("ok")]),
        "conflict" => (refuse(StatusCode::CONFLICT, ()), "conflict", vec![there]),
        "conflictData" => (refuse(StatusCode::CONFLICT, json!({ "taken": "name" })), "conflict", vec![there]),
        "goAway" => (redirect("/r/any"), "goAway", vec![]),
        "missing" => (not_found(), "missing", vec![]),
        "bad" => (bad_request(json!({ "why": "because" })), "bad", vec![]),
        "plain" => (topsail::json(StatusCode::INTERNAL_SERVER_ERROR, ()), "plain", vec![neither]),
        "teapot" => (refuse(StatusCode::IM_A_TEAPOT, ()), "teapot", vec![]),
        "page" => (view("pages/hello", json!({ "name": "Exit" })), "page", vec![Text::View("pages/hello")]),
        "nothing" => (ok(()), "success", vec![]),
        "error" => (Err(Error::new("Error: plain failure")), "error", vec![unexpected]),
        undeclared => {
            (Err(Error::new(format!("Error: there is no exit `{undeclared}`"))), "error", vec![unexpected])
        }
    };
    leave(&app, outcome, exit, &texts)
}
