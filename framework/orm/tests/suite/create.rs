//! Creating and validating.

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{Context, Executor, Model, OrmError, Record, Tx, engine};

use crate::support::{User, find, orm, record, seed};

async fn create(orm: &topsail_orm::Orm, model: &str, values: Value) -> Result<Record, OrmError> {
    let def = orm.model(model).unwrap();
    let change = engine::create(&Context::system(orm), def, record(values)).await?;
    Ok(change.after.unwrap())
}

#[tokio::test]
async fn mo_17_18_19_32_absent_values_become_base_values_defaults_and_nulls() {
    let orm = orm().await;
    let mut made = create(&orm, "user", json!({ "name": "ann" })).await.unwrap();
    let (created, updated) = (made.remove("createdAt").unwrap(), made.remove("updatedAt").unwrap());
    assert_eq!(created, updated);
    assert!(created.as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(
        Value::Object(made),
        json!({
            "id": 1, "name": "ann", "email": null, "age": 0, "score": null, "active": true, "role": "a",
            "bio": "", "meta": null, "secret": "", "boss": null
        })
    );
}

#[tokio::test]
async fn mo_21_23_24_values_are_converted() {
    let orm = orm().await;
    let given = json!({ "name": 5, "age": "7", "active": "0", "score": "2.5", "boss": "3", "meta": [1, { "a": null }] });
    let made = create(&orm, "user", given).await.unwrap();
    for (attr, stored) in [
        ("name", json!("5")),
        ("age", json!(7)),
        ("active", json!(false)),
        ("score", json!(2.5)),
        ("boss", json!(3)),
        ("meta", json!([1, { "a": null }])),
    ] {
        assert_eq!(made[attr], stored, "{attr}");
    }
    let read = find(&orm, "user", json!(1)).await.unwrap().remove(0);
    assert_eq!(read, made);
}

#[tokio::test]
async fn mo_22_25_26_wrong_types_are_refused() {
    let orm = orm().await;
    for (attr, value) in [
        ("age", json!("x")),
        ("age", json!(1.5)),
        ("age", json!(null)),
        ("active", json!("yes")),
        ("bio", json!(null)),
        ("bio", json!(["x"])),
        ("boss", json!("")),
        ("boss", json!(0)),
        ("boss", json!([1])),
        ("boss", json!({ "name": "b" })),
        ("pets", json!(null)),
        ("pets", json!([{ "name": "rex" }])),
        ("pets", json!([null])),
        ("id", json!(0)),
        ("id", json!(-1)),
        ("id", json!(null)),
        ("id", json!(i64::MAX)),
    ] {
        let values = json!({ "name": "a", attr: value.clone() });
        let e = create(&orm, "user", values).await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_NEW_RECORD", "{attr}: {value}");
        assert_eq!(e.problems()[0].attr.as_deref(), Some(attr));
        assert!(e.details().unwrap().contains(&format!("`{attr}`")));
    }
    assert!(find(&orm, "user", json!({})).await.unwrap().is_empty());
}

#[tokio::test]
async fn mo_28_29_required_means_neither_absent_nor_empty() {
    let orm = orm().await;
    for values in [json!({}), json!({ "name": "" }), json!({ "name": null })] {
        let e = create(&orm, "user", values).await.unwrap_err();
        assert_eq!(e.problems()[0].rule, "required");
        assert_eq!(e.problems()[0].attr.as_deref(), Some("name"));
    }
}

#[tokio::test]
async fn mdev_05_all_problems_come_at_once() {
    let orm = orm().await;
    let given = json!({ "title": "x".repeat(30), "rating": 9, "slug": "A", "word": "forbidden", "homepage": "no url" });
    let e = create(&orm, "note", given).await.unwrap_err();
    let problems: Vec<_> =
        e.problems().iter().map(|p| (p.attr.as_deref().unwrap(), p.rule.as_str())).collect();
    assert_eq!(
        problems,
        [
            ("title", "maxLength"),
            ("rating", "max"),
            ("homepage", "isURL"),
            ("slug", "regex"),
            ("word", "custom")
        ]
    );
    assert!(e.details().unwrap().contains("this word is forbidden"));
}

#[tokio::test]
async fn mo_41_45_rules_pass_over_empty_texts_and_nulls() {
    let orm = orm().await;
    let made = create(&orm, "note", json!({ "title": "a", "slug": "", "stars": null, "homepage": "" })).await;
    assert_eq!(made.unwrap()["stars"], Value::Null);
}

#[tokio::test]
async fn mo_30_unknown_values_are_dropped() {
    let orm = orm().await;
    let made = create(&orm, "user", json!({ "name": "a", "nosuch": 1, "constructor": {} })).await.unwrap();
    assert!(!made.contains_key("nosuch") && !made.contains_key("constructor"));
}

#[tokio::test]
async fn mo_34_given_timestamps_and_keys_are_kept() {
    let orm = orm().await;
    let made = create(&orm, "user", json!({ "id": "900", "name": "a", "createdAt": 5 })).await.unwrap();
    assert_eq!((&made["id"], &made["createdAt"]), (&json!(900), &json!(5)));
    let next = create(&orm, "user", json!({ "name": "b" })).await.unwrap();
    assert_eq!(next["id"], json!(901), "the automatic key goes on after an explicit one");
}

#[tokio::test]
async fn mo_54_a_taken_unique_value_names_its_attribute() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a", "email": "a@x.io" })]).await;
    let e = create(&orm, "user", json!({ "name": "b", "email": "a@x.io" })).await.unwrap_err();
    assert_eq!(
        (e.code(), e.attr_names(), e.model_identity()),
        ("E_UNIQUE", &["email".to_string()][..], Some("user"))
    );
    let e = create(&orm, "user", json!({ "id": 1, "name": "b" })).await.unwrap_err();
    assert_eq!(e.attr_names(), ["id"]);
    seed(&orm, "user", [json!({ "name": "c" }), json!({ "name": "d" })]).await;
}

#[tokio::test]
async fn mo_37_text_keys_are_text() {
    let orm = orm().await;
    assert_eq!(create(&orm, "tag", json!({ "slug": "s1" })).await.unwrap()["slug"], "s1");
    for bad in [json!({ "slug": 5 }), json!({ "slug": "" }), json!({})] {
        assert_eq!(create(&orm, "tag", bad).await.unwrap_err().code(), "E_INVALID_NEW_RECORD");
    }
}

#[tokio::test]
async fn mo_56_57_58_create_each_stores_all_or_none() {
    let orm = orm().await;
    let cx = Context::system(&orm);
    let def = orm.model("user").unwrap();
    let bad = vec![record(json!({ "name": "a" })), record(json!({ "age": "x" }))];
    let e = engine::create_each(&cx, def, bad).await.unwrap_err();
    assert_eq!((e.code(), e.problems().len()), ("E_INVALID_NEW_RECORDS", 2));
    let clash = ["p", "q"].map(|n| record(json!({ "name": n, "email": "same@x.io" })));
    assert_eq!(engine::create_each(&cx, def, clash.to_vec()).await.unwrap_err().code(), "E_UNIQUE");
    assert!(find(&orm, "user", json!({})).await.unwrap().is_empty());
    let good = ["a", "b"].map(|n| record(json!({ "name": n })));
    assert_eq!(engine::create_each(&cx, def, good.to_vec()).await.unwrap().len(), 2);
    let sent = crate::support::statements(&orm, async || {
        assert!(engine::create_each(&cx, def, vec![]).await.unwrap().is_empty());
    });
    assert_eq!(sent.await, 0);
}

#[tokio::test]
async fn mo_59_60_61_find_or_create_finds_or_creates() {
    let orm = orm().await;
    let cx = Context::system(&orm);
    let def = orm.model("user").unwrap();
    let which = || topsail_orm::Where::eq("email", "a@x.io");
    let values = |name: &str| record(json!({ "name": name, "email": "a@x.io" }));
    let (first, made) = engine::find_or_create(&cx, def, which(), values("a")).await.unwrap();
    assert!(made.is_some());
    let (second, made) = engine::find_or_create(&cx, def, which(), values("b")).await.unwrap();
    assert!(made.is_none());
    assert_eq!(first, second);
    let e = engine::find_or_create(&cx, def, which(), record(json!({}))).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_NEW_RECORD");
    let e = engine::find_or_create(&cx, def, topsail_orm::Where::All, values("b")).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn mo_47_one_value_can_be_validated() {
    let orm = orm().await;
    let def = orm.model("user").unwrap();
    assert_eq!(engine::validate(def, "age", json!("5")).unwrap(), json!(5));
    assert_eq!(User::validate(&orm, User::AGE, "5").unwrap(), json!(5));
    assert_eq!(engine::validate(def, "age", json!("x")).unwrap_err().code(), "E_TYPE");
    assert_eq!(engine::validate(def, "secret", json!("z")).unwrap_err().problems()[0].rule, "unknown");
}

#[tokio::test]
async fn mo_48_mo_49_a_value_that_is_refused_says_why_by_its_code() {
    let orm = orm().await;
    let def = orm.model("user").unwrap();
    assert_eq!(engine::validate(def, "name", json!("")).unwrap_err().code(), "E_REQUIRED");
    let e = engine::validate(def, "role", json!("z")).unwrap_err();
    assert_eq!((e.code(), e.problems()[0].rule.as_str()), ("E_VIOLATES_RULES", "isIn"));
}

/// Which record of the list a clash is about, and the attributes.
async fn clash(cx: &Context<'_>, model: &str, records: Value) -> (Option<usize>, Vec<String>) {
    let records = records.as_array().unwrap().iter().cloned().map(record).collect();
    let e = engine::create_each(cx, cx.orm.model(model).unwrap(), records).await.unwrap_err();
    assert_eq!(e.code(), "E_UNIQUE", "{e}");
    let said = e.clash_index().map(|index| format!("record {index}: model")).unwrap_or_default();
    assert!(e.to_string().starts_with(&said), "{e}");
    (e.clash_index(), e.attr_names().to_vec())
}

#[tokio::test]
async fn a_clash_in_a_list_says_which_record_it_is() {
    let orm = orm().await;
    let cx = Context::system(&orm);
    let user = |name: &str, email: Value| json!({ "name": name, "email": email });
    seed(&orm, "user", [user("ann", json!("ann@x.io")), json!({ "name": "bob" })]).await;
    let email = vec!["email".to_owned()];
    let nobody = || user("x", Value::Null);
    let stored = json!([nobody(), user("b", json!("b@x.io")), user("c", json!("ann@x.io")), nobody()]);
    assert_eq!(clash(&cx, "user", stored.clone()).await, (Some(2), email.clone()));
    let twice = json!([nobody(), nobody(), user("a", json!("a@x.io")), user("b", json!("a@x.io"))]);
    assert_eq!(clash(&cx, "user", twice).await, (Some(3), email.clone()));
    let key = json!([{ "name": "x", "id": 9 }, { "name": "y", "id": 2 }]);
    assert_eq!(clash(&cx, "user", key).await, (Some(1), vec!["id".to_owned()]));
    seed(&orm, "profile", [json!({ "motto": "a", "user": 1 })]).await;
    let one_to_one = json!([{ "motto": "b", "user": 2 }, { "motto": "c", "user": 1 }]);
    assert_eq!(clash(&cx, "profile", one_to_one).await, (Some(1), vec!["user".to_owned()]));
    orm.transaction(async |tx| {
        seed_in(&tx.context(), json!({ "name": "d", "email": "d@x.io" })).await;
        let records = json!([nobody(), user("e", json!("d@x.io"))]);
        assert_eq!(clash(&tx.context(), "user", records).await, (Some(1), email));
        engine::create(&tx.context(), orm.model("user").unwrap(), record(nobody())).await.map(drop)
    })
    .await
    .unwrap();
    assert_eq!(find(&orm, "user", json!({})).await.unwrap().len(), 4, "the transaction lives on");
    let single = json!([{ "name": "x", "email": "ann@x.io" }]);
    assert_eq!(clash(&cx, "user", single).await.0, None, "one record needs no number");
}

#[model(crate = topsail_orm, before_create = shouted)]
pub struct Word {
    #[attr(unique)]
    pub text: String,
}

async fn shouted(_: &Tx, record: &mut Record) -> Result<(), OrmError> {
    record["text"] = json!(record["text"].as_str().unwrap_or_default().to_uppercase());
    Ok(())
}

#[tokio::test]
async fn a_clash_in_a_list_says_which_record_it_is_where_the_transaction_is_given_up() {
    let orm = crate::support::orm_of(vec![Word::define()]).await;
    seed(&orm, "word", [json!({ "text": "taken" })]).await;
    let found = (Some(1), vec!["text".to_owned()]);
    let one_statement = json!([{ "text": "free" }, { "text": "taken" }]);
    let several = json!([{ "id": 50, "text": "free" }, { "text": "taken" }]);
    for list in [one_statement, several] {
        // With callbacks the transaction is the write's own.
        assert_eq!(clash(&Context::system(&orm), "word", list.clone()).await, found, "{list}");
        let tx = orm.begin().await.unwrap();
        assert_eq!(clash(&tx.all_or_nothing(), "word", list.clone()).await, found, "{list}");
        let mut without = tx.all_or_nothing();
        without.meta.skip_callbacks = true;
        let text = list.to_string().replace("taken", "TAKEN");
        assert_eq!(clash(&without, "word", serde_json::from_str(&text).unwrap()).await, found, "{list}");
    }
}

async fn seed_in(cx: &Context<'_>, values: Value) {
    engine::create(cx, cx.orm.model("user").unwrap(), record(values)).await.unwrap();
}

#[tokio::test]
async fn unknown_names_in_a_list_say_which_record_they_are_in() {
    let orm = orm().await;
    let list = [json!({ "name": "a" }), json!({ "nmae": "b" }), json!({ "name": "c", "aeg": 1 })];
    let e = User::create_each(&orm, list).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_NEW_RECORDS");
    assert_eq!(e.problems().iter().map(|p| p.index).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[tokio::test]
async fn no_key_that_is_given_uses_up_the_automatic_ones() {
    let orm = orm().await;
    let last = 9_007_199_254_740_991_i64;
    let e = create(&orm, "user", json!({ "id": last + 1, "name": "a" })).await.unwrap_err();
    assert!(e.details().unwrap().contains("`id` should be a whole number from 1 to 9007199254740991"), "{e}");
    create(&orm, "user", json!({ "id": last, "name": "a" })).await.unwrap();
    assert_eq!(create(&orm, "user", json!({ "name": "b" })).await.unwrap()["id"], last + 1);
    let e = update_key(&orm, i64::MAX).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_VALUES_TO_SET");
}

async fn update_key(orm: &topsail_orm::Orm, key: i64) -> Result<(), OrmError> {
    let which = topsail_orm::Where::eq("name", "b");
    let values = record(json!({ "id": key }));
    engine::update(&Context::system(orm), orm.model("user").unwrap(), which, values).await.map(drop)
}

#[tokio::test]
async fn a_text_that_its_column_does_not_hold_is_a_mistake_in_the_new_record() {
    let orm = orm().await;
    let long = json!({ "slug": "x".repeat(300) });
    match create(&orm, "tag", long.clone()).await {
        // Keys have a limited length on some databases.
        Ok(made) => assert_eq!(made["slug"], long["slug"]),
        Err(e) => {
            assert_eq!((e.code(), e.problems()[0].attr.as_deref()), ("E_INVALID_NEW_RECORD", Some("slug")))
        }
    }
}
