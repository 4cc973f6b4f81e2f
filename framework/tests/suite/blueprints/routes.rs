use super::{Doors, bad, both, server};
use crate::support::app;
use serde_json::{Value, json};
use topsail::prelude::*;

async fn hello() -> Outcome {
    ok("hello")
}

fn with(settings: &[(&str, Value)]) -> topsail::AppBuilder {
    settings.iter().fold(app(), |app, (key, value)| app.config(&format!("blueprints.{key}"), value))
}

async fn lifted(settings: &[(&str, Value)]) -> Doors {
    both(|| with(settings)).await
}

async fn refusal(app: topsail::AppBuilder) -> String {
    app.lift_for_test().await.err().expect("this app must not lift").to_string()
}

#[tokio::test]
async fn bp_04_05_without_shortcuts_create_is_read_as_a_key() {
    let server = lifted(&[("shortcuts", json!(false)), ("shortcut_writes", json!(true))]).await;
    server.users(&["ann"]).await;
    assert_eq!(server.get("/user/create?name=zoe").await.brief(), bad("E_INVALID_CRITERIA"));
    assert_eq!(server.get("/user/destroy/1").await.status, 404, "bp_05");
    assert_eq!(server.get("/user").await.count(), 1);
}

#[tokio::test]
async fn shortcuts_do_not_write_unless_they_are_told_to() {
    let server = lifted(&[]).await;
    server.users(&["ann"]).await;
    assert_eq!(server.get("/user/find").await.count(), 1);
    assert_eq!(server.get("/user/create?name=zoe").await.brief(), bad("E_INVALID_CRITERIA"));
    for path in
        ["/user/destroy/1", "/user/update/1?name=x", "/user/1/pets/add/1", "/user/1/pets/replace?pets=[]"]
    {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    assert_eq!(server.get("/user").await.names(), ["ann"]);
}

#[tokio::test]
async fn bp_06_07_08_without_rest_shortcuts_stay() {
    let server = lifted(&[("rest", json!(false)), ("shortcut_writes", json!(true))]).await;
    assert_eq!(server.get("/user").await.status, 404);
    assert_eq!(server.get("/user/find").await.status, 200);
    assert_eq!(server.get("/user/create?name=ann").await.status, 200);
    assert_eq!(server.get("/user/1/pets").await.status, 200, "bp_08");
}

#[tokio::test]
async fn bp_09_to_12_actions_have_no_route_unless_they_are_on() {
    let server = both(|| app().action("user/hello", hello)).await;
    assert_eq!(server.send("POST", "/user/hello", json!({})).await.status, 404);
    let server =
        both(|| with(&[("actions", json!(true))]).action("user/hello", hello).action("user/index", hello))
            .await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(server.send(method, "/user/hello", json!({})).await.json(), "hello", "{method}");
    }
    assert_eq!(server.send("POST", "/user/find", json!({})).await.status, 404, "bp_11");
    assert_eq!(server.get("/user").await.json(), json!([]), "bp_12");
    assert_eq!(server.send("PATCH", "/user", json!({})).await.json(), "hello");
}

#[tokio::test]
async fn dev_02_index_routes_have_the_prefix() {
    let app = || {
        with(&[("actions", json!(true)), ("prefix", json!("api"))])
            .action("index", hello)
            .action("say/index", hello)
            .action("admin/users/ban", hello)
    };
    let server = both(app).await;
    for path in ["/api", "/api/say", "/api/say/index", "/api/admin/users/ban"] {
        assert_eq!(server.get(path).await.json(), "hello", "{path}");
    }
    assert_eq!(server.get("/say").await.status, 404);
}

#[tokio::test]
async fn bp_13_to_18_39_dev_01_prefixes() {
    let server = lifted(&[("prefix", json!("/api"))]).await;
    assert_eq!(server.get("/api/user").await.status, 200);
    assert_eq!(server.get("/api/user/find").await.status, 200, "bp_14");
    assert_eq!(server.get("/user").await.status, 404, "bp_15");
    let server = lifted(&[("rest_prefix", json!("/v1"))]).await;
    assert_eq!(server.get("/v1/user").await.status, 200, "bp_16");
    assert_eq!(server.get("/user/find").await.status, 200, "bp_17");
    let server = lifted(&[("prefix", json!("/api")), ("rest_prefix", json!("/v1"))]).await;
    assert_eq!(server.send("POST", "/api/v1/user", json!({ "name": "a" })).await.status, 200);
    assert_eq!(server.get("/api/v1/user/1").await.json()["name"], "a", "bp_18");
    assert!(refusal(with(&[("prefix", json!(7))])).await.contains("prefix"), "dev_01");
    assert!(refusal(with(&[("jsonp", json!(true))])).await.contains("E_JSONP_UNSUPPORTED"), "bp_39");
}

#[tokio::test]
async fn bp_19_20_21_plural_paths() {
    let server = lifted(&[("pluralize", json!(true))]).await;
    assert_eq!(server.get("/users").await.status, 200);
    assert_eq!(server.get("/users/find").await.status, 200);
    assert_eq!(server.get("/user").await.status, 404, "bp_20");
    assert_eq!(server.get("/categories").await.status, 200, "bp_21");
}

#[tokio::test]
async fn bp_23_to_27_37_38_dev_26_what_is_not_bound() {
    let server = server().await;
    server.users(&["ann", "bob"]).await;
    server.create("pet", json!({ "name": "rex" })).await;
    for (method, path) in [
        ("POST", "/user/1"),
        ("POST", "/user/1/pets"),
        ("GET", "/user/1/pets/2"),
        ("PUT", "/user/1/boss/2"),
        ("DELETE", "/user/1/boss/2"),
        ("PATCH", "/user"),
        ("PATCH", "/user/1/pets"),
        ("DELETE", "/user/1/pets"),
        ("GET", "/user/1/nosuch"),
        ("GET", "/archive"),
        ("GET", "/team_members__user_teams"),
    ] {
        let found = server.request(method, path).send().await.unwrap();
        assert_eq!(found.status(), 404, "{method} {path}");
    }
}

#[tokio::test]
async fn bp_29_head_and_options() {
    let server = server().await;
    let head = server.request("HEAD", "/user").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.text().await.unwrap(), "");
    let options = server.request("OPTIONS", "/user").send().await.unwrap();
    assert_eq!(options.status(), 200);
    assert!(options.headers()["allow"].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn bp_30_a_route_of_the_app_hides_itself_only() {
    let server = both(|| app().action("hello", hello).route("GET /user/:id", "hello")).await;
    server.users(&["ann"]).await;
    assert_eq!(server.get("/user/1").await.json(), "hello");
    assert_eq!(server.send("PATCH", "/user/1", json!({ "age": 2 })).await.json()["age"], 2);
}

#[tokio::test]
async fn bp_31_32_an_action_of_the_app_stands_in_for_the_blueprint() {
    let server = both(|| with(&[("actions", json!(true))]).action("pet/find", hello)).await;
    assert_eq!(server.get("/pet").await.json(), "hello");
    assert_eq!(server.get("/pet/find").await.json(), "hello", "bp_32");
    assert_eq!(server.get("/pet/1").await.status, 404);
    assert_eq!(server.get("/user").await.json(), json!([]));
}

#[tokio::test]
async fn bp_33_34_routes_of_the_app_lead_to_blueprints() {
    let app = || {
        with(&[("rest", json!(false)), ("shortcuts", json!(false))])
            .route("GET /people", "user/find")
            .route("GET /people/:id", "UserController.findOne")
            .route("POST /people", "user.create")
            .route("POST /animals", json!({ "action": "pet/create" }))
            .route("PUT /p/:parentid/a/:childid", json!({ "action": "user/add", "alias": "pets" }))
    };
    let server = both(app).await;
    assert_eq!(server.send("POST", "/people", json!({ "name": "ann" })).await.status, 200);
    assert_eq!(server.send("POST", "/animals", json!({ "name": "rex" })).await.status, 200);
    assert_eq!(server.get("/people").await.names(), ["ann"]);
    assert_eq!(server.get("/people/1").await.json()["name"], "ann");
    let linked = server.send("PUT", "/p/1/a/1", json!({})).await.json();
    assert_eq!(linked["pets"][0]["name"], "rex", "bp_34");
    assert_eq!(server.get("/user").await.status, 404);
}

#[tokio::test]
async fn dev_04_a_route_to_an_association_must_name_it() {
    let to = |target: Value| app().route("PUT /p/:parentid/a/:childid", target);
    assert!(refusal(to(json!("user/add"))).await.contains("alias"));
    assert!(
        refusal(to(json!({ "action": "user/add", "alias": "pet" }))).await.contains("did you mean `pets`")
    );
    assert!(refusal(to(json!({ "action": "user/add", "alias": "boss" }))).await.contains("collection"));
}

#[tokio::test]
async fn bp_35_36_a_policy_stands_before_every_route_of_its_action() {
    let app =
        || with(&[("shortcut_writes", json!(true))]).config("policies", json!({ "user/destroy": false }));
    let server = both(app).await;
    server.users(&["ann"]).await;
    let refused = server.send("DELETE", "/user/1", json!({})).await;
    assert_eq!((refused.status, refused.text.as_str()), (403, "Forbidden"));
    assert_eq!(server.get("/user/destroy/1").await.status, 403, "bp_36");
    assert_eq!(server.get("/user").await.count(), 1);
}

#[tokio::test]
async fn bp_40_dev_03_families_are_switched_off_for_one_identity() {
    let app = || {
        with(&[
            ("actions", json!(true)),
            ("controllers", json!({ "user": { "rest": false, "actions": false } })),
        ])
        .action("user/hello", hello)
        .action("useradmin/hello", hello)
    };
    let server = both(app).await;
    assert_eq!(server.get("/user").await.status, 404);
    assert_eq!(server.get("/user/find").await.status, 200);
    assert_eq!(server.get("/pet").await.status, 200);
    assert_eq!(server.send("POST", "/user/hello", json!({})).await.status, 404, "dev_03");
    assert_eq!(server.send("POST", "/useradmin/hello", json!({})).await.json(), "hello", "dev_03");
    let mistaken = refusal(with(&[("controllers", json!({ "usr": { "rest": false } }))])).await;
    assert!(mistaken.contains("did you mean `user`"), "{mistaken}");
}
