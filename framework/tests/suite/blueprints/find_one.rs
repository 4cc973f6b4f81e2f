use super::{bad, server};
use serde_json::{Value, json};

#[tokio::test]
async fn bp_28_83_84_87_one_record_with_everything_populated() {
    let server = server().await;
    server.users(&["ann"]).await;
    let one = server.get("/user/1").await;
    assert_eq!(one.status, 200);
    let record = one.json();
    assert_eq!((&record["pets"], &record["teams"], &record["friends"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!(record["boss"], Value::Null, "bp_84");
    assert_eq!(server.get("/user/find/1").await.json(), record);
    assert_eq!(server.get("/user/1?name=other&limit=abc").await.status, 200, "bp_87");
    assert_eq!(server.get("/USER/1/").await.json(), record, "bp_28");
}

#[tokio::test]
async fn bp_85_no_record_is_a_plain_404() {
    let server = server().await;
    for path in ["/user/999", "/user/-1", "/user/0", "/user/1.5", "/user/9007199254740993"] {
        let missing = server.get(path).await;
        assert_eq!((missing.status, missing.text.as_str()), (404, "Not Found"), "{path}");
        assert_eq!(missing.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn bp_86_a_text_is_no_key_of_numbers() {
    let server = server().await;
    assert_eq!(server.get("/user/abc").await.brief(), bad("E_INVALID_CRITERIA"));
    assert_eq!(server.get("/user/1;drop table user").await.brief(), bad("E_INVALID_CRITERIA"));
}

#[tokio::test]
async fn bp_88_the_key_may_be_a_text() {
    let server = server().await;
    server.create("tag", json!({ "slug": "s.1", "label": "x" })).await;
    assert_eq!(server.get("/tag/s.1").await.json()["label"], "x");
    assert_eq!(server.get("/tag/nosuch").await.status, 404);
    assert_eq!(server.send("PATCH", "/tag/s.1", json!({ "label": "y" })).await.json()["label"], "y");
    assert_eq!(server.send("DELETE", "/tag/s.1", json!({})).await.json()["slug"], "s.1");
}
