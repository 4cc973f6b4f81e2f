//! Indexes and keys of several attributes.

use serde_json::json;
use topsail_macros::model;
use topsail_orm::{AttrDef, Kind, Migrate, Model, ModelDef, Orm, OrmConfig};

use crate::{
    place::{Place, TestOrm, catalogue, has_index},
    support::{orm_of, seed},
};

#[model(crate = topsail_orm, unique(team, email), index(team, created_at), index(room, team, id))]
pub struct Member {
    pub team: i64,
    #[attr(column_name = "mail")]
    pub email: Option<String>,
    #[attr(index)]
    pub room: Option<i64>,
    pub name: String,
}

async fn members() -> TestOrm {
    orm_of(vec![Member::define()]).await
}

/// A definition made by hand.
fn thing() -> ModelDef {
    let mut def = ModelDef::new("Thing");
    def.attributes = vec![
        AttrDef::new("id", Kind::Int).as_primary_key(),
        AttrDef::new("a", Kind::Text),
        AttrDef::new("b", Kind::Int).allow_null(),
        AttrDef::new("c", Kind::Text),
        AttrDef::to("others", Kind::Many, "thing"),
    ];
    def
}

#[tokio::test]
async fn indexes_are_made_with_the_table() {
    let orm = members().await;
    for name in [
        "member_team_mail_unique",
        "member_team_createdAt_index",
        "member_room_team_id_index",
        "member_room_index",
    ] {
        assert!(has_index(&orm, name).await, "{name} in {:#?}", catalogue(&orm).await);
    }
}

#[tokio::test]
async fn a_clash_of_several_values_names_all_their_attributes() {
    let orm = members().await;
    let add = async |team: i64, email: Option<&str>| {
        Member::create(&orm).set(Member::TEAM, team).set(Member::EMAIL, email).await
    };
    add(1, Some("a@x.io")).await.unwrap();
    add(2, Some("a@x.io")).await.unwrap();
    let clash = add(1, Some("a@x.io")).await.unwrap_err();
    assert_eq!((clash.code(), clash.attr_names().join(", ").as_str()), ("E_UNIQUE", "team, email"));
    let clash = Member::update(&orm, Member::TEAM.eq(2)).set(Member::TEAM, 1).await.unwrap_err();
    assert_eq!(clash.attr_names(), ["team", "email"]);
    add(1, None).await.unwrap();
    add(1, None).await.unwrap();
    let nobody = json!({ "team": 1, "email": null });
    let other = json!({ "team": 3, "email": "a@x.io" });
    let stored = [nobody.clone(), other.clone(), json!({ "team": 2, "email": "a@x.io" })];
    assert_eq!(Member::create_each(&orm, stored).await.unwrap_err().clash_index(), Some(2));
    let twice = [other.clone(), nobody.clone(), nobody, other];
    assert_eq!(Member::create_each(&orm, twice).await.unwrap_err().clash_index(), Some(3));
}

#[tokio::test]
async fn upsert_takes_a_key_of_several_attributes() {
    let orm = members().await;
    for (name, created) in [("a", true), ("b", false)] {
        let (member, new) = Member::upsert(&orm, (Member::EMAIL, Member::TEAM))
            .values(json!({ "team": 1, "email": "a@x.io", "name": name }))
            .await
            .unwrap();
        assert_eq!((member.id, member.name.as_str(), new), (1, name, created));
    }
    let incomplete = Member::upsert(&orm, (Member::TEAM, Member::EMAIL)).set(Member::TEAM, 1).await;
    let e = incomplete.unwrap_err();
    assert_eq!((e.code(), e.problems()[0].attr.as_deref()), ("E_INVALID_NEW_RECORD", Some("email")));
    for unfit in [
        Member::upsert(&orm, (Member::TEAM, Member::NAME)).set(Member::TEAM, 1).await,
        Member::upsert(&orm, Member::TEAM).set(Member::TEAM, 1).await,
        Member::upsert(&orm, (Member::TEAM, Member::EMAIL, Member::NAME)).set(Member::TEAM, 1).await,
    ] {
        assert!(unfit.unwrap_err().to_string().contains("is no unique key"));
    }
}

#[tokio::test]
async fn callers_at_once_find_or_create_one_record_by_several_attributes() {
    let orm = members().await;
    let each = (0..6).map(|_| {
        let values = json!({ "team": 1, "email": "a@x.io" });
        Member::find_or_create(&orm, Member::TEAM.eq(1).and(Member::EMAIL.eq("a@x.io"))).values(values)
    });
    let all = futures_util::future::join_all(each.map(IntoFuture::into_future)).await;
    assert_eq!(all.iter().filter(|one| one.as_ref().unwrap().1).count(), 1, "{all:?}");
}

#[tokio::test]
async fn alter_makes_and_drops_indexes_of_ours_and_nobody_elses() {
    let place = Place::new().await;
    let orm = place.lift(vec![thing()], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x", "b": 1 }), json!({ "a": "x", "b": 2 })]).await;
    crate::place::sql(&orm, "CREATE INDEX by_hand ON thing (b)").await;
    orm.close().await;
    let mut def = thing().unique(["a", "b"]).index(["b", "a"]);
    def.attributes[2].index = true;
    let orm = place.lift(vec![def.clone()], Migrate::Alter).await.unwrap();
    for name in ["thing_a_b_unique", "thing_b_a_index", "thing_b_index", "by_hand"] {
        assert!(has_index(&orm, name).await, "{name}");
    }
    let before = catalogue(&orm).await;
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    assert_eq!(catalogue(&orm).await, before, "a second time changes nothing");
    orm.close().await;
    let orm = place.lift(vec![thing()], Migrate::Alter).await.unwrap();
    for name in ["thing_a_b_unique", "thing_b_a_index", "thing_b_index"] {
        assert!(!has_index(&orm, name).await, "{name}");
    }
    assert!(has_index(&orm, "by_hand").await);
    seed(&orm, "thing", [json!({ "a": "x", "b": 1 })]).await;
    orm.close().await;
    let e = place.lift(vec![def], Migrate::Alter).await.unwrap_err();
    assert_eq!(e.code(), "E_FAILED_ALTER_STRATEGY");
    assert!(e.to_string().contains("a with b should be unique"), "{e}");
}

#[tokio::test]
async fn an_attribute_that_joins_a_key_of_several_starts_with_null() {
    let place = Place::new().await;
    let without = || {
        let mut def = thing();
        def.attributes.remove(3);
        def
    };
    let orm = place.lift(vec![without()], Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x" }), json!({ "a": "x" })]).await;
    orm.close().await;
    let orm = place.lift(vec![thing().unique(["a", "c"])], Migrate::Alter).await.unwrap();
    assert!(has_index(&orm, "thing_a_c_unique").await);
}

type Change = fn(ModelDef) -> ModelDef;

#[tokio::test]
async fn indexes_that_contradict_the_model_stop_the_lift() {
    let refusal = async |change: Change| {
        let orm = Orm::connect(OrmConfig::sqlite("sqlite::memory:"), vec![change(thing())]).await;
        orm.map(drop).unwrap_err().to_string()
    };
    let cases: [(Change, &str); 10] = [
        (
            |d| d.unique(["a", "bb"]),
            "`unique(a, bb)` names `bb`, which is not an attribute (did you mean `b`?)",
        ),
        (|d| d.index(["a", "others"]), "a collection has no column"),
        (|d| d.index(["a"]), "takes 2 to 16"),
        (|d| d.index(["a", "b", "a"]), "names it twice"),
        (|d| d.index(["a", "b"]).index(["a", "b"]), "`index(a, b)` exists twice"),
        (
            |mut d| {
                d.attributes[1].index = true;
                d.attributes[1].unique = true;
                d
            },
            "`index` adds nothing",
        ),
        (
            |mut d| {
                d.attributes[0].index = true;
                d
            },
            "the primary key have an index already",
        ),
        (
            |mut d| {
                d.attributes[4].index = true;
                d
            },
            "a collection has no column",
        ),
        (
            |mut d| {
                d.attributes.push(AttrDef::new("j", Kind::Json).index());
                d
            },
            "a JSON value cannot be in an index",
        ),
        (
            |mut d| {
                d.attributes.push(AttrDef::new("s", Kind::Text).encrypt());
                d.unique(["a", "s"])
            },
            "each ciphertext is another one",
        ),
    ];
    for (change, says) in cases {
        let said = refusal(change).await;
        assert!(said.contains(says), "{says}: {said}");
    }
    let mut other = ModelDef::new("Other");
    other.table = "thing_a".into();
    other.attributes =
        vec![AttrDef::new("id", Kind::Int).as_primary_key(), AttrDef::new("b", Kind::Text).index()];
    let defs = vec![thing().index(["a", "b"]), other];
    let e = Orm::connect(OrmConfig::sqlite("sqlite::memory:"), defs).await.unwrap_err();
    assert!(e.to_string().contains("would be named `thing_a_b_index` like another one"), "{e}");
}

#[tokio::test]
async fn long_names_of_indexes_are_shortened() {
    let long = |n: u8| format!("{}{n}", "attribute".repeat(4));
    let mut def = ModelDef::new("Thing").unique([long(1), long(2)]).index([long(2), long(1)]);
    def.attributes = vec![AttrDef::new("id", Kind::Int).as_primary_key()];
    def.attributes.extend([1, 2].map(|n| AttrDef::new(&long(n), Kind::Int)));
    let orm = orm_of(vec![def]).await;
    seed(&orm, "thing", [json!({ long(1): 1, long(2): 2 })]).await;
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    let cx = topsail_orm::Context::system(&orm);
    let twin = crate::support::record(json!({ long(1): 1, long(2): 2 }));
    let e = topsail_orm::engine::create(&cx, orm.model("thing").unwrap(), twin).await.unwrap_err();
    assert_eq!(e.attr_names(), [long(1), long(2)]);
}
