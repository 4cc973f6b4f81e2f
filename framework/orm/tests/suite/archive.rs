//! Archiving records.

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{
    ArchiveIdentity, Collection, Context, Criteria, Model, ModelDef, One, Orm, OrmConfig, OrmError, Record,
    Result, Tx, Where, engine, to_json,
};

use crate::support::{Pet, Team, User, definitions, find, orm, orm_of, orm_with};

#[model(crate = topsail_orm, archive = false)]
pub struct Secret {
    pub text: String,
}

#[model(crate = topsail_orm, archive = "graveyard")]
pub struct Plant {
    pub name: String,
    #[attr(protect)]
    pub price: i64,
    pub bed: Option<One<Plant>>,
    #[attr(via = bed)]
    pub plants: Collection<Plant>,
}

#[model(crate = topsail_orm, archive = false)]
pub struct Graveyard {
    pub from_model: String,
    pub original_record: Value,
    pub original_record_id: Value,
    pub epitaph: String,
}

async fn archived(orm: &Orm) -> Vec<Record> {
    find(orm, "archive", json!({})).await.unwrap()
}

#[tokio::test]
async fn mo_93_archive_one_leaves_a_row_of_what_was() {
    let orm = orm().await;
    let ann = User::create(&orm).set(User::NAME, "Ann").set(User::AGE, 30).await.unwrap();
    let gone = User::archive_one(&orm, ann.id).await.unwrap().unwrap();
    assert_eq!((gone.id, gone.age), (ann.id, 30));
    assert!(User::find_one(&orm, ann.id).await.unwrap().is_none());
    let rows = archived(&orm).await;
    assert_eq!(
        (&rows[0]["fromModel"], &rows[0]["originalRecordId"], rows.len()),
        (&json!("user"), &json!(ann.id), 1)
    );
    let original = &rows[0]["originalRecord"];
    assert_eq!(
        (&original["name"], &original["age"], original.get("pets")),
        (&json!("Ann"), &json!(30), None)
    );
    assert!(rows[0]["createdAt"].is_i64());
    assert!(User::archive_one(&orm, ann.id).await.unwrap().is_none());
    assert_eq!(archived(&orm).await.len(), 1);
}

#[tokio::test]
async fn archive_keeps_all_it_destroys_and_cascades() {
    let orm = orm().await;
    let team = Team::create(&orm).set(Team::TITLE, "a").await.unwrap();
    let user = User::create(&orm).set(User::NAME, "Ann").await.unwrap();
    User::add_to_collection(&orm, user.id, User::TEAMS, [team.id]).await.unwrap();
    Team::create(&orm).set(Team::TITLE, "b").await.unwrap();
    assert_eq!(Team::archive(&orm, Where::All).await.unwrap().len(), 2);
    assert_eq!(archived(&orm).await.len(), 2);
    let user = User::find_one(&orm, user.id).populate(User::TEAMS).await.unwrap().unwrap();
    assert!(user.teams.get().unwrap().is_empty());
    assert_eq!(Team::archive(&orm, Where::Nothing).await.unwrap().len(), 0);
}

#[tokio::test]
async fn mdev_15_archiving_is_one_transaction() {
    let orm = orm().await;
    let rex = Pet::create(&orm).set(Pet::NAME, "Rex").await.unwrap();
    let kept: Result<(), topsail_orm::OrmError> = orm
        .transaction(async |tx| {
            Pet::archive_one(tx, rex.id).await?;
            Err(topsail_orm::OrmError::Closed)
        })
        .await;
    kept.unwrap_err();
    assert_eq!((Pet::count(&orm, Where::All).await.unwrap(), archived(&orm).await.len()), (1, 0));
    let e = Pet::archive_one(&orm, Where::All).await.unwrap_err();
    assert_eq!((e.code(), archived(&orm).await.len()), ("E_INVALID_CRITERIA", 0));
}

/// Stays whatever happens.
#[model(crate = topsail_orm, archive = "sealed", after_destroy = stays)]
pub struct Relic {
    pub name: String,
}

#[model(crate = topsail_orm, archive = "full")]
pub struct Coin {
    pub name: String,
}

#[model(crate = topsail_orm, archive = false)]
pub struct Sealed {
    pub from_model: String,
    pub original_record: Value,
    pub original_record_id: Value,
}

/// Takes nothing.
#[model(crate = topsail_orm, archive = false, before_create = takes_nothing)]
pub struct Full {
    pub from_model: String,
    pub original_record: Value,
    pub original_record_id: Value,
}

async fn stays(_: &Tx, _: &Record) -> Result<()> {
    Err(OrmError::Callback("it stays".into()))
}

async fn takes_nothing(_: &Tx, _: &mut Record) -> Result<()> {
    Err(OrmError::Callback("it is full".into()))
}

#[tokio::test]
async fn mdev_15_a_step_that_fails_undoes_the_archiving() {
    let orm = orm_of(vec![Relic::define(), Coin::define(), Sealed::define(), Full::define()]).await;
    Relic::create(&orm).set(Relic::NAME, "bone").await.unwrap();
    Coin::create(&orm).set(Coin::NAME, "penny").await.unwrap();
    assert!(Relic::archive_one(&orm, 1).await.unwrap_err().to_string().contains("it stays"));
    assert!(Coin::archive(&orm, Where::All).await.unwrap_err().to_string().contains("it is full"));
    let left = (Relic::count(&orm, Where::All).await.unwrap(), Coin::count(&orm, Where::All).await.unwrap());
    let kept = (Sealed::count(&orm, Where::All).await.unwrap(), Full::count(&orm, Where::All).await.unwrap());
    assert_eq!((left, kept), ((1, 1), (0, 0)));
}

#[tokio::test]
async fn mo_94_a_model_without_an_archive_refuses() {
    let orm = orm_of(vec![
        Secret::define(),
        Pet::define(),
        User::define(),
        Team::define(),
        crate::support::Badge::define(),
    ])
    .await;
    let secret = Secret::create(&orm).set(Secret::TEXT, "x").await.unwrap();
    let e = Secret::archive_one(&orm, secret.id).await.unwrap_err();
    assert_eq!((e.code(), e.is_usage()), ("E_ARCHIVE_DISABLED", true));
    assert_eq!(Secret::count(&orm, Where::All).await.unwrap(), 1);
    let off = ArchiveIdentity::Switch(false);
    let orm = orm_with(definitions(), |config| config.models.archive_model_identity = off).await;
    assert!(orm.model("archive").is_none());
    assert_eq!(Pet::archive(&orm, Where::All).await.unwrap_err().code(), "E_ARCHIVE_DISABLED");
}

#[tokio::test]
async fn a_model_may_have_an_archive_of_its_own() {
    let orm = orm_of(vec![Plant::define(), Graveyard::define()]).await;
    assert!(orm.model("archive").is_none());
    let rose = Plant::create(&orm).set(Plant::NAME, "rose").await.unwrap();
    Plant::archive(&orm, rose.id).await.unwrap();
    let buried = Graveyard::find(&orm).await.unwrap();
    assert_eq!(
        (buried[0].from_model.as_str(), &buried[0].original_record["name"]),
        ("plant", &json!("rose"))
    );
    let mut lost = Plant::define();
    lost.archive = topsail_orm::Archive::Into("graveyrd".into());
    let e =
        Orm::connect(OrmConfig::default(), vec![lost, Graveyard::define()]).await.unwrap_err().to_string();
    assert!(e.contains("did you mean `graveyard`"), "{e}");
    let mut poor = ModelDef::new("Graveyard");
    poor.attributes = Secret::define().attributes;
    poor.archive = topsail_orm::Archive::Off;
    let e = Orm::connect(OrmConfig::default(), vec![Plant::define(), poor]).await.unwrap_err().to_string();
    assert!(e.contains("originalRecord"), "{e}");
}

#[tokio::test]
async fn dev_27_what_is_hidden_of_a_record_stays_hidden_in_the_archive() {
    let orm = orm_of(vec![Plant::define(), Graveyard::define()]).await;
    let rose = Plant::create(&orm).set(Plant::NAME, "rose").set(Plant::PRICE, 99).await.unwrap();
    Plant::archive(&orm, rose.id).await.unwrap();
    let def = orm.model("graveyard").unwrap();
    let kept = find(&orm, "graveyard", json!({})).await.unwrap().remove(0);
    assert_eq!(kept["originalRecord"]["price"], 99, "the app's own code has it all");
    let shown = to_json(&orm, def, kept.clone());
    assert_eq!(
        (&shown["originalRecord"]["name"], shown["originalRecord"].get("price")),
        (&json!("rose"), None)
    );
    let cx = Context::system(&orm);
    let sent = engine::find_to_send(&cx, def, Criteria::default()).await.unwrap();
    assert_eq!(serde_json::to_value(&sent).unwrap(), json!([shown]));
    let one = engine::find_one_to_send(&cx, def, Criteria::new(Where::eq("id", 1))).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&one).unwrap(), shown);
    let strange = |change: fn(&mut Record)| {
        let mut record = kept.clone();
        change(&mut record);
        to_json(&orm, def, record)["originalRecord"].clone()
    };
    let of_nobody = strange(|record| record["fromModel"] = json!("nobody"));
    let of_what = strange(|record| drop(record.shift_remove("fromModel")));
    assert_eq!((of_nobody, of_what), (Value::Null, Value::Null), "who can tell what is hidden in it");
    let former = strange(|record| record["originalRecord"]["former"] = json!("attribute"));
    assert_eq!(former.get("former"), None);
}
