//! Whatever a client sends is its own mistake, never ours.

use super::server;
use serde_json::{Value, json};

const NAMES: [&str; 14] = [
    "where",
    "limit",
    "skip",
    "sort",
    "select",
    "omit",
    "populate",
    "name",
    "age",
    "id",
    "pets",
    "boss",
    "meta[a][b]",
    "__proto__",
];

const TEXTS: [&str; 26] = [
    "",
    "null",
    "true",
    "-1",
    "1.5",
    "1e999",
    "99999999999999999999999999",
    "18446744073709551616",
    "[1,[2]]",
    "[null]",
    "{bad",
    "{\"a\":1}",
    "{\"\":1}",
    "{\"<\":1}",
    "{\"or\":[]}",
    "{\"or\":1}",
    "{\"id\":{\"in\":[1,null]}}",
    "{\"name\":{\"like\":\"%\\\\\"}}",
    "{\"age\":1e400}",
    "{\"meta\":{\"a\":1}}",
    "%00",
    "%E4%80",
    "*",
    "id, id",
    "name;drop table user",
    "{\"name\":-1}",
];

#[tokio::test]
async fn no_query_is_a_500() {
    let server = server().await;
    server.users(&["ann"]).await;
    for path in [
        "/user",
        "/user/1",
        "/user/1/pets",
        "/user/1/boss",
        "/user/create",
        "/user/update/1",
        "/user/1/pets/replace",
    ] {
        for name in NAMES {
            for text in TEXTS {
                let answer = server.get(&format!("{path}?{name}={text}")).await;
                assert!(answer.status < 500, "{path}?{name}={text}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn no_body_is_a_500() {
    let server = server().await;
    server.users(&["ann", "bob"]).await;
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(9_007_199_254_740_993_i64),
        json!(""),
        json!("\u{0}"),
        json!("x".repeat(70_000)),
        json!([]),
        json!([null]),
        json!([[1]]),
        json!([{ "id": 1 }]),
        json!({}),
        json!({ "id": 1 }),
        json!({ ">": 1 }),
    ];
    let requests = [
        ("POST", "/user"),
        ("PATCH", "/user/2"),
        ("PUT", "/user/2/pets"),
        ("PUT", "/user/2/teams"),
        ("DELETE", "/user"),
    ];
    for (method, path) in requests {
        for value in &values {
            for name in [
                "id",
                "name",
                "age",
                "active",
                "email",
                "meta",
                "boss",
                "pets",
                "teams",
                "createdAt",
                "where",
                "0",
            ] {
                let mut body = json!({ "name": "n" });
                body[name] = value.clone();
                let answer = server.send(method, path, body).await;
                assert!(answer.status < 500, "{method} {path} {name}={value}: {}", answer.text);
            }
            let answer = server.send(method, path, Value::from(vec![value.clone()])).await;
            assert!(answer.status < 500, "{method} {path} [{value}]: {}", answer.text);
        }
    }
}
