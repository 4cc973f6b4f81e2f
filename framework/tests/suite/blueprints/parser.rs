use super::{bad, both};
use crate::support::{app, lift};
use serde_json::json;
use topsail::{BlueprintAction, BlueprintOptions, orm::Where, prelude::*};

fn at_most_five(_: &Req, mut options: BlueprintOptions) -> topsail::Result<BlueprintOptions> {
    options.criteria.limit = options.criteria.limit.map(|limit| limit.min(5));
    Ok(options)
}

#[tokio::test]
async fn bp_139_the_app_may_cap_every_limit() {
    let app = || {
        app().blueprint_parser(|req, options| match options.action {
            BlueprintAction::Find => at_most_five(req, options),
            _ => Ok(options),
        })
    };
    let server = both(app).await;
    server.users(&["a", "b", "c", "d", "e", "f"]).await;
    assert_eq!(server.get("/user?limit=50").await.count(), 5);
    assert_eq!(server.get("/user/1").await.status, 200);
}

#[tokio::test]
async fn bp_140_a_parser_of_one_route_leaves_the_others_alone() {
    let app = || {
        app()
            .named_blueprint_parser("at-most-five", at_most_five)
            .route("GET /few", json!({ "action": "user/find", "parseBlueprintOptions": "at-most-five" }))
    };
    let server = both(app).await;
    server.users(&["a", "b", "c", "d", "e", "f"]).await;
    assert_eq!(server.get("/few").await.count(), 5);
    assert_eq!(server.get("/user").await.count(), 6);
}

#[tokio::test]
async fn a_parser_may_narrow_what_anyone_can_reach_and_refuse() {
    let app = || {
        app().blueprint_parser(|_, mut options| {
            if options.action == BlueprintAction::Destroy {
                return topsail::forbidden();
            }
            if options.using == "user" && options.action != BlueprintAction::Create {
                options.criteria = options.criteria.and_also(Where::eq("role", "a"));
            }
            Ok(options)
        })
    };
    let server = both(app).await;
    server.create("user", json!({ "name": "ann" })).await;
    server.create("user", json!({ "name": "bob", "role": "b" })).await;
    server.create("pet", json!({ "name": "rex" })).await;
    assert_eq!(server.get("/user?where={\"or\":[{\"role\":\"b\"},{\"role\":\"a\"}]}").await.names(), ["ann"]);
    assert_eq!(server.get("/user/2").await.status, 404);
    assert_eq!(server.send("PATCH", "/user/2", json!({ "age": 1 })).await.status, 404);
    assert_eq!(server.send("PUT", "/user/2/pets/1", json!({})).await.status, 404);
    assert_eq!(server.send("PUT", "/user/1/pets/1", json!({})).await.status, 200);
    assert_eq!(server.send("DELETE", "/user/1", json!({})).await.status, 403);
}

#[tokio::test]
async fn a_parser_may_narrow_who_becomes_a_member() {
    let app = || {
        app().blueprint_parser(|_, mut options| {
            if options.alias.as_deref() == Some("pets") {
                options.associated = Where::eq("name", "rex");
            }
            Ok(options)
        })
    };
    let server = both(app).await;
    server.create("user", json!({ "name": "ann" })).await;
    server.create("pet", json!({ "name": "rex" })).await;
    server.create("pet", json!({ "name": "of somebody else" })).await;
    assert_eq!(server.send("PUT", "/user/1/pets/2", json!({})).await.status, 404);
    assert_eq!(server.send("PUT", "/user/1/pets", json!([1, 2])).await.status, 404);
    assert_eq!(server.get("/pet/2").await.json()["owner"], json!(null), "nothing was written");
    assert_eq!(server.send("PUT", "/user/1/pets/1", json!({})).await.status, 200);
    assert_eq!(server.send("DELETE", "/user/1/pets/2", json!({})).await.status, 404);
    server.create("pet", json!({ "name": "put there by the app", "owner": 1 })).await;
    assert_eq!(server.send("PUT", "/user/1/pets", json!([1])).await.status, 200);
    assert_eq!(server.send("PUT", "/user/1/pets", json!([])).await.status, 200);
    assert_eq!(server.get("/pet/1").await.json()["owner"], json!(null));
    assert_eq!(server.get("/pet/3").await.json()["owner"]["id"], json!(1), "that is out of reach");
}

#[tokio::test]
async fn a4_a_parser_may_narrow_what_is_populated() {
    let app = || {
        app().blueprint_parser(|_, mut options| {
            for populate in options.populates.iter_mut().filter(|p| ["owner", "pets"].contains(&&*p.attr)) {
                let own = std::mem::take(&mut populate.criteria);
                populate.criteria = own.and_also(Where::one_of("name", vec!["ann".into(), "rex".into()]));
            }
            Ok(options)
        })
    };
    let server = both(app).await;
    server.create("user", json!({ "name": "ann" })).await;
    server.create("user", json!({ "name": "bob" })).await;
    for (name, owner) in [("rex", 1), ("ida", 1), ("tom", 2)] {
        server.create("pet", json!({ "name": name, "owner": owner })).await;
    }
    assert_eq!(server.get("/pet/1").await.json()["owner"]["name"], json!("ann"));
    assert_eq!(server.get("/pet/3").await.json()["owner"], json!(null));
    assert_eq!(server.send("PATCH", "/pet/3", json!({ "name": "tim" })).await.json()["owner"], json!(null));
    assert_eq!(
        (server.get("/pet/1/owner").await.status, server.get("/pet/3/owner").await.status),
        (200, 404)
    );
    assert_eq!(server.get("/user/1/pets").await.names(), ["rex"]);
    assert_eq!(server.get("/pet/3?populate=false").await.json()["owner"], json!(2), "the key is its own");
}

#[tokio::test]
async fn a_parser_that_does_not_exist_stops_the_lift() {
    let app = app()
        .named_blueprint_parser("first-five", at_most_five)
        .route("GET /few", json!({ "action": "user/find", "parseBlueprintOptions": "first-fife" }));
    let error = app.lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("did you mean `first-five`"), "{error}");
}

#[tokio::test]
async fn bp_141_142_production_shows_details_and_nothing_of_the_inside() {
    let mut folders = vec![tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let stored = |folder: &tempfile::TempDir| {
        app().config("datastores.default.url", folder.path().join("data.sqlite"))
    };
    for folder in &folders {
        lift(stored(folder)).await.lifted.lower().await;
    }
    let mut used = Vec::new();
    let server = both(|| {
        used.push(folders.pop().unwrap());
        stored(&used[used.len() - 1])
            .config("environment", "production")
            .config("session.secret", "0123456789abcdef0123456789abcdef")
            .config("models.migrate", "safe")
    })
    .await;
    let refused = server.get("/user?nosuch=1").await;
    assert_eq!(refused.brief(), bad("E_INVALID_CRITERIA"));
    assert!(refused.json()["details"].as_str().unwrap().contains("`nosuch`"));
    assert!(!refused.json()["message"].as_str().unwrap().contains("production"));
    for app in server.apps() {
        app.orm().close().await;
    }
    let failed = server.get("/user").await;
    assert_eq!((failed.status, failed.text.as_str()), (500, "Internal Server Error"));
}
