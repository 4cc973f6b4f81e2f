//! The section `http`.

use crate::config::ConfigError;
use ::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Settings of the HTTP listener and its middleware.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Which proxies in front of the app are believed: `false`, `true`, or a number of hops.
    pub trust_proxy: TrustProxy,
    /// Largest body that is read, in bytes; more is a 400.
    pub body_limit: usize,
    /// Deepest nesting of a JSON body.
    pub json_depth: usize,
    /// Seconds that a browser may keep a static file; none means 0 in development and a year in production.
    pub cache: Option<u64>,
    /// Refusals are problem details (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`, and the
    /// members that they have anyway.
    pub problem_details: bool,
    /// Sends `X-Powered-By: Topsail`.
    pub powered_by: bool,
    /// Compresses answers; none means in production only.
    pub compress: Option<bool>,
    /// Seconds in which a client must have sent its headers.
    pub header_read_timeout: u64,
    /// Seconds in which a client must have sent a body that is parsed; more is a 408. Files that an action streams have no
    /// such limit.
    pub body_read_timeout: u64,
    /// Seconds after which unacknowledged data ends a connection (Linux: `TCP_USER_TIMEOUT`); 0 switches it off.
    pub tcp_user_timeout: u64,
    /// Connections that are open at once; more wait in the kernel's queue.
    pub max_connections: usize,
    /// Headers that a request may have; over HTTP more is a 431, of a virtual request a 400.
    pub max_headers: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            trust_proxy: TrustProxy::default(),
            body_limit: 1 << 20,
            json_depth: 100,
            cache: None,
            problem_details: false,
            powered_by: true,
            compress: None,
            header_read_timeout: 30,
            body_read_timeout: 60,
            tcp_user_timeout: 30,
            max_connections: 100_000,
            max_headers: 100,
        }
    }
}

/// More seconds than anyone waits; clocks overflow far above.
const LONGEST: u64 = 24 * 60 * 60;
/// More headers than anyone has; each costs memory for every connection.
const MOST_HEADERS: usize = 10_000;
/// More than a system has file descriptors.
const MOST_CONNECTIONS: usize = 10_000_000;

impl HttpConfig {
    /// What cannot work.
    ///
    /// # Errors
    /// Names the key whose value is out of its range.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, why: String| Err(ConfigError::invalid("http", key, why));
        if !(1..=MOST_CONNECTIONS).contains(&self.max_connections) {
            return refuse("max_connections", format!("it must be between 1 and {MOST_CONNECTIONS}"));
        }
        if !(1..=MOST_HEADERS).contains(&self.max_headers) {
            return refuse("max_headers", format!("it must be between 1 and {MOST_HEADERS}"));
        }
        for (key, seconds) in
            [("header_read_timeout", self.header_read_timeout), ("body_read_timeout", self.body_read_timeout)]
        {
            if !(1..=LONGEST).contains(&seconds) {
                return refuse(key, format!("it must be between 1 and {LONGEST} seconds"));
            }
        }
        if self.tcp_user_timeout > LONGEST {
            return refuse(
                "tcp_user_timeout",
                format!("it must be at most {LONGEST} seconds; 0 switches it off"),
            );
        }
        Ok(())
    }
}

/// How far `X-Forwarded-*` is believed.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum TrustProxy {
    /// All of it, or nothing.
    All(bool),
    /// The nearest n proxies.
    Hops(u32),
}

impl Default for TrustProxy {
    fn default() -> Self {
        Self::All(false)
    }
}

impl TrustProxy {
    pub(crate) fn trusts_any(self) -> bool {
        !matches!(self, Self::All(false) | Self::Hops(0))
    }

    /// The trusted addresses of `X-Forwarded-For`, client first.
    pub(crate) fn forwarded(self, headers: &HeaderMap) -> Vec<IpAddr> {
        if !self.trusts_any() {
            return Vec::new();
        }
        let all: Vec<IpAddr> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .filter_map(|v| v.trim().parse().ok())
            .collect();
        match self {
            Self::All(_) => all,
            Self::Hops(hops) => {
                let keep = all.len().min(hops as usize);
                all[all.len() - keep..].to_vec()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_that_would_stop_the_listener_are_refused() {
        HttpConfig::default().check().unwrap();
        for text in [
            r#"{ "max_connections": 0 }"#,
            r#"{ "max_headers": 0 }"#,
            r#"{ "max_connections": 9223372036854775807 }"#,
            r#"{ "header_read_timeout": 9223372036854775807 }"#,
            r#"{ "body_read_timeout": 0 }"#,
            r#"{ "tcp_user_timeout": 9223372036854775807 }"#,
        ] {
            let key = text.split('"').nth(1).unwrap();
            let error = serde_json::from_str::<HttpConfig>(text).unwrap().check().unwrap_err().to_string();
            assert!(error.contains(&format!("`http.{key}`")), "{error}");
        }
    }

    #[test]
    fn only_the_nearest_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 1.1.1.1, nonsense, 2.2.2.2".parse().unwrap());
        let first = |trust: TrustProxy| trust.forwarded(&headers).first().map(ToString::to_string);
        assert_eq!(first(TrustProxy::All(false)), None);
        assert_eq!(first(TrustProxy::Hops(0)), None);
        assert_eq!(first(TrustProxy::Hops(1)).as_deref(), Some("2.2.2.2"));
        assert_eq!(first(TrustProxy::Hops(9)).as_deref(), Some("6.6.6.6"));
        assert_eq!(first(TrustProxy::All(true)).as_deref(), Some("6.6.6.6"));
    }
}
