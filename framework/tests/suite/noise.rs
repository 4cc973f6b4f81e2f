//! Noise: for a while several connections send what no client should, and the server goes on as if nothing were.
//!
//! The server is a process of its own, so that its memory can be looked at. What is sent follows from a seed, which is
//! printed; `TOPSAIL_TEST_SEED` names one. The minute runs in `tests/run`.

mod frames;

use crate::{
    realtime::client::{Client, SDK},
    support::app,
};
use frames::Noise;
pub use frames::frame;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{interval, timeout},
};
use topsail::prelude::*;

const PATIENCE: Duration = Duration::from_secs(20);
/// Connections that make noise at once.
const CONNECTIONS: u64 = 8;
/// What the memory of the server may have grown by, in kB: what the allocator keeps of what has been given back. One
/// connection that is not let go costs 20 kB, and there are thousands.
const MAY_GROW: u64 = 64 * 1024;

async fn ping() -> Outcome {
    send("pong")
}

async fn echo(req: Req) -> Outcome {
    ok(json!({ "all": req.params() }))
}

/// The program of the other process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is a server, started by the tests below"]
async fn a_server() {
    if std::env::var_os("TOPSAIL_TEST_NOISE").is_none() {
        return;
    }
    let lifted = app()
        .action("ping", ping)
        .route("/ping", "ping")
        .action("echo", echo)
        .route("/echo", "echo")
        .config("metrics.enabled", true)
        // Sessions are bounded as well; here so low that the noise reaches it at once.
        .config("session.max_sessions", 100)
        .config("http.header_read_timeout", 2)
        .config("sockets.connect_timeout", 1_000)
        .lift_for_test()
        .await
        .unwrap();
    println!("\nlistening at {}", lifted.url());
    std::future::pending::<()>().await;
}

struct Server {
    process: Child,
    url: String,
    errors: tempfile::NamedTempFile,
    /// Kept open: the test harness there writes after a minute, and ends with an error where it cannot.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start() -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "noise::a_server", "--ignored", "--nocapture"])
            .env("TOPSAIL_TEST_NOISE", "1")
            .stdout(Stdio::piped())
            .stderr(errors.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|l| l.strip_prefix("listening at ").map(str::to_owned));
        Self { process, url: url.expect("the server to be lifted"), errors, _lines: lines }
    }

    fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Resident memory in kB.
    fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it is running");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    async fn number(&self, name: &str) -> u64 {
        let page =
            reqwest::get(format!("{}/__topsail/metrics", self.url)).await.unwrap().text().await.unwrap();
        let found = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap().parse().unwrap()
    }

    /// What it says of itself, for the message of a failure.
    fn state(&mut self) -> String {
        let errors = std::fs::read_to_string(self.errors.path()).unwrap();
        format!("ended: {:?}, errors: {errors}", self.process.try_wait().unwrap())
    }

    /// Waits until all connections of sockets are gone.
    async fn rest(&self) {
        let mut again = interval(Duration::from_millis(50));
        let gone = async {
            while self.number("topsail_handshakes_open").await + self.number("topsail_sockets").await > 0 {
                again.tick().await;
            }
        };
        if timeout(PATIENCE, gone).await.is_err() {
            let page =
                reqwest::get(format!("{}/__topsail/metrics", self.url)).await.unwrap().text().await.unwrap();
            panic!("something is held of connections that are gone: {page}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One connection after the other, until the time is over.
async fn make_noise(address: String, seed: u64, until: Instant) {
    let mut rng = StdRng::seed_from_u64(seed);
    while Instant::now() < until {
        let Ok(mut stream) = TcpStream::connect(&address).await else { continue };
        let mut noise = Noise::new(&mut rng);
        // Reset rather than closed, or the system would run out of ports.
        let _ = stream.set_zero_linger();
        let opening = noise.opening(SDK);
        if stream.write_all(&opening).await.is_err() {
            continue;
        }
        let (mut reading, mut writing) = stream.split();
        let drain = async {
            let mut bytes = [0; 4096];
            while let Ok(1..) = reading.read(&mut bytes).await {}
        };
        let send = async {
            for bytes in noise.burst() {
                if writing.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            // What has been sent is taken in before the end comes, most of the time.
            if rng.random_bool(0.8) {
                let _ = writing.shutdown().await;
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = drain => {}
            () = send => {}
            _ = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
}

/// A client that does as it should, all the while.
async fn ask(url: &str, until: Instant) -> u64 {
    let mut client = Client::connect(url).await;
    let mut answered = 0;
    while Instant::now() < until {
        let data = json!({ "n": answered });
        let ack = client.post("/echo", data.clone()).await;
        assert_eq!(ack["body"]["all"], data, "{ack}");
        answered += 1;
    }
    client.close().await;
    answered
}

async fn withstands(span: Duration) {
    let seed = std::env::var("TOPSAIL_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("TOPSAIL_TEST_SEED={seed}");
    let mut server = Server::start();
    let address = server.address().to_owned();
    let noise = |seed: u64, until| {
        let tasks =
            (0..CONNECTIONS).map(|n| tokio::spawn(make_noise(address.clone(), seed.wrapping_add(n), until)));
        futures_util::future::join_all(tasks.collect::<Vec<_>>())
    };
    // What is set up once, and grown to its size, does not count.
    noise(1, Instant::now() + span / 5).await;
    server.rest().await;
    let before = server.memory();
    let until = Instant::now() + span;
    let url = server.url.clone();
    let asking = tokio::spawn(async move { ask(&url, until).await });
    noise(seed, until).await.into_iter().for_each(|task| task.unwrap());
    let answered = match asking.await {
        Ok(answered) => answered,
        Err(failed) => panic!("seed {seed}: {failed}; the server: {}", server.state()),
    };
    assert!(answered > 0);
    server.rest().await;
    // It answers whoever comes next.
    let mut client = Client::connect(&server.url).await;
    assert_eq!(client.get("/ping").await["body"], "pong");
    let pong = reqwest::get(format!("{}/ping", server.url)).await.unwrap();
    assert_eq!(pong.status(), 200);
    assert_eq!(client.request("get", "/user", Value::Null).await["statusCode"], 200);
    let mut again = interval(Duration::from_millis(100));
    let back = async {
        while server.memory() > before + MAY_GROW {
            again.tick().await;
        }
    };
    let waited = timeout(PATIENCE, back).await;
    let handshakes = server.number("topsail_sockets_connected_total").await;
    println!("{handshakes} sockets, {answered} answers, memory {before} kB, then {} kB", server.memory());
    assert!(waited.is_ok(), "memory was {before} kB and is {} kB (seed {seed})", server.memory());
    let errors = std::fs::read_to_string(server.errors.path()).unwrap();
    assert!(!errors.contains("panicked"), "seed {seed}: {errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_withstands_seconds_of_noise() {
    withstands(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute; tests/run names it"]
async fn a_server_withstands_a_minute_of_noise() {
    withstands(Duration::from_secs(60)).await;
}
