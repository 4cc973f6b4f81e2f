//! Reading.

use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Executor, Model, OrmError, Where, engine};

use crate::support::{User, find, orm, seed, values};

#[tokio::test]
async fn mo_62_63_64_116_find_gives_everything_in_key_order() {
    let orm = orm().await;
    seed(&orm, "pet", (0..40).map(|i| json!({ "name": format!("p{i}") }))).await;
    let ids = values(&orm, "pet", "id", json!({})).await;
    assert_eq!(ids, (1..=40).map(|i| json!(i)).collect::<Vec<_>>());
    assert!(find(&orm, "pet", json!(false)).await.unwrap().is_empty());
    assert!(find(&orm, "pet", json!({ "limit": 0 })).await.unwrap().is_empty());
    assert_eq!(values(&orm, "pet", "id", json!({ "limit": "2", "skip": 38 })).await, [39, 40]);
    assert_eq!(values(&orm, "pet", "id", json!({ "skip": 39 })).await, [40]);
}

#[tokio::test]
async fn mo_118_mdev_13_sort_orders_and_the_key_decides_between_equals() {
    let orm = orm().await;
    seed(
        &orm,
        "pet",
        [
            json!({ "name": "b", "age": 1 }),
            json!({ "name": "a", "age": 2 }),
            json!({ "name": "a", "age": 1 }),
        ],
    )
    .await;
    for (sort, ids) in [
        (json!("name"), [2, 3, 1]),
        (json!("name DESC"), [1, 2, 3]),
        (json!([{ "name": "asc" }, { "age": "ASC" }]), [3, 2, 1]),
        (json!({ "age": -1, "name": 1 }), [2, 3, 1]),
        (json!([]), [1, 2, 3]),
    ] {
        assert_eq!(values(&orm, "pet", "id", json!({ "sort": sort })).await, ids, "{sort}");
    }
}

#[tokio::test]
async fn mo_120_select_and_omit_choose_attributes() {
    let orm = orm().await;
    seed(&orm, "pet", [json!({ "name": "b" })]).await;
    let keys = |c| {
        let orm = &orm;
        async move { find(orm, "pet", c).await.unwrap()[0].keys().cloned().collect::<Vec<_>>() }
    };
    assert_eq!(keys(json!({ "select": [] })).await, ["id"]);
    assert_eq!(keys(json!({ "select": "name" })).await, ["id", "name"]);
    assert_eq!(keys(json!({ "select": ["*"] })).await.len(), 6);
    assert_eq!(keys(json!({ "omit": ["age", "owner", "createdAt"] })).await, ["id", "name", "updatedAt"]);
}

#[tokio::test]
async fn mo_65_to_68_find_one_gives_one_or_none_or_an_error() {
    let orm = orm().await;
    seed(&orm, "pet", [json!({ "name": "a" }), json!({ "name": "a" })]).await;
    let cx = Context::system(&orm);
    let def = orm.model("pet").unwrap();
    let one = |w: Where| engine::find_one(&cx, def, Criteria::new(w));
    assert_eq!(one(Where::eq("id", 2)).await.unwrap().unwrap()["id"], 2);
    assert!(one(Where::eq("id", 99)).await.unwrap().is_none());
    assert!(one(Where::Nothing).await.unwrap().is_none());
    assert!(matches!(one(Where::eq("name", "a")).await, Err(OrmError::MoreThanOne { .. })));
    assert_eq!(one(Where::All).await.unwrap_err().code(), "E_INVALID_CRITERIA");
    let limited = Criteria { limit: Some(1), ..Criteria::new(Where::eq("id", 2)) };
    assert_eq!(engine::find_one(&cx, def, limited).await.unwrap_err().code(), "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn mo_70_to_73_counts_sums_and_means() {
    let orm = orm().await;
    let cx = Context::system(&orm);
    let def = orm.model("pet").unwrap();
    assert_eq!(engine::sum(&cx, def, "age", Where::All).await.unwrap(), 0.0);
    assert_eq!(engine::avg(&cx, def, "age", Where::All).await.unwrap(), 0.0);
    seed(&orm, "pet", [json!({ "name": "a", "age": 1 }), json!({ "name": "b", "age": 4 })]).await;
    assert_eq!(engine::count(&cx, def, Where::All).await.unwrap(), 2);
    assert_eq!(engine::count(&cx, def, Where::eq("name", "a")).await.unwrap(), 1);
    assert_eq!(engine::count(&cx, def, Where::Nothing).await.unwrap(), 0);
    assert_eq!(engine::sum(&cx, def, "age", Where::All).await.unwrap(), 5.0);
    assert_eq!(engine::avg(&cx, def, "age", Where::All).await.unwrap(), 2.5);
    assert_eq!(engine::avg(&cx, def, "age", Where::Nothing).await.unwrap_err().code(), "E_NOOP");
    assert_eq!(
        engine::sum(&cx, def, "name", Where::All).await.unwrap_err().code(),
        "E_INVALID_NUMERIC_ATTR_NAME"
    );
}

#[tokio::test]
async fn mo_38_a_named_column_reads_back_under_the_attribute() {
    let orm = orm().await;
    seed(&orm, "note", [json!({ "title": "a", "body": "text" })]).await;
    assert_eq!(values(&orm, "note", "body", json!({ "where": { "body": "other" } })).await.len(), 0);
    assert_eq!(values(&orm, "note", "body", json!({ "body": "text" })).await, ["text"]);
    assert_eq!(values(&orm, "note", "body", json!({ "sort": "body DESC" })).await, ["text"]);
}

#[tokio::test]
async fn w8_a_read_can_be_one_snapshot() {
    let orm = orm().await;
    seed(&orm, "pet", [json!({ "name": "a" })]).await;
    let def = orm.model("pet").unwrap();
    let (at, rows) = engine::read_at(&Context::system(&orm), def, Criteria::default()).await.unwrap();
    let (again, _) = engine::read_at(&Context::system(&orm), def, Criteria::default()).await.unwrap();
    assert_eq!((at, rows.len()), (again, 1));
}

#[tokio::test]
async fn w8_a_snapshot_is_refused_inside_a_transaction() {
    let orm = orm().await;
    let def = orm.model("pet").unwrap();
    let tx = orm.begin().await.unwrap();
    let refused = engine::read_at(&tx.context(), def, Criteria::default()).await.unwrap_err();
    assert_eq!((refused.code(), refused.model_identity()), ("E_NO_SNAPSHOT", Some("pet")));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn keys_come_from_urls_and_json_as_their_type() {
    let orm = orm().await;
    let (user, tag) = (orm.model("user").unwrap(), orm.model("tag").unwrap());
    assert_eq!(user.key_from_str("7").unwrap(), json!(7));
    assert_eq!(user.key_from_str("9007199254740993").unwrap(), json!(9_007_199_254_740_993_i64));
    for text in ["1.5", "-1", "0", "99999999999999999999999"] {
        let key = user.key_from_str(text).unwrap();
        assert!(find(&orm, "user", key).await.unwrap().is_empty(), "{text}");
    }
    for bad in [json!("abc"), json!(""), json!([1]), json!({ "a": 1 }), json!(null), json!(true)] {
        assert_eq!(user.key_from_json(&bad).unwrap_err().code(), "E_INVALID_CRITERIA", "{bad}");
    }
    assert_eq!(tag.key_from_str("5").unwrap(), json!("5"));
    assert!(tag.key_from_json(&json!(5)).is_err());
}

#[tokio::test]
async fn a_record_is_found_by_its_key_each_time_by_the_same_rules() {
    let orm = orm().await;
    for name in ["a", "b", "c"] {
        User::create(&orm).set(User::NAME, name).await.unwrap();
    }
    let (def, cx) = (orm.model("user").unwrap(), orm.context());
    let named = async |key: Value| {
        let criteria = Criteria::new(Where::eq("id", key));
        let found = engine::find_one(&cx, def, criteria).await.unwrap();
        found.map(|user| user["name"].clone())
    };
    for _ in 0..2 {
        assert_eq!(named(json!(1)).await, Some(json!("a")));
        assert_eq!(named(json!(2)).await, Some(json!("b")));
        assert_eq!(named(json!(3.0)).await, Some(json!("c")));
        assert_eq!(named(json!(2.5)).await, None);
        assert_eq!(named(json!(4)).await, None);
        assert_eq!(named(json!(null)).await, None);
    }
    let mut less = Criteria::new(Where::eq("id", 2));
    less.select = Some(vec!["name".into()]);
    assert_eq!(
        engine::find_one(&cx, def, less).await.unwrap().unwrap().len(),
        2,
        "other attributes, other text"
    );
    let tx = orm.begin().await.unwrap();
    User::update_one(&tx, 1).set(User::NAME, "x").await.unwrap();
    assert_eq!(User::find_one(&tx, 1).await.unwrap().unwrap().name, "x", "on the connection that is asked");
    tx.rollback().await.unwrap();
    // A definition of the same name that is not the frozen one has a text of its own.
    let mut other = (**def).clone();
    other.attributes.retain(|a| a.name == "id" || a.name == "name");
    let found = engine::find_one(&cx, &other, Criteria::new(Where::eq("id", 1))).await.unwrap().unwrap();
    assert_eq!(found.len(), 2);
}
