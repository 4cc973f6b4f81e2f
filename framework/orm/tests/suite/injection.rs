//! Strings from clients that would like to be SQL: by the classes of known advisories.

use proptest::prelude::*;
use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Limits, Orm, Where, engine};

use crate::support::{find, orm, seed, statements, values};

const TEXTS: [&str; 16] = [
    "x' OR '1'='1",
    "x'; DROP TABLE \"user\"; --",
    "x\" OR \"\"=\"",
    "`x` OR 1=1",
    "x\\' OR 1=1 -- ",
    "x/**/OR/**/1=1",
    "1) OR (1=1",
    "$1",
    "?",
    ":name",
    "%",
    "_",
    "*",
    "[a-z]*",
    "\u{2019} OR \u{2019}1\u{2019}=\u{2019}1",
    "x' UNION SELECT name FROM sqlite_master --",
];

async fn people() -> crate::place::TestOrm {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "ann", "secret": "swordfish" }), json!({ "name": "bob" })]).await;
    seed(&orm, "pet", [json!({ "name": "Rex", "owner": 1 })]).await;
    orm
}

/// A name that is no name is refused before any statement, and in an error of the client's own making.
async fn refused(orm: &Orm, criteria: Value) -> String {
    let mut code = None;
    let asked = statements(orm, async || {
        code = Some(find(orm, "user", criteria.clone()).await.expect_err(&criteria.to_string()));
    })
    .await;
    assert_eq!(asked, 0, "{criteria}");
    let error = code.unwrap();
    assert!(matches!(error.code(), "E_INVALID_CRITERIA" | "E_INVALID_POPULATES"), "{criteria}: {error}");
    error.to_string()
}

#[tokio::test]
async fn values_are_never_sql() {
    let orm = people().await;
    for text in TEXTS {
        for criteria in [
            json!({ "name": text }),
            json!({ "name": [text, text] }),
            json!({ "name": { "like": text.replace('%', "\\%") } }),
            json!({ "name": { "contains": text } }),
            json!({ "name": { "startsWith": text } }),
            json!({ "name": { "endsWith": text } }),
        ] {
            assert_eq!(values(&orm, "user", "id", criteria.clone()).await, [0; 0], "{criteria}");
        }
        let all = values(&orm, "user", "id", json!({ "name": { "nin": [text, "x"] } })).await;
        assert_eq!(all.len(), 2, "{text}");
        let keys = seed(&orm, "user", [json!({ "name": text, "bio": text })]).await;
        for op in ["=", "contains", "startsWith", "endsWith"] {
            let condition = if op == "=" { json!(text) } else { json!({ op: text }) };
            assert_eq!(values(&orm, "user", "id", json!({ "name": condition })).await, keys, "{op} {text}");
        }
        engine::destroy(&Context::system(&orm), orm.model("user").unwrap(), Where::eq("name", text))
            .await
            .unwrap();
    }
    assert_eq!(values(&orm, "user", "id", json!({})).await, [1, 2], "nothing else was touched");
}

#[tokio::test]
async fn sails_a_where_on_an_unknown_attribute_is_refused() {
    let orm = people().await;
    for text in TEXTS.into_iter().chain([
        "name\" = 'a' --",
        "user.name",
        "the_body",
        "rowid",
        "oid",
        "NAME",
        " name",
        "name\u{0}",
        "",
    ]) {
        refused(&orm, json!({ text: 1 })).await;
        refused(&orm, json!({ "where": { "or": [{ "name": "a" }, { text: 1 }] } })).await;
        if text != "*" {
            refused(&orm, json!({ "select": [text] })).await;
        }
        refused(&orm, json!({ "omit": [text] })).await;
        refused(&orm, json!({ "populate": [text] })).await;
        refused(&orm, json!({ "populate": { text: { "limit": 1 } } })).await;
        refused(&orm, json!({ "populate": { "pets": { text: 1 } } })).await;
    }
}

#[tokio::test]
async fn sails_names_from_prototypes_are_no_names() {
    let orm = people().await;
    for name in [
        "__proto__",
        "constructor",
        "prototype",
        "toString",
        "hasOwnProperty",
        "toJSON",
        "length",
        "__defineGetter__",
    ] {
        refused(&orm, json!({ name: { "a": 1 } })).await;
        refused(&orm, json!({ "name": { name: 1 } })).await;
        refused(&orm, json!({ "sort": name })).await;
        refused(&orm, json!({ "populate": { name: true } })).await;
        refused(&orm, json!({ "where": {}, name: 1 })).await;
    }
}

#[tokio::test]
async fn sequelize_operators_have_no_other_names() {
    let orm = people().await;
    for op in [
        "$eq",
        "$ne",
        "$gt",
        "$or",
        "$and",
        "$not",
        "$like",
        "$regex",
        "$where",
        "$in",
        "gt",
        "ne",
        "eq",
        "ilike",
        "regexp",
        "raw",
        "literal",
        "col",
        "fn",
        "||",
        "= 1 OR 1",
        ">=1 OR 1=1 --",
        "IN",
        "Like",
        "<>",
        "==",
        " =",
        "any",
        "is",
    ] {
        refused(&orm, json!({ "name": { op: "x" } })).await;
        refused(&orm, json!({ "age": { op: 1 } })).await;
        refused(&orm, json!({ op: [{ "name": "x" }] })).await;
    }
}

#[tokio::test]
async fn sequelize_paths_into_json_do_not_exist() {
    let orm = people().await;
    for name in [
        "meta.a",
        "meta->a",
        "meta->>'a'",
        "meta[a]",
        "meta#>>'{a}'",
        "$.meta",
        "pets.name",
        "boss.name",
        "user.secret",
    ] {
        refused(&orm, json!({ name: 1 })).await;
        refused(&orm, json!({ "sort": name })).await;
        refused(&orm, json!({ "select": [name] })).await;
        refused(&orm, json!({ "populate": [name] })).await;
    }
    for value in [
        json!("x"),
        json!({ "a": 1 }),
        json!({ "a') = 1 --": 1 }),
        json!({ "contains": "a" }),
        json!([1]),
        json!({ "=": 1 }),
    ] {
        refused(&orm, json!({ "meta": value })).await;
    }
}

#[tokio::test]
async fn sequelize_an_order_is_an_attribute_and_a_direction() {
    let orm = people().await;
    for sort in [
        "name; DROP TABLE user",
        "name DESC; --",
        "name ASC, (SELECT 1)",
        "(CASE WHEN (SELECT 1) THEN name ELSE age END)",
        "name NULLS FIRST",
        "name COLLATE NOCASE",
        "RANDOM()",
        "name/**/DESC",
        "1",
        "\"name\"",
        "`name`",
        "name DESC DESC",
        "name;",
    ] {
        refused(&orm, json!({ "sort": sort })).await;
        refused(&orm, json!({ "sort": [sort] })).await;
        refused(&orm, json!({ "sort": [{ sort: "ASC" }] })).await;
        refused(&orm, json!({ "sort": [{ "name": sort }] })).await;
        refused(&orm, json!({ "sort": { sort: 1 } })).await;
        refused(&orm, json!({ "populate": { "pets": { "sort": sort } } })).await;
    }
    for clause in ["limit", "skip"] {
        for value in ["1; DROP TABLE user", "1 OFFSET 1", "(SELECT 1)", "0x10", "1e3", " 1", "1 --"] {
            refused(&orm, json!({ clause: value })).await;
        }
    }
}

#[tokio::test]
async fn strapi_a_hidden_attribute_cannot_be_told_from_an_unknown_one() {
    let orm = people().await;
    let open = Limits { association_filters: true, ..Limits::default() };
    let error = |model: &str, criteria: Value, name: &str| {
        let e = Criteria::from_json(&orm, orm.model(model).unwrap(), &criteria, &open)
            .expect_err(&criteria.to_string());
        let problems: Vec<_> =
            e.problems().iter().map(|p| format!("{:?} {} {}", p.attr, p.rule, p.message)).collect();
        format!("{e} {problems:?}").replace(name, "X")
    };
    type Probe = fn(&str) -> Value;
    let probes: [(&str, Probe); 16] = [
        ("user", |name| json!({ name: "a" })),
        ("user", |name| json!({ name: null })),
        ("user", |name| json!({ name: { "startsWith": "s" } })),
        ("user", |name| json!({ name: { "nosuchoperator": 1 } })),
        ("user", |name| json!({ "or": [{ "age": 1 }, { name: { ">": "s" } }] })),
        ("user", |name| json!({ "where": { name: ["a"] } })),
        ("user", |name| json!({ "where": {}, name: 1 })),
        ("user", |name| json!({ "sort": name })),
        ("user", |name| json!({ "sort": [{ name: "nowhere" }] })),
        ("user", |name| json!({ "sort": { name: -1 } })),
        ("user", |name| json!({ "select": [name] })),
        ("user", |name| json!({ "omit": [name] })),
        ("user", |name| json!({ "populate": [name] })),
        ("user", |name| json!({ "populate": { "friends": { "where": { name: { "contains": "s" } } } } })),
        ("user", |name| json!({ "populate": { "friends": { "sort": name, "select": [name] } } })),
        ("pet", |name| json!({ "owner": { "is": { name: { "startsWith": "s" } } } })),
    ];
    for (model, probe) in probes {
        assert_eq!(
            error(model, probe("secret"), "secret"),
            error(model, probe("secrex"), "secrex"),
            "{}",
            probe("secret")
        );
    }
}

#[tokio::test]
async fn feathers_an_object_is_no_key() {
    let orm = people().await;
    let user = orm.model("user").unwrap();
    for key in [
        json!({ "$gt": "" }),
        json!({ "!=": 0 }),
        json!({}),
        json!([]),
        json!([1]),
        json!(null),
        json!(true),
        json!("1 OR 1=1"),
        json!("1;"),
    ] {
        assert_eq!(user.key_from_json(&key).unwrap_err().code(), "E_INVALID_CRITERIA", "{key}");
    }
    for criteria in [
        json!([{ "$gt": 0 }]),
        json!([[1]]),
        json!({ "id": { "$gt": 0 } }),
        json!({ "id": [{ "!=": 0 }] }),
        json!({ "boss": { "id": 1 } }),
        json!({ "boss": [{ "id": 1 }] }),
    ] {
        refused(&orm, criteria).await;
    }
    let cx = Context::system(&orm);
    for values in [
        json!({ "name": "a", "boss": { "$ne": 0 } }),
        json!({ "name": "a", "boss": [1] }),
        json!({ "name": "a", "pets": [{ "$ne": 0 }] }),
        json!({ "name": "a", "pets": { "id": 1 } }),
        json!({ "name": { "$ne": "" } }),
        json!({ "name": "a", "id": { "$gt": 0 } }),
    ] {
        let e = engine::create(&cx, user, crate::support::record(values.clone()))
            .await
            .expect_err(&values.to_string());
        assert_eq!(e.code(), "E_INVALID_NEW_RECORD", "{values}");
    }
}

#[tokio::test]
async fn each_limit_of_criteria_has_its_error() {
    let orm = people().await;
    let def = orm.model("user").unwrap();
    let nested =
        |levels: usize| (0..levels).fold(json!({ "name": "a" }), |inner, _| json!({ "and": [inner] }));
    let said = |criteria: Value, limits: Limits| {
        Criteria::from_json(&orm, def, &criteria, &limits).map(|_| ()).map_err(|e| e.details().unwrap())
    };
    let wide = |n: usize| json!({ "or": (0..n).map(|i| json!({ "age": i })).collect::<Vec<_>>() });
    assert_eq!(said(wide(99), Limits::default()), Ok(()));
    assert!(said(wide(101), Limits::default()).unwrap_err().contains("more than 200 conditions"));
    assert!(
        said(wide(99), Limits { nodes: 20, ..Limits::default() })
            .unwrap_err()
            .contains("more than 20 conditions")
    );
    assert_eq!(said(nested(25), Limits::default()), Ok(()));
    assert!(said(nested(26), Limits::default()).unwrap_err().contains("deeper than 25 levels"));
    assert!(
        said(nested(3), Limits { depth: 2, ..Limits::default() })
            .unwrap_err()
            .contains("deeper than 2 levels")
    );
    let list = |n: usize| json!({ "age": (0..n).collect::<Vec<_>>() });
    assert_eq!(said(list(1000), Limits::default()), Ok(()));
    assert!(said(list(1001), Limits::default()).unwrap_err().contains("1000 are allowed"));
    assert!(said(list(11), Limits { page: 10, ..Limits::default() }).unwrap_err().contains("10 are allowed"));
    let lists = json!({ "or": vec![list(1000); 11] });
    assert!(said(lists, Limits::default()).unwrap_err().contains("more than 10000 values together"));
    let text = json!({ "name": "x".repeat(20_000) });
    assert!(said(text, Limits::default()).unwrap_err().contains("longer than 16384 bytes"));
    let deep = json!({ "populate": { "pets": { "populate": { "owner": { "populate": ["pets"] } } } } });
    assert_eq!(said(deep.clone(), Limits::default()), Ok(()));
    assert!(
        said(deep, Limits { populate_depth: 2, ..Limits::default() })
            .unwrap_err()
            .contains("deeper than 2 levels")
    );
    let page = Criteria::from_json(&orm, def, &json!({ "limit": 5000 }), &Limits::default()).unwrap();
    assert_eq!(page.limit, Some(1000), "a page is made smaller, not refused");
}

#[tokio::test]
async fn the_largest_criteria_still_are_a_statement() {
    let orm = people().await;
    let list = (0..1000).collect::<Vec<_>>();
    let wide = json!({ "or": vec![json!({ "age": { "in": list } }); 10] });
    assert_eq!(find(&orm, "user", wide).await.unwrap().len(), 2);
    let def = orm.model("user").unwrap();
    let open = Limits { association_filters: true, ..Limits::default() };
    let hops = json!({ "or": vec![json!({ "boss": { "is": { "pets": { "none": { "age": 1 } } } } }); 7] });
    let tree = Where::from_json(&orm, def, &hops, &open).unwrap();
    assert_eq!(engine::count(&Context::system(&orm), def, tree).await.unwrap(), 0);
}

#[tokio::test]
async fn long_names_are_shown_shortened() {
    let orm = people().await;
    let long = "n".repeat(1_000_000);
    for criteria in [
        json!({ &long: 1 }),
        json!({ "sort": long }),
        json!({ "select": [long] }),
        json!({ "populate": [long] }),
        json!({ "name": { &long: 1 } }),
        json!({ "limit": 1, &long: 1 }),
        json!({ "age": long }),
    ] {
        assert!(refused(&orm, criteria).await.len() < 500);
    }
}

fn json_values() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("name"),
        Just("age"),
        Just("boss"),
        Just("pets"),
        Just("meta"),
        Just("active"),
        Just("secret"),
        Just("id"),
        Just("where"),
        Just("limit"),
        Just("skip"),
        Just("sort"),
        Just("select"),
        Just("omit"),
        Just("populate"),
        Just("and"),
        Just("or"),
        Just("in"),
        Just("nin"),
        Just("!="),
        Just("<"),
        Just(">="),
        Just("like"),
        Just("contains"),
        Just("startsWith"),
        Just("any"),
        Just("none"),
        Just("is"),
        Just("name DESC"),
        Just("*"),
    ];
    let text = prop_oneof![
        4 => word.clone().prop_map(str::to_string),
        1 => ".{0,12}",
        1 => "[0-9.eE+-]{0,6}",
        1 => "[%_\\\\*?'\"\\[\\]]{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever JSON comes: criteria that are canonical and that the database takes, or the client's own mistake.
    #[test]
    fn any_json_is_criteria_or_a_refusal(given in proptest::collection::vec(json_values(), 48)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let orm = people().await;
            let limits = Limits { association_filters: true, ..Limits::default() };
            for (model, json) in given.iter().flat_map(|json| [("user", json), ("pet", json), ("tag", json)]) {
                let def = orm.model(model).unwrap();
                match Criteria::from_json(&orm, def, json, &limits) {
                    Ok(criteria) => {
                        let again = Criteria::from_json(&orm, def, json, &limits).unwrap();
                        prop_assert_eq!(again.canonical(), criteria.canonical(), "{}", json);
                        prop_assert_eq!(&again, &criteria);
                        if let Err(e) = engine::find(&Context::system(&orm), def, criteria).await {
                            prop_assert!(e.is_usage(), "{}: {}", json, e);
                        }
                    }
                    Err(e) => prop_assert!(
                        matches!(e.code(), "E_INVALID_CRITERIA" | "E_INVALID_POPULATES") && !e.to_string().contains("secret`?"),
                        "{}: {}", json, e
                    ),
                }
            }
            Ok(())
        })?;
    }
}
