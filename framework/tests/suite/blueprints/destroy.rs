use super::{bad, server};
use serde_json::{Value, json};

#[tokio::test]
async fn bp_117_118_121_the_record_as_it_was_and_it_is_gone() {
    let server = server().await;
    server.users(&["ann"]).await;
    server.create("pet", json!({ "name": "rex", "owner": 1 })).await;
    let gone = server.send("DELETE", "/user/1", json!({})).await;
    assert_eq!((gone.status, &gone.json()["pets"][0]["name"]), (200, &json!("rex")));
    assert_eq!(server.get("/user/1").await.status, 404);
    assert_eq!(server.send("DELETE", "/user/1", json!({})).await.status, 404);
    assert_eq!(server.get("/pet/1?populate=false").await.json()["owner"], 1, "bp_121");
    assert_eq!(server.get("/pet/1").await.json()["owner"], Value::Null, "bp_121");
}

#[tokio::test]
async fn bp_119_120_dev_25_never_all_and_never_several() {
    let server = server().await;
    server.users(&["a", "b", "c"]).await;
    assert_eq!(server.send("DELETE", "/user", json!({})).await.brief(), bad("E_INVALID_CRITERIA"));
    let several = server.send("DELETE", "/user?id=1&id=2", json!({})).await;
    assert_eq!(several.brief(), bad("E_INVALID_CRITERIA"));
    for id in [json!([1, 2]), json!({ "!=": 0 }), Value::Null] {
        let refused = server.send("DELETE", "/user", json!({ "id": id })).await;
        assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"), "{id}");
    }
    assert_eq!(server.get("/user").await.count(), 3);
    assert_eq!(server.send("DELETE", "/user?id=3", json!({})).await.status, 200, "bp_120");
    assert_eq!(server.send("DELETE", "/user", json!({ "id": 2 })).await.json()["name"], "b");
    assert_eq!(server.get("/user/destroy/1").await.json()["name"], "a");
    assert_eq!(server.get("/user").await.json(), json!([]));
}

#[tokio::test]
async fn what_others_point_at_stays_and_nobody_is_told_who() {
    for (status, server) in [
        (400, server().await),
        (409, super::both(|| super::app().config("blueprints.conflict_status", 409)).await),
    ] {
        server.create("folder", json!({ "name": "f" })).await;
        server.create("paper", json!({ "name": "p", "folder": 1 })).await;
        server.create("stamp", json!({ "label": "s", "paper": 1 })).await;
        for path in ["/folder/1", "/paper/1"] {
            let refused = server.send("DELETE", path, json!({})).await;
            assert_eq!(refused.brief(), (status, "E_FOREIGN_KEY".to_owned()), "{}", refused.text);
            let mut body = refused.json();
            assert!(body["message"].is_string() && !refused.text.contains("stamp"), "{}", refused.text);
            body["message"] = Value::Null;
            let expected = json!({ "code": "E_FOREIGN_KEY", "message": null, "modelIdentity": "paper", "attrNames": [] });
            assert_eq!(body, expected);
        }
        let refused = server.send("POST", "/paper", json!({ "name": "q", "folder": 9 })).await;
        assert_eq!(refused.brief(), (status, "E_FOREIGN_KEY".to_owned()), "{}", refused.text);
        assert_eq!(refused.json()["attrNames"], json!(["folder"]));
        let refused = server.send("PATCH", "/stamp/1", json!({ "paper": 9 })).await;
        assert_eq!(refused.json()["attrNames"], json!(["paper"]), "{}", refused.text);
        server.send("DELETE", "/stamp/1", json!({})).await;
        assert_eq!(server.send("DELETE", "/folder/1", json!({})).await.status, 200);
        assert_eq!(server.get("/paper").await.json(), json!([]));
    }
}

#[tokio::test]
async fn bp_122_a_cascade_detaches_the_members() {
    let server = server().await;
    server.create("machine", json!({ "name": "m" })).await;
    server.create("part", json!({ "name": "p", "machine": 1 })).await;
    assert_eq!(server.send("DELETE", "/machine/1", json!({})).await.status, 200);
    assert_eq!(server.get("/part/1?populate=false").await.json()["machine"], Value::Null);
}
