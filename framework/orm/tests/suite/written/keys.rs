//! Foreign keys in written migrations.

use serde_json::{Value, json};
use topsail_orm::{AttrDef, Diff, Kind, Migrate, ModelDef, OnDelete, Up};

use crate::{
    place::{described, sql},
    support::{find, seed},
};

use super::{Project, destructive, down, model, of, step, up};

/// Authors, their books, and a table between books and shelves.
fn library(rule: Option<OnDelete>, name: Kind) -> Vec<ModelDef> {
    let key = |attr: AttrDef| match rule {
        Some(rule) => attr.on_delete(rule),
        None => attr,
    };
    let inside = |attr: AttrDef| if rule.is_some() { attr.on_delete(OnDelete::Cascade) } else { attr };
    vec![
        model("Author", vec![AttrDef::new("name", name), key(AttrDef::to("mentor", Kind::One, "author"))]),
        model(
            "Book",
            vec![
                AttrDef::new("title", Kind::Text),
                key(AttrDef::to("author", Kind::One, "author")),
                inside(AttrDef::to("shelves", Kind::Many, "shelf").via("books")),
            ],
        ),
        model("Shelf", vec![AttrDef::to("books", Kind::Many, "book").via("shelves")]),
    ]
}

fn keys(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.split(' ').nth(1) == Some("key")).count()
}

#[tokio::test]
async fn foreign_keys_come_change_and_go_with_every_row_kept() {
    let project = Project::new().await;
    let versions = [
        library(None, Kind::Text),
        library(Some(OnDelete::Cascade), Kind::Text),
        library(Some(OnDelete::SetNull), Kind::Text),
        // The table that the others point at is made anew in SQLite.
        library(Some(OnDelete::SetNull), Kind::Int),
        library(None, Kind::Int),
    ];
    let mut schemas = vec![];
    for (i, defs) in versions.iter().enumerate() {
        let orm = project.open(defs.clone()).await;
        step(&orm, &format!("v{i}"), destructive()).await;
        if i == 0 {
            seed(&orm, "author", [json!({ "name": "1" }), json!({ "name": "2", "mentor": 1 })]).await;
            seed(&orm, "shelf", [json!({})]).await;
            seed(&orm, "book", [json!({ "title": "a", "author": 2, "shelves": [1] })]).await;
        }
        let books = find(&orm, "book", json!({ "populate": { "author": true, "shelves": true } })).await;
        let books = books.unwrap_or_else(|e| panic!("v{i}: {e}"));
        assert_eq!(books.len(), 1, "v{i}");
        assert_eq!(find(&orm, "book", json!({})).await.unwrap()[0]["author"], 2, "v{i}");
        assert_eq!(find(&orm, "author", json!({})).await.unwrap()[1]["mentor"], 1, "v{i}");
        let schema = described(&orm).await;
        orm.auto_migrate(Migrate::Alter).await.unwrap();
        assert_eq!(described(&orm).await, schema, "v{i}: `alter` finds nothing to do");
        schemas.push(schema);
        orm.close().await;
    }
    assert_eq!(schemas.iter().map(|s| keys(s)).collect::<Vec<_>>(), [0, 4, 4, 4, 0]);
    let other = Project::new().await;
    let altered = other.open(versions[3].clone()).await;
    altered.auto_migrate(Migrate::Alter).await.unwrap();
    assert_eq!(described(&altered).await, schemas[3]);

    let orm = project.open(versions[4].clone()).await;
    for before in schemas.iter().rev().skip(1) {
        assert_eq!(down(&orm, 1).await.len(), 1);
        assert_eq!(&described(&orm).await, before);
    }
    let orm = project.open(versions[0].clone()).await;
    assert_eq!(find(&orm, "author", json!({})).await.unwrap()[1]["name"], "2");
    assert_eq!(down(&orm, 1).await.len(), 1);
    assert!(described(&orm).await.is_empty());
    assert_eq!(up(&orm).await.len(), 5);
}

#[tokio::test]
async fn rows_that_point_nowhere_stop_a_migration_that_makes_a_foreign_key() {
    let project = Project::new().await;
    let orm = project.open(library(None, Kind::Text)).await;
    step(&orm, "before", Diff::default()).await;
    sql(&orm, "INSERT INTO book (title, author) VALUES ('a', 7)").await;
    orm.close().await;
    let orm = project.open(library(Some(OnDelete::Restrict), Kind::Text)).await;
    of(&orm).diff("after", &Diff::default()).unwrap();
    let e = of(&orm).up(&orm, &Up::default()).await.unwrap_err().to_string();
    assert!(e.contains("_after: ") && e.contains("book") && e.contains("author"), "{e}");
    if e.contains("was undone") {
        sql(&orm, "UPDATE book SET author = NULL").await;
        up(&orm).await;
        assert_eq!(find(&orm, "book", json!({})).await.unwrap()[0]["author"], Value::Null);
    }
}

#[tokio::test]
async fn tables_that_point_at_each_other_come_and_go() {
    let circle = || {
        vec![
            model("Egg", vec![AttrDef::to("hen", Kind::One, "hen").on_delete(OnDelete::SetNull)]),
            model("Hen", vec![AttrDef::to("egg", Kind::One, "egg").on_delete(OnDelete::SetNull)]),
        ]
    };
    let project = Project::new().await;
    let orm = project.open(circle()).await;
    step(&orm, "circle", Diff::default()).await;
    let egg = seed(&orm, "egg", [json!({})]).await.remove(0);
    let hen = seed(&orm, "hen", [json!({ "egg": egg })]).await.remove(0);
    sql(&orm, "UPDATE egg SET hen = 1").await;
    orm.close().await;
    let renamed =
        vec![model("Egg", vec![AttrDef::to("hen", Kind::One, "bird").on_delete(OnDelete::SetNull)]), {
            let mut bird = circle().remove(1);
            (bird.identity, bird.global_id, bird.table) = ("bird".into(), "Bird".into(), "bird".into());
            bird
        }];
    let orm = project.open(renamed).await;
    step(&orm, "renamed", Diff { rename_tables: vec!["hen:bird".parse().unwrap()], ..Diff::default() }).await;
    assert_eq!(find(&orm, "egg", json!({})).await.unwrap()[0]["hen"], hen);
    orm.close().await;
    let orm = project.open(vec![]).await;
    step(&orm, "gone", destructive()).await;
    assert_eq!(keys(&described(&orm).await), 0);
    assert_eq!(down(&orm, 3).await.len(), 3);
    assert_eq!(up(&orm).await.len(), 3);
}
