//! Lifting and lowering: what stops a lift, and what a lowered app leaves behind.

use crate::support::{Answer, app, lift};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Notify;
use topsail::prelude::*;

#[tokio::test]
async fn ht_104_a_used_port_is_an_error_that_says_so() {
    let first = lift(app()).await;
    let port = first.lifted.address().port();
    let error = app().config("port", port).lift_for_test().await.err().unwrap().to_string();
    assert!(
        error.contains("EADDRINUSE") && error.contains(&port.to_string()) && error.contains("--port"),
        "{error}"
    );
    first.lifted.lower().await;
}

#[tokio::test]
async fn an_unreadable_database_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().display());
    let error = app().config("datastores.default.url", &url).lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains(&folder.path().display().to_string()), "{error}");
}

#[tokio::test]
async fn an_unknown_key_and_a_wrong_type_stop_the_lift() {
    let error = app().config("http.body_limt", 1).lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("`http.body_limt`") && error.contains("`body_limit`"), "{error}");
    let error = app().config("http.body_limit", "much").lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("`http.body_limit`"), "{error}");
}

#[tokio::test]
async fn ht_88_production_needs_a_secret() {
    let error = app().config("environment", "production").lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("session.secret"), "{error}");
}

#[tokio::test]
async fn ht_103_a_request_in_flight_finishes_while_the_app_is_lowered() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (entered, release) = (entered.clone(), release.clone());
        move || {
            let (entered, release) = (entered.clone(), release.clone());
            async move {
                entered.notify_one();
                release.notified().await;
                ok::<topsail::Any, _>("done")
            }
        }
    };
    let server = lift(app().action("slow", slow).route("GET /slow", "slow")).await;
    let request = tokio::spawn(server.request("GET", "/slow").send());
    entered.notified().await;
    let shutdown = server.lifted.app().shutdown().clone();
    let lowering = tokio::spawn(server.lifted.lower());
    shutdown.cancelled().await;
    release.notify_one();
    assert_eq!(Answer::of(request.await.unwrap().unwrap()).await.json(), json!("done"));
    lowering.await.unwrap();
}

#[tokio::test]
async fn hooks_run_as_the_app_is_lifted_and_lowered() {
    #[derive(Clone, Default)]
    struct Counts(Arc<[AtomicUsize; 3]>);
    impl Hook for Counts {
        async fn initialize(&self, _: &App) -> Result<()> {
            self.0[0].fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
        async fn lifted(&self, _: &App) -> Result<()> {
            self.0[1].fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
        async fn lower(&self, _: &App) {
            self.0[2].fetch_add(1, Ordering::SeqCst);
        }
    }
    let counts = Counts::default();
    let seen = || [0, 1, 2].map(|at| counts.0[at].load(Ordering::SeqCst));
    let server = lift(app().hook(counts.clone())).await;
    assert_eq!(seen(), [1, 1, 0]);
    server.lifted.lower().await;
    assert_eq!(seen(), [1, 1, 1]);
}

#[tokio::test]
async fn a_failing_hook_or_bootstrap_stops_the_lift_and_is_named() {
    struct Fails;
    impl Hook for Fails {
        async fn initialize(&self, _: &App) -> Result<()> {
            Err(std::io::Error::other("no coal"))?;
            Ok(())
        }
    }
    let error = app().hook(Fails).lift_for_test().await.err().unwrap().to_string();
    assert!(error.contains("Fails") && error.contains("no coal"), "{error}");
    let error = app()
        .bootstrap(|_| async { Err(std::io::Error::other("no seed"))? })
        .lift_for_test()
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("bootstrap") && error.contains("no seed"), "{error}");
}

#[tokio::test]
async fn a_production_database_gets_its_tables_by_migrating() {
    let folder = tempfile::tempdir().unwrap();
    let production = || {
        app()
            .config("environment", "production")
            .config("session.secret", "a-secret-for-this-test-only-0123456789")
            .config("datastores.default.url", format!("sqlite://{}/fresh.db", folder.path().display()))
    };
    let server = lift(production()).await;
    let missing = server.get("/user").await;
    assert_eq!((missing.status, missing.text.as_str()), (500, "Internal Server Error"));
    server.lifted.lower().await;
    production().migrate().await.unwrap();
    let server = lift(production()).await;
    assert_eq!(server.get("/user").await.json(), json!([]));
    server.lifted.lower().await;
}

#[tokio::test]
async fn mo_156_production_refuses_migrations_that_could_lose_data() {
    for migrate in ["alter", "drop"] {
        let production = app()
            .config("environment", "production")
            .config("session.secret", "a-secret-for-this-test-only-0123456789")
            .config("models.migrate", migrate);
        let error = production.lift_for_test().await.err().unwrap().to_string();
        assert!(error.contains("models.migrate") && error.contains("production"), "{error}");
    }
}
