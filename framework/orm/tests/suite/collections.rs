//! Editing collections.

use serde_json::{Value, json};
use topsail_orm::{
    Change, Context, Executor, Model, OrmError, Where,
    engine::{self, Keyed},
};

use crate::{
    place::somebody_waits,
    support::{Pet, Team, User, find, orm, record, seed, values},
};

async fn people(orm: &topsail_orm::Orm) {
    seed(orm, "user", ["a", "b"].map(|n| json!({ "name": n }))).await;
    seed(orm, "pet", ["p", "q", "r"].map(|n| json!({ "name": n }))).await;
    seed(orm, "team", ["x", "y"].map(|n| json!({ "title": n }))).await;
}

enum Edit {
    Add,
    Remove,
    Replace,
}

async fn edit(
    orm: &topsail_orm::Orm,
    how: Edit,
    (model, attr): (&str, &str),
    parents: &[Value],
    children: &[Value],
) -> Result<Vec<Change>, OrmError> {
    let (cx, def) = (Context::system(orm), orm.model(model).unwrap());
    let edited = match how {
        Edit::Add => engine::add_to_collection(&cx, def, parents, attr, children).await,
        Edit::Remove => engine::remove_from_collection(&cx, def, parents, attr, children).await,
        Edit::Replace => engine::replace_collection(&cx, def, parents, attr, children).await,
    };
    edited.map(|edited| edited.changes)
}

fn told(changes: &[Change]) -> Vec<String> {
    let one = |c: &Change| {
        let via = c.via.as_ref().unwrap();
        format!("{:?} {}/{}.{} {}", c.verb, c.model.identity, c.pk, via.attr, via.other_pk)
    };
    changes.iter().map(one).collect()
}

const PETS: (&str, &str) = ("user", "pets");
const MEMBERS: (&str, &str) = ("team", "members");

#[tokio::test]
async fn mo_131_a_child_has_one_parent() {
    let orm = orm().await;
    people(&orm).await;
    let first = edit(&orm, Edit::Add, PETS, &[json!(1)], &[json!("1"), json!(2), json!(99)]).await.unwrap();
    assert_eq!(
        told(&first),
        ["Link user/1.pets 1", "Update pet/1.owner 1", "Link user/1.pets 2", "Update pet/2.owner 1"]
    );
    let moved = edit(&orm, Edit::Add, PETS, &[json!(2)], &[json!(1)]).await.unwrap();
    assert_eq!(told(&moved), ["Link user/2.pets 1", "Update pet/1.owner 2", "Unlink user/1.pets 1"]);
    let update = &moved[1];
    assert_eq!(update.before.as_ref().unwrap()["owner"], 1);
    assert_eq!(update.after.as_ref().unwrap()["owner"], 2);
    assert!(edit(&orm, Edit::Add, PETS, &[json!(2)], &[json!(1)]).await.unwrap().is_empty());
    assert_eq!(json!(values(&orm, "pet", "owner", json!({})).await), json!([2, 1, null]));
}

#[tokio::test]
async fn mo_135_136_replace_and_remove_on_one_to_many() {
    let orm = orm().await;
    people(&orm).await;
    let owners = async || json!(values(&orm, "pet", "owner", json!({})).await);
    edit(&orm, Edit::Replace, PETS, &[json!(1)], &[json!(1), json!(2)]).await.unwrap();
    assert_eq!(owners().await, json!([1, 1, null]));
    let changes =
        edit(&orm, Edit::Replace, PETS, &[json!(1)], &[json!(2), json!(3), json!(3)]).await.unwrap();
    assert_eq!(
        told(&changes),
        ["Unlink user/1.pets 1", "Update pet/1.owner 1", "Link user/1.pets 3", "Update pet/3.owner 1"]
    );
    assert_eq!(owners().await, json!([null, 1, 1]));
    assert!(edit(&orm, Edit::Remove, PETS, &[json!(1)], &[json!(1)]).await.unwrap().is_empty(), "mo_136");
    assert!(edit(&orm, Edit::Remove, PETS, &[json!(2)], &[json!(2)]).await.unwrap().is_empty());
    assert_eq!(edit(&orm, Edit::Remove, PETS, &[json!(1)], &[json!(2)]).await.unwrap().len(), 2);
    edit(&orm, Edit::Replace, PETS, &[json!(1)], &[]).await.unwrap();
    assert_eq!(owners().await, json!([null, null, null]));
}

#[tokio::test]
async fn mo_132_mdev_06_a_link_is_idempotent() {
    let orm = orm().await;
    people(&orm).await;
    let first = edit(&orm, Edit::Add, MEMBERS, &[json!(1)], &[json!(1), json!(2), json!(77)]).await.unwrap();
    assert_eq!(told(&first), ["Link team/1.members 1", "Link team/1.members 2"]);
    assert_eq!(first[0].via.as_ref().unwrap().inverse.as_deref(), Some("teams"));
    assert!(edit(&orm, Edit::Add, MEMBERS, &[json!(1)], &[json!(1)]).await.unwrap().is_empty());
    // The same link from the other side.
    assert!(edit(&orm, Edit::Add, ("user", "teams"), &[json!(1)], &[json!(1)]).await.unwrap().is_empty());
    let several = edit(&orm, Edit::Add, ("user", "teams"), &[json!(1), json!(2)], &[json!(2)]).await.unwrap();
    assert_eq!(told(&several), ["Link user/1.teams 2", "Link user/2.teams 2"]);
    let replaced = edit(&orm, Edit::Replace, MEMBERS, &[json!(1)], &[json!(2)]).await.unwrap();
    assert_eq!(told(&replaced), ["Unlink team/1.members 1"]);
    assert_eq!(edit(&orm, Edit::Remove, MEMBERS, &[json!(1)], &[json!(1), json!(2)]).await.unwrap().len(), 1);
    let teams = find(&orm, "team", json!({ "populate": ["members"] })).await.unwrap();
    assert_eq!(teams[0]["members"], json!([]));
    assert_eq!(teams[1]["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn mo_138_one_sided_collections_have_no_inverse() {
    let orm = orm().await;
    people(&orm).await;
    let friends = ("user", "friends");
    let linked = edit(&orm, Edit::Add, friends, &[json!(1)], &[json!(2), json!(1)]).await.unwrap();
    assert_eq!(linked.len(), 2);
    assert_eq!(linked[0].via.as_ref().unwrap().inverse, None);
    let users = find(&orm, "user", json!({ "populate": ["friends"] })).await.unwrap();
    assert_eq!(users[0]["friends"].as_array().unwrap().len(), 2);
    assert_eq!(users[1]["friends"], json!([]));
}

#[tokio::test]
async fn mo_133_134_what_cannot_be_edited_is_refused() {
    let orm = orm().await;
    people(&orm).await;
    for (edit_of, parents, children, code) in [
        (PETS, vec![json!(1), json!(2)], vec![json!(1)], "E_INVALID_TARGET_RECORD_IDS"),
        (PETS, vec![json!("x")], vec![json!(1)], "E_INVALID_TARGET_RECORD_IDS"),
        (PETS, vec![json!(1)], vec![json!("x")], "E_INVALID_ASSOCIATED_IDS"),
        (PETS, vec![json!(1)], vec![json!(null)], "E_INVALID_ASSOCIATED_IDS"),
        (PETS, vec![json!(1)], vec![json!({ "id": 1 })], "E_INVALID_ASSOCIATED_IDS"),
        (("user", "name"), vec![json!(1)], vec![json!(1)], "E_INVALID_COLLECTION_ATTR_NAME"),
        (("user", "boss"), vec![json!(1)], vec![json!(1)], "E_INVALID_COLLECTION_ATTR_NAME"),
        (("user", "nosuch"), vec![json!(1)], vec![json!(1)], "E_INVALID_COLLECTION_ATTR_NAME"),
    ] {
        let e = edit(&orm, Edit::Add, edit_of, &parents, &children).await.unwrap_err();
        assert_eq!(e.code(), code, "{edit_of:?} {parents:?} {children:?}");
    }
    assert!(edit(&orm, Edit::Add, PETS, &[], &[json!(1)]).await.unwrap().is_empty());
    assert!(edit(&orm, Edit::Add, PETS, &[json!(1)], &[]).await.unwrap().is_empty());
    assert!(edit(&orm, Edit::Add, PETS, &[json!(99)], &[json!(1)]).await.unwrap().is_empty(), "mdev_10");
}

#[tokio::test]
async fn a_required_parent_cannot_be_taken_away() {
    let orm = orm().await;
    people(&orm).await;
    seed(&orm, "badge", [json!({ "team": 1 }), json!({ "team": 1 })]).await;
    let badges = ("team", "badges");
    let e = edit(&orm, Edit::Remove, badges, &[json!(1)], &[json!(1)]).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_VALUES_TO_SET");
    let e = edit(&orm, Edit::Replace, badges, &[json!(1)], &[json!(1)]).await.unwrap_err();
    assert_eq!(e.code(), "E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK");
    edit(&orm, Edit::Add, badges, &[json!(2)], &[json!(1)]).await.unwrap();
    assert_eq!(values(&orm, "badge", "team", json!({})).await, [2, 1]);
}

#[tokio::test]
async fn collections_can_be_given_in_create_and_update() {
    let orm = orm().await;
    people(&orm).await;
    seed(&orm, "user", [json!({ "name": "c", "pets": ["1", 2, 99], "teams": 1 })]).await;
    let user = async || {
        let mut user =
            find(&orm, "user", json!({ "where": { "id": 3 }, "populate": ["pets", "teams"] })).await.unwrap();
        let mut user = user.remove(0);
        ["pets", "teams"].map(|a| {
            user.remove(a).unwrap().as_array().unwrap().iter().map(|c| c["id"].clone()).collect::<Vec<_>>()
        })
    };
    assert_eq!(user().await, [vec![json!(1), json!(2)], vec![json!(1)]]);
    let def = orm.model("user").unwrap();
    let cx = Context::system(&orm);
    let set = |v: Value| engine::update(&cx, def, Where::eq("id", 3), record(v));
    set(json!({ "pets": [2, 3], "teams": [] })).await.unwrap();
    assert_eq!(user().await, [vec![json!(2), json!(3)], vec![]]);
    set(json!({ "age": 5 })).await.unwrap();
    assert_eq!(user().await[0].len(), 2);
    let e = engine::update(&cx, def, Where::All, record(json!({ "age": 1, "pets": [1] }))).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_TARGET_RECORD_IDS");
    assert_eq!(values(&orm, "user", "age", json!({})).await, [0, 0, 5], "nothing was written");
}

/// The keys of the members, as they are populated.
async fn members(orm: &topsail_orm::Orm, (model, attr): (&str, &str), parent: i64) -> Value {
    let found = find(orm, model, json!({ "where": { "id": parent }, "populate": [attr] })).await.unwrap();
    found[0][attr].as_array().unwrap().iter().map(|member| member["id"].clone()).collect()
}

#[tokio::test]
async fn of_two_that_replace_the_members_at_once_the_last_decides() {
    let orm = orm().await;
    people(&orm).await;
    for of in [PETS, MEMBERS] {
        edit(&orm, Edit::Replace, of, &[json!(1)], &[]).await.unwrap();
        let tx = orm.begin().await.unwrap();
        let def = orm.model(of.0).unwrap();
        engine::replace_collection(&tx.context(), def, &[json!(1)], of.1, &[json!(1)]).await.unwrap();
        let commits = async {
            somebody_waits(&orm).await;
            tx.commit().await.unwrap();
        };
        let both = [json!(1), json!(9)];
        let (changes, ()) = tokio::join!(edit(&orm, Edit::Replace, of, &both, &[]), commits);
        assert_eq!(changes.unwrap()[0].pk, json!(1), "{of:?}");
        assert_eq!(members(&orm, of, 1).await, json!([]), "{of:?}");
    }
    let tx = orm.begin().await.unwrap();
    Team::update_one(&tx, 1).set(Team::MEMBERS, [1]).await.unwrap();
    let commits = async {
        somebody_waits(&orm).await;
        tx.commit().await.unwrap();
    };
    let update = Team::update_one(&orm, 1).set(Team::MEMBERS, [2]).into_future();
    let (changed, ()) = tokio::join!(update, commits);
    changed.unwrap();
    assert_eq!(members(&orm, MEMBERS, 1).await, json!([2]));
}

#[tokio::test]
async fn w9_who_links_what_another_is_linking_changes_nothing() {
    let orm = orm().await;
    people(&orm).await;
    for of in [PETS, MEMBERS] {
        let tx = orm.begin().await.unwrap();
        let (cx, def) = (tx.context(), orm.model(of.0).unwrap());
        engine::add_to_collection(&cx, def, &[json!(1)], of.1, &[json!(1)]).await.unwrap();
        let commits = async {
            somebody_waits(&orm).await;
            tx.commit().await.unwrap();
        };
        let one = [json!(1)];
        let (changes, ()) = tokio::join!(edit(&orm, Edit::Add, of, &one, &one), commits);
        assert!(changes.unwrap().is_empty(), "{of:?}");
        assert_eq!(members(&orm, of, 1).await, json!([1]), "{of:?}");
    }
}

#[tokio::test]
async fn a4_an_edit_is_narrowed_by_what_its_records_are_when_it_has_locked_them() {
    let orm = orm().await;
    people(&orm).await;
    let (cx, user) = (Context::system(&orm), orm.model("user").unwrap());
    let named = |name: &str| Keyed::from(vec![json!(1)]).and_also(Where::eq("name", name));
    for (how, is_of_parent) in [
        (Edit::Add, true),
        (Edit::Add, false),
        (Edit::Remove, true),
        (Edit::Remove, false),
        (Edit::Replace, true),
        (Edit::Replace, false),
    ] {
        User::update_one(&orm, 1).set(User::NAME, "a").await.unwrap();
        Pet::update_one(&orm, 1).set(Pet::NAME, "p").await.unwrap();
        let tx = orm.begin().await.unwrap();
        let (parents, children) = if is_of_parent {
            User::update_one(&tx, 1).set(User::NAME, "b").await.unwrap();
            (named("a"), vec![json!(1)].into())
        } else {
            Pet::update_one(&tx, 1).set(Pet::NAME, "q").await.unwrap();
            (vec![json!(1)].into(), named("p"))
        };
        let commits = async {
            somebody_waits(&orm).await;
            tx.commit().await.unwrap();
        };
        let edit = async {
            match how {
                Edit::Add => engine::add_to_collection(&cx, user, parents, "pets", children).await,
                Edit::Remove => engine::remove_from_collection(&cx, user, parents, "pets", children).await,
                Edit::Replace => engine::replace_collection(&cx, user, parents, "pets", children).await,
            }
        };
        let (edited, ()) = tokio::join!(edit, commits);
        let edited = edited.unwrap();
        assert_eq!(edited.parents.is_empty(), is_of_parent);
        assert_eq!(edited.children.is_empty(), !is_of_parent);
        assert!(edited.changes.is_empty());
    }
    User::update_one(&orm, 1).set(User::NAME, "b").await.unwrap();
    let edited = engine::add_to_collection(&cx, user, named("b"), "pets", named("q")).await.unwrap();
    assert_eq!((edited.parents, edited.children, edited.changes.len()), (vec![json!(1)], vec![json!(1)], 2));
    let nonsense = Keyed::from(vec![]).and_also(Where::eq("nosuch", 1));
    let refused = engine::add_to_collection(&cx, user, named("b"), "pets", nonsense).await;
    assert_eq!(refused.unwrap_err().code(), "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn a4_members_that_do_not_satisfy_the_condition_stay_when_the_others_are_replaced() {
    let orm = orm().await;
    people(&orm).await;
    let cx = Context::system(&orm);
    for (of, kept) in [(PETS, "q"), (MEMBERS, "b")] {
        let def = orm.model(of.0).unwrap();
        edit(&orm, Edit::Add, of, &[json!(1)], &[json!(1), json!(2)]).await.unwrap();
        let nobody = Keyed::from(vec![]).and_also(Where::eq("name", kept).not());
        engine::replace_collection(&cx, def, &[json!(1)], of.1, nobody).await.unwrap();
        assert_eq!(members(&orm, of, 1).await, json!([2]), "{of:?}");
    }
}
