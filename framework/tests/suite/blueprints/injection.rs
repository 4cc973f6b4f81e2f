//! Strings that would like to be SQL or operators, over HTTP and over a socket: by the classes of known advisories.

use super::{bad, doors::Doors, ids, server};
use serde_json::{Value, json};

async fn people() -> Doors {
    let server = server().await;
    server.users(&["ann", "bob"]).await;
    server.create("pet", json!({ "name": "Rex", "owner": 1 })).await;
    for app in server.apps() {
        use topsail::prelude::*;
        crate::models::User::update_one(app, 1)
            .set(crate::models::User::PASSWORD, "swordfish")
            .await
            .unwrap();
    }
    server
}

async fn still_there(server: &Doors) {
    assert_eq!(ids(&server.get("/user?populate=false").await.json()), [1, 2]);
    assert_eq!(server.get("/pet?populate=false").await.json()[0]["owner"], 1);
}

#[tokio::test]
async fn values_and_keys_are_never_sql() {
    let server = people().await;
    for text in [
        "x' OR '1'='1",
        "x'; DROP TABLE user; --",
        "x\" OR \"\"=\"",
        "1 OR 1=1",
        "1); DROP TABLE user; --",
        "[a-z]*",
    ] {
        let where_ = json!({ "or": [{ "name": text }, { "name": { "contains": text } }, { "name": { "like": text } }] });
        assert_eq!(server.get(&format!("/user?where={where_}")).await.json(), json!([]), "{text}");
        assert_eq!(server.get(&format!("/user?name={text}")).await.json(), json!([]), "{text}");
        let path =
            text.replace('%', "%25").replace(' ', "%20").replace('"', "%22").replace(['/', '?', '#'], "");
        for (method, path) in [
            ("GET", format!("/user/{path}")),
            ("DELETE", format!("/user/{path}")),
            ("PATCH", format!("/user/{path}")),
        ] {
            let answer = server.send(method, &path, json!({ "age": 1 })).await;
            assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text);
        }
    }
    still_there(&server).await;
}

#[tokio::test]
async fn sails_only_attributes_are_filtered_by() {
    let server = people().await;
    for name in
        ["constructor", "toString", "rowid", "1=1 OR name", "name'", "user.name", "name--", "\"name\""]
    {
        for path in [
            format!("/user?{name}=1"),
            format!("/user?{name}[a]=1"),
            format!("/user?where={}", json!({ name: 1 })),
            format!("/user?where={}", json!({ "or": [{ name: { "!=": 0 } }] })),
            format!("/user?sort={name}"),
            format!("/user?select={name}"),
            format!("/user?omit={name}"),
            format!("/user?name[{name}]=1"),
        ] {
            assert_eq!(server.get(&path).await.brief(), bad("E_INVALID_CRITERIA"), "{path}");
        }
        for path in [format!("/user?populate={name}"), format!("/user/1/pets?where={}", json!({ name: 1 }))] {
            assert_eq!(server.get(&path).await.brief(), bad("E_INVALID_POPULATES"), "{path}");
        }
    }
    assert_eq!(ids(&server.get("/user?__proto__=1").await.json()), [1, 2], "no parameter has this name");
    for where_ in [json!({ "__proto__": 1 }), json!({ "name": { "__proto__": 1 } })] {
        assert_eq!(server.get(&format!("/user?where={where_}")).await.brief(), bad("E_INVALID_CRITERIA"));
    }
    still_there(&server).await;
}

#[tokio::test]
async fn sequelize_operators_orders_and_paths_are_those_of_the_grammar() {
    let server = people().await;
    for op in ["$ne", "$gt", "$or", "$where", "$regex", "ne", "gt", "iLike", "literal", "= 1 OR 1 ", "IN"] {
        assert_eq!(
            server.get(&format!("/user?name[{op}]=x")).await.brief(),
            bad("E_INVALID_CRITERIA"),
            "{op}"
        );
        let path = format!("/user?where={}", json!({ op: [{ "name": "x" }] }));
        assert_eq!(server.get(&path).await.brief(), bad("E_INVALID_CRITERIA"), "{path}");
    }
    for sort in [
        "name;DROP TABLE user",
        "(SELECT 1)",
        "RANDOM()",
        "name NULLS FIRST",
        "1",
        "meta.a",
        "meta->>'a'",
        "name/**/DESC",
    ] {
        assert_eq!(
            server.get(&format!("/user?sort={sort}")).await.brief(),
            bad("E_INVALID_CRITERIA"),
            "{sort}"
        );
        let listed = format!("/user?sort={}", json!([{ "name": sort }]));
        assert_eq!(server.get(&listed).await.brief(), bad("E_INVALID_CRITERIA"), "{sort}");
        let members = server.get(&format!("/user/1/pets?sort={sort}")).await;
        assert_eq!(members.brief(), bad("E_INVALID_POPULATES"), "{sort}");
    }
    for path in ["meta.a", "meta[a]", "meta->a", "pets.name", "boss.name"] {
        assert_eq!(server.get(&format!("/user?{path}=1")).await.brief(), bad("E_INVALID_CRITERIA"), "{path}");
    }
    still_there(&server).await;
}

#[tokio::test]
async fn strapi_hidden_attributes_answer_as_unknown_ones_do() {
    let server = people().await;
    let probes: [fn(&str) -> String; 13] = [
        |name| format!("/user?{name}=swordfish"),
        |name| format!("/user?{name}[startsWith]=s"),
        |name| format!("/user?where={}", json!({ name: { ">": "s" } })),
        |name| format!("/user?where={}", json!({ "or": [{ "age": 1 }, { name: null }] })),
        |name| format!("/user?sort={name}"),
        |name| format!("/user?sort={}", json!([{ name: "desc" }])),
        |name| format!("/user?select={name}"),
        |name| format!("/user?omit={name}"),
        |name| format!("/user/1?select={name}"),
        |name| format!("/user?populate={name}"),
        |name| format!("/user/1/friends?{name}[contains]=s"),
        |name| format!("/user/1/friends?sort={name}"),
        |name| format!("/user/1/friends?select={name}"),
    ];
    for probe in probes {
        let (hidden, unknown) = (server.get(&probe("password")).await, server.get(&probe("passwird")).await);
        assert_eq!(hidden.status, 400, "{}", hidden.text);
        let alike = |text: &str, name: &str| text.replace(name, "X");
        assert_eq!(
            alike(&hidden.text, "password"),
            alike(&unknown.text, "passwird"),
            "{}",
            probe("password")
        );
    }
    for near in ["passwor", "passwordd", "pasword"] {
        let refused = server.get(&format!("/user?{near}=1")).await;
        assert!(!refused.text.contains("`password`"), "no hint at what is hidden: {}", refused.text);
    }
    let (hidden, unknown) =
        (server.get("/vault?populate=keeper").await, server.get("/vault?populate=keepir").await);
    assert_eq!(
        (hidden.status, hidden.text.replace("keeper", "X")),
        (400, unknown.text.replace("keepir", "X"))
    );
}

#[tokio::test]
async fn strapi_hidden_attributes_are_in_no_answer_event_or_error() {
    let server = people().await;
    let made = server.create("vault", json!({ "name": "a", "code": "1234", "keeper": 1 })).await;
    assert_eq!((made.get("code"), made.get("keeper")), (None, None));
    assert_eq!(server.get("/vault/1/keeper").await.status, 404);
    let clash = server.send("POST", "/vault", json!({ "name": "b" })).await;
    assert_eq!(clash.brief(), bad("E_UNIQUE"));
    assert_eq!(clash.json()["attrNames"], json!([]), "{}", clash.text);
    for (method, path, body) in [
        ("PATCH", "/vault/1", json!({ "name": "c", "code": "9", "keeper": 2 })),
        ("GET", "/vault/1", json!({})),
        ("GET", "/vault", json!({})),
        ("DELETE", "/vault/1", json!({})),
    ] {
        let answer = server.send(method, path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(
            !answer.text.contains("code") && !answer.text.contains("keeper"),
            "{method}: {}",
            answer.text
        );
    }
    server.create("door", json!({ "name": "a" })).await;
    for app in server.apps() {
        use crate::models::Bolt;
        use topsail::prelude::*;
        Bolt::create(app).set(Bolt::NAME, "b").set(Bolt::HINGE, 1).await.unwrap();
    }
    for (method, path, body) in [
        ("DELETE", "/door/1", json!({})),
        ("DELETE", "/door/1/bolts/1", json!({})),
        ("PUT", "/door/1/bolts", json!([])),
        ("PATCH", "/door/1", json!({ "bolts": [] })),
    ] {
        let held = server.send(method, path, body).await;
        assert_eq!(held.status, 400, "{method} {path}: {}", held.text);
        assert!(!held.text.contains("hinge"), "{method} {path}: {}", held.text);
    }
    let sealed = server.over_socket("POST", "/sealed", json!({ "name": "a" })).await;
    assert_eq!(
        sealed["statusCode"], 500,
        "what only the app can give is no complaint about the client: {sealed}"
    );
}

#[tokio::test]
async fn feathers_an_object_is_no_key() {
    let server = people().await;
    for key in ["$gt", "!=", ">", "in", ""] {
        let gone = server.send("DELETE", &format!("/user?id[{key}]=0"), json!({})).await;
        assert_eq!(gone.status, 400, "{key}: {}", gone.text);
        let patched = server.send("PATCH", &format!("/user/2?id[{key}]=0"), json!({ "age": 7 })).await;
        assert_eq!(patched.json()["id"], 2, "the path says which: {}", patched.text);
    }
    for key in [json!({ "$gt": 0 }), json!({ "!=": 0 }), json!([1, 2]), json!({}), json!([]), json!(true)] {
        let gone = server.send("DELETE", "/user", json!({ "id": key })).await;
        assert_eq!(gone.status, 400, "{key}: {}", gone.text);
        let boss = server.send("PATCH", "/user/2", json!({ "boss": key })).await;
        assert_eq!(boss.status, 400, "{key}: {}", boss.text);
        let members = server.send("PUT", "/user/2/pets", Value::from(vec![key.clone()])).await;
        assert_eq!(members.status, 400, "{key}: {}", members.text);
    }
    still_there(&server).await;
}

#[tokio::test]
async fn tables_are_not_models() {
    let server = people().await;
    for name in [
        "sqlite_master",
        "team_members__user_teams",
        "user_friends__user_friends_user",
        "information_schema.tables",
        "user;",
        "user--",
    ] {
        assert_eq!(server.get(&format!("/{name}")).await.status, 404, "dev_26 {name}");
    }
}

#[tokio::test]
async fn many_long_lists_are_the_clients_mistake() {
    let server = people().await;
    let list = json!({ "age": (0..1000).collect::<Vec<_>>() });
    let filter = json!({ "where": { "or": vec![list; 40] } });
    let answer = server.over_socket("GET", "/user", filter).await;
    assert_eq!((&answer["statusCode"], &answer["body"]["code"]), (&json!(400), &json!("E_INVALID_CRITERIA")));
}
