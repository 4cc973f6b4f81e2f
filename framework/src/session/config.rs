//! The section `session`.

use crate::{
    config::ConfigError,
    cookies::{Cookie, CookieKey, SameSite},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Signs cookies where the app has no secret of its own yet; production refuses it.
const DEVELOPMENT_SECRET: &str = "topsail-development-secret-that-everyone-knows";

/// Settings of sessions, and the secret that signs all cookies.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Switches sessions off altogether.
    pub enabled: bool,
    /// Signs cookies. Required in production; keep it out of the repository (`TOPSAIL_SESSION__SECRET`).
    pub secret: Option<String>,
    /// The name of the cookie.
    pub name: String,
    /// Where sessions are kept: `memory` is this process, `redis` (with the feature `redis`) what `url` names.
    pub adapter: String,
    /// The Redis that keeps them: `redis://user:password@host:6379/0`.
    pub url: Option<String>,
    /// What their keys in Redis begin with.
    pub prefix: String,
    /// Milliseconds without a request after which a session is forgotten, where `cookie.max_age` says nothing.
    pub idle_time: u64,
    /// Sessions that the memory adapter keeps; beyond it those that would expire first are dropped.
    pub max_sessions: usize,
    /// Bytes of JSON that one session may hold.
    pub max_bytes: usize,
    /// The cookie.
    pub cookie: SessionCookieConfig,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            secret: None,
            name: "sails.sid".to_owned(),
            adapter: "memory".to_owned(),
            url: None,
            prefix: "sess:".to_owned(),
            idle_time: 24 * 60 * 60 * 1000,
            max_sessions: 100_000,
            max_bytes: 64 * 1024,
            cookie: SessionCookieConfig::default(),
        }
    }
}

/// The attributes of the session cookie.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionCookieConfig {
    /// Milliseconds that the browser keeps it; none means until it is closed.
    pub max_age: Option<u64>,
    /// Over HTTPS only; none means in production.
    pub secure: Option<bool>,
    /// Hides it from scripts.
    pub http_only: bool,
    /// `lax`, `strict`, `none`, or `off` for no attribute (as Sails).
    pub same_site: SameSite,
    /// The path.
    pub path: String,
    /// The domain; none means this host only.
    pub domain: Option<String>,
}

impl Default for SessionCookieConfig {
    fn default() -> Self {
        Self {
            max_age: None,
            secure: None,
            http_only: true,
            same_site: SameSite::Lax,
            path: "/".to_owned(),
            domain: None,
        }
    }
}

impl SessionConfig {
    /// The key that signs cookies.
    ///
    /// # Errors
    /// In production with sessions, when there is no secret or only the one of development.
    pub(crate) fn key(&self, production: bool) -> Result<CookieKey, ConfigError> {
        match self.secret.as_deref() {
            Some("") => {
                Err(ConfigError::invalid("session", "secret", "E_INVALID_SESSION_CONFIG: it is empty"))
            }
            Some(DEVELOPMENT_SECRET) if production => {
                Err(refused("it is the secret of development, which everyone knows"))
            }
            Some(secret) => Ok(CookieKey::new(secret)),
            None if production && self.enabled => Err(refused("production needs a secret")),
            None if production => Ok(CookieKey::random()),
            None => {
                tracing::warn!(
                    "session.secret is not set: cookies are signed with the secret of development"
                );
                Ok(CookieKey::new(DEVELOPMENT_SECRET))
            }
        }
    }

    /// What cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, why: String| {
            Err(ConfigError::invalid("session", key, format!("E_INVALID_SESSION_CONFIG: {why}")))
        };
        match self.adapter.as_str() {
            "memory" => {}
            _ if self.in_redis() => {
                if cfg!(not(feature = "redis")) {
                    let why = "this build keeps no sessions in Redis; write `memory`, or build with the feature `redis` of topsail";
                    return refuse("adapter", why.to_owned());
                }
                if self.url.is_none() {
                    return refuse(
                        "url",
                        "name the Redis that keeps them: `redis://127.0.0.1:6379`".to_owned(),
                    );
                }
            }
            other => {
                let hint = crate::config::did_you_mean(other, ["memory", "redis"].into_iter());
                return refuse("adapter", format!("there is no session adapter `{other}`{hint}"));
            }
        }
        if self.cookie.same_site == SameSite::None && self.cookie.secure == Some(false) {
            let why = "browsers drop cookies with SameSite=None that are not Secure: set `session.cookie.secure = true`";
            return Err(ConfigError::invalid("session", "cookie.same_site", why));
        }
        self.cookie("", false).to_header().map(drop).map_err(|error| {
            ConfigError::invalid("session", "cookie", format!("E_INVALID_SESSION_CONFIG: {error}"))
        })
    }

    /// Are sessions kept in Redis?
    pub(crate) fn in_redis(&self) -> bool {
        matches!(self.adapter.as_str(), "redis" | "connect-redis" | "@sailshq/connect-redis")
    }

    /// How long a session lives without a request.
    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_millis(self.cookie.max_age.unwrap_or(self.idle_time))
    }

    pub(crate) fn cookie(&self, value: &str, production: bool) -> Cookie {
        let config = &self.cookie;
        let mut cookie =
            Cookie::new(self.name.as_str(), value).path(config.path.as_str()).same_site(config.same_site);
        if let Some(domain) = &config.domain {
            cookie = cookie.domain(domain.as_str());
        }
        if let Some(age) = config.max_age {
            cookie = cookie.max_age(Duration::from_millis(age));
        }
        if config.http_only {
            cookie = cookie.http_only();
        }
        if config.secure.unwrap_or(production) {
            cookie = cookie.secure();
        }
        cookie
    }
}

fn refused(why: &str) -> ConfigError {
    ConfigError::invalid(
        "session",
        "secret",
        format!("E_INVALID_SESSION_CONFIG: {why}; set a long random text in TOPSAIL_SESSION__SECRET"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ht_88_production_needs_a_secret_of_its_own_and_development_does_not() {
        let mut config = SessionConfig::default();
        assert!(config.key(false).is_ok());
        assert!(config.key(true).unwrap_err().to_string().contains("TOPSAIL_SESSION__SECRET"));
        config.secret = Some(DEVELOPMENT_SECRET.to_owned());
        assert!(config.key(true).is_err());
        config.secret = Some("a-long-random-text-of-this-app".to_owned());
        assert!(config.key(true).is_ok());
        let off = SessionConfig { enabled: false, ..SessionConfig::default() };
        assert!(off.key(true).is_ok());
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let check = |json| serde_json::from_value::<SessionConfig>(json).unwrap().check();
        assert!(check(serde_json::json!({})).is_ok());
        assert!(
            check(serde_json::json!({ "adapter": "redsi" })).unwrap_err().to_string().contains("`redis`")
        );
        let why = check(serde_json::json!({ "adapter": "redis" })).unwrap_err().to_string();
        let remedy = if cfg!(feature = "redis") { "redis://127.0.0.1:6379" } else { "the feature `redis`" };
        assert!(why.contains(remedy), "{why}");
        assert!(check(serde_json::json!({ "name": "a b" })).is_err());
        assert!(check(serde_json::json!({ "cookie": { "same_site": "none", "secure": false } })).is_err());
        assert!(
            serde_json::from_value::<SessionConfig>(serde_json::json!({ "cookie": { "secure": "yes" } }))
                .is_err()
        );
    }

    #[test]
    fn the_cookie_is_safe_by_default_and_can_be_that_of_sails() {
        let text = |config: &SessionConfig, production| {
            config.cookie("v", production).to_header().unwrap().to_str().unwrap().to_owned()
        };
        let mut config = SessionConfig::default();
        assert_eq!(text(&config, false), "sails.sid=v; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(text(&config, true), "sails.sid=v; Path=/; HttpOnly; Secure; SameSite=Lax");
        config.cookie.same_site = SameSite::Off;
        assert_eq!(text(&config, false), "sails.sid=v; Path=/; HttpOnly");
    }
}
