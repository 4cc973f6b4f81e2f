//! The Redis of these tests, and Redis servers that a test may end.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::{interval, timeout};

/// The Redis that all tests share.
pub fn shared() -> String {
    std::env::var("TOPSAIL_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

/// A connection to it, or the remedy.
pub async fn connect(url: &str) -> ::redis::aio::MultiplexedConnection {
    let client = ::redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap_or_else(|error| {
        panic!(
            "these tests need a Redis at {url} ({error}); start one with `redis-server --save '' --daemonize yes`, or \
             name another in TOPSAIL_TEST_REDIS"
        )
    })
}

/// A Redis server of one test's own.
pub struct Own {
    port: u16,
    process: Option<Child>,
}

impl Own {
    pub async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut own = Self { port, process: None };
        own.restart().await;
        own
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it again, empty, on the same port.
    pub async fn restart(&mut self) {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp"])
            .args(["--port", &self.port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("these tests need the program `redis-server`: apt-get install redis-server");
        self.process = Some(process);
        let url = self.url();
        let up = async {
            let mut again = interval(Duration::from_millis(20));
            loop {
                again.tick().await;
                let client = ::redis::Client::open(url.as_str()).unwrap();
                if client.get_multiplexed_async_connection().await.is_ok() {
                    return;
                }
            }
        };
        timeout(Duration::from_secs(10), up).await.expect("redis-server to be up");
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Stops or continues it: while it is stopped, connections are up and nothing is answered.
    pub fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.kill();
    }
}
