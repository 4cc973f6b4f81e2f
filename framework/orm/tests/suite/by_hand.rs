//! Conditions that the app makes by hand, as `Where`: typed as those from the wire, or refused in the same words.

use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Model, Op, Orm, OrmError, Populate, Where, WhereLimits, engine};

use crate::support::{Pet, Tag, User, find, orm, seed};

fn test(attr: &'static str, op: Op, value: Value) -> Where {
    Where::Test(attr.into(), op, value)
}

async fn people(orm: &Orm) {
    seed(
        orm,
        "user",
        [
            json!({ "name": "5", "age": 5, "score": 5, "active": true, "secret": "5", "boss": 1 }),
            json!({ "name": "b", "age": 6, "score": 9_007_199_254_740_992_i64, "active": false }),
            json!({ "name": "c", "age": 7, "score": null }),
        ],
    )
    .await;
}

/// The keys of what is found, or what is said against the criteria.
fn told(found: Result<Vec<topsail_orm::Record>, OrmError>) -> Result<Vec<Value>, (&'static str, String)> {
    match found {
        Ok(found) => Ok(found.into_iter().map(|mut record| record["id"].take()).collect()),
        Err(e) => Err((e.code(), e.to_string())),
    }
}

#[tokio::test]
async fn a1_trees_made_by_hand_are_typed_as_those_from_json() {
    let orm = orm().await;
    people(&orm).await;
    let (cx, def) = (Context::system(&orm), orm.model("user").unwrap());
    let list = |attr: &'static str, values: Vec<Value>| Where::In(attr.into(), values);
    let but = |attr: &'static str, values: Vec<Value>| Where::NotIn(attr.into(), values);
    let found = [
        (test("score", Op::Eq, json!("5")), json!({ "score": "5" }), vec![1]),
        (test("score", Op::Gt, json!("5")), json!({ "score": { ">": "5" } }), vec![2]),
        (
            test("score", Op::Eq, json!(9_007_199_254_740_993_i64)),
            json!({ "score": 9_007_199_254_740_993_i64 }),
            vec![2],
        ),
        (test("age", Op::Eq, json!("5")), json!({ "age": "5" }), vec![1]),
        (test("age", Op::Lt, json!(6.5)), json!({ "age": { "<": 6.5 } }), vec![1, 2]),
        (test("age", Op::Ne, json!(u64::MAX)), json!({ "age": { "!=": u64::MAX } }), vec![1, 2, 3]),
        (test("name", Op::Eq, json!(5)), json!({ "name": 5 }), vec![1]),
        (test("name", Op::StartsWith, json!(5)), json!({ "name": { "startsWith": 5 } }), vec![1]),
        (test("active", Op::Eq, json!(1)), json!({ "active": 1 }), vec![1, 3]),
        (test("active", Op::Ne, json!("true")), json!({ "active": { "!=": "true" } }), vec![2]),
        (test("boss", Op::Eq, json!("1")), json!({ "boss": "1" }), vec![1]),
        (list("age", vec![json!("5"), json!(6)]), json!({ "age": ["5", 6] }), vec![1, 2]),
        (but("name", vec![json!(5), json!("b")]), json!({ "name": { "nin": [5, "b"] } }), vec![3]),
        (list("age", vec![]), json!({ "age": [] }), vec![]),
        (but("score", vec![]), json!({ "score": { "nin": [] } }), vec![1, 2, 3]),
    ];
    for (tree, wire, keys) in found {
        let by_hand = told(engine::find(&cx, def, Criteria::new(tree.clone())).await);
        assert_eq!(by_hand, Ok(keys.iter().map(|key| json!(key)).collect()), "{tree:?}");
        assert_eq!(by_hand, told(find(&orm, "user", wire.clone()).await), "{tree:?} and {wire}");
    }
    let refused = [
        (list("score", vec![json!(5), Value::Null]), json!({ "score": [5, null] })),
        (but("age", vec![json!(5), Value::Null]), json!({ "age": { "nin": [5, null] } })),
        (test("age", Op::Lt, Value::Null), json!({ "age": { "<": null } })),
        (test("age", Op::Contains, json!("5")), json!({ "age": { "contains": "5" } })),
        (test("age", Op::Eq, json!("five")), json!({ "age": "five" })),
        (test("age", Op::Eq, json!([5])), json!({ "age": { "in": [[5]] } })),
        (test("id", Op::Eq, json!("abc")), json!({ "id": "abc" })),
        (test("boss", Op::Eq, json!(true)), json!({ "boss": true })),
        (test("active", Op::Eq, json!("no")), json!({ "active": "no" })),
        (test("meta", Op::Eq, json!("x")), json!({ "meta": "x" })),
        (list("meta", vec![json!(1)]), json!({ "meta": [1] })),
        (test("name", Op::Like, json!("")), json!({ "name": { "like": "" } })),
        (test("name", Op::Eq, json!("a\0b")), json!({ "name": "a\0b" })),
        (test("name", Op::Contains, json!("\0")), json!({ "name": { "contains": "\0" } })),
        (list("name", vec![json!("a"), json!("\0")]), json!({ "name": ["a", "\0"] })),
    ];
    for (tree, wire) in refused {
        let by_hand = told(engine::find(&cx, def, Criteria::new(tree.clone())).await);
        assert_eq!(by_hand.as_ref().map_err(|(code, _)| *code), Err("E_INVALID_CRITERIA"), "{tree:?}");
        assert_eq!(by_hand, told(find(&orm, "user", wire).await), "{tree:?}");
        // However deep it is, and whatever the query does.
        let deep = Where::Or(vec![Where::Not(Box::new(Where::And(vec![tree.clone()])))]);
        for tree in [tree, deep] {
            assert_eq!(User::count(&orm, tree.clone()).await.unwrap_err().code(), "E_INVALID_CRITERIA");
            let e = User::update(&orm, tree.clone()).set(User::AGE, 0).await.unwrap_err();
            assert_eq!(e.code(), "E_INVALID_CRITERIA");
            assert_eq!(User::destroy(&orm, tree).await.unwrap_err().code(), "E_INVALID_CRITERIA");
        }
    }
    assert_eq!(User::count(&orm, Where::All).await.unwrap(), 3);
}

#[tokio::test]
async fn a1_every_part_of_criteria_is_typed_by_its_own_model() {
    let orm = orm().await;
    people(&orm).await;
    seed(&orm, "pet", [json!({ "name": "7", "age": 7, "owner": 1 }), json!({ "name": "x", "owner": 1 })])
        .await;
    seed(&orm, "tag", [json!({ "slug": "7", "label": "l" })]).await;
    let (cx, def) = (Context::system(&orm), orm.model("user").unwrap());
    // Pets have names and ages of their own.
    let pets = |which: Where| Criteria {
        populate: vec![Populate { criteria: Criteria::new(which), ..Populate::new("pets") }],
        ..Criteria::new(Where::eq("id", "1"))
    };
    let found = engine::find_one(&cx, def, pets(Where::eq("name", 7))).await.unwrap().unwrap();
    assert_eq!(found["pets"].as_array().unwrap().len(), 1);
    let e = engine::find_one(&cx, def, pets(Where::eq("age", "seven"))).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_POPULATES");
    assert_eq!(e.details().unwrap(), "`age` should be a number; it got 'seven'");

    assert_eq!(User::count(&orm, Where::any("pets", Where::eq("age", "7"))).await.unwrap(), 1);
    let e = User::count(&orm, Where::any("pets", test("age", Op::Like, json!("7")))).await.unwrap_err();
    assert_eq!((e.code(), e.model_identity()), ("E_INVALID_CRITERIA", Some("pet")));
    let e = User::count(&orm, Where::any("name", Where::eq("age", "seven"))).await.unwrap_err();
    assert!(e.to_string().contains("`name` of model `user` is not an association"), "{e}");

    // The key of a tag is a text, which is not made of a number.
    assert!(Tag::find_one(&orm, "7").await.unwrap().is_some());
    let e = Tag::find_one(&orm, Where::eq("slug", 7)).await.unwrap_err();
    assert_eq!(e.details().unwrap(), "`slug` should be a string; it got 7");

    // Unlike clients, the app may ask for what is hidden.
    assert_eq!(User::count(&orm, Where::eq("secret", 5)).await.unwrap(), 1);
    assert_eq!(Pet::count(&orm, Where::eq("owner", "1")).await.unwrap(), 2);
}

#[tokio::test]
async fn a2_a_tree_made_by_hand_is_typed_for_eval_on_demand() {
    let orm = orm().await;
    let def = orm.model("user").unwrap();
    let record = crate::support::record(json!({ "score": 5 }));
    let tree = Where::eq("score", "5");
    assert_eq!(tree.eval(&record), Some(false), "a text is no number");
    assert_eq!(tree.clone().typed(&orm, def).unwrap().eval(&record), Some(true));
    let e = Where::eq("score", "x").typed(&orm, def).unwrap_err();
    assert_eq!(e.code(), "E_INVALID_CRITERIA");
    let deep = (0..WhereLimits::default().depth + 1).fold(tree, |tree, _| Where::Or(vec![tree]));
    assert_eq!(deep.typed(&orm, def).unwrap_err().code(), "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn a_float_that_is_no_number_is_refused() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a" }), json!({ "name": "b", "score": 1.5 })]).await;
    let refused = |e: OrmError, code: &str| {
        assert_eq!((e.code(), e.problems()[0].attr.as_deref()), (code, Some("score")), "{e}");
        assert!(e.to_string().contains("a number that can be stored and compared"), "{e}");
    };
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let conditions = || {
            [
                User::SCORE.eq(odd),
                User::SCORE.ne(odd),
                User::SCORE.lt(odd),
                User::SCORE.ge(odd),
                User::SCORE.in_([odd]),
                User::SCORE.in_([1.5, odd]),
                User::SCORE.not_in([odd, 2.0]),
                User::AGE.eq(0).or(User::SCORE.eq(odd).not()),
                User::BOSS.is(User::SCORE.eq(odd)),
            ]
        };
        for which in conditions() {
            refused(User::find(&orm).where_(which).await.unwrap_err(), "E_INVALID_CRITERIA");
        }
        for which in conditions() {
            refused(User::destroy(&orm, which).await.unwrap_err(), "E_INVALID_CRITERIA");
        }
        let e = User::update_one(&orm, 2).set(User::SCORE, odd).await.unwrap_err();
        refused(e, "E_INVALID_VALUES_TO_SET");
        let e = User::update(&orm, Where::All).set(User::SCORE, Some(odd)).await.unwrap_err();
        refused(e, "E_INVALID_VALUES_TO_SET");
        let e = User::update_one(&orm, 2).increment(User::SCORE, odd).await.unwrap_err();
        refused(e, "E_INVALID_VALUES_TO_SET");
        let e = User::create(&orm).set(User::NAME, "c").set(User::SCORE, odd).await.unwrap_err();
        refused(e, "E_INVALID_NEW_RECORD");
        let e = User::upsert(&orm, User::EMAIL)
            .set(User::EMAIL, "a@x.io")
            .set(User::NAME, "c")
            .set(User::SCORE, odd)
            .await
            .unwrap_err();
        refused(e, "E_INVALID_NEW_RECORD");
    }
    let scores: Vec<_> = User::find(&orm).await.unwrap().into_iter().map(|user| user.score).collect();
    assert_eq!(scores, [None, Some(1.5)]);
}
