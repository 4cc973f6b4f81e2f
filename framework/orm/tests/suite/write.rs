//! Updating and destroying.

use serde_json::{Value, json};
use topsail_orm::{Change, ChangeVerb, Context, LinkCause, Model, OrmError, Where, engine};

use crate::support::{Pet, User, find, orm, record, seed, values};

async fn update(orm: &topsail_orm::Orm, model: &str, w: Where, v: Value) -> Result<Vec<Change>, OrmError> {
    engine::update(&Context::system(orm), orm.model(model).unwrap(), w, record(v)).await
}

#[tokio::test]
async fn mo_33_update_gives_both_images_and_advances_the_time() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a", "createdAt": 5, "updatedAt": 5 }), json!({ "name": "b" })])
        .await;
    let changes = update(&orm, "user", Where::eq("id", 1), json!({ "age": "6", "name": "c", "nosuch": 1 }))
        .await
        .unwrap();
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((change.verb, &change.pk), (ChangeVerb::Update, &json!(1)));
    assert_eq!(change.submitted_keys, ["name", "age"]);
    let (before, after) = (change.before.as_ref().unwrap(), change.after.as_ref().unwrap());
    assert_eq!((&before["age"], &after["age"], &after["name"]), (&json!(0), &json!(6), &json!("c")));
    assert_eq!((&after["createdAt"], &before["updatedAt"]), (&json!(5), &json!(5)));
    assert!(after["updatedAt"].as_i64().unwrap() > 5);
    assert_eq!(&find(&orm, "user", json!(1)).await.unwrap()[0], after);
    assert_eq!(values(&orm, "user", "name", json!(2)).await, ["b"]);
}

#[tokio::test]
async fn mo_79_81_update_reaches_all_none_or_some() {
    let orm = orm().await;
    seed(&orm, "pet", ["a", "b", "c"].map(|n| json!({ "name": n }))).await;
    assert_eq!(update(&orm, "pet", Where::All, json!({ "age": 1 })).await.unwrap().len(), 3);
    assert!(update(&orm, "pet", Where::Nothing, json!({ "age": 2 })).await.unwrap().is_empty());
    assert!(update(&orm, "pet", Where::eq("id", 9), json!({ "age": 2 })).await.unwrap().is_empty());
    assert_eq!(update(&orm, "pet", Where::eq("name", "b"), json!({})).await.unwrap().len(), 1);
    assert_eq!(values(&orm, "pet", "age", json!({})).await, [1, 1, 1]);
}

#[tokio::test]
async fn mo_46_update_checks_what_it_is_given() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a", "email": "a@x.io" }), json!({ "name": "b" })]).await;
    for bad in [json!({ "name": "" }), json!({ "age": "x" }), json!({ "role": "z" }), json!({ "pets": null })]
    {
        let e = update(&orm, "user", Where::eq("id", 1), bad.clone()).await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_VALUES_TO_SET", "{bad}");
    }
    let e = update(&orm, "user", Where::eq("id", 2), json!({ "email": "a@x.io" })).await.unwrap_err();
    assert_eq!((e.code(), e.attr_names()), ("E_UNIQUE", &["email".to_string()][..]));
    let e = update(&orm, "user", Where::eq("nosuch", 1), json!({})).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_CRITERIA");
    update(&orm, "user", Where::eq("id", 1), json!({ "email": "a@x.io" })).await.unwrap();
}

#[tokio::test]
async fn mo_83_84_85_86_update_one_changes_one_or_nothing() {
    let orm = orm().await;
    seed(&orm, "pet", ["a", "a"].map(|n| json!({ "name": n }))).await;
    let cx = Context::system(&orm);
    let def = orm.model("pet").unwrap();
    let one = |w: Where| engine::update_one(&cx, def, w, record(json!({ "age": 9 })));
    assert!(matches!(
        one(Where::eq("name", "a")).await,
        Err(OrmError::MoreThanOne { operation: "update_one", .. })
    ));
    assert_eq!(values(&orm, "pet", "age", json!({})).await, [0, 0]);
    assert!(one(Where::eq("id", 7)).await.unwrap().is_none());
    assert_eq!(one(Where::All).await.unwrap_err().code(), "E_INVALID_CRITERIA");
    assert_eq!(one(Where::eq("id", 2)).await.unwrap().unwrap().after.unwrap()["age"], 9);
}

#[tokio::test]
async fn mo_20_update_applies_no_default() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a", "role": "b", "active": false })]).await;
    let after = update(&orm, "user", Where::All, json!({ "age": 1 })).await.unwrap().remove(0).after.unwrap();
    assert_eq!((&after["role"], &after["active"]), (&json!("b"), &json!(false)));
}

#[tokio::test]
async fn mo_82_values_that_are_no_dictionary_are_refused() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a" })]).await;
    let e = User::update(&orm, Where::All).values(Value::Null).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_VALUES_TO_SET");
    let e = User::update(&orm, Where::All).values(json!({ "nmae": "b" })).await.unwrap_err();
    assert!(e.to_string().contains("did you mean `name`"), "{e}");
}

#[tokio::test]
async fn mo_89_destroy_one_of_two_destroys_none() {
    let orm = orm().await;
    seed(&orm, "pet", ["a", "a"].map(|n| json!({ "name": n }))).await;
    let e = Pet::destroy_one(&orm, Pet::NAME.eq("a")).await.unwrap_err();
    assert!(matches!(e, OrmError::MoreThanOne { operation: "destroy_one", .. }), "{e:?}");
    assert_eq!(Pet::count(&orm, Where::All).await.unwrap(), 2);
}

#[tokio::test]
async fn a_primary_key_can_change_for_one_record() {
    let orm = orm().await;
    seed(&orm, "tag", [json!({ "slug": "a" }), json!({ "slug": "b" })]).await;
    let change = update(&orm, "tag", Where::eq("slug", "a"), json!({ "slug": "z" })).await.unwrap().remove(0);
    assert_eq!((&change.pk, &change.before.unwrap()["slug"]), (&json!("z"), &json!("a")));
    assert_eq!(change.after.unwrap()["slug"], "z");
    let e = update(&orm, "tag", Where::All, json!({ "slug": "y" })).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_VALUES_TO_SET");
    let e = update(&orm, "tag", Where::eq("slug", "z"), json!({ "slug": "b" })).await.unwrap_err();
    assert_eq!(e.attr_names(), ["slug"]);
}

#[tokio::test]
async fn mo_88_90_destroy_gives_what_was() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a" })]).await;
    seed(&orm, "pet", [json!({ "name": "rex", "owner": 1 }), json!({ "name": "tom" })]).await;
    let cx = Context::system(&orm);
    let gone = engine::destroy(&cx, orm.model("pet").unwrap(), Where::eq("name", "tom")).await.unwrap();
    assert_eq!(
        (gone[0].verb, &gone[0].before.as_ref().unwrap()["name"]),
        (ChangeVerb::Destroy, &json!("tom"))
    );
    let def = orm.model("user").unwrap();
    assert!(engine::destroy_one(&cx, def, Where::eq("id", 1)).await.unwrap().is_some());
    assert!(engine::destroy_one(&cx, def, Where::eq("id", 1)).await.unwrap().is_none());
    assert_eq!(engine::destroy_one(&cx, def, Where::All).await.unwrap_err().code(), "E_INVALID_CRITERIA");
    assert_eq!(values(&orm, "pet", "owner", json!({})).await, [1], "mo_90: without cascade the key dangles");
}

#[tokio::test]
async fn mo_91_92_cascade_detaches_members_and_destroys_none() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a" })]).await;
    seed(
        &orm,
        "team",
        [json!({ "title": "red", "members": [1] }), json!({ "title": "blue", "members": [1] })],
    )
    .await;
    let cx = Context::system(&orm);
    let def = orm.model("team").unwrap();
    let tx = orm.begin().await.unwrap();
    engine::destroy(&topsail_orm::Executor::context(&tx), def, Where::eq("id", 1)).await.unwrap();
    let verbs: Vec<_> = tx.commit().await.unwrap().iter().map(|c| c.verb).collect();
    assert_eq!(verbs, [ChangeVerb::Destroy, ChangeVerb::Unlink]);
    let users = find(&orm, "user", json!({ "populate": ["teams"] })).await.unwrap();
    assert_eq!(users[0]["teams"].as_array().unwrap().len(), 1);

    seed(&orm, "badge", [json!({ "label": "x", "team": 2 })]).await;
    let e = engine::destroy(&cx, def, Where::eq("id", 2)).await.unwrap_err();
    assert_eq!(e.code(), "E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK");
    assert_eq!(find(&orm, "team", json!({})).await.unwrap().len(), 1, "mdev_07: nothing was destroyed");
}

#[tokio::test]
async fn w9_a_written_key_yields_the_memberships_that_changed() {
    let orm = orm().await;
    seed(&orm, "user", ["a", "b"].map(|n| json!({ "name": n }))).await;
    let def = orm.model("pet").unwrap();
    let tx = orm.begin().await.unwrap();
    let cx = topsail_orm::Executor::context(&tx);
    engine::create(&cx, def, record(json!({ "name": "rex", "owner": 1 }))).await.unwrap();
    engine::update(&cx, def, Where::eq("id", 1), record(json!({ "owner": 2 }))).await.unwrap();
    engine::update(&cx, def, Where::eq("id", 1), record(json!({ "owner": 2, "age": 3 }))).await.unwrap();
    engine::destroy(&cx, def, Where::eq("id", 1)).await.unwrap();
    let told: Vec<_> = tx
        .commit()
        .await
        .unwrap()
        .iter()
        .map(|c| {
            let via = c.via.as_ref().map(|v| {
                assert_eq!((v.cause, v.inverse.as_deref()), (LinkCause::Key, Some("owner")));
                format!(" {}.{} {}", c.model.identity, v.attr, v.other_pk)
            });
            format!("{:?} {}{}", c.verb, c.pk, via.unwrap_or_default())
        })
        .collect();
    assert_eq!(
        told,
        [
            "Create 1",
            "Link 1 user.pets 1",
            "Update 1",
            "Unlink 1 user.pets 1",
            "Link 2 user.pets 1",
            "Update 1",
            "Destroy 1",
            "Unlink 2 user.pets 1",
        ]
    );
}

#[tokio::test]
async fn truncate_all_empties_and_restarts_keys() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a" })]).await;
    seed(&orm, "team", [json!({ "title": "red", "members": [1] })]).await;
    orm.truncate_all().await.unwrap();
    assert!(find(&orm, "user", json!({})).await.unwrap().is_empty());
    assert_eq!(seed(&orm, "user", [json!({ "name": "a" })]).await, [1]);
    assert_eq!(seed(&orm, "team", [json!({ "title": "red" })]).await, [1]);
    let teams = find(&orm, "team", json!({ "populate": ["members"] })).await.unwrap();
    assert_eq!(teams[0]["members"], json!([]));
}
