//! The modifiers of typed queries.

use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Limits, Model, Record, Where, engine};

use crate::support::{Pet, Team, User, orm, seed, statements};

async fn families(orm: &topsail_orm::Orm) {
    seed(orm, "user", ["ann", "bob", "cy"].map(|n| json!({ "name": n, "bio": n }))).await;
    let pet = |(name, age, owner): (&str, i64, Value)| json!({ "name": name, "age": age, "owner": owner });
    seed(
        orm,
        "pet",
        [("Rex", 3, json!(1)), ("Tom", 9, json!(1)), ("Kit", 1, json!(2)), ("Ash", 4, json!(null))].map(pet),
    )
    .await;
    seed(
        orm,
        "team",
        [json!({ "title": "red", "members": [1, 2] }), json!({ "title": "blue", "members": [2] })],
    )
    .await;
}

#[tokio::test]
async fn populates_nest_with_sub_criteria_on_each_level() {
    let orm = orm().await;
    families(&orm).await;
    let mut teams = vec![];
    let asked = statements(&orm, async || {
        teams = Team::find(&orm)
            .populate(Team::MEMBERS.sort(User::NAME.desc()).populate(
                User::PETS.where_(Pet::AGE.gt(1)).sort(Pet::AGE.desc()).limit(1).populate(Pet::OWNER),
            ))
            .await
            .unwrap();
    })
    .await;
    assert_eq!(asked, 4, "one statement for each path");
    let members = teams[0].members.get().unwrap();
    assert_eq!(members.iter().map(|u| u.name.as_str()).collect::<Vec<_>>(), ["bob", "ann"]);
    let pets = members[1].pets.get().unwrap();
    assert_eq!((pets.len(), pets[0].name.as_str()), (1, "Tom"));
    assert_eq!(pets[0].owner.as_ref().unwrap().get().unwrap().unwrap().name, "ann");
    assert!(members[0].pets.get().unwrap().is_empty());
}

#[tokio::test]
async fn populates_nest_through_single_records() {
    let orm = orm().await;
    families(&orm).await;
    let pets =
        Pet::find(&orm).populate(Pet::OWNER.populate(User::TEAMS.sort(Team::TITLE.asc()))).await.unwrap();
    let teams = |pet: &Pet| {
        let owner = pet.owner.as_ref().unwrap().get().unwrap().unwrap();
        owner.teams.get().unwrap().iter().map(|t| t.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (teams(&pets[0]), teams(&pets[2])),
        (vec!["red".to_string()], vec!["blue".into(), "red".into()])
    );
    assert!(pets[3].owner.is_none());
}

#[tokio::test]
async fn populate_all_shows_every_association_and_keeps_what_was_asked_for() {
    let orm = orm().await;
    families(&orm).await;
    let user = User::find_one(&orm, 1).populate_all().await.unwrap().unwrap();
    assert_eq!(user.pets.get().unwrap().len(), 2);
    assert!(user.teams.is_populated() && user.friends.is_populated());
    let users = User::find(&orm).populate(User::PETS.limit(1)).populate_all().await.unwrap();
    assert_eq!(users[0].pets.get().unwrap().len(), 1);
}

#[tokio::test]
async fn omit_and_sub_selects_give_data() {
    let orm = orm().await;
    families(&orm).await;
    let data: Vec<Record> = User::find(&orm).omit((User::BIO, User::SECRET)).limit(1).await.unwrap();
    assert!(data[0].contains_key("name") && !data[0].contains_key("bio") && !data[0].contains_key("secret"));
    let one = User::find_one(&orm, 2).omit((User::BIO,)).await.unwrap().unwrap();
    assert_eq!((one["name"].as_str(), one.get("bio")), (Some("bob"), None));
    let shown = User::find(&orm).populate(User::PETS.select((Pet::NAME,))).records().await.unwrap();
    assert_eq!(shown[0]["pets"][0], json!({ "id": 1, "name": "Rex", "owner": 1 }));
    let shown = User::find(&orm).populate(User::PETS.omit((Pet::NAME,))).records().await.unwrap();
    assert!(shown[0]["pets"][0].get("name").is_none());
    for query in [
        User::find(&orm).populate(User::PETS.select((Pet::NAME,))),
        User::find(&orm).populate(User::BOSS.populate(User::PETS.omit((Pet::NAME,)))),
    ] {
        let e = query.await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_POPULATES");
        assert!(e.to_string().contains("add `.records()`"), "{e}");
    }
}

#[tokio::test]
async fn not_leaves_unknown_what_null_makes_unknown() {
    let orm = orm().await;
    seed(
        &orm,
        "user",
        [json!({ "name": "ann", "score": 1 }), json!({ "name": "bob", "score": 5 }), json!({ "name": "cy" })],
    )
    .await;
    let names = async |which: topsail_orm::Expr<User>| {
        User::find(&orm).where_(which).await.unwrap().into_iter().map(|u| u.name).collect::<Vec<_>>()
    };
    assert_eq!(names(User::SCORE.gt(3.0).not()).await, ["ann"]);
    assert_eq!(names(!User::SCORE.gt(3.0).and(User::NAME.eq("bob"))).await, ["ann", "cy"]);
    assert_eq!(names(User::SCORE.is_null().not()).await, ["ann", "bob"]);
    assert_eq!(names(User::NAME.contains("n").not()).await, ["bob", "cy"]);
    assert_eq!(names(User::NAME.in_(["ann", "cy"]).not()).await, ["bob"]);
    assert_eq!(names(User::NAME.starts_with("a").or(User::NAME.eq("cy")).not()).await, ["bob"]);
}

#[tokio::test]
async fn least_and_greatest_values() {
    let orm = orm().await;
    assert_eq!(Pet::min(&orm, Pet::AGE, Where::All).await.unwrap(), None);
    families(&orm).await;
    assert_eq!(Pet::min(&orm, Pet::AGE, Where::All).await.unwrap(), Some(1));
    assert_eq!(Pet::max(&orm, Pet::AGE, Pet::OWNER.eq(1)).await.unwrap(), Some(9));
    assert_eq!(Pet::max(&orm, Pet::NAME, Where::All).await.unwrap().as_deref(), Some("Tom"));
    assert_eq!(User::max(&orm, User::SCORE, Where::All).await.unwrap(), None, "null does not count");
    assert_eq!(Pet::max(&orm, Pet::AGE, Where::Nothing).await.unwrap(), None);
    let cx = Context::system(&orm);
    for attr in ["active", "meta", "boss", "pets", "nosuch"] {
        let e = engine::min(&cx, orm.model("user").unwrap(), attr, Where::All).await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_NUMERIC_ATTR_NAME", "{attr}");
    }
}

#[tokio::test]
async fn a_page_comes_with_the_number_of_all() {
    let orm = orm().await;
    seed(&orm, "pet", (0..25).map(|i| json!({ "name": format!("p{i}"), "age": i % 5 }))).await;
    let page = Pet::find(&orm).where_(Pet::AGE.ne(0)).paginate(1, 8).with_total().await.unwrap();
    assert_eq!((page.records.len(), page.records[0].name.as_str(), page.total), (8, "p11", 20));
    let names = Pet::find(&orm).select((Pet::NAME,)).limit(1).with_total().await.unwrap();
    assert_eq!((names.records, names.total), (vec![("p0".to_string(),)], 25));
    let owners = Pet::find(&orm).populate(Pet::OWNER).limit(2).records().with_total().await.unwrap();
    assert_eq!((owners.records[0]["owner"].clone(), owners.total), (Value::Null, 25));
    for (page, size, shown, statements_needed) in
        [(0, 30, 25, 1), (2, 10, 5, 1), (3, 10, 0, 2), (0, 10, 10, 2), (0, 25, 25, 2), (0, 0, 0, 1)]
    {
        let mut found = None;
        let asked = statements(&orm, async || {
            found = Some(Pet::find(&orm).paginate(page, size).with_total().await.unwrap())
        })
        .await;
        let found = found.unwrap();
        assert_eq!((found.records.len(), found.total), (shown, 25), "page {page} of {size}");
        assert_eq!(asked, statements_needed, "page {page} of {size}: a last page tells the number itself");
    }
    let none = Pet::find(&orm).where_(Where::Nothing).with_total().await.unwrap();
    assert_eq!((none.records.len(), none.total), (0, 0));
    let inside = orm
        .transaction(async |tx| {
            Pet::create(tx).set(Pet::NAME, "new").await?;
            Pet::find(tx).limit(1).with_total().await
        })
        .await
        .unwrap();
    assert_eq!(inside.total, 26, "in a transaction it is the transaction's state");
}

#[tokio::test]
async fn mo_122_pages_count_from_zero() {
    let orm = orm().await;
    seed(&orm, "pet", (1..=5).map(|i| json!({ "name": format!("p{i}") }))).await;
    let ids = async |page, size| {
        Pet::find(&orm).paginate(page, size).await.unwrap().into_iter().map(|p| p.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(1, 2).await, [3, 4]);
    assert_eq!(ids(0, 2).await, [1, 2]);
    assert_eq!(ids(9, 2).await, [0; 0]);
    assert_eq!(ids(u64::MAX, 2).await, [0; 0]);
}

#[tokio::test]
async fn typed_and_wire_queries_are_equal_as_a_whole() {
    let orm = orm().await;
    let def = orm.model("user").unwrap();
    let typed = User::find(&orm)
        .where_(User::AGE.ge(18).and(User::SCORE.eq(3.0)))
        .sort([User::NAME.asc(), User::AGE.desc()])
        .paginate(2, 10)
        .populate(
            User::PETS.where_(Pet::AGE.gt(1)).sort(Pet::NAME.desc()).paginate(0, 3).populate(Pet::OWNER),
        )
        .populate(User::BOSS);
    let wire = json!({
        "where": { "age": { ">=": "18" }, "score": 3 },
        "sort": ["name", "age DESC"],
        "limit": 10,
        "skip": 20,
        "populate": {
            "pets": { "where": { "age": { ">": 1 } }, "sort": "name DESC", "limit": 3, "skip": 0,
                      "populate": ["owner"] },
            "boss": true,
        },
    });
    let wire = Criteria::from_json(&orm, def, &wire, &Limits::default()).unwrap();
    assert_eq!(*typed.criteria(), wire);
    assert_eq!(typed.criteria().canonical(), wire.canonical());
}

#[tokio::test]
async fn json_is_compared_with_null_only_in_rust_as_on_the_wire() {
    let orm = orm().await;
    families(&orm).await;
    assert_eq!(User::count(&orm, User::META.is_null()).await.unwrap(), 3);
    let e = User::count(&orm, User::META.eq(json!({ "a": 1 }))).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_CRITERIA");
}
