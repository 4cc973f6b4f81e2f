//! What `diff` writes, and what it refuses to.

use std::{fs, path::Path};

use serde_json::json;
use topsail_orm::{AttrDef, Diff, Down, Kind, Migrations, OrmError, Up};

use crate::{
    place::{described, has_index, scalar},
    support::{find, seed},
};

use super::{Project, destructive, down, first, model, of, second, step, up};

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
