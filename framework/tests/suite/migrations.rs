//! Written migrations in an app.

use crate::support::{app, lift, log_of_lift};
use serde_json::{Value, json};
use topsail::orm::{Diff, Down, Up};

/// Production with a database and migrations in this folder.
fn production(folder: &std::path::Path) -> Vec<(&'static str, Value)> {
    vec![
        ("environment", json!("production")),
        ("session.secret", json!("0123456789abcdef0123456789abcdef")),
        ("datastores.default.url", json!(format!("sqlite://{}", folder.join("app.db").display()))),
        ("datastores.default.migrations", json!(folder.join("migrations"))),
    ]
}

#[tokio::test]
async fn ap_97_mdev_16_a_lift_in_production_touches_no_table_and_migrations_make_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let settings = production(folder.path());
    let build = || settings.iter().fold(app(), |app, (key, value)| app.config(key, value));
    let server = lift(build().config("security.csrf", false)).await;
    assert_eq!(server.get("/user").await.status, 500, "there is no table");
    let orm = server.lifted.app().orm();
    let migrations = orm.migrations("default").unwrap();
    assert_eq!(migrations.folder(), folder.path().join("migrations"));
    migrations.diff("init", &Diff::default()).unwrap();
    migrations.up(orm, &Up::default()).await.unwrap();
    // Every kind of table: of models, between models, of the archive.
    let team = json!({ "name": "Ann", "teams": [], "pets": [] });
    assert_eq!(server.send("POST", "/user", team).await.status, 200);
    assert_eq!(server.send("PUT", "/user/1/friends/1", json!({})).await.status, 200);
    assert_eq!(server.get("/user/1/friends").await.json()[0]["name"], "Ann");
    assert!(orm.migrations("default").unwrap().status(orm).await.unwrap().problems().is_empty());
    server.lifted.lower().await;

    // Back to tables that follow the models at every lift.
    let development = app()
        .config("datastores.default.url", &settings[2].1)
        .config("models.migrate", "alter")
        .config("security.csrf", false);
    let server = lift(development).await;
    assert_eq!(server.get("/user").await.json()[0]["name"], "Ann");
    server.lifted.lower().await;
}

#[tokio::test]
async fn a_lift_says_which_migrations_are_pending_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let settings = production(folder.path());
    assert!(!log_of_lift(&settings).await.contains("migration"), "there is no folder");
    let server = lift(settings.iter().fold(app(), |app, (key, value)| app.config(key, value))).await;
    let orm = server.lifted.app().orm();
    let migrations = orm.migrations("default").unwrap();
    migrations.diff("init", &Diff::default()).unwrap();
    let log = log_of_lift(&settings).await;
    assert!(log.contains("WARN") && log.contains("_init; run the app with `migrate up`"), "{log}");
    migrations.up(orm, &Up::default()).await.unwrap();
    assert!(!log_of_lift(&settings).await.contains("migration"));
    migrations.down(orm, &Down { allow_destructive: true, ..Down::default() }).await.unwrap();
    std::fs::write(folder.path().join("migrations/oops.sql"), "").unwrap();
    let log = log_of_lift(&settings).await;
    assert!(log.contains("the migrations cannot be looked at") && log.contains("oops.sql"), "{log}");
    server.lifted.lower().await;
}
