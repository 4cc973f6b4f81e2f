//! The models of the tests, and a database for each test.

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{
    Collection, Context, Criteria, Limits, Model, ModelDef, One, Orm, OrmConfig, OrmError, Record, engine,
};

use crate::place::TestOrm;

#[model(crate = topsail_orm)]
pub struct User {
    #[attr(required, max_length = 120)]
    pub name: String,
    #[attr(unique, is_email)]
    pub email: Option<String>,
    pub age: i64,
    pub score: Option<f64>,
    #[attr(default = true)]
    pub active: bool,
    #[attr(is_in = ["a", "b"], default = "a")]
    pub role: String,
    pub bio: String,
    pub meta: Value,
    #[attr(protect)]
    pub secret: String,
    pub boss: Option<One<User>>,
    #[attr(via = owner)]
    pub pets: Collection<Pet>,
    #[attr(via = members)]
    pub teams: Collection<Team>,
    pub friends: Collection<User>,
}

#[model(crate = topsail_orm)]
pub struct Pet {
    #[attr(required)]
    pub name: String,
    pub age: i64,
    pub owner: Option<One<User>>,
}

#[model(crate = topsail_orm, cascade_on_destroy)]
pub struct Team {
    #[attr(required)]
    pub title: String,
    #[attr(via = teams)]
    pub members: Collection<User>,
    #[attr(via = team)]
    pub badges: Collection<Badge>,
}

/// Its team is required, so it cannot be detached.
#[model(crate = topsail_orm)]
pub struct Badge {
    pub label: String,
    pub team: One<Team>,
}

#[model(crate = topsail_orm, primary_key = slug)]
pub struct Tag {
    pub slug: String,
    pub label: String,
    pub parent: Option<One<Tag>>,
    #[attr(via = parent)]
    pub children: Collection<Tag>,
}

/// One-to-one: a user has one profile at most.
#[model(crate = topsail_orm)]
pub struct Profile {
    pub motto: String,
    #[attr(unique)]
    pub user: One<User>,
}

fn without_body(mut record: Record) -> Value {
    record.remove("body");
    Value::Object(record)
}

#[model(crate = topsail_orm, table = "notes", custom_to_json = without_body)]
pub struct Note {
    #[attr(required, max_length = 20)]
    pub title: String,
    #[attr(min = 1, max = 5)]
    pub rating: f64,
    #[attr(is_integer)]
    pub stars: Option<f64>,
    #[attr(column_name = "the_body")]
    pub body: Option<String>,
    #[attr(is_url)]
    pub homepage: String,
    #[attr(regex = "^[a-z-]+$")]
    pub slug: String,
    #[attr(custom = not_forbidden)]
    pub word: String,
}

fn not_forbidden(value: &Value) -> Result<(), String> {
    if value == "forbidden" { Err("this word is forbidden".into()) } else { Ok(()) }
}

pub fn definitions() -> Vec<ModelDef> {
    vec![
        User::define(),
        Pet::define(),
        Team::define(),
        Badge::define(),
        Tag::define(),
        Note::define(),
        Profile::define(),
    ]
}

/// A fresh database with all tables.
pub async fn orm() -> TestOrm {
    orm_of(definitions()).await
}

/// As [`orm`], with other models.
pub async fn orm_of(definitions: Vec<ModelDef>) -> TestOrm {
    TestOrm::new(definitions, |_| {}).await
}

/// As [`orm_of`], with a configuration that is changed before.
pub async fn orm_with(definitions: Vec<ModelDef>, change: impl FnOnce(&mut OrmConfig)) -> TestOrm {
    TestOrm::new(definitions, change).await
}

pub fn record(value: Value) -> Record {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no dictionary"),
    }
}

/// Creates records by the engine and gives their keys.
pub async fn seed(orm: &Orm, model: &str, records: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let cx = Context::system(orm);
    let mut keys = vec![];
    for values in records {
        keys.push(engine::create(&cx, orm.model(model).unwrap(), record(values)).await.unwrap().pk);
    }
    keys
}

/// Finds by criteria as clients write them.
pub async fn find(orm: &Orm, model: &str, criteria: Value) -> Result<Vec<Record>, OrmError> {
    let def = orm.model(model).unwrap();
    let criteria = Criteria::from_json(orm, def, &criteria, &Limits::default())?;
    engine::find(&Context::system(orm), def, criteria).await
}

/// The values of one attribute of what is found.
pub async fn values(orm: &Orm, model: &str, attr: &str, criteria: Value) -> Vec<Value> {
    let found = find(orm, model, criteria).await.unwrap();
    found.into_iter().map(|mut r| r.remove(attr).unwrap_or(json!("absent"))).collect()
}

pub async fn statements(orm: &Orm, work: impl AsyncFnOnce()) -> u64 {
    let store = orm.datastore("default").unwrap();
    let before = store.statements();
    work().await;
    store.statements() - before
}
