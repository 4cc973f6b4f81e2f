//! The grammar of criteria.

use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Limits, Where, engine};

use crate::support::{User, find, orm, seed, values};
use topsail_orm::Model;

async fn people(orm: &topsail_orm::Orm) {
    seed(
        orm,
        "user",
        [
            json!({ "name": "ann", "age": 1, "email": "a@x.io", "score": 1.5 }),
            json!({ "name": "Ann", "age": 3, "active": false, "boss": 1 }),
            json!({ "name": "100%", "age": 5, "email": "c@x.io", "score": 3 }),
            json!({ "name": "a_b", "age": 5, "bio": "*?[x" }),
            json!({ "name": "o'neil", "age": 9, "meta": { "a": 1 } }),
        ],
    )
    .await;
}

#[tokio::test]
async fn mo_95_to_97_99_to_101_104_105_107_to_109_operators_pick_records() {
    let orm = orm().await;
    people(&orm).await;
    let cases = [
        (json!({ "age": { ">": 1, "<": 5 } }), vec![2]),
        (json!({ "age": { ">=": "5" } }), vec![3, 4, 5]),
        (json!({ "age": { "<": 1.5 } }), vec![1]),
        (json!({ "age": 1.5 }), vec![]),
        (json!({ "name": ["ann", "Ann"] }), vec![1, 2]),
        (json!({ "name": { "!=": ["ann"] } }), vec![2, 3, 4, 5]),
        (json!({ "name": { "nin": ["ann", "Ann"] } }), vec![3, 4, 5]),
        (json!({ "name": { "nin": [] } }), vec![1, 2, 3, 4, 5]),
        (json!({ "name": { "in": [] } }), vec![]),
        (json!({ "or": [] }), vec![]),
        (json!({ "and": [] }), vec![1, 2, 3, 4, 5]),
        (json!({ "or": [{ "name": "ann" }, { "age": { ">": 5 } }] }), vec![1, 5]),
        (json!({ "age": { ">": 1 }, "or": [{ "name": "ann" }, { "name": "Ann" }] }), vec![2]),
        (json!({ "email": null }), vec![2, 4, 5]),
        (json!({ "email": { "!=": null } }), vec![1, 3]),
        (json!({ "email": { "!=": "a@x.io" } }), vec![3]),
        (json!({ "email": { "nin": ["a@x.io"] } }), vec![3]),
        (json!({ "meta": null }), vec![1, 2, 3, 4]),
        (json!({ "active": "false" }), vec![2]),
        (json!({ "boss": "1" }), vec![2]),
        (json!({ "score": { ">=": 1.5 } }), vec![1, 3]),
        (json!({ "score": 3.0 }), vec![3]),
        (json!({ "name": { "contains": "" } }), vec![1, 2, 3, 4, 5]),
        (json!({ "name": { "contains": "%" } }), vec![3]),
        (json!({ "name": { "contains": "_" } }), vec![4]),
        (json!({ "name": { "contains": "n_" } }), vec![]),
        (json!({ "name": { "contains": "nn" } }), vec![1, 2]),
        (json!({ "name": { "contains": "'" } }), vec![5]),
        (json!({ "name": { "contains": 5 } }), vec![]),
        (json!({ "name": { "startsWith": "a" } }), vec![1, 4]),
        (json!({ "name": { "endsWith": "nn" } }), vec![1, 2]),
        (json!({ "name": { "endsWith": "toolongforthat" } }), vec![]),
        (json!({ "name": { "like": "a%n" } }), vec![1]),
        (json!({ "name": { "like": "100\\%" } }), vec![3]),
        (json!({ "bio": { "like": "*?[%" } }), vec![4]),
        (json!({ "name": { ">": "a" } }), vec![1, 4, 5]),
        (json!([1, "2"]), vec![1, 2]),
        (json!(3), vec![3]),
        (json!("3"), vec![3]),
        (json!([]), vec![]),
        (json!(null), vec![1, 2, 3, 4, 5]),
    ];
    for (criteria, ids) in cases {
        let found = values(&orm, "user", "id", criteria.clone()).await;
        assert_eq!(json!(found), json!(ids), "{criteria}");
    }
}

#[tokio::test]
async fn mo_102_103_106_110_to_115_117_119_121_what_makes_no_sense_is_refused() {
    let orm = orm().await;
    for criteria in [
        json!({ "email": [null] }),
        json!({ "age": { "<": null } }),
        json!({ "age": { "contains": "1" } }),
        json!({ "boss": { "contains": "1" } }),
        json!({ "name": { "like": "" } }),
        json!({ "active": { "<": true } }),
        json!({ "not": { "name": "a" } }),
        json!({ "name": "a", "limit": 1 }),
        json!({ "nosuch": 1 }),
        json!({ "secret": "guess" }),
        json!({ "sort": "secret" }),
        json!({ "select": ["secret"] }),
        json!({ "pets": 1 }),
        json!({ "name": { "sounds": "x" } }),
        json!({ "name": { "!": "x" } }),
        json!({ "name": { "lessThan": "x" } }),
        json!({ "name": {} }),
        json!({ "name": { "in": "x" } }),
        json!({ "or": "x" }),
        json!({ "or": ["x"] }),
        json!({ "age": "abc" }),
        json!({ "age": "" }),
        json!({ "age": " 7 " }),
        json!({ "active": "no" }),
        json!({ "boss": { "a": 1 } }),
        json!({ "boss": [[1]] }),
        json!({ "id": [{ "x": 1 }] }),
        json!([{ "id": 1 }]),
        json!({ "meta": { "a": 1 } }),
        json!({ "meta": "x" }),
        json!({ "skip": null }),
        json!({ "skip": -1 }),
        json!({ "limit": -1 }),
        json!({ "limit": "abc" }),
        json!({ "limit": 1.5 }),
        json!({ "limit": "" }),
        json!({ "limit": [2] }),
        json!({ "sort": "" }),
        json!({ "sort": "-name" }),
        json!({ "sort": "name SIDEWAYS" }),
        json!({ "sort": "name DESC, age ASC" }),
        json!({ "sort": { "name": "DESC" } }),
        json!({ "sort": [{ "name": -1 }] }),
        json!({ "sort": [{ "name": "ASC", "age": "ASC" }] }),
        json!({ "sort": ["name", "name DESC"] }),
        json!({ "sort": "pets" }),
        json!({ "select": ["nope"] }),
        json!({ "select": "" }),
        json!({ "select": "pets" }),
        json!({ "select": ["name"], "omit": ["age"] }),
        json!({ "omit": ["id"] }),
        json!({ "name": "a\u{0}b" }),
        json!(true),
        json!("abc"),
    ] {
        match find(&orm, "user", criteria.clone()).await {
            Err(e) => assert_eq!(e.code(), "E_INVALID_CRITERIA", "{criteria}"),
            Ok(_) => panic!("{criteria} was accepted"),
        }
    }
}

#[tokio::test]
async fn a5_hidden_and_unknown_attributes_give_one_error() {
    let orm = orm().await;
    let error = |attr: &str| {
        let (orm, attr) = (&orm, attr.to_string());
        async move { find(orm, "user", json!({ &attr: 1 })).await.unwrap_err().to_string().replace(&attr, "X") }
    };
    assert_eq!(error("secret").await, error("secrex").await);
}

#[tokio::test]
async fn a_near_name_is_proposed() {
    let orm = orm().await;
    let e = find(&orm, "user", json!({ "nmae": 1 })).await.unwrap_err();
    assert!(e.to_string().contains("did you mean `name`?"), "{e}");
}

#[tokio::test]
async fn criteria_from_the_wire_are_bounded() {
    let orm = orm().await;
    let mut deep = json!({ "name": "a" });
    for _ in 0..40 {
        deep = json!({ "and": [deep] });
    }
    let wide = json!({ "or": (0..300).map(|i| json!({ "age": i })).collect::<Vec<_>>() });
    let long = json!({ "age": (0..5000).collect::<Vec<_>>() });
    let text = json!({ "name": "x".repeat(100_000) });
    for criteria in [deep, wide, long, text] {
        assert_eq!(find(&orm, "user", criteria).await.unwrap_err().code(), "E_INVALID_CRITERIA");
    }
    let c = Criteria::from_json(
        &orm,
        orm.model("user").unwrap(),
        &json!({ "limit": 1_000_000 }),
        &Limits::default(),
    );
    assert_eq!(c.unwrap().limit, Some(1000));
}

#[tokio::test]
async fn typed_and_wire_criteria_give_equal_trees() {
    let orm = orm().await;
    let def = orm.model("user").unwrap();
    let wire = |v: Value| Where::from_json(&orm, def, &v, &Limits::default()).unwrap();
    let cases = [
        (
            User::AGE.ge(18).and(User::NAME.in_(["a", "b"])),
            json!({ "age": { ">=": 18 }, "name": ["a", "b"] }),
        ),
        (
            User::EMAIL.is_null().or(User::ACTIVE.eq(true)),
            json!({ "or": [{ "email": null }, { "active": true }] }),
        ),
        (User::NAME.contains("x").and(User::BOSS.eq(1)), json!({ "name": { "contains": "x" }, "boss": "1" })),
        (
            User::SCORE.ne(2.5).and(User::NAME.like("a%")),
            json!({ "score": { "!=": 2.5 }, "name": { "like": "a%" } }),
        ),
        (User::ROLE.not_in(["a"]), json!({ "role": { "nin": ["a"] } })),
    ];
    for (typed, json) in cases {
        assert_eq!(*typed.tree(), wire(json.clone()), "{json}");
        assert_eq!(typed.tree().canonical(), wire(json).canonical());
    }
    assert_eq!(User::IDENTITY, def.identity);
}

#[tokio::test]
async fn mo_98_void_criteria_ask_nothing_of_the_database() {
    let orm = orm().await;
    people(&orm).await;
    let asked = crate::support::statements(&orm, async || {
        for void in
            [json!({ "name": { "in": [] } }), json!({ "or": [] }), json!({ "limit": 0 }), json!(false)]
        {
            assert!(find(&orm, "user", void).await.unwrap().is_empty());
        }
    })
    .await;
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn a4_an_extra_condition_cannot_be_undone() {
    let orm = orm().await;
    people(&orm).await;
    let def = orm.model("user").unwrap();
    let client = Where::any_of([Where::eq("age", 1), Where::eq("age", 9)]);
    let mine = client.and_also(Where::eq("name", "ann"));
    let found = engine::find(&Context::system(&orm), def, Criteria::new(mine)).await.unwrap();
    assert_eq!(found.len(), 1);
}
