//! Written migrations.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;
use topsail_orm::{
    AttrDef, Auto, Diff, Down, Kind, Migrate, MigrationState, Migrations, ModelDef, Orm, OrmError, Up,
};

use crate::{
    place::{Place, described, has_index, scalar, sql},
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

#[tokio::test]
async fn values_are_converted_by_the_rules_for_values_that_a_caller_gives() {
    let samples: [(Kind, &[Value]); 5] = [
        (Kind::Int, &[json!(1), json!(0), json!(9_007_199_254_740_991_i64)]),
        (Kind::Float, &[json!(1.0), json!(0), json!(1.5)]),
        (Kind::Bool, &[json!(true), json!(false)]),
        (Kind::Text, &[json!("1"), json!("0"), json!("true"), json!("{\"a\":1}"), json!("it's \\")]),
        (Kind::Json, &[json!(1), json!(0), json!("true"), json!({ "a": [1] }), json!("it's \\")]),
    ];
    let fits = |to: Kind, value: &Value| match to {
        Kind::Text | Kind::Json => true,
        Kind::Int | Kind::Float => match value {
            Value::Number(n) => {
                to == Kind::Float || n.is_i64() || n.as_f64().is_some_and(|f| f.fract() == 0.0)
            }
            Value::String(s) => s.parse::<f64>().is_ok(),
            other => other.is_boolean(),
        },
        _ => {
            [json!(1), json!(0), json!(1.0), json!("1"), json!("0"), json!("true"), json!(true), json!(false)]
                .contains(value)
        }
    };
    let kinds = samples.iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
    let (mut before, mut after, mut row) = (vec![], vec![], serde_json::Map::new());
    for (from, values) in &samples {
        for to in kinds.iter().filter(|to| *to != from) {
            for (i, value) in values.iter().enumerate().filter(|(_, v)| fits(*to, v)) {
                let name = format!("{from:?}_{to:?}_{i}").to_lowercase();
                before.push(AttrDef::new(&name, *from).allow_null());
                after.push(AttrDef::new(&name, *to).allow_null());
                row.insert(name, value.clone());
            }
        }
    }
    assert!(row.len() > 40);
    let project = Project::new().await;
    let orm = project.open(vec![model("Thing", before)]).await;
    step(&orm, "before", Diff::default()).await;
    seed(&orm, "thing", [Value::Object(row.clone()), json!({})]).await;
    orm.close().await;
    let orm = project.open(vec![model("Thing", after.clone())]).await;
    step(&orm, "after", destructive()).await;
    let rows = find(&orm, "thing", json!({ "sort": "id" })).await.unwrap();
    for attr in &after {
        let (name, given) = (attr.name.as_str(), &row[&attr.name]);
        let number = || match given {
            Value::String(s) => s.parse().unwrap(),
            Value::Bool(b) => f64::from(u8::from(*b)),
            n => n.as_f64().unwrap(),
        };
        let got = &rows[0][name];
        match (attr.kind, given) {
            (Kind::Text, Value::Object(_)) => {
                assert_eq!(&serde_json::from_str::<Value>(got.as_str().unwrap()).unwrap(), given, "{name}");
            }
            (Kind::Text, Value::Number(n)) => {
                assert_eq!(
                    got,
                    &n.as_i64().map_or(n.to_string(), |n| n.to_string()).replace(".0", ""),
                    "{name}"
                );
            }
            (Kind::Text, Value::Bool(b)) => assert_eq!(got, &b.to_string(), "{name}"),
            (Kind::Json, Value::String(s)) => {
                assert_eq!(got, &serde_json::from_str(s).unwrap_or_else(|_| given.clone()), "{name}");
            }
            (Kind::Int | Kind::Float, Value::Number(n)) if n.is_i64() => assert_eq!(got, given, "{name}"),
            (Kind::Int | Kind::Float, _) => assert_eq!(got.as_f64(), Some(number()), "{name}"),
            (Kind::Bool, Value::String(s)) => assert_eq!(got, s == "1" || s == "true", "{name}"),
            (Kind::Bool, _) => assert_eq!(got, (number() != 0.0), "{name}"),
            (Kind::Json, Value::Number(n)) => assert_eq!(got.as_f64(), n.as_f64(), "{name}"),
            _ => assert_eq!(got, given, "{name}"),
        }
        assert_eq!(rows[1][name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn values_that_cannot_be_converted_stop_the_migration_with_nothing_lost() {
    let bad = [
        (Kind::Text, Kind::Int, json!("five")),
        (Kind::Text, Kind::Float, json!("five")),
        (Kind::Text, Kind::Bool, json!("maybe")),
        (Kind::Int, Kind::Bool, json!(2)),
        (Kind::Float, Kind::Int, json!(1.5)),
        (Kind::Json, Kind::Int, json!({ "a": 1 })),
    ];
    for (from, to, value) in bad {
        let project = Project::new().await;
        let orm = project.open(vec![model("Thing", vec![AttrDef::new("v", from)])]).await;
        step(&orm, "before", Diff::default()).await;
        seed(&orm, "thing", [json!({ "v": value })]).await;
        let other = project.open(vec![model("Thing", vec![AttrDef::new("v", to)])]).await;
        of(&other).diff("after", &destructive()).unwrap();
        let e = of(&other).up(&other, &Up { allow_destructive: true, ..Up::default() }).await.unwrap_err();
        assert_eq!(e.code(), "E_MIGRATION", "{from:?} {to:?} {e}");
        assert!(e.to_string().contains("_after: "), "{e}");
        assert_eq!(find(&orm, "thing", json!({})).await.unwrap()[0]["v"], value, "{from:?} {to:?}");
    }
}

#[tokio::test]
async fn what_loses_data_is_neither_written_nor_run_unless_it_is_allowed() {
    let project = Project::new().await;
    let defs = || {
        vec![
            model("Thing", vec![AttrDef::new("a", Kind::Text), AttrDef::new("n", Kind::Text)]),
            model("Other", vec![AttrDef::new("x", Kind::Text)]),
        ]
    };
    let orm = project.open(defs()).await;
    step(&orm, "first", Diff::default()).await;
    seed(&orm, "thing", [json!({ "a": "x", "n": "1" })]).await;
    orm.close().await;

    let after = vec![
        model("Thing", vec![AttrDef::new("b", Kind::Text), AttrDef::new("n", Kind::Int)]),
        model("Another", vec![AttrDef::new("x", Kind::Text)]),
    ];
    let orm = project.open(after).await;
    let e = of(&orm).diff("second", &Diff::default()).unwrap_err().to_string();
    for part in [
        "drops the table `other`",
        "drops the column `thing.a`",
        "changes the type of `thing.n`",
        "--allow-destructive",
        "--rename thing.a:b",
        "--rename-table other:another",
    ] {
        assert!(e.contains(part), "{part} is not in:\n{e}");
    }
    assert_eq!(project.files(), 3, "nothing was written");

    of(&orm).diff("second", &destructive()).unwrap();
    let e = of(&orm).up(&orm, &Up::default()).await.unwrap_err().to_string();
    assert!(e.contains("_second: drops the column `thing.a`") && e.contains("--allow-destructive"), "{e}");
    assert_eq!(scalar(&orm, "SELECT a FROM thing").await, "x", "nothing was run");
    up(&orm).await;
    let e = of(&orm).down(&orm, &Down::default()).await.unwrap_err().to_string();
    assert!(e.contains("_second: drops the table `another`"), "{e}");
    assert_eq!(down(&orm, 1).await.len(), 1);
}

#[tokio::test]
async fn what_was_renamed_keeps_its_rows() {
    let project = Project::new().await;
    let pet = |owner: &str| {
        model("Pet", vec![AttrDef::new("name", Kind::Text).unique(), AttrDef::to("owner", Kind::One, owner)])
    };
    let orm = project
        .open(vec![model("Keeper", vec![AttrDef::new("name", Kind::Text).unique()]), pet("keeper")])
        .await;
    step(&orm, "first", Diff::default()).await;
    let schema = described(&orm).await;
    let keeper = seed(&orm, "keeper", [json!({ "name": "Ann" })]).await.remove(0);
    seed(&orm, "pet", [json!({ "name": "Rex", "owner": keeper })]).await;
    orm.close().await;
    let person = model("Person", vec![AttrDef::new("fullName", Kind::Text).unique()]);
    let orm = project.open(vec![person, pet("person")]).await;
    for (table, column, part) in [
        ("keepr:person", "person.name:fullName", "no table `keepr` (did you mean `keeper`?)"),
        ("keeper:persn", "person.name:fullName", "no table `persn` (did you mean `person`?)"),
        ("keeper:person", "person.nam:fullName", "no column `person.nam` (did you mean `name`?)"),
        ("keeper:person", "person.name:fulName", "no column `person.fulName` (did you mean `fullName`?)"),
        ("keeper:pet", "person.name:fullName", "a table `pet` already"),
    ] {
        let diff = Diff {
            rename_tables: vec![table.parse().unwrap()],
            rename_columns: vec![column.parse().unwrap()],
            ..Diff::default()
        };
        let e = of(&orm).diff("wrong", &diff).unwrap_err().to_string();
        assert!(e.contains(part), "{e}");
    }
    let diff = Diff {
        rename_tables: vec!["keeper:person".parse().unwrap()],
        rename_columns: vec!["person.name:fullName".parse().unwrap()],
        ..Diff::default()
    };
    step(&orm, "renamed", diff).await;
    let rows = find(&orm, "pet", json!({})).await.unwrap();
    assert_eq!(rows[0]["owner"], keeper);
    assert_eq!(find(&orm, "person", json!({})).await.unwrap()[0]["fullName"], "Ann");
    assert!(has_index(&orm, "person_fullName_unique").await);
    down(&orm, 1).await;
    assert_eq!(described(&orm).await, schema);
    assert_eq!(scalar(&orm, "SELECT name FROM keeper").await, "Ann");
}

#[tokio::test]
async fn a_file_that_changed_or_went_after_it_was_applied_is_an_error() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    step(&orm, "first", Diff::default()).await;
    let path = project.file(".up.sql");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    assert!(of(&orm).status(&orm).await.unwrap().problems().is_empty(), "line ends do not count");
    fs::write(&path, format!("{text}-- ")).unwrap();
    let status = of(&orm).status(&orm).await.unwrap();
    assert_eq!(status.migrations[0].state, MigrationState::Changed);
    for e in [of(&orm).up(&orm, &Up::default()).await, of(&orm).down(&orm, &Down::default()).await] {
        let e = e.unwrap_err().to_string();
        assert!(e.contains("_first was applied and its file is another one by now; put back"), "{e}");
    }
    for ending in [".up.sql", ".down.sql", ".json"] {
        fs::remove_file(project.file(ending)).unwrap();
    }
    let status = of(&orm).status(&orm).await.unwrap();
    assert_eq!((status.migrations[0].state, &*status.migrations[0].name), (MigrationState::Missing, "first"));
    let e = of(&orm).up(&orm, &Up::default()).await.unwrap_err().to_string();
    assert!(e.contains("its file is missing"), "{e}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_migrate_at_the_same_time_do_it_once() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    of(&orm).diff("first", &Diff::default()).unwrap();
    orm.close().await;
    let orm = project.open(second()).await;
    of(&orm).diff("second", &Diff::default()).unwrap();
    // Each with its own connections, as programs have them.
    let (mut all, start) = (vec![], std::sync::Arc::new(tokio::sync::Barrier::new(6)));
    for _ in 0..6 {
        let (orm, start) = (project.open(second()).await, start.clone());
        all.push(tokio::spawn(async move {
            start.wait().await;
            let done = of(&orm).up(&orm, &Up::default()).await.unwrap().len();
            orm.close().await;
            done
        }));
    }
    let mut done = 0;
    for one in all {
        done += one.await.unwrap();
    }
    assert_eq!(done, 2);
    assert!(of(&orm).status(&orm).await.unwrap().pending().next().is_none());
    seed(&orm, "thing", [json!({ "a": "x" })]).await;
}

#[tokio::test]
async fn up_and_down_go_as_far_as_they_are_told() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    let versions: Vec<i64> = ["one", "two", "three"]
        .into_iter()
        .map(|name| {
            of(&orm).diff(name, &Diff { empty: true, ..Diff::default() }).unwrap();
            let file = project.file(".up.sql");
            file.file_name().unwrap().to_str().unwrap().split('_').next().unwrap().parse().unwrap()
        })
        .collect();
    let to = |to| Up { to: Some(to), ..Up::default() };
    assert_eq!(of(&orm).up(&orm, &to(versions[1])).await.unwrap().len(), 2);
    let pending: Vec<_> = of(&orm).status(&orm).await.unwrap().pending().map(|m| m.name.clone()).collect();
    assert_eq!(pending, ["three"]);
    assert_eq!(of(&orm).up(&orm, &Up::default()).await.unwrap().len(), 1);
    let e = of(&orm).up(&orm, &to(7)).await.unwrap_err().to_string();
    assert!(e.contains("there is no migration 7") && e.contains(&versions[0].to_string()), "{e}");
    let undone = of(&orm).down(&orm, &Down { to: Some(versions[0]), ..Down::default() }).await.unwrap();
    assert_eq!(undone, [format!("{}_three", versions[2]), format!("{}_two", versions[1])]);
    fs::remove_file(project.folder.path().join(format!("{}_one.down.sql", versions[0]))).unwrap();
    let e = of(&orm).down(&orm, &Down::default()).await.unwrap_err().to_string();
    assert!(e.contains("cannot be undone"), "{e}");
}

#[tokio::test]
async fn a_statement_that_fails_is_named_and_what_can_be_undone_is() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    step(&orm, "first", Diff::default()).await;
    of(&orm).diff("wrong", &Diff { empty: true, ..Diff::default() }).unwrap();
    let path = project.file(".up.sql");
    let text = "-- One; two.\nCREATE TABLE made (id integer);\n\nINSERT INTO made VALUES (1);\nINSERT INTO gone VALUES (';');\n";
    fs::write(&path, text).unwrap();
    let e = of(&orm).up(&orm, &Up::default()).await.unwrap_err().to_string();
    assert!(e.contains("_wrong: the database says: ") && e.contains("gone"), "{e}");
    let status = of(&orm).status(&orm).await.unwrap();
    if e.contains("was undone") {
        assert_eq!(status.migrations[1].state, MigrationState::Pending);
        fs::write(&path, "CREATE TABLE made (id integer);\n").unwrap();
    } else {
        assert!(e.contains("in the statement:\nINSERT INTO gone VALUES (';')"), "{e}");
        assert_eq!(status.migrations[1].state, MigrationState::Partial);
        let e = of(&orm).up(&orm, &Up::default()).await.unwrap_err().to_string();
        assert!(e.contains("applied in part") && e.contains("DELETE FROM _sqlx_migrations"), "{e}");
        sql(&orm, "DELETE FROM _sqlx_migrations WHERE success = FALSE").await;
        fs::write(&path, "INSERT INTO made VALUES (2);\n").unwrap();
    }
    assert_eq!(up(&orm).await.len(), 1);
}

#[tokio::test]
async fn a_database_made_by_alter_is_taken_over_by_a_baseline() {
    let project = Project::new().await;
    let orm = project.open(second()).await;
    of(&orm).diff("init", &Diff::default()).unwrap();
    let e = of(&orm).baseline(&orm, None).await.unwrap_err().to_string();
    assert!(e.contains("the table `thing`") && e.contains("topsail migrate up"), "{e}");
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    seed(&orm, "thing", [json!({ "a": "x", "n": 1 })]).await;
    sql(&orm, "ALTER TABLE thing ADD COLUMN by_hand integer").await;
    let e = of(&orm).up(&orm, &Up::default()).await.unwrap_err().to_string();
    assert!(
        e.contains("_init: all that it makes is in the database already") && e.contains("baseline --to 20"),
        "{e}"
    );
    assert!(of(&orm).status(&orm).await.unwrap().pending().next().is_some());
    let done = of(&orm).baseline(&orm, None).await.unwrap();
    assert_eq!((done.recorded.len(), done.surplus), (1, vec!["thing.by_hand".to_string()]));
    assert!(up(&orm).await.is_empty());
    orm.close().await;
    let orm = project.open(third()).await;
    step(&orm, "third", destructive()).await;
    assert_eq!(find(&orm, "thing", json!({})).await.unwrap()[0]["n"], "1");
    // A table that lacks what the migrations say is not the same table.
    let other = Project::new().await;
    let orm = other.open(first()).await;
    orm.auto_migrate(Migrate::Alter).await.unwrap();
    orm.close().await;
    let orm = other.open(third()).await;
    of(&orm).diff("init", &Diff::default()).unwrap();
    let e = of(&orm).baseline(&orm, None).await.unwrap_err().to_string();
    assert!(e.contains("the column `thing.title`") && e.contains("the index `thing_n_unique`"), "{e}");
}

#[tokio::test]
async fn nothing_is_written_where_nothing_differs() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    assert!(of(&orm).diff("first", &Diff::default()).unwrap().is_some());
    assert!(of(&orm).diff("again", &Diff::default()).unwrap().is_none());
    assert_eq!(project.files(), 3);
    for bad in ["", "../x", "a b", "ä", "1"] {
        assert!(matches!(of(&orm).diff(bad, &Diff::default()), Err(OrmError::WrittenMigration(_))), "{bad}");
    }
    let mut key = first();
    key[0].attributes[0] = AttrDef::new("id", Kind::Text).required();
    let other = project.open(key).await;
    let e = of(&other).diff("key", &Diff::default()).unwrap_err().to_string();
    assert!(e.contains("its primary key was `id`") && e.contains("--empty"), "{e}");
    assert!(of(&other).diff("key", &Diff { empty: true, ..Diff::default() }).unwrap().is_some());
    assert!(!of(&other).status(&other).await.unwrap().models_differ);
}

#[tokio::test]
async fn migrations_are_written_without_a_database_and_for_one_kind_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |adapter: &str, folder: &Path| {
        let mut config = topsail_orm::OrmConfig::single(adapter, "nobody://is.there/at-all");
        config.datastores.get_mut("default").unwrap().migrations = Some(folder.into());
        Migrations::of(config, second(), "default", None).unwrap().diff("init", &Diff::default())
    };
    let mut texts = vec![];
    for adapter in ["sqlite", "postgresql", "mysql", "mariadb"] {
        let folder = folder.path().join(adapter);
        let files = write(adapter, &folder).unwrap().unwrap();
        texts.push(fs::read_to_string(&files[0]).unwrap());
        assert!(fs::read_to_string(&files[2]).unwrap().contains(&format!("\"dialect\": \"{adapter}\"")));
    }
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 4);
    let e = write("mysql", &folder.path().join("sqlite")).unwrap_err().to_string();
    assert!(e.contains("written for SQLite") && e.contains("says MySQL"), "{e}");
}

#[tokio::test]
async fn files_that_are_no_migrations_are_refused() {
    let project = Project::new().await;
    let orm = project.open(first()).await;
    of(&orm).diff("first", &Diff::default()).unwrap();
    let path = |name: &str| project.folder.path().join(name);
    fs::write(path("README.md"), "notes").unwrap();
    fs::create_dir(path("other")).unwrap();
    assert!(of(&orm).status(&orm).await.is_ok());
    for (name, text, part) in [
        ("20200101000000_plain.sql", "", "rename it or move it away"),
        ("readme.sql", "", "rename it or move it away"),
        ("20200101000000_alone.down.sql", "", "it is missing"),
        ("20200101000000_bad.json", "{}", "no snapshot"),
        ("20200101000000_new.json", r#"{"format":9,"dialect":"sqlite","tables":[]}"#, "newer version"),
    ] {
        fs::write(path(name), text).unwrap();
        let e = of(&orm).status(&orm).await.unwrap_err().to_string();
        assert!(e.contains(part), "{e}");
        fs::remove_file(path(name)).unwrap();
    }
}
