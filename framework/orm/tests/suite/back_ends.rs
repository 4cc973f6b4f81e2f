//! The two back ends of criteria, SQL and `eval`, give one answer.

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Op, Populate, Where, engine};

use crate::support::orm;

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[aAbB%_*?.'\\[\\]^ ßü-]{0,4}", Just("a%".into()), Just("\\%".into()), Just(String::new())]
}

fn rows() -> impl Strategy<Value = Vec<Value>> {
    let row = (
        texts(),
        proptest::option::of(texts()),
        -3_i64..4,
        proptest::option::of(prop_oneof![4 => -2.0_f64..3.0, 1 => Just(9_007_199_254_740_992.0)]),
        any::<bool>(),
        proptest::option::of(1_i64..5),
    )
        .prop_map(|(name, homepage, age, score, active, boss)| {
            json!({ "name": format!("n{name}"), "bio": name, "email": homepage.map(|h| format!("{}{}", h.len(), "@x.io")),
                    "age": age, "score": score, "active": active, "boss": boss })
        });
    proptest::collection::vec(row, 1..8)
}

/// What may stand in a tree that is made by hand, whether or not the attribute can take it.
fn loose() -> impl Strategy<Value = Where> {
    let attr = || {
        prop_oneof![
            Just("id"),
            Just("name"),
            Just("bio"),
            Just("email"),
            Just("age"),
            Just("score"),
            Just("active"),
            Just("meta"),
            Just("createdAt"),
        ]
    };
    let op = prop_oneof![
        Just(Op::Eq),
        Just(Op::Ne),
        Just(Op::Lt),
        Just(Op::Le),
        Just(Op::Gt),
        Just(Op::Ge),
        Just(Op::Contains),
        Just(Op::StartsWith),
        Just(Op::EndsWith),
        Just(Op::Like)
    ];
    let value = || {
        prop_oneof![
            8 => (-3_i64..5).prop_map(Value::from),
            4 => (-3.0_f64..4.0).prop_map(Value::from),
            8 => (-3_i64..5).prop_map(|n| n.to_string().into()),
            4 => any::<bool>().prop_map(Value::from),
            2 => any::<bool>().prop_map(|b| b.to_string().into()),
            4 => texts().prop_map(Value::from),
            4 => (9_007_199_254_740_990_i64..9_007_199_254_740_996).prop_map(Value::from),
            1 => prop_oneof![Just(json!(1e300)), Just(json!(i64::MIN)), Just(json!(u64::MAX)), Just(json!(-0.0))],
            1 => prop_oneof![Just(Value::Null), Just(json!("a\0b")), Just(json!([1])), Just(json!({ "a": 1 }))],
        ]
    };
    prop_oneof![
        (attr(), op, value()).prop_map(|(attr, op, value)| Where::Test(attr.into(), op, value)),
        (attr(), proptest::collection::vec(value(), 0..4)).prop_map(|(attr, v)| Where::In(attr.into(), v)),
        (attr(), proptest::collection::vec(value(), 0..4)).prop_map(|(attr, v)| Where::NotIn(attr.into(), v)),
    ]
}

fn trees() -> impl Strategy<Value = Where> {
    let op =
        || prop_oneof![Just(Op::Eq), Just(Op::Ne), Just(Op::Lt), Just(Op::Le), Just(Op::Gt), Just(Op::Ge)];
    let text_op = prop_oneof![
        Just(Op::Eq),
        Just(Op::Ne),
        Just(Op::Lt),
        Just(Op::Ge),
        Just(Op::Contains),
        Just(Op::StartsWith),
        Just(Op::EndsWith),
        Just(Op::Like)
    ];
    let text_attr = prop_oneof![Just("name"), Just("bio"), Just("email")];
    let leaf = prop_oneof![
        Just(Where::All),
        Just(Where::Nothing),
        (op(), -3_i64..4).prop_map(|(op, n)| Where::Test("age".into(), op, n.into())),
        (op(), -3.0_f64..4.0).prop_map(|(op, n)| Where::Test("age".into(), op, n.into())),
        (op(), -2.0_f64..3.0).prop_map(|(op, n)| Where::Test("score".into(), op, n.into())),
        (text_op, text_attr, texts()).prop_map(|(op, attr, t)| Where::Test(attr.into(), op, t.into())),
        (prop_oneof![Just(Op::Eq), Just(Op::Ne)], prop_oneof![Just("email"), Just("score"), Just("name")])
            .prop_map(|(op, attr)| Where::Test(attr.into(), op, Value::Null)),
        any::<bool>().prop_map(|b| Where::eq("active", b)),
        proptest::collection::vec(-3_i64..4, 0..4)
            .prop_map(|v| Where::In("age".into(), v.into_iter().map(Value::from).collect())),
        proptest::collection::vec(-2_i64..3, 0..4)
            .prop_map(|v| Where::NotIn("score".into(), v.into_iter().map(Value::from).collect())),
    ];
    prop_oneof![12 => leaf, 1 => loose()].prop_recursive(4, 24, 4, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            parts.clone().prop_map(Where::And),
            parts.prop_map(Where::Or),
            inner.clone().prop_map(|part| Where::Not(Box::new(part))),
            inner.clone().prop_map(Where::not),
            inner.prop_map(|part| Where::Any("boss".into(), Box::new(part))),
        ]
    })
}

#[test]
fn a2_sql_and_eval_agree() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let orm = runtime.block_on(orm());
    let config = ProptestConfig { cases: 64, max_shrink_iters: 64, ..ProptestConfig::default() };
    // A tree of one loose condition is the one that is taken most often.
    let trees = || prop_oneof![trees(), loose()];
    let cases = (rows(), proptest::collection::vec(trees(), 1..24));
    let checked = TestRunner::new(config).run(&cases, |(rows, trees)| {
        runtime.block_on(async {
            orm.truncate_all().await.unwrap();
            let (cx, def) = (Context::system(&orm), orm.model("user").unwrap());
            for row in rows {
                // Clashing emails are not what this is about.
                let _ = engine::create(&cx, def, crate::support::record(row)).await;
            }
            // As deep as the trees, so that each record carries all that is asked of it.
            let carried = (0..4).fold(Criteria::default(), |criteria, _| Criteria {
                populate: vec![Populate { attr: "boss".into(), criteria }],
                ..Criteria::default()
            });
            let all = engine::find(&cx, def, carried).await.unwrap();
            let keys = |records: Vec<&topsail_orm::Record>| {
                records.iter().map(|r| r["id"].clone()).collect::<Vec<_>>()
            };
            for tree in trees {
                let by_sql = engine::find(&cx, def, Criteria::new(tree.clone())).await;
                match (by_sql, tree.clone().typed(&orm, def)) {
                    (Ok(by_sql), Ok(typed)) => {
                        let by_eval = keys(all.iter().filter(|r| typed.eval(r) == Some(true)).collect());
                        prop_assert_eq!(keys(by_sql.iter().collect()), by_eval, "{:?}", tree);
                    }
                    (Err(by_sql), Err(typed)) => {
                        prop_assert_eq!(by_sql.code(), "E_INVALID_CRITERIA", "{:?}", tree);
                        prop_assert_eq!(by_sql.to_string(), typed.to_string(), "{:?}", tree);
                    }
                    (by_sql, typed) => prop_assert!(false, "{:?}: {:?} {:?}", tree, by_sql, typed),
                }
            }
            Ok(())
        })
    });
    checked.unwrap();
    let _inside = runtime.enter();
    drop(orm);
}
