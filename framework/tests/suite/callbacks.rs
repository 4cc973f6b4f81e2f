//! Lifecycle callbacks behind blueprints.

use crate::{
    made_up,
    realtime::{client::Client, talking},
    support::{app, lift},
};
use serde_json::json;
use std::sync::Mutex;
use topsail::{orm::Where, prelude::*};

#[model(before_create = guard, before_update = guard, after_create = tell)]
pub struct Letter {
    pub text: String,
    pub seal: String,
}

async fn guard(_: &Tx, letter: &mut Record) -> Result<()> {
    match letter.get("text").and_then(Value::as_str) {
        Some("threat") => forbidden(),
        Some("slow") => refuse(StatusCode::TOO_MANY_REQUESTS, "Later."),
        _ => {
            letter.insert("seal".into(), "wax".into());
            Ok(())
        }
    }
}

async fn tell(tx: &Tx, letter: &Letter) -> Result<()> {
    if letter.text == "twice" {
        Letter::create(tx).set(Letter::TEXT, "copy").skip_callbacks().await?;
    }
    if letter.text == "lost" { not_found() } else { Ok(()) }
}

/// Counts its writes.
#[model]
pub struct Draft {
    pub text: String,
    #[attr(version)]
    pub version: i64,
}

#[tokio::test]
async fn a_stale_update_is_a_409() {
    let server = lift(app()).await;
    assert_eq!(server.send("POST", "/draft", json!({ "text": "a" })).await.json()["version"], 1);
    let next = server.send("PATCH", "/draft/1", json!({ "text": "b", "version": 1 })).await;
    assert_eq!((next.status, &next.json()["version"]), (200, &json!(2)));
    let stale = server.send("PATCH", "/draft/1", json!({ "text": "c", "version": 1 })).await;
    assert_eq!((stale.status, &stale.json()["code"]), (409, &json!("E_STALE")));
    assert_eq!(server.get("/draft/1").await.json()["text"], "b");
}

#[tokio::test]
async fn bp_37_the_archive_has_no_routes() {
    let server = lift(app()).await;
    let app = server.lifted.app();
    let draft = Draft::create(app).set(Draft::TEXT, "a").await.unwrap();
    Draft::archive_one(app, draft.id).await.unwrap();
    assert!(app.model("archive").is_some());
    assert_eq!(server.get("/archive").await.status, 404);
    assert_eq!(server.get("/archive/1").await.status, 404);
    assert!(!app.actions().any(|action| action.starts_with("archive/")));
}

#[tokio::test]
async fn mo_143_a_refusal_of_a_callback_is_the_answer() {
    let server = lift(app()).await;
    let made = server.send("POST", "/letter", json!({ "text": "hello" })).await;
    assert_eq!((made.status, &made.json()["seal"]), (200, &json!("wax")));
    assert_eq!(server.send("POST", "/letter", json!({ "text": "threat" })).await.status, 403);
    assert_eq!(server.send("POST", "/letter", json!({ "text": "lost" })).await.status, 404);
    let slow = server.send("PATCH", "/letter/1", json!({ "text": "slow" })).await;
    assert_eq!((slow.status, slow.text.contains("Later.")), (429, true), "{slow:?}");
    assert_eq!(server.get("/letter").await.json().as_array().unwrap().len(), 1);
    server.send("POST", "/letter", json!({ "text": "twice" })).await;
    assert_eq!(server.get("/letter").await.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_app_sends_native_queries_and_names_datastores() {
    let server = lift(app()).await;
    let app = server.lifted.app();
    let draft = app
        .transaction_on("default", async |tx| Ok(Draft::create(tx).set(Draft::TEXT, "a").await?))
        .await
        .unwrap();
    let found =
        app.send_native_query("SELECT text FROM draft WHERE id = $1", [draft.id.into()]).await.unwrap();
    assert_eq!(found.rows[0]["text"], "a");
    assert_eq!(app.datastore("default").unwrap().name(), "default");
    assert!(app.datastore("nosuch").is_err());
    let taken = Draft::find_one(app, draft.id).await.tolerate("E_UNIQUE").unwrap();
    assert!(taken.flatten().is_some());
}

/// Goes to another owner in the middle of a write, as if somebody else had been quicker.
#[model(before_update = lose, before_destroy = forfeit)]
pub struct Estate {
    pub text: String,
    pub owner: i64,
}

async fn lose(tx: &Tx, values: &mut Record) -> Result<()> {
    if values.get("text") == Some(&json!("late")) { hand_over(tx).await } else { Ok(()) }
}

async fn forfeit(tx: &Tx, _: &Where) -> Result<()> {
    hand_over(tx).await
}

async fn hand_over(tx: &Tx) -> Result<()> {
    Estate::update(tx, Estate::TEXT.eq("mine")).set(Estate::OWNER, 2).skip_callbacks().await?;
    Ok(())
}

#[tokio::test]
async fn a4_a_write_is_narrowed_under_its_lock_and_not_before() {
    let parser = |_: &Req, mut options: topsail::BlueprintOptions| {
        if options.action != topsail::BlueprintAction::Create {
            options.criteria = options.criteria.and_also(Where::eq("owner", 1));
        }
        Ok(options)
    };
    let bulky = app().config("blueprints.bulk_update", true).config("blueprints.bulk_destroy", true);
    let server = lift(bulky.blueprint_parser(parser)).await;
    for text in ["mine", "mine", "other"] {
        server.send("POST", "/estate", json!({ "text": text, "owner": 1 })).await;
    }
    assert_eq!(server.send("PATCH", "/estate/1", json!({ "text": "mine" })).await.status, 200);
    assert_eq!(server.send("PATCH", "/estate/1", json!({ "text": "late" })).await.status, 404);
    assert_eq!(server.send("DELETE", "/estate/1", json!({})).await.status, 404);
    let app = server.lifted.app();
    assert_eq!(Estate::count(app, Estate::TEXT.eq("mine").and(Estate::OWNER.eq(1))).await.unwrap(), 2);
    let changed = server.send("PATCH", "/estate?where={\"id\":{\"<\":9}}", json!({ "text": "late" })).await;
    assert_eq!((changed.status, &changed.json()[0]["id"], changed.json().get(1)), (200, &json!(3), None));
    Estate::update(app, [1, 2]).set(Estate::OWNER, 1).skip_callbacks().await.unwrap();
    let gone = server.send("DELETE", "/estate?where={\"id\":{\"<\":9}}", json!({})).await;
    assert_eq!((gone.status, &gone.json()[0]["id"], gone.json().get(1)), (200, &json!(3), None));
    assert_eq!(Estate::count(app, Where::All).await.unwrap(), 2);
}

/// Meets with deadlocks, as many as its text says.
#[model(before_create = stumble, before_update = stumble)]
pub struct Race {
    pub text: String,
}

static STUMBLED: Mutex<Vec<Value>> = Mutex::new(vec![]);

async fn stumble(tx: &Tx, race: &mut Record) -> Result<()> {
    Draft::create(tx).set(Draft::TEXT, "of a race").await?;
    let text = race["text"].clone();
    let (times, most) = {
        let mut stumbled = STUMBLED.lock().unwrap();
        stumbled.push(text.clone());
        (stumbled.iter().filter(|t| **t == text).count(), text.as_str().and_then(|t| t.parse().ok()))
    };
    if most.is_some_and(|most| times <= most) { Err(made_up::deadlock().into()) } else { Ok(()) }
}

#[tokio::test]
async fn a_write_that_a_deadlock_undid_is_run_again_and_told_once() {
    let server = lift(talking().config("blueprints.bulk_create", true)).await;
    let mut listener = Client::connect(&server.lifted.url()).await;
    listener.get("/race").await;
    let stumbled = |text: &str| STUMBLED.lock().unwrap().iter().filter(|t| *t == text).count();
    assert_eq!(server.send("POST", "/race", json!({ "text": "2" })).await.status, 200);
    assert_eq!(server.send("POST", "/race", json!([{ "text": "no" }, { "text": "1" }])).await.status, 200);
    assert_eq!(server.send("PATCH", "/race/1", json!({ "text": "3" })).await.json()["text"], "3");
    let verbs: Vec<Value> =
        listener.settled().await.into_iter().map(|(_, event)| event["verb"].clone()).collect();
    assert_eq!(verbs, ["created", "created", "created", "updated"]);
    assert_eq!((stumbled("2"), stumbled("no"), stumbled("1"), stumbled("3")), (3, 2, 2, 4));
    let drafts = async || Draft::count(server.lifted.app(), Where::All).await.unwrap();
    assert_eq!(drafts().await, 4, "what was undone is not there");
    assert_eq!(server.send("POST", "/race", json!({ "text": "9" })).await.status, 503);
    assert_eq!((stumbled("9"), drafts().await, listener.settled().await.len()), (5, 4, 0));
}
