//! Declared inputs over the wire: what is refused, and in which words.

use crate::support::{Answer, app, lift};
use serde_json::{Value, json};
use topsail::prelude::*;

#[derive(Inputs)]
pub struct Signup {
    name: String,
    #[input(is_email)]
    email: String,
    age: Option<f64>,
    agree: Option<bool>,
    #[input(is_in = ["free", "paid"], default = "free")]
    plan: String,
}

async fn signup(Inputs(input): Inputs<Signup>) -> Outcome {
    ok(
        json!({ "name": input.name, "email": input.email, "age": input.age, "agree": input.agree, "plan": input.plan }),
    )
}

fn signing_up() -> topsail::AppBuilder {
    app().action("forms/signup", signup).route("/forms/signup", "forms/signup")
}

#[tokio::test]
async fn ht_51_missing_inputs_are_a_400_with_code_problems_and_message() {
    let server = lift(signing_up()).await;
    let got = server.send("POST", "/forms/signup?name=Ann", json!({})).await;
    assert_eq!(got.status, 400);
    let body: Value = got.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "problems", "message"]);
    assert_eq!(body["code"], "E_MISSING_OR_INVALID_PARAMS");
    assert_eq!(body["problems"], json!(["\"email\" is required, but it was not defined."]));
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_52_all_problems_are_counted_and_ht_54_the_tip_is_for_development() {
    let server = lift(signing_up()).await;
    let body = server
        .send("POST", "/forms/signup", json!({ "email": "nope", "age": "x", "name": "Ann" }))
        .await
        .json();
    let message = body["message"].as_str().unwrap();
    let start = "The server could not fulfill this request (`POST /forms/signup`) due to 2 missing or invalid parameters.";
    assert!(message.starts_with(&format!("{start}  **The following additional tip")), "{message}");
    assert_eq!(body["problems"].as_array().unwrap().len(), 2);
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_53_the_refusal_is_json_for_browsers_too() {
    let server = lift(signing_up()).await;
    let got = server.page("/forms/signup").await;
    assert_eq!((got.status, got.header("x-exit")), (400, Some("error")));
    assert!(got.header("content-type").unwrap().starts_with("application/json"));
    server.lifted.lower().await;
}

#[tokio::test]
async fn ht_57_texts_of_the_query_become_what_was_declared() {
    let server = lift(signing_up()).await;
    let path = "/forms/signup?name=5&email=ann@example.com&age=20.5&agree=0&extra=dropped";
    assert_eq!(
        server.get(path).await.json(),
        json!({ "name": "5", "email": "ann@example.com", "age": 20.5, "agree": false, "plan": "free" })
    );
    server.lifted.lower().await;
}

#[tokio::test]
async fn an_empty_text_in_the_query_is_no_number_and_a_true_boolean() {
    let server = lift(signing_up()).await;
    let got = server.get("/forms/signup?name=Ann&email=ann@example.com&age=&agree=").await.json();
    assert_eq!((&got["age"], &got["agree"]), (&Value::Null, &json!(true)));
    let sent = server
        .request("POST", "/forms/signup")
        .json(&json!({ "name": "Ann", "email": "ann@example.com", "age": "" }));
    assert_eq!(Answer::of(sent.send().await.unwrap()).await.status, 400);
    server.lifted.lower().await;
}
