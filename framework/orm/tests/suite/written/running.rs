//! What is done with the files in a database.

use std::fs;

use serde_json::json;
use topsail_orm::{Diff, Down, Migrate, MigrationState, Up};

use crate::{
    place::sql,
    support::{find, seed},
};

use super::{Project, destructive, first, of, second, step, third, up};

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
