//! The typed face.

use serde_json::{Value, json};
use topsail_orm::{Id, Model, OrmError, Record, Where};

use crate::support::{Note, Pet, Profile, Tag, Team, User, orm};

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn the_pages_of_the_design_compile_and_work() {
    let orm = orm().await;
    let ann = User::create(&orm)
        .set(User::NAME, "Ann")
        .set(User::AGE, 30)
        .set(User::EMAIL, "a@x.io")
        .await
        .unwrap();
    assert_eq!((ann.id, ann.age, ann.email.as_deref(), ann.active), (1, 30, Some("a@x.io"), true));
    let bob =
        User::create(&orm).values(json!({ "name": "Bob", "age": 10 })).set(User::BOSS, ann.id).await.unwrap();
    Pet::create(&orm).set(Pet::NAME, "Rex").set(Pet::OWNER, &ann).await.unwrap();
    let grown = is_send(
        User::find(&orm)
            .where_(User::AGE.ge(18).and(User::NAME.contains("nn")))
            .sort(User::NAME.asc())
            .limit(30)
            .populate(User::PETS)
            .into_future(),
    )
    .await
    .unwrap();
    assert_eq!(grown[0].pets.get().unwrap()[0].name, "Rex");
    assert_eq!(grown.len(), 1);
    let names: Vec<(Id, String)> = User::find(&orm).select((User::ID, User::NAME)).await.unwrap();
    assert_eq!(names, [(1, "Ann".to_string()), (2, "Bob".to_string())]);
    let backwards: Vec<(String, Option<String>, Id)> = User::find(&orm)
        .where_(User::BOSS.eq(ann.id))
        .select((User::NAME, User::EMAIL, User::ID))
        .await
        .unwrap();
    assert_eq!(backwards, [("Bob".to_string(), None, 2)]);
    let data: Vec<Record> = User::find(&orm).where_([1, 2]).records().await.unwrap();
    assert_eq!(data[1]["boss"], 1);
    let one = User::find_one(&orm, bob.id).populate(User::BOSS).await.unwrap().unwrap();
    assert_eq!(one.boss.unwrap().get().unwrap().unwrap().name, "Ann");
    assert!(User::find_one(&orm, 4711).await.unwrap().is_none());
    let updated = User::update_one(&orm, ann.id).set(User::NAME, "Anna".to_string()).await.unwrap().unwrap();
    assert_eq!(updated.name, "Anna");
    let all = User::update(&orm, Where::All).set(User::AGE, 1).set(User::EMAIL, None::<&str>).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(User::sum(&orm, User::AGE, Where::All).await.unwrap(), 2.0);
    assert_eq!(User::avg(&orm, User::SCORE, Where::All).await.unwrap(), 0.0);
    assert_eq!(User::count(&orm, User::NAME.starts_with("A")).await.unwrap(), 1);
    let (found, created) =
        User::find_or_create(&orm, User::NAME.eq("Bob")).set(User::NAME, "Bob").await.unwrap();
    assert_eq!((found.id, created), (2, false));
    assert_eq!(User::destroy_one(&orm, 2).await.unwrap().unwrap().name, "Bob");
    assert_eq!(User::destroy(&orm, User::ID.gt(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn text_keys_work_everywhere() {
    let orm = orm().await;
    let root = Tag::create(&orm).set(Tag::SLUG, "root").await.unwrap();
    Tag::create(&orm).set(Tag::SLUG, "leaf").set(Tag::PARENT, "root").await.unwrap();
    Tag::create(&orm).set(Tag::SLUG, "twig").set(Tag::PARENT, root.slug.clone()).await.unwrap();
    assert_eq!(
        Tag::find_one(&orm, "leaf").populate(Tag::PARENT).await.unwrap().unwrap().parent.unwrap().key(),
        "root"
    );
    assert_eq!(Tag::find(&orm).where_(Tag::PARENT.eq("root")).await.unwrap().len(), 2);
    Tag::remove_from_collection(&orm, "root", Tag::CHILDREN, ["leaf"]).await.unwrap();
    let root = Tag::find_one(&orm, root.slug).populate(Tag::CHILDREN).await.unwrap().unwrap();
    assert_eq!(root.children.get().unwrap().len(), 1);
    assert_eq!(Tag::update_one(&orm, "leaf").set(Tag::LABEL, "x").await.unwrap().unwrap().label, "x");
}

#[tokio::test]
async fn collections_are_edited_by_keys_and_records() {
    let orm = orm().await;
    let ann = User::create(&orm).set(User::NAME, "Ann").await.unwrap();
    let red = Team::create(&orm).set(Team::TITLE, "red").set(Team::MEMBERS, [ann.id]).await.unwrap();
    Team::create(&orm).set(Team::TITLE, "blue").await.unwrap();
    let shown = async || {
        let user =
            User::find_one(&orm, 1).populate(User::TEAMS.sort(Team::TITLE.asc())).await.unwrap().unwrap();
        user.teams.into_vec().unwrap().into_iter().map(|t| t.title).collect::<Vec<_>>()
    };
    assert_eq!(shown().await, ["red"]);
    User::add_to_collection(&orm, &ann, User::TEAMS, [2]).await.unwrap();
    assert_eq!(shown().await, ["blue", "red"]);
    User::remove_from_collection(&orm, ann.id, User::TEAMS, &red).await.unwrap();
    assert_eq!(shown().await, ["blue"]);
    User::replace_collection(&orm, ann.id, User::TEAMS, vec![red.id]).await.unwrap();
    assert_eq!(shown().await, ["red"]);
}

#[tokio::test]
async fn associations_know_whether_they_were_populated() {
    let orm = orm().await;
    Pet::create(&orm).set(Pet::NAME, "Rex").set(Pet::OWNER, 99).await.unwrap();
    let pet = Pet::find_one(&orm, 1).await.unwrap().unwrap();
    let owner = pet.owner.as_ref().unwrap();
    assert_eq!((*owner.key(), owner.is_populated()), (99, false));
    assert!(matches!(owner.get(), Err(OrmError::NotPopulated { attr }) if attr == "owner"));
    assert_eq!(json!(pet)["owner"], 99);
    let pet = Pet::find_one(&orm, 1).populate(Pet::OWNER).await.unwrap().unwrap();
    let owner = pet.owner.as_ref().unwrap();
    assert_eq!(*owner.key(), 99, "the key that dangles is kept");
    assert!(owner.get().unwrap().is_none());
    assert_eq!(json!(pet)["owner"], Value::Null);
    let user = User::create(&orm).set(User::NAME, "a").await.unwrap();
    assert!(matches!(user.pets.get(), Err(OrmError::NotPopulated { attr }) if attr == "pets"));
}

#[tokio::test]
async fn structs_serialise_as_on_the_wire() {
    let orm = orm().await;
    let user =
        User::create(&orm).set(User::NAME, "a").set(User::SCORE, 5.0).set(User::SECRET, "s").await.unwrap();
    let text = serde_json::to_string(&user).unwrap();
    assert!(text.contains("\"score\":5,"), "a whole number has no fraction: {text}");
    let map = serde_json::to_value(&user).unwrap();
    for absent in ["secret", "pets", "teams", "friends"] {
        assert!(map.get(absent).is_none(), "{absent}");
    }
    assert_eq!(map["createdAt"], json!(user.created_at));
    assert!(!format!("{user:?}").contains("\"s\""), "a protected value is not printed");
    let note = Note::create(&orm).set(Note::TITLE, "a").set(Note::BODY, "hidden").await.unwrap();
    assert_eq!(note.body.as_deref(), Some("hidden"));
    assert!(serde_json::to_value(&note).unwrap().get("body").is_none(), "custom_to_json shapes it");
    assert_eq!(serde_json::to_value(&note).unwrap()["rating"], json!(0));
}

#[tokio::test]
async fn values_from_code_must_name_attributes() {
    let orm = orm().await;
    let e = User::create(&orm).values(json!({ "nmae": "a", "isAdmin": true })).await.unwrap_err();
    let unknown: Vec<_> =
        e.problems().iter().map(|p| (p.rule.as_str(), p.attr.as_deref().unwrap())).collect();
    assert_eq!(unknown, [("unknown", "nmae"), ("unknown", "isAdmin")]);
    assert!(e.to_string().contains("did you mean `name`?"));
    assert!(User::update(&orm, 1).values(json!([1])).await.is_err());
    assert_eq!(User::validate(&orm, User::AGE, "5").unwrap(), json!(5));
}

#[tokio::test]
async fn one_to_one_is_a_unique_key() {
    let orm = orm().await;
    let ann = User::create(&orm).set(User::NAME, "Ann").await.unwrap();
    let profile = Profile::create(&orm).set(Profile::USER, ann.id).set(Profile::MOTTO, "x").await.unwrap();
    assert_eq!(*profile.user.key(), ann.id);
    let e = Profile::create(&orm).set(Profile::USER, &ann).await.unwrap_err();
    assert_eq!((e.code(), e.attr_names()), ("E_UNIQUE", &["user".to_string()][..]));
    let e = Profile::create(&orm).await.unwrap_err();
    assert_eq!(e.problems()[0].rule, "required", "a plain `One` is required");
    let found =
        Profile::find_one(&orm, Profile::USER.eq(ann.id)).populate(Profile::USER).await.unwrap().unwrap();
    assert_eq!(found.user.get().unwrap().unwrap().name, "Ann");
}
