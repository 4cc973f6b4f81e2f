//! The servers as processes of their own, and the processor time they spend.

use crate::BoxError;
use sqlx::{Connection, PgConnection};
use std::{net::SocketAddr, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

#[derive(Clone, Copy)]
pub(crate) enum Program {
    Topsail,
    ByHand,
}

/// Where the records are.
#[derive(Clone, Copy)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

/// A database of PostgreSQL for one server, dropped after it.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    pub(crate) async fn create(name: &str) -> Result<Self, BoxError> {
        let server = std::env::var("TOPSAIL_BENCH_POSTGRES")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let database = Self { server, name: format!("topsail_bench_{name}_{}", std::process::id()) };
        let mut connection = PgConnection::connect(&format!("{}/postgres", database.server)).await?;
        let statement = format!("create database {}", database.name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(database)
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    pub(crate) async fn remove(self) -> Result<(), BoxError> {
        let mut connection = PgConnection::connect(&format!("{}/postgres", self.server)).await?;
        let statement = format!("drop database if exists {} with (force)", self.name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(())
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    program: Program,
    child: Child,
    database: Option<Database>,
    _folder: TempDir,
}

impl Server {
    /// Starts this very program as a server, on a free port, with a database of its own.
    pub(crate) async fn start(program: Program, store: Store) -> Result<Self, BoxError> {
        let folder = tempfile::tempdir()?;
        let name = match program {
            Program::Topsail => "topsail",
            Program::ByHand => "hand",
        };
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(Database::create(name).await?),
        };
        let at = match &database {
            None => folder.path().join("bench.db").to_string_lossy().into_owned(),
            Some(database) => database.url(),
        };
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", name])
            .arg(at)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = tokio::time::timeout(Duration::from_secs(30), async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = line.strip_prefix("listening ") {
                    return Ok::<_, BoxError>(address.parse()?);
                }
            }
            Err("the server ended before it listened".into())
        })
        .await??;
        Ok(Self { address, program, child, database, _folder: folder })
    }

    /// Ends the server, and what it has stored.
    pub(crate) async fn end(mut self) -> Result<(), BoxError> {
        self.child.kill().await?;
        match self.database {
            Some(database) => database.remove().await,
            None => Ok(()),
        }
    }

    /// The event that is answered with the least work.
    pub(crate) fn bare_event(&self) -> &'static str {
        match self.program {
            Program::Topsail => "get",
            Program::ByHand => "bare",
        }
    }

    /// Bytes of memory that the server holds, once that no longer changes.
    pub(crate) async fn settled(&self) -> Result<u64, BoxError> {
        let mut last = self.resident()?;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = self.resident()?;
            if now.abs_diff(last) < 64 * 1024 {
                return Ok(now);
            }
            last = now;
        }
    }

    /// Bytes of memory that the server holds just now.
    pub(crate) fn resident(&self) -> Result<u64, BoxError> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// Seconds of processor time that the server has spent so far.
    pub(crate) fn cpu(&self) -> Result<f64, BoxError> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let after_name = stat.rsplit_once(')').ok_or("unexpected /proc/…/stat")?.1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        // Linux counts in hundredths of a second on every machine that matters here.
        Ok(ticks / 100.0)
    }
}
