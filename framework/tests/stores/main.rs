//! The blueprints on a database server: the one that `TOPSAIL_TEST_DATASTORE` names (`postgresql`, `mysql`), else SQLite.
//!
//! What the ORM does there is tested in its own suite; this is about the whole path, from the request to the rows.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../orm/tests/suite/place.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the ORM's suite, which uses more of it")]
mod place;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use topsail::{AppBuilder, BlueprintOptions, Discovered, orm::Where, prelude::*, testing::Lifted};

use self::place::{Place, somebody_waits};

#[model]
pub struct Boat {
    #[attr(required, unique)]
    pub name: String,
    pub length: Option<f64>,
    pub sold: bool,
    pub papers: Value,
    pub harbour: Option<One<Harbour>>,
    #[attr(via = boats)]
    pub sailors: Collection<Sailor>,
}

#[model]
pub struct Harbour {
    pub name: String,
    #[attr(via = harbour)]
    pub boats: Collection<Boat>,
}

#[model]
pub struct Sailor {
    pub name: String,
    #[attr(via = sailors)]
    pub boats: Collection<Boat>,
}

/// Creates a boat and then refuses, unless it is told to keep it.
pub async fn launch(app: App, req: Req) -> Outcome {
    let params = req.params();
    let keep = params.get("keep").is_some();
    app.transaction(async |tx| {
        let boat = Boat::create(tx).set(Boat::NAME, "launched").await?;
        // A clash inside the transaction does not end it.
        assert!(Boat::create(tx).set(Boat::NAME, "launched").await.is_err());
        if keep { ok(boat) } else { bad_request("It leaks.") }
    })
    .await
}

static HERE: Discovered = Discovered { crate_name: "stores", ..Discovered::EMPTY };

struct Server {
    lifted: Lifted,
    client: Client,
    _place: Place,
}

async fn server() -> Server {
    server_of(|app| app).await
}

/// As [`server`], of an app that is changed before.
async fn server_of(change: impl FnOnce(AppBuilder) -> AppBuilder) -> Server {
    let place = Place::new().await;
    let store = place.config().datastores["default"].clone();
    let app = AppBuilder::new(&HERE)
        .config("log.level", "silent")
        .config("datastores.default.adapter", store.adapter)
        .config("datastores.default.url", store.url.unwrap())
        .config("datastores.default.max_connections", 4)
        .config("blueprints.shortcuts", false)
        .config("blueprints.bulk_create", true)
        .action("launch", launch)
        .route("POST /launch", "launch");
    let lifted = change(app).lift_for_test().await.unwrap();
    Server { lifted, client: Client::new(), _place: place }
}

impl Server {
    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.lifted.url());
        let request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        let answer = if body.is_null() { request } else { request.json(&body) }.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path} {body}");
        body
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn records_are_created_found_updated_and_destroyed() {
    let server = server().await;
    let (status, made) =
        server.ask("POST", "/boat", json!({ "name": "Ada", "length": 7.5, "papers": { "nr": [1] } })).await;
    assert_eq!(
        (status, &made["id"], &made["sold"], &made["papers"]),
        (200, &json!(1), &json!(false), &json!({ "nr": [1] }))
    );
    for (name, length) in [("ada", json!(9)), ("Bea_", json!(null)), ("Cleo", json!(12.25))] {
        assert_eq!(server.ask("POST", "/boat", json!({ "name": name, "length": length })).await.0, 200);
    }
    assert_eq!(names(&server.get("/boat?sort=length").await), ["Bea_", "Ada", "ada", "Cleo"]);
    assert_eq!(names(&server.get("/boat?name=ada").await), ["ada"]);
    assert_eq!(names(&server.get(r#"/boat?where={"name":{"contains":"a_"}}"#).await), ["Bea_"]);
    assert_eq!(names(&server.get(r#"/boat?where={"length":{">":8}}&limit=1&skip=1"#).await), ["Cleo"]);
    let (status, changed) = server.ask("PATCH", "/boat/1", json!({ "sold": true })).await;
    assert_eq!((status, &changed["sold"], &changed["name"]), (200, &json!(true), &json!("Ada")));
    assert_eq!(server.ask("DELETE", "/boat/2", Value::Null).await.0, 200);
    assert_eq!(server.ask("GET", "/boat/2", Value::Null).await.0, 404);
    assert_eq!(server.get("/boat").await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_clash_is_refused_with_its_attribute() {
    let server = server().await;
    assert_eq!(server.ask("POST", "/boat", json!({ "name": "Ada" })).await.0, 200);
    let (status, refused) = server.ask("POST", "/boat", json!({ "name": "Ada" })).await;
    assert_eq!(
        (status, &refused["code"], &refused["attrNames"]),
        (400, &json!("E_UNIQUE"), &json!(["name"])),
        "{refused}"
    );
    assert_eq!(
        server.ask("POST", "/boat", json!({ "name": "ADA" })).await.0,
        200,
        "letter case makes another text"
    );
}

#[tokio::test]
async fn a_clash_in_a_list_says_which_record_it_is() {
    let server = server().await;
    assert_eq!(server.ask("POST", "/boat", json!({ "name": "Ada" })).await.0, 200);
    for list in [
        json!([{ "name": "Bea" }, { "name": "Ada" }]),
        json!([{ "id": 50, "name": "Bea" }, { "name": "Ada" }]),
    ] {
        let (status, refused) = server.ask("POST", "/boat", list).await;
        assert_eq!(
            (status, &refused["code"], &refused["index"]),
            (400, &json!("E_UNIQUE"), &json!(1)),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn members_are_added_removed_replaced_and_populated() {
    let server = server().await;
    for name in ["Ann", "Bob", "Cid"] {
        server.ask("POST", "/sailor", json!({ "name": name })).await;
    }
    server.ask("POST", "/harbour", json!({ "name": "Hamburg" })).await;
    let boat = json!({ "name": "Ada", "harbour": 1, "sailors": [1] });
    assert_eq!(server.ask("POST", "/boat", boat).await.0, 200);
    for _ in 0..2 {
        assert_eq!(server.ask("PUT", "/boat/1/sailors/2", Value::Null).await.0, 200, "twice is once");
    }
    let boat = server.get("/boat/1?populate=sailors,harbour").await;
    assert_eq!((names(&boat["sailors"]), &boat["harbour"]["name"]), (vec!["Ann", "Bob"], &json!("Hamburg")));
    assert_eq!(server.ask("DELETE", "/boat/1/sailors/1", Value::Null).await.0, 200);
    assert_eq!(names(&server.get("/boat/1/sailors").await), ["Bob"]);
    assert_eq!(server.ask("PUT", "/boat/1/sailors", json!([3, 1])).await.0, 200);
    assert_eq!(names(&server.get("/boat/1/sailors").await), ["Ann", "Cid"]);
    assert_eq!(names(&server.get("/harbour/1/boats").await), ["Ada"]);
    assert_eq!(server.ask("DELETE", "/harbour/1/boats/1", Value::Null).await.0, 200);
    assert_eq!(server.get("/boat/1").await["harbour"], Value::Null);
}

#[tokio::test]
async fn a_refusal_rolls_back_and_a_clash_inside_does_not() {
    let server = server().await;
    assert_eq!(server.ask("POST", "/launch", json!({})).await.0, 400);
    assert_eq!(server.get("/boat").await, json!([]));
    assert_eq!(server.ask("POST", "/launch", json!({ "keep": true })).await.0, 200);
    assert_eq!(names(&server.get("/boat").await), ["launched"]);
}

/// What a request was narrowed by holds when its write has locked the records, whatever they were before.
#[tokio::test]
async fn a4_an_edit_of_an_association_is_narrowed_under_its_lock() {
    let server = server_of(|app| {
        app.blueprint_parser(|_, mut options: BlueprintOptions| {
            if options.alias.is_some() {
                options.criteria = options.criteria.and_also(Where::eq("name", "mine"));
                options.associated = Where::eq("name", "mine");
            }
            Ok(options)
        })
    })
    .await;
    for path in ["/harbour", "/boat"] {
        assert_eq!(server.ask("POST", path, json!({ "name": "mine" })).await.0, 200);
    }
    let orm = server.lifted.app().orm();
    for (method, path, body) in [
        ("PUT", "/harbour/1/boats/1", Value::Null),
        ("DELETE", "/harbour/1/boats/1", Value::Null),
        ("PUT", "/harbour/1/boats", json!([1])),
    ] {
        for is_of_parent in [true, false] {
            Harbour::update_one(orm, 1).set(Harbour::NAME, "mine").await.unwrap();
            Boat::update_one(orm, 1).set(Boat::NAME, "mine").await.unwrap();
            let tx = orm.begin().await.unwrap();
            if is_of_parent {
                Harbour::update_one(&tx, 1).set(Harbour::NAME, "theirs").await.unwrap();
            } else {
                Boat::update_one(&tx, 1).set(Boat::NAME, "theirs").await.unwrap();
            }
            let commits = async {
                somebody_waits(orm).await;
                tx.commit().await.unwrap();
            };
            let ((status, said), ()) = tokio::join!(server.ask(method, path, body.clone()), commits);
            assert_eq!(status, 404, "{method} {path} {is_of_parent} {said}");
        }
    }
    assert!(Boat::find_one(orm, 1).await.unwrap().unwrap().harbour.is_none(), "nothing was written");
}

#[tokio::test]
async fn of_two_clients_that_replace_the_members_at_once_the_last_decides() {
    let server = server().await;
    for name in ["Ann", "Bob"] {
        server.ask("POST", "/sailor", json!({ "name": name })).await;
    }
    server.ask("POST", "/boat", json!({ "name": "Ada" })).await;
    let orm = server.lifted.app().orm();
    let tx = orm.begin().await.unwrap();
    Boat::replace_collection(&tx, 1, Boat::SAILORS, [1]).await.unwrap();
    let commits = async {
        somebody_waits(orm).await;
        tx.commit().await.unwrap();
    };
    let ((status, _), ()) = tokio::join!(server.ask("PUT", "/boat/1/sailors", json!([2])), commits);
    assert_eq!(status, 200);
    assert_eq!(names(&server.get("/boat/1/sailors").await), ["Bob"]);
}

#[tokio::test]
async fn a_request_that_crosses_another_write_is_answered() {
    if !place::writes_side_by_side() {
        return;
    }
    let server = server().await;
    for name in ["a", "b", "c", "d", "e"] {
        assert_eq!(server.ask("POST", "/boat", json!({ "name": name })).await.0, 200);
    }
    assert_eq!(server.ask("POST", "/harbour", json!({ "name": "Hamburg" })).await.0, 200);
    let orm = server.lifted.app().orm();
    let tx = orm.begin().await.unwrap();
    // The one with more work is the one that databases let live.
    Boat::update(&tx, [2, 3, 4, 5]).set(Boat::SOLD, true).await.unwrap();
    let crosses = async {
        place::somebody_waits(orm).await;
        if Boat::update_one(&tx, 1).set(Boat::SOLD, true).await.is_ok() {
            tx.commit().await.unwrap();
        }
    };
    let all = server.ask("PUT", "/harbour/1/boats", json!([1, 2, 3, 4, 5]));
    let ((status, harbour), ()) = tokio::join!(all, crosses);
    assert_eq!(status, 200, "{harbour}");
    assert_eq!(names(&server.get("/harbour/1/boats").await), ["a", "b", "c", "d", "e"]);
}
