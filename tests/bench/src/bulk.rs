//! What a write of many records costs: by the ORM, which tells of it, and as one statement of sqlx. In one process, without
//! HTTP.

use crate::{
    BoxError,
    by_hand::Item as Row,
    by_topsail::{Item, app},
    process::{Database, Store},
};
use serde_json::json;
use std::{io::Write, time::Instant};
use topsail::{
    App, Model as _,
    orm::{Pool, Where},
};

/// Above `models.bulk_above`.
const RECORDS: u64 = 50_000;
const ROUNDS: usize = 7;

/// Prints the figures for this store.
pub(crate) async fn measure(store: Store) -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let database = match store {
        Store::Sqlite => None,
        Store::Postgres => Some(Database::create("bulk").await?),
    };
    let at = match &database {
        None => folder.path().join("bench.db").to_string_lossy().into_owned(),
        Some(database) => database.url(),
    };
    let app = app(&at).load().await?;
    app.orm().auto_migrate(topsail::orm::Migrate::Alter).await?;
    for _ in 0..RECORDS / 1_000 {
        Item::create_each(&app, (0..1_000).map(|at| json!({ "name": format!("item {at}"), "price": 1.5 })))
            .await?;
    }
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let price = f64::from(u32::try_from(round)?);
        let by_orm =
            timed(async || Ok(Item::update(&app, Where::All).set(Item::PRICE, price).skip_fetch().await?));
        let by_orm = by_orm.await?;
        let given =
            timed(async || Ok(Item::update(&app, Where::All).set(Item::PRICE, price).await?.len() as u64));
        let given = given.await?;
        let by_sqlx = timed(async || by_sqlx(&app, price).await).await?;
        let rows = timed(async || rows_by_sqlx(&app, price).await).await?;
        // The first round only warms up.
        if round > 0 {
            rounds.push([by_orm, by_sqlx, given, rows]);
        }
    }
    let [by_orm, by_sqlx, given, rows] = [0, 1, 2, 3].map(|at| {
        let mut times: Vec<f64> = rounds.iter().map(|round| round[at]).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let mut out = std::io::stdout();
    for (what, ours, by_hand) in [("bulk update", by_orm, by_sqlx), ("bulk, records given", given, rows)] {
        writeln!(
            out,
            "{what:<19} {ours:>8.1} ms {by_hand:>9.1} ms {:>8.2}    for {RECORDS} records",
            by_hand / ours
        )?;
    }
    app.orm().close().await;
    match database {
        Some(database) => database.remove().await,
        None => Ok(()),
    }
}

/// Milliseconds.
async fn timed(write: impl AsyncFn() -> Result<u64, BoxError>) -> Result<f64, BoxError> {
    let started = Instant::now();
    if write().await? != RECORDS {
        return Err("not every record was written".into());
    }
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

async fn by_sqlx(app: &App, price: f64) -> Result<u64, BoxError> {
    const SQL: &str = "update item set price = $1, \"updatedAt\" = $2";
    let now = now()?;
    Ok(match app.orm().datastore("default").ok_or("no datastore")?.pool() {
        Pool::Sqlite(pool) => sqlx::query(SQL).bind(price).bind(now).execute(pool).await?.rows_affected(),
        Pool::Postgres(pool) => sqlx::query(SQL).bind(price).bind(now).execute(pool).await?.rows_affected(),
        _ => return Err("another database".into()),
    })
}

async fn rows_by_sqlx(app: &App, price: f64) -> Result<u64, BoxError> {
    const SQL: &str = "update item set price = $1, \"updatedAt\" = $2 \
                       returning id, name, price, sold, \"createdAt\" as created_at, \"updatedAt\" as updated_at";
    let now = now()?;
    let rows: Vec<Row> = match app.orm().datastore("default").ok_or("no datastore")?.pool() {
        Pool::Sqlite(pool) => sqlx::query_as(SQL).bind(price).bind(now).fetch_all(pool).await?,
        Pool::Postgres(pool) => sqlx::query_as(SQL).bind(price).bind(now).fetch_all(pool).await?,
        _ => return Err("another database".into()),
    };
    Ok(rows.len() as u64)
}

fn now() -> Result<i64, BoxError> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_millis())?)
}
