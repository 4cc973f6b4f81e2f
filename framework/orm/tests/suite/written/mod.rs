//! Written migrations.

mod conversions;
mod keys;
mod running;
mod writing;

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use topsail_orm::{AttrDef, Auto, Diff, Down, Kind, Migrate, Migrations, ModelDef, Orm, Up};

use crate::{
    place::{Place, described, has_index, sql},
    support::{find, seed},
};

/// A database and a folder of migrations.
pub struct Project {
    place: Place,
    folder: TempDir,
}

impl Project {
    pub async fn new() -> Self {
        Self { place: Place::new().await, folder: tempfile::tempdir().unwrap() }
    }

    /// Opens the database with these models, and changes nothing.
    pub async fn open(&self, defs: Vec<ModelDef>) -> Orm {
        let mut config = self.place.config();
        for store in config.datastores.values_mut() {
            store.migrations = Some(self.folder.path().into());
        }
        Orm::connect(config, defs).await.unwrap()
    }

    pub fn file(&self, ending: &str) -> std::path::PathBuf {
        let mut found: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.to_str().unwrap().ends_with(ending))
            .collect();
        found.sort();
        found.pop().unwrap()
    }

    pub fn files(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }
}

pub fn of(orm: &Orm) -> Migrations {
    orm.migrations("default").unwrap()
}

pub fn destructive() -> Diff {
    Diff { allow_destructive: true, ..Diff::default() }
}

pub async fn up(orm: &Orm) -> Vec<String> {
    of(orm).up(orm, &Up { allow_destructive: true, ..Up::default() }).await.unwrap()
}

pub async fn down(orm: &Orm, steps: usize) -> Vec<String> {
    let options = Down { steps, allow_destructive: true, ..Down::default() };
    of(orm).down(orm, &options).await.unwrap()
}

/// Writes the difference and runs it.
pub async fn step(orm: &Orm, name: &str, diff: Diff) {
    of(orm).diff(name, &diff).unwrap().expect("a difference");
    assert_eq!(up(orm).await.len(), 1, "{name}");
    assert!(!of(orm).status(orm).await.unwrap().models_differ);
}

pub fn model(name: &str, attributes: Vec<AttrDef>) -> ModelDef {
    let mut def = ModelDef::new(name);
    def.attributes = vec![AttrDef::new("id", Kind::Int).auto(Auto::Increment)];
    def.attributes.extend(attributes);
    def
}

const HOSTILE: &str =
    "it's \\' \\\\ \"q\" `b` $1 ? -- x\n-- destructive: no\n; DROP TABLE thing; /* ü🦀 %s\t";

fn first() -> Vec<ModelDef> {
    vec![model("Thing", vec![AttrDef::new("a", Kind::Text), AttrDef::new("n", Kind::Int)])]
}

fn second() -> Vec<ModelDef> {
    vec![
        model(
            "Thing",
            vec![
                AttrDef::new("a", Kind::Text).unique(),
                AttrDef::new("n", Kind::Int),
                AttrDef::new("b", Kind::Text).default_value(HOSTILE),
                AttrDef::new("c", Kind::Bool).default_value(true),
                AttrDef::new("f", Kind::Float).default_value(1.5),
                AttrDef::new("j", Kind::Json).default_value(json!({ "it's": ["\\", "ü"] })),
                AttrDef::new("e", Kind::Text).unique(),
                AttrDef::new("nothing", Kind::Text).allow_null(),
                AttrDef::new("createdAt", Kind::Int).auto(Auto::CreatedAt),
                AttrDef::new("updatedAt", Kind::Text).auto(Auto::UpdatedAt),
                AttrDef::new("version", Kind::Int).auto(Auto::Version),
            ],
        ),
        model(
            "Tag",
            vec![AttrDef::new("name", Kind::Text).required(), AttrDef::to("things", Kind::Many, "thing")],
        ),
    ]
}

fn third() -> Vec<ModelDef> {
    let mut defs = second();
    let thing = &mut defs[0].attributes;
    thing.retain(|a| a.name != "c");
    for attr in thing {
        match attr.name.as_str() {
            "a" => *attr = AttrDef::new("title", Kind::Text),
            "n" => *attr = AttrDef::new("n", Kind::Text).unique(),
            _ => {}
        }
    }
    defs
}

#[tokio::test]
async fn migrations_lead_through_three_versions_of_the_models_and_back_with_every_row() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    step(&orm, "first", Diff::default()).await;
    seed(&orm, "thing", [json!({ "a": "x", "n": 7 }), json!({ "a": "y", "n": 8 })]).await;
    let schema_1 = described(&orm).await;
    orm.close().await;

    let orm = project.open(second()).await;
    assert!(of(&orm).status(&orm).await.unwrap().models_differ);
    step(&orm, "second", Diff::default()).await;
    let rows = find(&orm, "thing", json!({ "sort": "id" })).await.unwrap();
    let row = &rows[0];
    for (name, value) in [
        ("a", json!("x")),
        ("n", json!(7)),
        ("b", json!(HOSTILE)),
        ("c", json!(true)),
        ("f", json!(1.5)),
        ("j", json!({ "it's": ["\\", "ü"] })),
        ("e", Value::Null),
        ("nothing", Value::Null),
        ("version", json!(1)),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let created = u128::from(row["createdAt"].as_u64().unwrap());
    assert!(created > now - 120_000 && created < now + 120_000, "{created}");
    let updated = row["updatedAt"].as_str().unwrap();
    assert!(updated.len() == 24 && updated.starts_with("20") && updated.ends_with('Z'), "{updated}");
    let schema_2 = described(&orm).await;
    orm.close().await;

    let orm = project.open(third()).await;
    let renames = vec!["thing.a:title".parse().unwrap()];
    step(&orm, "third", Diff { rename_columns: renames, ..destructive() }).await;
    let rows = find(&orm, "thing", json!({ "sort": "id" })).await.unwrap();
    assert_eq!((&rows[1]["title"], &rows[1]["n"]), (&json!("y"), &json!("8")));
    assert!(has_index(&orm, "thing_n_unique").await && !has_index(&orm, "thing_a_unique").await);
    sql(&orm, "DELETE FROM thing WHERE id = 2").await;
    assert_eq!(seed(&orm, "thing", [json!({ "title": "z", "n": "9" })]).await, [3], "no key is given twice");

    assert_eq!(down(&orm, 1).await.len(), 1);
    assert_eq!(described(&orm).await, schema_2);
    orm.close().await;
    let orm = project.open(second()).await;
    let rows = find(&orm, "thing", json!({ "sort": "id" })).await.unwrap();
    assert_eq!((&rows[1]["a"], &rows[1]["n"], &rows[1]["c"]), (&json!("z"), &json!(9), &json!(true)));
    assert_eq!(down(&orm, 1).await.len(), 1);
    assert_eq!(described(&orm).await, schema_1);
    assert_eq!(down(&orm, 5).await.len(), 1);
    assert!(described(&orm).await.is_empty());
    assert_eq!(up(&orm).await.len(), 3);
}

#[tokio::test]
async fn tables_of_migrations_are_those_of_alter() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    step(&orm, "first", Diff::default()).await;
    orm.close().await;
    let orm = project.open(second()).await;
    step(&orm, "second", Diff::default()).await;
    orm.close().await;
    let orm = project.open(third()).await;
    step(&orm, "third", destructive()).await;
    let by_migrations = described(&orm).await;
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    assert_eq!(described(&orm).await, by_migrations, "`alter` finds nothing to do");
    let other = Project::new().await;
    let altered = other.open(third()).await;
    altered.auto_migrate(Migrate::Alter).await.unwrap();
    assert_eq!(described(&altered).await, by_migrations);
    // What migrations made is known to `alter`, which takes it away again.
    orm.close().await;
    let orm = project.place.lift(first(), Migrate::Alter).await.unwrap();
    assert!(!has_index(&orm, "thing_n_unique").await);
    seed(&orm, "thing", [json!({ "n": 1 }), json!({ "n": 1 })]).await;
}
