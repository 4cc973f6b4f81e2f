//! What holds whatever the store is: keys, texts, numbers, nulls, locks, and a server that is not there.

use serde_json::{Value, json};
use topsail_orm::{
    AttrDef, Context, Id, Kind, Migrate, Model, ModelDef, Orm, OrmConfig, OrmError, Where, engine,
};

use crate::{
    place::Place,
    support::{Pet, Tag, Team, User, find, orm, orm_of, record, seed, values},
};

#[tokio::test]
async fn mdev_03_a_key_that_was_given_is_never_made() {
    let orm = orm().await;
    let made = |name: &'static str| {
        let orm = &orm;
        async move { User::create(orm).set(User::NAME, name).await.unwrap().id }
    };
    assert_eq!(made("first").await, 1);
    User::create(&orm).values(json!({ "id": 50, "name": "given" })).await.unwrap();
    assert_eq!(made("after").await, 51);
    User::create_each(&orm, [json!({ "id": 60, "name": "a" }), json!({ "id": 55, "name": "b" })])
        .await
        .unwrap();
    assert_eq!(made("after several").await, 61);
    User::create(&orm).values(json!({ "id": 7, "name": "below" })).await.unwrap();
    assert_eq!(made("not back").await, 62);
    User::destroy(&orm, 62).await.unwrap();
    assert_eq!(made("not again").await, 63);
}

#[tokio::test]
async fn a_key_that_is_given_below_the_automatic_ones_makes_nobody_wait() {
    if !crate::place::writes_side_by_side() {
        return;
    }
    let orm = orm().await;
    seed(&orm, "pet", (0..5).map(|_| json!({ "name": "first" }))).await;
    Pet::destroy(&orm, [2, 3]).await.unwrap();
    let (one, other) = (orm.begin().await.unwrap(), orm.begin().await.unwrap());
    Pet::create(&one).values(json!({ "id": 2, "name": "given" })).await.unwrap();
    let given = Pet::create(&other).values(json!({ "id": 3, "name": "given" }));
    tokio::time::timeout(std::time::Duration::from_secs(10), given.into_future()).await.unwrap().unwrap();
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(Pet::create(&orm).set(Pet::NAME, "automatic").await.unwrap().id, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_given_above_the_automatic_ones_never_bring_them_back() {
    let orm = std::sync::Arc::new(orm().await);
    let makers: Vec<_> = (0..3)
        .map(|_| {
            let orm = orm.clone();
            tokio::spawn(async move {
                let mut last = 0;
                for _ in 0..100 {
                    let id = Pet::create(&orm).set(Pet::NAME, "automatic").await.unwrap().id;
                    assert!(id > last, "{id} after {last}");
                    last = id;
                }
            })
        })
        .collect();
    for round in 0..100 {
        let most = Pet::max(&orm, Pet::ID, Where::All).await.unwrap().unwrap_or_default();
        // Farther away than all automatic ones together.
        let far = if round % 10 == 0 { 4000 } else { 400 };
        Pet::create(&orm).values(json!({ "id": most + far, "name": "given" })).await.unwrap();
    }
    for maker in makers {
        maker.await.unwrap();
    }
    assert_eq!(Pet::count(&orm, Where::All).await.unwrap(), 400);
}

#[tokio::test]
async fn several_records_get_their_keys_in_order() {
    let orm = orm().await;
    let names: Vec<Value> = (0..30).map(|i| json!({ "name": format!("u{i}") })).collect();
    let made = User::create_each(&orm, names).await.unwrap();
    assert!(
        made.iter().enumerate().all(|(i, u)| u.name == format!("u{i}") && u.id == i as Id + 1),
        "{made:?}"
    );
}

#[tokio::test]
async fn mo_39_mdev_02_numbers_come_back_as_they_were() {
    let orm = orm().await;
    for (age, score) in [
        (123_456_789, 123_456_789.0),
        (i64::MAX, 1.797_693_134_862_315_7e308),
        (i64::MIN, 0.1),
        (9_007_199_254_740_993, -5e-324),
    ] {
        let user = User::create(&orm)
            .set(User::NAME, "n")
            .set(User::AGE, age)
            .set(User::SCORE, score)
            .await
            .unwrap();
        assert_eq!((user.age, user.score), (age, Some(score)));
        let found = User::find(&orm).where_(User::AGE.eq(age).and(User::SCORE.eq(score))).await.unwrap();
        assert_eq!(found.len(), 1, "{age} {score}");
    }
}

#[tokio::test]
async fn whole_numbers_are_compared_exactly_with_any_number() {
    let orm = orm().await;
    seed(
        &orm,
        "user",
        [json!({ "name": "a", "age": 9_007_199_254_740_993_i64 }), json!({ "name": "b", "age": -2 })],
    )
    .await;
    let cases = [
        (json!({ "age": { "<": 9_007_199_254_740_992_i64 } }), vec![2]),
        (json!({ "age": { "<": -1.5 } }), vec![2]),
        (json!({ "age": { ">": -2.5 } }), vec![1, 2]),
        (json!({ "age": { ">=": -1.5 } }), vec![1]),
        (json!({ "age": { "<": 1e300 } }), vec![1, 2]),
        (json!({ "age": { ">": 1e300 } }), vec![]),
        (json!({ "age": { ">": -1e300 } }), vec![1, 2]),
        (json!({ "age": { "!=": 1.5 } }), vec![1, 2]),
        (json!({ "age": [1.5, -2] }), vec![2]),
        (json!({ "age": [1.5] }), vec![]),
        (json!({ "age": { "nin": [1.5] } }), vec![1, 2]),
    ];
    for (criteria, ids) in cases {
        assert_eq!(json!(values(&orm, "user", "id", criteria.clone()).await), json!(ids), "{criteria}");
    }
}

#[tokio::test]
async fn a3_texts_are_equal_byte_by_byte() {
    let orm = orm().await;
    let slugs = ["a", "A", "a ", "ä", "a\u{308}", "ß", "ss", "\u{1F600}"];
    seed(&orm, "tag", slugs.map(|s| json!({ "slug": s, "label": s }))).await;
    for slug in slugs {
        let found = Tag::find(&orm).where_(Tag::LABEL.eq(slug)).await.unwrap();
        assert_eq!(found.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>(), [slug], "{slug:?}");
        assert_eq!(Tag::find_one(&orm, slug.to_string()).await.unwrap().unwrap().label, slug);
    }
    let mut sorted = slugs;
    sorted.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    assert_eq!(json!(values(&orm, "tag", "slug", json!({ "sort": "label" })).await), json!(sorted));
    assert_eq!(json!(values(&orm, "tag", "slug", json!({})).await), json!(sorted));
}

#[tokio::test]
async fn nulls_come_before_everything_else() {
    let orm = orm().await;
    seed(
        &orm,
        "user",
        [Some(2.0), None, Some(1.0), None].map(|score| json!({ "name": "n", "score": score })),
    )
    .await;
    assert_eq!(json!(values(&orm, "user", "id", json!({ "sort": "score" })).await), json!([2, 4, 3, 1]));
    assert_eq!(json!(values(&orm, "user", "id", json!({ "sort": "score DESC" })).await), json!([1, 3, 2, 4]));
    let friends: Vec<Value> = vec![json!(1), json!(2), json!(3), json!(4)];
    let (cx, def) = (Context::system(&orm), orm.model("user").unwrap());
    for parent in [1, 2] {
        engine::add_to_collection(&cx, def, &[json!(parent)], "friends", &friends).await.unwrap();
    }
    let found = User::find(&orm)
        .where_(User::ID.in_([1, 2]))
        .populate(User::FRIENDS.sort(User::SCORE.asc()).limit(3))
        .await
        .unwrap();
    let ids: Vec<Id> = found[1].friends.get().unwrap().iter().map(|f| f.id).collect();
    assert_eq!(ids, [2, 4, 3], "within each parent too");
}

#[tokio::test]
async fn a_clash_names_its_attributes() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "a", "email": "a@x.io" })]).await;
    let clash = |values: Value| {
        let orm = &orm;
        async move { User::create(orm).values(values).await.unwrap_err().attr_names().to_vec() }
    };
    assert_eq!(clash(json!({ "name": "b", "email": "a@x.io" })).await, ["email"]);
    assert_eq!(clash(json!({ "name": "b", "id": 1 })).await, ["id"]);
    seed(&orm, "tag", [json!({ "slug": "x' for key 'y.z" })]).await;
    let e = Tag::create(&orm).values(json!({ "slug": "x' for key 'y.z" })).await.unwrap_err();
    assert_eq!((e.code(), e.attr_names()), ("E_UNIQUE", &["slug".to_string()][..]));
}

#[tokio::test]
async fn long_texts_are_stored_whole_or_refused() {
    let orm = orm().await;
    let long = "ä".repeat(100_000);
    let user = User::create(&orm).set(User::NAME, "n").set(User::BIO, &long).await.unwrap();
    assert_eq!(User::find_one(&orm, user.id).await.unwrap().unwrap().bio, long);
    let slug = "k".repeat(300);
    match Tag::create(&orm).values(json!({ "slug": slug })).await {
        Ok(tag) => assert_eq!(Tag::find_one(&orm, tag.slug).await.unwrap().unwrap().slug, slug),
        Err(e) => assert_eq!((e.is_usage(), e.problems()[0].attr.as_deref()), (true, Some("slug")), "{e}"),
    }
}

#[tokio::test]
async fn json_comes_back_as_it_was() {
    let orm = orm().await;
    for meta in [
        json!({ "a": [1, 2.5, null, true, { "ü": "\u{1F600}" }] }),
        json!([]),
        json!("text"),
        json!(5),
        json!(false),
    ] {
        let user = User::create(&orm).set(User::NAME, "n").set(User::META, meta.clone()).await.unwrap();
        assert_eq!(User::find_one(&orm, user.id).await.unwrap().unwrap().meta, meta);
    }
    let e = User::create(&orm).values(json!({ "name": "n", "meta": { "a": "b\0" } })).await.unwrap_err();
    assert!(e.is_usage() && e.to_string().contains("NUL"), "{e}");
}

#[tokio::test]
async fn nul_is_refused_wherever_a_text_can_be() {
    let orm = orm().await;
    let user = User::create(&orm).set(User::NAME, "n").await.unwrap();
    let nul = "a\0b";
    for e in [
        Tag::find_one(&orm, nul).await.map(drop).unwrap_err(),
        Tag::find(&orm).where_([nul.to_string(), "b".into()]).await.map(drop).unwrap_err(),
        Tag::update_one(&orm, nul).set(Tag::LABEL, "l").await.map(drop).unwrap_err(),
        Tag::destroy_one(&orm, nul).await.map(drop).unwrap_err(),
        Tag::find(&orm).where_(Tag::PARENT.eq(nul)).await.map(drop).unwrap_err(),
        User::find(&orm).where_(User::NAME.ne(nul)).await.map(drop).unwrap_err(),
        User::find(&orm).where_(User::NAME.ends_with(nul)).await.map(drop).unwrap_err(),
        find(&orm, "tag", json!(nul)).await.map(drop).unwrap_err(),
        find(&orm, "user", json!({ "name": nul })).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(e.code(), "E_INVALID_CRITERIA", "{e}");
        assert!(e.to_string().contains("should be a string without the character NUL"), "{e}");
    }
    for e in [
        User::create(&orm).set(User::NAME, nul).await.map(drop).unwrap_err(),
        User::update_one(&orm, user.id).set(User::BIO, nul).await.map(drop).unwrap_err(),
        User::update_one(&orm, user.id).set(User::META, json!({ nul: 1 })).await.map(drop).unwrap_err(),
        Tag::create(&orm).set(Tag::SLUG, nul).await.map(drop).unwrap_err(),
        Tag::create(&orm).set(Tag::SLUG, "t").set(Tag::PARENT, nul).await.map(drop).unwrap_err(),
        Tag::create(&orm).set(Tag::SLUG, "t").set(Tag::CHILDREN, [nul.into()]).await.map(drop).unwrap_err(),
        Tag::add_to_collection(&orm, "t", Tag::CHILDREN, [nul]).await.map(drop).unwrap_err(),
        Tag::add_to_collection(&orm, nul, Tag::CHILDREN, ["t"]).await.map(drop).unwrap_err(),
    ] {
        assert!(e.is_usage() && e.to_string().contains("without the character NUL"), "{e}");
    }
    assert!(Tag::find(&orm).await.unwrap().is_empty());
}

#[tokio::test]
async fn w3_before_images_are_what_the_write_replaced() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "n", "age": 0 })]).await;
    let writers: Vec<_> = (1..=12)
        .map(|age| {
            let orm = Orm::clone(&orm);
            tokio::spawn(async move {
                let def = orm.model("user").unwrap();
                let cx = Context::system(&orm);
                let change =
                    engine::update_one(&cx, def, Where::eq("id", 1), record(json!({ "age": age }))).await;
                let change = change.unwrap().unwrap();
                (change.before.unwrap()["age"].clone(), change.after.unwrap()["age"].clone())
            })
        })
        .collect();
    let mut steps = vec![];
    for writer in writers {
        steps.push(writer.await.unwrap());
    }
    // Each write replaced what another one, and only one, had written.
    let mut at = json!(0);
    for _ in 0..steps.len() {
        let next =
            steps.iter().position(|(before, _)| *before == at).unwrap_or_else(|| panic!("{at} in {steps:?}"));
        at = steps.swap_remove(next).1;
    }
    assert_eq!(find(&orm, "user", json!(1)).await.unwrap()[0]["age"], at);
}

#[tokio::test]
async fn w9_a_link_made_by_many_at_once_is_one() {
    let orm = orm().await;
    let team = Team::create(&orm).set(Team::TITLE, "t").await.unwrap().id;
    let user = User::create(&orm).set(User::NAME, "n").await.unwrap().id;
    let linkers: Vec<_> = (0..8)
        .map(|_| {
            let orm = Orm::clone(&orm);
            tokio::spawn(async move {
                let def = orm.model("team").unwrap();
                let (parents, children) = ([json!(team)], [json!(user)]);
                engine::add_to_collection(&Context::system(&orm), def, &parents, "members", &children)
                    .await
                    .unwrap()
                    .changes
                    .len()
            })
        })
        .collect();
    let mut changes = 0;
    for linker in linkers {
        changes += linker.await.unwrap();
    }
    assert_eq!(changes, 1);
}

#[tokio::test]
async fn a_snapshot_does_not_move() {
    let orm = orm().await;
    seed(&orm, "user", [json!({ "name": "n" })]).await;
    let def = orm.model("user").unwrap();
    let (_, found) = engine::read_at(&Context::system(&orm), def, Default::default()).await.unwrap();
    assert_eq!(found.len(), 1);
    seed(&orm, "user", [json!({ "name": "m" })]).await;
    assert_eq!(engine::read_at(&Context::system(&orm), def, Default::default()).await.unwrap().1.len(), 2);
}

#[tokio::test]
async fn names_that_are_long_are_shortened_where_they_are_ours_and_refused_where_not() {
    let long = |end: &str| format!("{}{end}", "x".repeat(45));
    let mut def = ModelDef::new(&long("Model"));
    def.attributes = vec![
        AttrDef::new("id", Kind::Int).as_primary_key(),
        AttrDef::new(&long("Attribute"), Kind::Text).unique(),
        AttrDef::to(&long("Others"), Kind::Many, &def.identity),
        AttrDef::new("more", Kind::Int),
    ];
    let orm = orm_of(vec![def.clone()]).await;
    let attr = long("Attribute");
    seed(&orm, &def.identity, [json!({ &attr: "a" }), json!({ &attr: "b" })]).await;
    let (cx, def) = (Context::system(&orm), orm.model(&def.identity).unwrap());
    let e = engine::create(&cx, def, record(json!({ &attr: "a" }))).await.unwrap_err();
    assert_eq!(e.attr_names(), [attr]);
    engine::add_to_collection(&cx, def, &[json!(1)], &long("Others"), &[json!(2)]).await.unwrap();
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    let mut too_long = ModelDef::new("Thing");
    too_long.attributes = vec![AttrDef::new("id", Kind::Int).as_primary_key()];
    too_long.table = "t".repeat(129);
    let e = Place::new().await.lift(vec![too_long], Migrate::Safe).await.unwrap_err();
    assert!(e.to_string().contains("has 129 bytes"), "{e}");
}

#[tokio::test]
async fn mo_16_a_server_that_does_not_answer_stops_the_lift() {
    for adapter in ["postgresql", "postgres", "sails-postgresql", "mysql", "mariadb", "sails-mysql"] {
        let url = format!(
            "{}://someone:s3cret@127.0.0.1:1/app",
            if adapter.contains("post") { "postgres" } else { "mysql" }
        );
        let e = Orm::connect(OrmConfig::single(adapter, url), vec![]).await.unwrap_err();
        let said = e.to_string();
        assert!(!said.contains("s3cret"), "{said}");
        if e.code() == "E_FAILED_TO_CONNECT" {
            assert!(
                said.contains("`app` at 127.0.0.1:1 as `someone`") && said.contains("datastores.default.url"),
                "{said}"
            );
        } else {
            // This build is without it, and says how to get it.
            assert!(matches!(e, OrmError::Config { .. }) && said.contains("features = ["), "{said}");
        }
    }
    for (adapter, url, said) in
        [("postgresql", "nonsense", "not a URL"), ("mysql", "mysql://root@127.0.0.1", "names no database")]
    {
        let e = Orm::connect(OrmConfig::single(adapter, url), vec![]).await.unwrap_err().to_string();
        assert!(e.contains(said) || e.contains("features = ["), "{e}");
    }
}

#[tokio::test]
async fn a_transaction_in_which_a_read_failed_is_kept_whole_or_not_at_all() {
    let orm = orm().await;
    crate::place::sql(&orm, "DROP TABLE tag").await;
    let tx = orm.begin().await.unwrap();
    Pet::create(&tx).set(Pet::NAME, "rex").await.unwrap();
    assert_eq!(Tag::find(&tx).await.unwrap_err().code(), "E_NO_SUCH_PHYSICAL_MODEL");
    let kept = u64::from(tx.commit().await.is_ok());
    assert_eq!(Pet::count(&orm, Where::All).await.unwrap(), kept);
}
