//! How large criteria may be: the same check at both doors, before any SQL.

use proptest::prelude::*;
use serde_json::{Value, json};
use topsail_orm::{
    Context, Criteria, Limits, Model, Negotiate, Orm, OrmError, Populate, Where, WhereLimits, engine,
};

use crate::support::{Pet, Team, User, definitions, orm, orm_with, record, seed, statements};

async fn people() -> crate::place::TestOrm {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "Ann", "age": 1 }), json!({ "name": "Bob", "age": 2 })]).await;
    seed(&orm, "pet", [json!({ "name": "Rex", "owner": 1 }), json!({ "name": "Ida", "owner": 2 })]).await;
    orm
}

/// Conditions side by side, none of which holds but the last.
fn wide(conditions: i64) -> topsail_orm::Expr<User> {
    (1..conditions).map(|n| User::AGE.eq(n + 10)).fold(User::AGE.eq(1), topsail_orm::Expr::or)
}

/// `levels` times an `or` inside an `and`.
fn deep(levels: usize) -> topsail_orm::Expr<User> {
    (0..levels).fold(User::AGE.eq(1), |inner, _| User::AGE.gt(0).and(User::AGE.lt(0).or(inner)))
}

fn said<T: std::fmt::Debug>(outcome: Result<T, OrmError>) -> (&'static str, String) {
    let e = outcome.unwrap_err();
    (e.code(), e.to_string())
}

#[tokio::test]
async fn json_and_columns_have_the_same_limits_and_the_same_errors() {
    let orm = people().await;
    let def = orm.model("user").unwrap();
    let json = |where_: Value| Where::from_json(&orm, def, &where_, &Limits::default());
    let ages = |n: i64| json!({ "or": (0..n).map(|i| json!({ "age": i })).collect::<Vec<_>>() });
    let nested = |levels: usize| {
        (0..levels).fold(json!({ "age": 1 }), |inner, _| json!({ "age": 1, "or": [inner, { "age": 2 }] }))
    };
    let list = (0..1000).collect::<Vec<_>>();
    let lists = json!({ "or": vec![json!({ "age": list }); 11] });

    assert_eq!(User::count(&orm, wide(199)).await.unwrap(), 1);
    let refused = said(User::count(&orm, wide(200)).await);
    assert_eq!(refused, said(json(ages(101))));
    assert_eq!(refused.0, "E_INVALID_CRITERIA");
    assert!(refused.1.contains("model `user`"), "{refused:?}");
    assert!(refused.1.contains("more than 200 conditions; ask with fewer, or raise `max_criteria_nodes`"));

    assert_eq!(User::count(&orm, deep(25)).await.unwrap(), 1);
    let refused = said(User::count(&orm, deep(26)).await);
    assert_eq!(refused, said(json(nested(26))));
    assert!(refused.1.contains("deeper than 25 levels") && refused.1.contains("raise `max_criteria_depth`"));

    assert_eq!(User::count(&orm, User::AGE.in_(0..10_000)).await.unwrap(), 2);
    let refused = said(User::count(&orm, User::AGE.in_(0..10_001)).await);
    assert_eq!(refused, said(json(lists)));
    assert!(
        refused.1.contains("more than 10000 values together") && refused.1.contains("in several queries")
    );
    let halves = User::AGE.in_(0..5_001).or(User::AGE.not_in(0..5_000));
    assert_eq!(refused, said(User::count(&orm, halves).await));
}

#[tokio::test]
async fn a_condition_across_an_association_counts_ten_at_both_doors() {
    let orm = people().await;
    let def = orm.model("user").unwrap();
    let open = Limits { association_filters: true, ..Limits::default() };
    let any = |n: usize| vec![json!({ "pets": { "any": { "age": 7 } } }); n];
    let asked =
        |n: i64| (1..n).fold(User::PETS.any(Pet::AGE.eq(0)), |all, i| all.or(User::PETS.any(Pet::AGE.eq(i))));
    assert_eq!(User::count(&orm, asked(18)).await.unwrap(), 2);
    assert_eq!(
        said(User::count(&orm, asked(19)).await),
        said(Where::from_json(&orm, def, &json!({ "or": any(18) }), &open))
    );
    let long = Pet::OWNER.is(User::PETS.any(Pet::AGE.in_(0..10_001)));
    let refused = said(Pet::count(&orm, long).await);
    assert!(refused.1.contains("(model `pet`): `age`: the lists of `where`"), "{refused:?}");
}

#[tokio::test]
async fn every_query_is_checked_before_the_database_is_asked() {
    let orm = people().await;
    let (user, too_much) = (orm.model("user").unwrap(), || wide(201));
    let criteria = || Criteria::new(too_much().tree().clone());
    let populate = || Populate { criteria: criteria(), ..Populate::new("friends") };
    let populates = || Criteria { populate: vec![populate()], ..Criteria::new(Where::All) };
    let cx = Context::system(&orm);
    let mut codes = vec![];
    let asked = statements(&orm, async || {
        let mut note = |outcome: Result<(), OrmError>| codes.push(outcome.unwrap_err().code());
        note(User::find(&orm).where_(too_much()).await.map(drop));
        note(User::find(&orm).where_(too_much()).records().await.map(drop));
        note(User::find(&orm).where_(too_much()).with_total().await.map(drop));
        note(User::find_one(&orm, too_much()).await.map(drop));
        note(User::find_one(&orm, too_much()).records().await.map(drop));
        note(User::stream(&orm).where_(too_much()).batches().map(drop));
        note(User::count(&orm, too_much()).await.map(drop));
        note(User::sum(&orm, User::AGE, too_much()).await.map(drop));
        note(User::avg(&orm, User::AGE, too_much()).await.map(drop));
        note(User::min(&orm, User::AGE, too_much()).await.map(drop));
        note(User::max(&orm, User::AGE, too_much()).await.map(drop));
        note(User::update(&orm, too_much()).set(User::AGE, 1).await.map(drop));
        note(User::update_one(&orm, too_much()).set(User::AGE, 1).await.map(drop));
        note(User::destroy(&orm, too_much()).await.map(drop));
        note(User::destroy_one(&orm, too_much()).await.map(drop));
        note(User::archive(&orm, too_much()).await.map(drop));
        note(User::archive_one(&orm, too_much()).await.map(drop));
        note(User::find_or_create(&orm, too_much()).set(User::NAME, "x").await.map(drop));
        note(engine::find(&cx, user, criteria()).await.map(drop));
        note(engine::read_at(&cx, user, criteria()).await.map(drop));
        note(engine::find_to_send(&cx, user, criteria()).await.map(drop));
        note(engine::find_one_to_send(&cx, user, criteria()).await.map(drop));
        assert!(codes.iter().all(|code| *code == "E_INVALID_CRITERIA"), "{codes:?}");
        codes.clear();
        let mut note = |outcome: Result<(), OrmError>| codes.push(outcome.unwrap_err().code());
        note(
            User::find(&orm)
                .populate(User::PETS.where_(Where::any_of(vec![Where::eq("age", 1); 201])))
                .await
                .map(drop),
        );
        note(engine::find(&cx, user, populates()).await.map(drop));
        note(engine::find_to_send(&cx, user, populates()).await.map(drop));
        let one = Criteria { where_: Where::eq("id", 1), ..populates() };
        note(engine::find_one_to_send(&cx, user, one).await.map(drop));
        assert_eq!(codes, ["E_INVALID_POPULATES"; 4]);
    })
    .await;
    assert_eq!(asked, 0);
    assert_eq!(User::count(&orm, Where::All).await.unwrap(), 2);
}

#[tokio::test]
async fn the_limits_are_settings_and_can_be_lifted_for_one_query() {
    let orm = people().await;
    let lifted = WhereLimits { nodes: 500, depth: 60, values: 20_000 };
    let tree = || wide(250).and(deep(50)).and(User::AGE.in_(0..20_000));
    assert_eq!(User::count(&orm, tree()).await.unwrap_err().code(), "E_INVALID_CRITERIA");
    let found = User::find(&orm).where_(tree()).where_limits(lifted).await.unwrap();
    assert_eq!(found.len(), 1);
    let found = User::find_one(&orm, tree()).where_limits(lifted).await.unwrap();
    assert_eq!(found.unwrap().name, "Ann");
    let paged = User::stream(&orm).where_(tree()).where_limits(lifted).batches().unwrap().next_batch().await;
    assert_eq!(paged.unwrap().unwrap().len(), 1);
    let mut cx = Context::system(&orm);
    cx.meta.where_limits = Some(lifted);
    assert_eq!(User::count(&cx, tree()).await.unwrap(), 1);
    let updated = User::update(&orm, tree()).where_limits(lifted).set(User::BIO, "x").await.unwrap();
    assert_eq!(updated.len(), 1);
    assert!(User::update_one(&orm, tree()).where_limits(lifted).set(User::BIO, "y").await.unwrap().is_some());
    assert!(!User::find_or_create(&orm, tree()).where_limits(lifted).set(User::NAME, "z").await.unwrap().1);
    assert!(User::destroy_one(&orm, tree()).where_limits(lifted).await.unwrap().is_some());
    assert!(User::destroy(&orm, tree()).where_limits(lifted).await.unwrap().is_empty());
    let beyond = WhereLimits { nodes: usize::MAX, depth: usize::MAX, values: usize::MAX };
    let e = User::find(&orm).where_(User::ID.in_(0..20_001)).where_limits(beyond).await.unwrap_err();
    assert!(e.to_string().contains("more than 20000 values"), "{e}");

    let orm = orm_with(definitions(), |config| config.models.max_criteria_values = 3).await;
    assert!(User::find(&orm).where_([1, 2, 3]).await.unwrap().is_empty());
    assert!(User::find(&orm).where_([1, 2, 3, 4]).await.tolerate("E_INVALID_CRITERIA").unwrap().is_none());
}

#[tokio::test]
async fn a_limit_that_no_database_bears_is_refused_with_its_key() {
    let place = crate::place::Place::new().await;
    for (change, key) in [
        ((|c| c.models.max_criteria_nodes = 901) as fn(&mut topsail_orm::OrmConfig), "max_criteria_nodes"),
        (|c| c.models.max_criteria_depth = 0, "max_criteria_depth"),
        (|c| c.models.max_criteria_values = 20_001, "max_criteria_values"),
    ] {
        let mut config = place.config();
        change(&mut config);
        let e = Orm::connect(config, definitions()).await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_MODELS_CONFIG");
        assert!(e.to_string().starts_with(&format!("`models.{key}`: it must be from 1 to")), "{e}");
    }
}

#[tokio::test]
async fn the_largest_trees_are_statements_everywhere() {
    let orm = people().await;
    let most = WhereLimits::MOST;
    let lists = User::AGE.in_(0..10_000).and(User::AGE.not_in(10_000..20_000));
    let conditions = i64::try_from(most.nodes).unwrap() - 4;
    let found = User::find(&orm)
        .where_(lists.and(wide(conditions)))
        .populate(User::PETS.where_(Pet::AGE.in_(0..20_000)))
        .where_limits(most)
        .await
        .unwrap();
    assert_eq!(found[0].pets.get().unwrap().len(), 1);
    let found = User::find(&orm).where_(deep(most.depth)).where_limits(most).await.unwrap();
    assert_eq!(found.len(), 1);
    let hops = |n| (0..n).fold(User::AGE.eq(1), |inner, _| User::PETS.any(Pet::OWNER.is(inner)));
    let many = (1..8).fold(hops(5), |all, _| all.or(hops(5)));
    assert_eq!(User::find(&orm).where_(many).where_limits(most).await.unwrap().len(), 1);
    let e = User::find(&orm).where_(hops(6)).where_limits(most).await.unwrap_err();
    assert!(e.to_string().contains("`pets`: conditions lead over more than 10 associations"), "{e}");
}

#[tokio::test]
async fn what_the_engine_asks_for_itself_has_no_limit() {
    let orm = orm_with(definitions(), |config| {
        config.models.max_criteria_nodes = 1;
        config.models.max_criteria_values = 1;
        config.models.max_criteria_depth = 1;
    })
    .await;
    seed(&orm, "user", (0..9).map(|i| json!({ "name": format!("u{i}"), "age": i % 3 }))).await;
    seed(&orm, "pet", (0..9).map(|i| json!({ "name": format!("p{i}"), "owner": i % 3 + 1 }))).await;
    seed(&orm, "team", (0..3).map(|i| json!({ "title": format!("t{i}") }))).await;
    assert_eq!(User::find(&orm).populate(User::PETS).populate(User::TEAMS).await.unwrap().len(), 9);
    assert_eq!(Pet::find(&orm).populate(Pet::OWNER).await.unwrap().len(), 9);
    User::replace_collection(&orm, 1, User::PETS, [1, 2, 3, 4, 5]).await.unwrap();
    User::remove_from_collection(&orm, [1, 2], User::PETS, [1, 2, 3]).await.unwrap();
    Team::add_to_collection(&orm, [1, 2, 3], Team::MEMBERS, [1, 2, 3]).await.unwrap();
    Team::replace_collection(&orm, [1, 2, 3], Team::MEMBERS, [3, 4, 5]).await.unwrap();
    assert_eq!(User::update(&orm, Where::All).set(User::BIO, "x").await.unwrap().len(), 9);
    let by = [User::AGE.desc(), User::NAME.asc(), User::ID.desc()];
    let mut seen = 0;
    let mut batches = User::stream(&orm).sort(by).batch_size(2).batches().unwrap();
    while let Some(batch) = batches.next_batch().await.unwrap() {
        seen += batch.len();
    }
    assert_eq!(seen, 9);
    User::upsert(&orm, User::ID).set(User::ID, 3).set(User::NAME, "new").await.unwrap();
    assert_eq!(Team::destroy(&orm, Where::All).await.unwrap().len(), 3);
    assert_eq!(User::archive(&orm, Where::All).await.unwrap().len(), 9);
}

#[tokio::test]
async fn collections_take_more_keys_than_one_statement() {
    const MANY: i64 = 40_000;
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a" }), json!({ "name": "b" })]).await;
    seed(&orm, "pet", ["p", "q", "r"].map(|name| json!({ "name": name, "owner": 1 }))).await;
    let all: Vec<i64> = (2..MANY).collect();
    let changed = User::add_to_collection(&orm, 2, User::PETS, &all).await.unwrap();
    assert_eq!(changed.len(), 6, "two pets, each linked, changed and unlinked");
    User::replace_collection(&orm, 1, User::PETS, &all).await.unwrap();
    assert_eq!(Pet::count(&orm, Pet::OWNER.eq(1)).await.unwrap(), 2, "the first one drops out");
    let parents: Vec<i64> = (1..MANY).collect();
    User::remove_from_collection(&orm, parents, User::PETS, &all).await.unwrap();
    assert_eq!(Pet::count(&orm, Pet::OWNER.is_null()).await.unwrap(), 3);
}

const DEEP: usize = 10_000;

#[tokio::test]
async fn a_tree_of_any_depth_is_refused_and_ends_nothing_else() {
    let orm = people().await;
    let nested = deep(DEEP);
    let copy = nested.tree().clone();
    assert!(copy == *nested.tree());
    assert!(copy != *deep(DEEP - 1).tree());
    assert_eq!(copy.clone().not().not(), copy);
    assert_eq!(copy.eval(&record(json!({ "age": 1 }))), Some(true));
    assert!(copy.is_local());
    assert!(format!("{copy:?}").starts_with("And(Test(\"age\", Gt, Number(0)), Or("));
    let e = User::find(&orm).where_(nested).await.unwrap_err();
    assert!(e.to_string().contains("deeper than 25 levels"), "{e}");
    let e = User::destroy(&orm, copy).await.unwrap_err();
    assert!(e.to_string().contains("deeper than 25 levels"), "{e}");

    let test = || Where::eq("age", 1);
    let by_hand: [fn(Where) -> Where; 4] = [
        |inner| Where::Not(Box::new(inner)),
        |inner| Where::And(vec![inner]),
        |inner| Where::Or(vec![Where::Nothing, inner]),
        |inner| Where::Any("boss".into(), Box::new(inner)),
    ];
    for wrap in by_hand {
        let tree = (0..DEEP).fold(test(), |inner, _| wrap(inner));
        let copy = tree.clone();
        assert!(tree == copy && !tree.canonical().is_empty());
        drop(tree.not());
        let e = User::count(&orm, copy).await.unwrap_err();
        assert!(e.to_string().contains("deeper than") || e.to_string().contains("more than"), "{e}");
    }
    let flat = (0..DEEP).fold(User::AGE.ge(0), |all, i| all.and(User::AGE.ne(i64::try_from(i).unwrap())));
    assert!(matches!(flat.tree(), Where::And(parts) if parts.len() == DEEP + 1));
    assert!(User::find(&orm).where_(flat).await.unwrap_err().to_string().contains("more than 200"));
}

#[tokio::test]
async fn populates_in_rust_are_ten_levels_deep_at_most() {
    let orm = people().await;
    let levels = |n: usize| {
        (1..n).fold(Populate::new("owner"), |inner, i| {
            let name = if i % 2 == 1 { "pets" } else { "owner" };
            Populate {
                criteria: Criteria { populate: vec![inner], ..Criteria::default() },
                ..Populate::new(name)
            }
        })
    };
    assert_eq!(User::find(&orm).populate(levels(10)).await.unwrap().len(), 2);
    let e = Pet::find(&orm).populate(levels(11)).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_POPULATES");
    assert!(e.to_string().contains("deeper than 10 levels"), "{e}");
}

fn conditions() -> impl Strategy<Value = Value> {
    let attr = prop_oneof![Just("age"), Just("id"), Just("boss")];
    let leaf = prop_oneof![
        (attr.clone(), 0..9_i64).prop_map(|(a, n)| json!({ a: n })),
        (attr.clone(), proptest::collection::vec(0..9_i64, 0..4)).prop_map(|(a, n)| json!({ a: n })),
        (attr.clone(), 0..9_i64, 0..9_i64).prop_map(|(a, n, m)| json!({ a: { ">": n, "!=": m } })),
        attr.prop_map(|a| json!({ a: { "nin": [1, 2, 3] } })),
        Just(json!({ "name": { "like": "%" } })),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(|parts| json!({ "or": parts })),
            list.clone().prop_map(|parts| json!({ "and": parts })),
            (list, inner.clone()).prop_map(|(parts, beside)| {
                let mut all = beside.as_object().cloned().unwrap_or_default();
                all.insert("or".into(), parts.into());
                Value::Object(all)
            }),
            inner.clone().prop_map(|c| json!({ "pets": { "any": { "owner": { "is": c } } } })),
            (inner.clone(), inner).prop_map(
                |(c, d)| json!({ "boss": { "is": c, "!=": 3 }, "pets": { "none": { "owner": { "is": d } } } })
            ),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// A tree never costs more than the JSON that it was read from, so no client meets the check of Rust.
    #[test]
    fn what_the_wire_lets_through_is_let_through_again(
        given in proptest::collection::vec((conditions(), 1..60_usize, 0..6_usize, 0..9_usize), 150)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let orm = people().await;
            let def = orm.model("user").unwrap();
            for (json, nodes, depth, values) in &given {
                let limits = Limits {
                    nodes: *nodes, depth: *depth, values: *values, association_filters: true, populate_depth: 9,
                    ..Limits::default()
                };
                let Ok(tree) = Where::from_json(&orm, def, json, &limits) else { continue };
                let mut cx = Context::system(&orm);
                cx.meta.where_limits = Some(WhereLimits { nodes: *nodes, depth: *depth, values: *values });
                let counted = engine::count(&cx, def, tree).await;
                prop_assert!(counted.is_ok(), "{}: {:?}", json, counted);
            }
            Ok(())
        })?;
    }
}
