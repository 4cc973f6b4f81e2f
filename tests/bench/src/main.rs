//! Side by side: each pair serves the same work, one by Topsail and one written by hand on the same crates.
//!
//! `cargo run --release -p bench` starts each server as a process of its own, loads both in alternating rounds, and
//! prints the ratio of their throughput and of the processor time that the server spends per operation (the load
//! generator shares the machine, so the second is the sharper figure). `bench PAIR` runs one pair. `bench idle` compares
//! what 5,000 idle sockets cost in memory, each with a session on Topsail's side.
//! `bench orm` prints what the ORM itself costs for a query and for a row, against sqlx alone and without HTTP, and `bench bulk`
//! what an update of 50,000 records does.
//! `bench postgres` runs the pairs that are about records, and the ORM's, on PostgreSQL: each side in a new database of the server at
//! `TOPSAIL_BENCH_POSTGRES` (else `postgres://postgres@127.0.0.1:5432`).

mod bulk;
mod by_hand;
mod by_topsail;
mod load;
mod overhead;
mod process;
mod socket;

use process::{Program, Server, Store};
use std::{io::Write, time::Duration};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the pairs are, and the load that is put on both sides.
///
/// `virtual-request` is a route of the app asked over a socket, with its session; by hand that is a request through the
/// axum router. `ack` is the same request against the least that socketioxide can do: an event answered by its handler.
const PAIRS: &[&str] = &["action", "virtual-request", "ack", "broadcast", "find", "find-one", "create"];
/// Those that are about records.
const RECORDS: &[&str] = &["find", "find-one", "create"];
const ROUNDS: usize = 5;
/// Idle sockets that are held at once.
const IDLE: u32 = 5_000;
const ROUND: Duration = Duration::from_secs(3);

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", "topsail", database] => runtime.block_on(by_topsail::serve(database)),
        ["serve", "hand", database] => runtime.block_on(by_hand::serve(database)),
        [] => runtime.block_on(async {
            measure(PAIRS, Store::Sqlite).await?;
            overhead::measure(Store::Sqlite).await?;
            bulk::measure(Store::Sqlite).await?;
            idle().await
        }),
        ["postgres"] => runtime.block_on(async {
            measure(RECORDS, Store::Postgres).await?;
            overhead::measure(Store::Postgres).await?;
            bulk::measure(Store::Postgres).await
        }),
        ["orm"] => runtime.block_on(overhead::measure(Store::Sqlite)),
        ["bulk"] => runtime.block_on(bulk::measure(Store::Sqlite)),
        ["idle"] => runtime.block_on(idle()),
        [pair] if PAIRS.contains(pair) => runtime.block_on(measure(&[pair], Store::Sqlite)),
        _ => Err(format!("usage: bench [{}|orm|bulk|idle|postgres]", PAIRS.join("|")).into()),
    }
}

async fn measure(pairs: &[&str], store: Store) -> Result<(), BoxError> {
    let ours = Server::start(Program::Topsail, store).await?;
    let by_hand = Server::start(Program::ByHand, store).await?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<18} {:>12} {:>12} {:>8} {:>12} {:>12} {:>10}",
        "pair", "topsail /s", "by hand /s", "ratio", "topsail µs", "by hand µs", "cpu ratio"
    )?;
    for pair in pairs {
        let mut rounds = Vec::new();
        for round in 0..=ROUNDS {
            let first = one(pair, &ours).await?;
            let second = one(pair, &by_hand).await?;
            // The first round only warms up.
            if round > 0 {
                rounds.push((first, second));
            }
        }
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let rate =
            |f: &dyn Fn(&(load::Figures, load::Figures)) -> f64| middle(rounds.iter().map(f).collect());
        writeln!(
            out,
            "{pair:<18} {:>12.0} {:>12.0} {:>8.2} {:>12.1} {:>12.1} {:>10.2}",
            rate(&|(a, _)| a.per_second),
            rate(&|(_, b)| b.per_second),
            rate(&|(a, b)| a.per_second / b.per_second),
            rate(&|(a, _)| a.cpu_per_operation * 1e6),
            rate(&|(_, b)| b.cpu_per_operation * 1e6),
            rate(&|(a, b)| b.cpu_per_operation / a.cpu_per_operation),
        )?;
        out.flush()?;
    }
    ours.end().await?;
    by_hand.end().await
}

async fn one(pair: &str, server: &Server) -> Result<load::Figures, BoxError> {
    match pair {
        "action" => load::http(server, &load::get("/hello?name=ann"), 32, ROUND).await,
        "find" => load::http(server, &load::get("/item"), 16, ROUND).await,
        "find-one" => load::http(server, &load::get("/item/7"), 16, ROUND).await,
        "create" => {
            load::http(server, &load::post("/item", r#"{"name":"new","price":2.5}"#), 16, ROUND).await
        }
        "virtual-request" => socket::requests(server, "get", 64, ROUND).await,
        "ack" => socket::requests(server, server.bare_event(), 64, ROUND).await,
        _ => socket::broadcasts(server, 1_000, 100).await,
    }
}

/// Memory for each idle socket, on servers of their own.
async fn idle() -> Result<(), BoxError> {
    let mut cost = Vec::new();
    for program in [Program::Topsail, Program::ByHand] {
        let server = Server::start(program, Store::Sqlite).await?;
        // What the first sockets and requests cost once is not theirs.
        drop(socket::idle(&server, 100).await?);
        let before = server.settled().await?;
        let sockets = socket::idle(&server, IDLE).await?;
        let after = server.settled().await?;
        cost.push(f64::from(u32::try_from(after.saturating_sub(before) / u64::from(IDLE))?) / 1000.0);
        drop(sockets);
    }
    let [ours, by_hand] = cost[..] else { return Err("two figures were expected".into()) };
    writeln!(
        std::io::stdout(),
        "{:<18} {ours:>9.1} kB {by_hand:>9.1} kB {:>8.2}    for each of {IDLE} idle sockets",
        "idle",
        ours / by_hand
    )?;
    Ok(())
}
