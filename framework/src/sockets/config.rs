//! The section `sockets`.

use crate::config::ConfigError;
use ::http::Uri;
use serde::{Deserialize, Serialize};

/// Settings of the realtime side.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketsConfig {
    /// Where the engine listens; client and server must agree.
    pub path: String,
    /// The transports that are allowed.
    pub transports: Vec<Transport>,
    /// May a polling connection become a websocket?
    pub allow_upgrades: bool,
    /// Milliseconds between pings.
    pub ping_interval: u64,
    /// Milliseconds without an answer after which a connection ends.
    pub ping_timeout: u64,
    /// Largest message of a client in bytes; a larger one ends the connection. Sails takes 100 MB; here it is 1 MiB
    /// and some room for the envelope, because every byte of it is held in memory before anyone has been asked.
    pub max_http_buffer_size: usize,
    /// The origins whose pages may connect, compared to the letter (`https://example.com`). While it is set, nobody
    /// else may; requests without an `Origin` header are not from pages and are admitted.
    pub only_allow_origins: Option<Vec<String>>,
    /// Without a list: admit pages of the app's own host only. None means in production.
    pub same_origin: Option<bool>,
    /// Answers carry `headers`.
    pub send_response_headers: bool,
    /// Answers carry `statusCode`; without it sails.io.js takes every answer for a 200.
    pub send_status_code: bool,
    /// `GET /__getcookie`, which gives pages of other origins a session before they connect.
    pub grant3rd_party_cookie: bool,
    /// How nodes reach each other: `memory` is one node, `redis` (with the feature `redis`) as many as have its `url`.
    pub adapter: String,
    /// The Redis that nodes meet at: `redis://user:password@host:6379/0`.
    pub url: Option<String>,
    /// What tells this app from others at the same Redis; none means the app's name.
    pub prefix: Option<String>,
    /// Messages that wait for a slow reader; one more ends its connection, so that nobody misses one unknowingly.
    pub max_buffer_size: usize,
    /// Virtual requests of one socket that run at once; more wait.
    pub max_in_flight: usize,
    /// Virtual requests of one socket that run or wait; one more ends the connection.
    pub max_pending: usize,
    /// Rooms that one socket may be in, those of records included.
    pub max_rooms: usize,
    /// Handshakes a second of one client's address (of IPv6: of one /64); more are a 429. 0 switches it off. Which address
    /// counts is told by `http.trust_proxy`; those of this machine never do.
    pub connection_rate: u32,
    /// Handshakes that an address may make at once before the rate counts: an office behind one address reconnects.
    pub connection_burst: u32,
    /// Sockets of this node, those included that have not connected yet; more are a 503. None means nine tenths of
    /// `http.max_connections`, so that some are left for everything else.
    pub max_connections: Option<usize>,
    /// Milliseconds within which a client must have connected to the default namespace.
    pub connect_timeout: u64,
    /// Milliseconds within which a transport must have been upgraded.
    pub upgrade_timeout: u64,
}

/// A transport of Engine.IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A WebSocket.
    Websocket,
    /// Long polling over HTTP.
    Polling,
}

/// Milliseconds of a day: nothing here takes longer.
const LONGEST: u64 = 86_400_000;
/// More handshakes than one address makes.
const MOST_HANDSHAKES: u32 = 1_000_000;
/// Messages that a reader may at least be behind.
const LEAST_BUFFER: usize = 16;
/// Larger counts and sizes than this are a mistake; far larger ones the runtime refuses.
const MOST: usize = 1 << 30;

impl Default for SocketsConfig {
    fn default() -> Self {
        Self {
            path: "/socket.io".to_owned(),
            transports: vec![Transport::Websocket],
            allow_upgrades: true,
            ping_interval: 25_000,
            ping_timeout: 60_000,
            max_http_buffer_size: (1 << 20) + (64 << 10),
            only_allow_origins: None,
            same_origin: None,
            send_response_headers: true,
            send_status_code: true,
            grant3rd_party_cookie: true,
            adapter: "memory".to_owned(),
            url: None,
            prefix: None,
            max_buffer_size: 1024,
            max_in_flight: 100,
            max_pending: 2_000,
            max_rooms: 10_000,
            connection_rate: 100,
            connection_burst: 1_000,
            max_connections: None,
            connect_timeout: 45_000,
            upgrade_timeout: 10_000,
        }
    }
}

impl SocketsConfig {
    /// Checks what types cannot say; runs at lift.
    pub(crate) fn check(&self, production: bool) -> Result<(), ConfigError> {
        let refuse = |key, why: &dyn std::fmt::Display| Err(ConfigError::invalid("sockets", key, why));
        if !self.path.starts_with('/') || self.path.len() < 2 || self.path.ends_with('/') {
            return refuse("path", &"it must start with a slash, name something, and not end with a slash");
        }
        if self.transports.is_empty() {
            return refuse("transports", &"name `websocket`, `polling` or both");
        }
        for (key, value) in [
            ("ping_interval", self.ping_interval),
            ("ping_timeout", self.ping_timeout),
            ("connect_timeout", self.connect_timeout),
            ("upgrade_timeout", self.upgrade_timeout),
        ] {
            if !(1..=LONGEST).contains(&value) {
                return refuse(key, &format_args!("it must be between 1 and {LONGEST} milliseconds"));
            }
        }
        for (key, value) in [
            ("max_http_buffer_size", self.max_http_buffer_size),
            ("max_in_flight", self.max_in_flight),
            ("max_pending", self.max_pending),
            ("max_rooms", self.max_rooms),
            ("max_connections", self.max_connections.unwrap_or(1)),
        ] {
            if !(1..=MOST).contains(&value) {
                return refuse(key, &format_args!("it must be between 1 and {MOST}"));
            }
        }
        // With less, a moment in which a healthy reader does not run would end its connection.
        if !(LEAST_BUFFER..=MOST).contains(&self.max_buffer_size) {
            return refuse("max_buffer_size", &format_args!("it must be between {LEAST_BUFFER} and {MOST}"));
        }
        if self.connection_rate > MOST_HANDSHAKES {
            return refuse(
                "connection_rate",
                &format_args!("it must be at most {MOST_HANDSHAKES}; 0 switches it off"),
            );
        }
        if !(1..=MOST_HANDSHAKES).contains(&self.connection_burst) {
            return refuse("connection_burst", &format_args!("it must be between 1 and {MOST_HANDSHAKES}"));
        }
        match self.adapter.as_str() {
            "memory" => {}
            _ if self.over_redis() => {
                if cfg!(not(feature = "redis")) {
                    return refuse(
                        "adapter",
                        &"this build has no Redis adapter; write `memory`, or build with the feature `redis` of topsail",
                    );
                }
                if self.url.is_none() {
                    return refuse("url", &"name the Redis that nodes meet at: `redis://127.0.0.1:6379`");
                }
                if self.prefix.as_deref() == Some("") {
                    return refuse(
                        "prefix",
                        &"it is empty; leave it out, or name what tells this app from others",
                    );
                }
            }
            other => {
                let hint = crate::config::did_you_mean(other, ["memory", "redis"].into_iter());
                return refuse("adapter", &format!("there is no adapter `{other}`{hint}"));
            }
        }
        for origin in self.only_allow_origins.iter().flatten() {
            if let Some(why) = origin_problem(origin) {
                return refuse("only_allow_origins", &format!("E_INVALID_ORIGIN: `{origin}` {why}"));
            }
        }
        if production && self.only_allow_origins.is_none() && self.same_origin == Some(false) {
            tracing::warn!(
                "pages of every origin may open sockets with the cookies of their visitors (`sockets.same_origin`)"
            );
        }
        Ok(())
    }

    /// Sockets that this node takes, beside so many connections in all.
    pub(super) fn most_connections(&self, of_all: usize) -> usize {
        self.max_connections.unwrap_or((of_all - of_all / 10).max(1))
    }

    /// Do nodes meet at a Redis?
    pub(crate) fn over_redis(&self) -> bool {
        matches!(self.adapter.as_str(), "redis" | "socket.io-redis" | "@sailshq/socket.io-redis")
    }

    pub(crate) fn allows(&self, transport: Transport) -> bool {
        self.transports.contains(&transport)
    }
}

/// What is wrong with an origin, by the rules of `check-origin-url` of Sails.
fn origin_problem(origin: &str) -> Option<&'static str> {
    if origin.is_empty() {
        return Some("is empty");
    }
    if origin.starts_with("file://") {
        return None;
    }
    if origin.ends_with('/') {
        return Some("must not end with a slash");
    }
    let Ok(uri) = origin.parse::<Uri>() else {
        return Some("is no origin; write it like `https://example.com`");
    };
    let default_port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return Some("must begin with `http://` or `https://`"),
    };
    if uri.path() != "/" || uri.query().is_some() || origin.contains(['?', '#', '@']) {
        return Some("must not have a path, a query, a fragment or a user");
    }
    if uri.port_u16() == Some(default_port) {
        return Some("must not name the default port, because browsers leave it out");
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with_origins(origins: &[&str]) -> Result<(), ConfigError> {
        let only_allow_origins = Some(origins.iter().map(|o| (*o).to_owned()).collect());
        SocketsConfig { only_allow_origins, ..SocketsConfig::default() }.check(true)
    }

    #[test]
    fn rt_54_bad_origins_stop_the_lift() {
        for bad in [
            "",
            "example.com",
            "http://example.com:80",
            "https://example.com:443",
            "http://example.com/",
            "http://example.com/x",
            "http://example.com?x",
            "http://example.com#x",
            "ftp://example.com",
            "http://user@example.com",
        ] {
            assert!(with_origins(&[bad]).unwrap_err().to_string().contains("E_INVALID_ORIGIN"), "{bad}");
        }
        with_origins(&[
            "http://example.com",
            "https://example.com:8443",
            "http://localhost:1337",
            "file:///x",
        ])
        .unwrap();
    }

    #[test]
    fn rt_54_a_setting_that_cannot_work_is_named() {
        let config = SocketsConfig { adapter: "reddis".to_owned(), ..SocketsConfig::default() };
        assert!(config.check(false).unwrap_err().to_string().contains("did you mean `redis`"));
        let config = SocketsConfig { adapter: "redis".to_owned(), ..SocketsConfig::default() };
        let why = config.check(false).unwrap_err().to_string();
        let remedy = if cfg!(feature = "redis") { "redis://127.0.0.1:6379" } else { "the feature `redis`" };
        assert!(why.contains(remedy), "{why}");
        let config = SocketsConfig { connection_burst: 0, ..SocketsConfig::default() };
        assert!(config.check(false).unwrap_err().to_string().contains("sockets.connection_burst"));
        let config = SocketsConfig { max_buffer_size: 15, ..SocketsConfig::default() };
        assert!(config.check(false).unwrap_err().to_string().contains("between 16 and"));
        let config = SocketsConfig { max_connections: Some(0), ..SocketsConfig::default() };
        assert!(config.check(false).unwrap_err().to_string().contains("sockets.max_connections"));
        let config = SocketsConfig { path: "socket.io".to_owned(), ..SocketsConfig::default() };
        assert!(config.check(false).unwrap_err().to_string().contains("sockets.path"));
        SocketsConfig::default().check(true).unwrap();
    }
}
