//! What the ORM itself costs: the same reads through it and through sqlx alone, in one process, without HTTP.
//!
//! A read of one row and one of many, taken in turns, give the cost of a query and the cost of a row.

use crate::{
    BoxError,
    by_hand::Item as Row,
    by_topsail::{Item, app},
    process::{Database, Store},
};
use serde_json::json;
use std::{
    io::Write,
    time::{Duration, Instant},
};
use topsail::{App, Model as _, orm::Pool};

const MANY: u16 = 1_000;
const ROUNDS: usize = 15;
/// Reads in a round, of one row and of many.
const READS: (u32, u32) = (400, 10);

/// Prints both figures for this store.
pub(crate) async fn measure(store: Store) -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let database = match store {
        Store::Sqlite => None,
        Store::Postgres => Some(Database::create("orm").await?),
    };
    let at = match &database {
        None => folder.path().join("bench.db").to_string_lossy().into_owned(),
        Some(database) => database.url(),
    };
    let app = app(&at).load().await?;
    app.orm().auto_migrate(topsail::orm::Migrate::Alter).await?;
    let items = (0..MANY)
        .map(|at| json!({ "name": format!("item {at}"), "price": f64::from(at) + 0.5, "sold": at % 2 == 0 }));
    Item::create_each(&app, items).await?;
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let times = [
            timed(READS.0, async || by_orm(&app, 1).await).await?,
            timed(READS.0, async || by_sqlx(&app, 1).await).await?,
            timed(READS.1, async || by_orm(&app, MANY).await).await?,
            timed(READS.1, async || by_sqlx(&app, MANY).await).await?,
        ];
        // The first round only warms up.
        if round > 0 {
            rounds.push(times);
        }
    }
    let [orm_one, sqlx_one, orm_many, sqlx_many] = [0, 1, 2, 3].map(|at| {
        let mut times: Vec<f64> = rounds.iter().map(|round| round[at]).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let rows = f64::from(MANY - 1);
    let (orm_row, sqlx_row) = ((orm_many - orm_one) / rows, (sqlx_many - sqlx_one) / rows);
    let mut out = std::io::stdout();
    for (what, ours, by_hand) in [("orm: a query", orm_one, sqlx_one), ("orm: a row", orm_row, sqlx_row)] {
        writeln!(
            out,
            "{what:<18} {ours:>9.2} µs {by_hand:>9.2} µs {:>8.2}    the ORM's own: {:.2} µs",
            by_hand / ours,
            ours - by_hand
        )?;
    }
    app.orm().close().await;
    match database {
        Some(database) => database.remove().await,
        None => Ok(()),
    }
}

/// Microseconds for each.
async fn timed(reads: u32, read: impl AsyncFn() -> Result<usize, BoxError>) -> Result<f64, BoxError> {
    let started = Instant::now();
    for _ in 0..reads {
        std::hint::black_box(read().await?);
    }
    Ok(per_read(started.elapsed(), reads))
}

fn per_read(elapsed: Duration, reads: u32) -> f64 {
    elapsed.as_secs_f64() * 1e6 / f64::from(reads)
}

/// Records of the model's type.
async fn by_orm(app: &App, last: u16) -> Result<usize, BoxError> {
    let found = Item::find(app).where_(Item::ID.le(i64::from(last))).limit(u64::from(MANY)).await?;
    Ok(found.len())
}

/// The same rows, as a type that sqlx fills.
async fn by_sqlx(app: &App, last: u16) -> Result<usize, BoxError> {
    // The limit stands in the text, as in the ORM's: SQLite plans a statement anew for each value that is bound there.
    const SQL: &str = "select id, name, price, sold, \"createdAt\" as created_at, \"updatedAt\" as updated_at \
                       from item where id <= $1 order by id limit 1000";
    let last = i64::from(last);
    let found: Vec<Row> = match app.orm().datastore("default").ok_or("no datastore")?.pool() {
        Pool::Sqlite(pool) => sqlx::query_as(SQL).bind(last).fetch_all(pool).await?,
        Pool::Postgres(pool) => sqlx::query_as(SQL).bind(last).fetch_all(pool).await?,
        _ => return Err("another database".into()),
    };
    Ok(found.len())
}
