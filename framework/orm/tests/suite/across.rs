//! Conditions on associated records.

use serde_json::{Value, json};
use topsail_orm::{Context, Criteria, Limits, Model, Where, engine};

use crate::support::{Badge, Pet, Profile, Tag, Team, User, orm, seed};

fn open() -> Limits {
    Limits { association_filters: true, ..Limits::default() }
}

async fn families(orm: &topsail_orm::Orm) {
    seed(
        orm,
        "user",
        [json!({ "name": "ann" }), json!({ "name": "bob", "boss": 1 }), json!({ "name": "cy", "boss": 2 })],
    )
    .await;
    seed(
        orm,
        "pet",
        [
            json!({ "name": "Rex", "age": 3, "owner": 1 }),
            json!({ "name": "Tom", "age": 9, "owner": 1 }),
            json!({ "name": "Kit", "age": 1, "owner": 2 }),
            json!({ "name": "stray", "age": 5 }),
            json!({ "name": "lost", "age": 5, "owner": 99 }),
        ],
    )
    .await;
    seed(
        orm,
        "team",
        [json!({ "title": "red", "members": [1, 2] }), json!({ "title": "blue", "members": [2] })],
    )
    .await;
}

/// What clients write, as records.
async fn asked(orm: &topsail_orm::Orm, model: &str, where_: Value) -> Vec<Value> {
    let def = orm.model(model).unwrap();
    let tree = Where::from_json(orm, def, &where_, &open()).unwrap();
    let found = engine::find(&Context::system(orm), def, Criteria::new(tree)).await.unwrap();
    found.iter().map(|r| r["id"].clone()).collect()
}

#[tokio::test]
async fn any_and_none_look_at_the_members_of_a_collection() {
    let orm = orm().await;
    families(&orm).await;
    let names = async |which: topsail_orm::Expr<User>| {
        User::find(&orm).where_(which).await.unwrap().into_iter().map(|u| u.name).collect::<Vec<_>>()
    };
    assert_eq!(names(User::PETS.any(Pet::AGE.gt(3))).await, ["ann"]);
    assert_eq!(names(User::PETS.none(Pet::AGE.gt(3))).await, ["bob", "cy"], "also who has none at all");
    assert_eq!(names(User::PETS.any(Where::All)).await, ["ann", "bob"]);
    assert_eq!(names(User::PETS.none(Where::All)).await, ["cy"]);
    assert_eq!(names(User::PETS.any(Where::Nothing)).await, [""; 0]);
    assert_eq!(names(User::TEAMS.any(Team::TITLE.eq("blue"))).await, ["bob"]);
    assert_eq!(names(User::TEAMS.none(Team::TITLE.eq("blue"))).await, ["ann", "cy"]);
    assert_eq!(names(User::PETS.any([1, 3]).and(User::NAME.ne("ann"))).await, ["bob"]);
    assert_eq!(
        names(User::PETS.any(Pet::NAME.eq("Rex").and(Pet::AGE.eq(9)))).await,
        [""; 0],
        "one and the same pet"
    );
    assert_eq!(names(User::PETS.any(Pet::NAME.eq("Rex")).and(User::PETS.any(Pet::AGE.eq(9)))).await, ["ann"]);
    User::add_to_collection(&orm, 3, User::FRIENDS, [1]).await.unwrap();
    assert_eq!(names(User::FRIENDS.any(User::NAME.eq("ann"))).await, ["cy"], "of one side");
}

#[tokio::test]
async fn is_looks_at_the_record_of_a_key() {
    let orm = orm().await;
    families(&orm).await;
    let names = async |which: topsail_orm::Expr<Pet>| {
        Pet::find(&orm).where_(which).await.unwrap().into_iter().map(|p| p.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Pet::OWNER.is(User::NAME.eq("ann"))).await, ["Rex", "Tom"]);
    assert_eq!(names(Pet::OWNER.is(User::NAME.eq("ann")).not()).await, ["Kit", "stray", "lost"]);
    assert_eq!(
        names(Pet::OWNER.is(Where::All).not()).await,
        ["stray", "lost"],
        "no key, or one that dangles"
    );
    assert_eq!(names(!Pet::OWNER.is(Where::All)).await, ["stray", "lost"]);
}

#[tokio::test]
async fn conditions_lead_over_several_associations_and_back() {
    let orm = orm().await;
    families(&orm).await;
    let pets = Pet::find(&orm).where_(Pet::OWNER.is(User::TEAMS.any(Team::TITLE.eq("blue")))).await.unwrap();
    assert_eq!(pets.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["Kit"]);
    let users = User::find(&orm).where_(User::BOSS.is(User::BOSS.is(User::NAME.eq("ann")))).await.unwrap();
    assert_eq!(users[0].name, "cy", "one table, three times");
    assert_eq!(users.len(), 1);
    let bosses = User::BOSS.is(User::PETS.none(Pet::AGE.lt(3)));
    assert_eq!(User::count(&orm, bosses).await.unwrap(), 1);
    seed(&orm, "badge", [json!({ "label": "x", "team": 2 })]).await;
    assert_eq!(User::count(&orm, User::TEAMS.any(Team::BADGES.any(Badge::LABEL.eq("x")))).await.unwrap(), 1);
    Profile::create(&orm).set(Profile::USER, 3).await.unwrap();
    assert_eq!(
        Profile::count(&orm, Profile::USER.is(User::NAME.eq("cy"))).await.unwrap(),
        1,
        "a plain `One`"
    );
    Tag::create(&orm).set(Tag::SLUG, "root").set(Tag::LABEL, "r").await.unwrap();
    Tag::create(&orm).set(Tag::SLUG, "leaf").set(Tag::PARENT, "root").await.unwrap();
    assert_eq!(Tag::find(&orm).where_(Tag::PARENT.is(Tag::LABEL.eq("r"))).await.unwrap()[0].slug, "leaf");
    assert_eq!(Tag::find(&orm).where_(Tag::CHILDREN.any("leaf")).await.unwrap()[0].slug, "root");
}

#[tokio::test]
async fn they_work_wherever_records_are_picked() {
    let orm = orm().await;
    families(&orm).await;
    assert_eq!(User::sum(&orm, User::AGE, User::PETS.any(Where::All)).await.unwrap(), 0.0);
    let changed = User::update(&orm, User::PETS.any(Pet::AGE.gt(3))).set(User::AGE, 50).await.unwrap();
    assert_eq!(changed.iter().map(|u| u.name.as_str()).collect::<Vec<_>>(), ["ann"]);
    let one = User::find_one(&orm, User::TEAMS.any(Team::TITLE.eq("blue"))).await.unwrap().unwrap();
    assert_eq!(one.name, "bob");
    let users = User::find(&orm)
        .populate(User::PETS.where_(Pet::OWNER.is(User::AGE.gt(10))).limit(1))
        .sort(User::ID.asc())
        .await
        .unwrap();
    assert_eq!(
        users[0].pets.get().unwrap()[0].name,
        "Rex",
        "in sub-criteria, which have a table of their own"
    );
    assert!(users[1].pets.get().unwrap().is_empty());
    let gone = Pet::destroy(&orm, Pet::OWNER.is(User::TEAMS.any(Where::All))).await.unwrap();
    assert_eq!(gone.len(), 3);
    assert_eq!(User::destroy(&orm, User::BOSS.is(User::NAME.eq("ann"))).await.unwrap()[0].name, "bob");
}

#[tokio::test]
async fn clients_write_the_operator_below_the_association() {
    let orm = orm().await;
    families(&orm).await;
    for (model, where_, ids) in [
        ("user", json!({ "pets": { "any": { "age": { ">": 3 } } } }), json!([1])),
        ("user", json!({ "pets": { "none": {} } }), json!([3])),
        ("user", json!({ "pets": { "any": {}, "none": { "name": "Kit" } } }), json!([1])),
        (
            "user",
            json!({ "or": [{ "pets": { "none": {} } }, { "teams": { "any": { "title": "blue" } } }] }),
            json!([2, 3]),
        ),
        ("pet", json!({ "owner": { "is": { "name": "ann" } } }), json!([1, 2])),
        ("pet", json!({ "owner": { "is": { "teams": { "any": { "title": "blue" } } } } }), json!([3])),
        ("pet", json!({ "owner": { "is": {}, "!=": "1" } }), json!([3])),
        ("pet", json!({ "owner": 1 }), json!([1, 2])),
    ] {
        assert_eq!(json!(asked(&orm, model, where_.clone()).await), ids, "{where_}");
    }
}

#[tokio::test]
async fn what_clients_cannot_ask_across_is_refused() {
    let orm = orm().await;
    let refused = |model: &str, where_: Value, limits: &Limits| {
        let e = Where::from_json(&orm, orm.model(model).unwrap(), &where_, limits).unwrap_err();
        assert_eq!(e.code(), "E_INVALID_CRITERIA", "{where_}");
        e.to_string()
    };
    for (model, where_) in [
        ("user", json!({ "pets": { "any": { "age": 3 } } })),
        ("user", json!({ "pets": { "none": {} } })),
        ("pet", json!({ "owner": { "is": { "name": "ann" } } })),
    ] {
        refused(model, where_, &Limits::default());
    }
    for (model, where_) in [
        ("user", json!({ "pets": 1 })),
        ("user", json!({ "pets": {} })),
        ("user", json!({ "pets": [1] })),
        ("user", json!({ "pets": null })),
        ("user", json!({ "pets": { "is": { "age": 3 } } })),
        ("user", json!({ "pets": { "every": { "age": 3 } } })),
        ("user", json!({ "pets": { "any": 1 } })),
        ("user", json!({ "pets": { "any": [{ "age": 3 }] } })),
        ("user", json!({ "pets": { "any": { "nosuch": 3 } } })),
        ("user", json!({ "pets": { "any": { "age": "abc" } } })),
        ("user", json!({ "pets.age": 3 })),
        ("user", json!({ "name": { "any": { "age": 3 } } })),
        ("user", json!({ "name": { "is": { "age": 3 } } })),
        ("user", json!({ "boss": { "any": { "age": 3 } } })),
        ("user", json!({ "boss": { "is": 3 } })),
    ] {
        refused(model, where_, &open());
    }
    let deep =
        json!({ "boss": { "is": { "boss": { "is": { "boss": { "is": { "boss": { "is": {} } } } } } } } });
    assert!(refused("user", deep, &open()).contains("more than 3 associations"));
    let costly = json!({ "or": vec![json!({ "pets": { "any": { "age": 3 } } }); 16] });
    assert!(
        refused("user", costly, &open()).contains("more than 200 conditions"),
        "each costs ten and its own"
    );
}

#[tokio::test]
async fn a5_protected_attributes_are_unknown_across_associations_too() {
    let orm = orm().await;
    let pet = orm.model("pet").unwrap();
    let error = |attr: &str| {
        let where_ = json!({ "owner": { "is": { attr: { "startsWith": "a" } } } });
        Where::from_json(&orm, pet, &where_, &open()).unwrap_err().to_string().replace(attr, "X")
    };
    assert_eq!(error("secret"), error("secrex"));
    assert!(Where::from_json(&orm, pet, &json!({ "owner": { "is": { "name": "a" } } }), &open()).is_ok());
}

#[tokio::test]
async fn typed_and_wire_conditions_across_associations_give_equal_trees() {
    let orm = orm().await;
    let wire = |v: Value| Where::from_json(&orm, orm.model("user").unwrap(), &v, &open()).unwrap();
    for (typed, json) in [
        (User::PETS.any(Pet::AGE.gt(3)), json!({ "pets": { "any": { "age": { ">": "3" } } } })),
        (User::PETS.none(Pet::AGE.gt(3)), json!({ "pets": { "none": { "age": { ">": 3 } } } })),
        (User::BOSS.is(User::TEAMS.any(Where::All)), json!({ "boss": { "is": { "teams": { "any": {} } } } })),
        (User::TEAMS.any(Team::MEMBERS.any(Where::Nothing)), json!({ "or": [] })),
    ] {
        assert_eq!(*typed.tree(), wire(json.clone()), "{json}");
        assert_eq!(typed.tree().canonical(), wire(json).canonical());
    }
}

#[tokio::test]
async fn a2_eval_answers_across_associations_that_the_record_carries() {
    let orm = orm().await;
    families(&orm).await;
    let def = orm.model("user").unwrap();
    let cx = Context::system(&orm);
    let whole = json!({ "populate": { "boss": true, "teams": true, "pets": { "populate": ["owner"] } } });
    let whole = Criteria::from_json(&orm, def, &whole, &Limits::default()).unwrap();
    let carried = engine::find(&cx, def, whole).await.unwrap();
    let trees = [
        User::PETS.any(Pet::AGE.gt(3)),
        User::PETS.none(Pet::AGE.gt(3)),
        User::PETS.any(Pet::OWNER.is(User::NAME.eq("ann"))),
        User::PETS.none(Pet::OWNER.is(User::NAME.eq("ann"))),
        User::BOSS.is(User::EMAIL.eq("x")).not(),
        User::BOSS.is(User::NAME.ne("ann")).or(User::TEAMS.any(Team::TITLE.contains("u"))),
        User::TEAMS.any(Where::All).not().or(User::NAME.contains("n").not()),
    ];
    for tree in trees {
        assert!(!tree.tree().is_local());
        let by_eval: Vec<_> =
            carried.iter().filter(|r| tree.tree().eval(r) == Some(true)).map(|r| r["id"].clone()).collect();
        let by_sql = engine::find(&cx, def, Criteria::new(tree.tree().clone())).await.unwrap();
        let by_sql: Vec<_> = by_sql.iter().map(|r| r["id"].clone()).collect();
        assert_eq!(by_sql, by_eval, "{:?}", tree.tree());
    }
    let bare = engine::find(&cx, def, Criteria::default()).await.unwrap();
    assert_eq!(
        User::PETS.any(Where::All).tree().eval(&bare[0]),
        None,
        "nothing is known of what is not there"
    );
    assert_eq!(User::PETS.any(Pet::OWNER.is(Where::All)).tree().eval(&carried[0]), Some(true));
    assert!(User::NAME.contains("a").not().and(User::AGE.gt(3)).tree().is_local());
}

#[tokio::test]
async fn an_association_is_needed() {
    let orm = orm().await;
    let cx = Context::system(&orm);
    for name in ["name", "nosuch"] {
        let e =
            engine::count(&cx, orm.model("user").unwrap(), Where::any(name, Where::All)).await.unwrap_err();
        assert_eq!(e.code(), "E_INVALID_CRITERIA");
        assert!(e.to_string().contains("is not an association"), "{e}");
    }
}
