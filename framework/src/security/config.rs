//! The section `security`, and the option `cors` of a route.

use super::Origins;
use crate::{
    config::ConfigError,
    router::{RouteError, RouteTable},
};
use ::http::HeaderValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt};

/// Settings of CORS and CSRF.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityConfig {
    /// Demands a token for every method but GET, HEAD and OPTIONS.
    pub csrf: bool,
    /// Which other origins may read answers.
    pub cors: CorsConfig,
}

/// CORS: which other origins may read answers.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct CorsConfig {
    /// The origins.
    pub allow_origins: Origins,
    /// Applies to every path; else only to routes with the option `cors`.
    pub all_routes: bool,
    /// Lets requests carry cookies.
    pub allow_credentials: bool,
    /// Methods, separated by commas.
    pub allow_request_methods: String,
    /// Request headers, separated by commas.
    pub allow_request_headers: String,
    /// Headers of the answer that scripts may read, separated by commas.
    pub allow_response_headers: String,
    /// Allows `"*"` together with credentials: every site can then act as whoever visits it.
    pub allow_any_origin_with_credentials_unsafe: bool,
}

impl Default for CorsConfig {
    fn default() -> Self {
        Self {
            allow_origins: Origins::Any,
            all_routes: false,
            allow_credentials: false,
            allow_request_methods: "GET,HEAD,PUT,PATCH,POST,DELETE".to_owned(),
            allow_request_headers: "content-type".to_owned(),
            allow_response_headers: String::new(),
            allow_any_origin_with_credentials_unsafe: false,
        }
    }
}

impl SecurityConfig {
    /// What cannot work or would be unsafe.
    ///
    /// # Errors
    /// CSRF protection without sessions, and `"*"` with credentials.
    pub(crate) fn check(&self, sessions: bool) -> Result<(), ConfigError> {
        if self.csrf && !sessions {
            let why = "E_INVALID_SECURITY_CONFIG: tokens are kept in sessions: set `session.enabled = true` or `security.csrf = false`";
            return Err(ConfigError::invalid("security", "csrf", why));
        }
        self.cors.check().map_err(|why| {
            ConfigError::invalid("security", "cors", format!("E_INVALID_SECURITY_CONFIG: {why}"))
        })
    }
}

impl SecurityConfig {
    /// What routes say of CORS, together with the global settings.
    ///
    /// # Errors
    /// Names the first route whose settings would be unsafe or cannot be sent.
    pub(crate) fn check_routes(&self, table: &RouteTable) -> Result<(), RouteError> {
        for route in table.iter() {
            if let Some(cors) = &route.options.cors {
                cors.check(&self.cors)
                    .map_err(|why| RouteError::Target { address: route.address.to_string(), why })?;
            }
        }
        Ok(())
    }
}

impl CorsConfig {
    fn check(&self) -> Result<(), String> {
        if self.allow_origins == Origins::Any
            && self.allow_credentials
            && !self.allow_any_origin_with_credentials_unsafe
        {
            return Err("`allow_origins = \"*\"` with `allow_credentials` lets every site act as whoever visits it: list \
                        the origins, or set `allow_any_origin_with_credentials_unsafe`"
                .to_owned());
        }
        for (key, text) in [
            ("allow_request_methods", &self.allow_request_methods),
            ("allow_request_headers", &self.allow_request_headers),
            ("allow_response_headers", &self.allow_response_headers),
        ] {
            HeaderValue::from_str(text).map_err(|_| format!("`{key}` cannot be sent as a header"))?;
        }
        Ok(())
    }
}

/// The option `cors` of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOption {
    /// `true`: the global settings; `false`: no CORS, even where it is on for all routes.
    Switch(bool),
    /// These origins, else the global settings.
    Origins(Origins),
    /// What differs from the global settings.
    Settings(Box<CorsOverride>),
}

/// A route's own CORS settings; what is absent is that of `config/security.toml`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct CorsOverride {
    /// The origins.
    #[serde(alias = "allowOrigins", skip_serializing_if = "Option::is_none")]
    pub allow_origins: Option<Origins>,
    /// Lets requests carry cookies.
    #[serde(alias = "allowCredentials", skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// Methods, separated by commas.
    #[serde(alias = "allowRequestMethods", skip_serializing_if = "Option::is_none")]
    pub allow_request_methods: Option<String>,
    /// Request headers, separated by commas.
    #[serde(alias = "allowRequestHeaders", skip_serializing_if = "Option::is_none")]
    pub allow_request_headers: Option<String>,
    /// Headers of the answer that scripts may read, separated by commas.
    #[serde(alias = "allowResponseHeaders", skip_serializing_if = "Option::is_none")]
    pub allow_response_headers: Option<String>,
    /// Allows `"*"` together with credentials.
    #[serde(alias = "allowAnyOriginWithCredentialsUnsafe", skip_serializing_if = "Option::is_none")]
    pub allow_any_origin_with_credentials_unsafe: Option<bool>,
}

impl CorsOption {
    /// What cannot work or would be unsafe, as a text for the error of the route.
    ///
    /// # Errors
    /// `"*"` with credentials (`E_UNSAFE`), and lists that cannot be sent as headers.
    pub(crate) fn check(&self, global: &CorsConfig) -> Result<(), String> {
        match self.over(global) {
            Some(config) => config.check().map_err(|why| format!("E_UNSAFE: {why}")),
            None => Ok(()),
        }
    }

    /// The settings of a route with this option.
    pub(super) fn over<'c>(&self, global: &'c CorsConfig) -> Option<Cow<'c, CorsConfig>> {
        match self {
            Self::Switch(false) => None,
            Self::Switch(true) => Some(Cow::Borrowed(global)),
            Self::Origins(origins) => {
                Some(Cow::Owned(CorsConfig { allow_origins: origins.clone(), ..global.clone() }))
            }
            Self::Settings(own) => {
                let own = (**own).clone();
                Some(Cow::Owned(CorsConfig {
                    allow_origins: own.allow_origins.unwrap_or_else(|| global.allow_origins.clone()),
                    all_routes: global.all_routes,
                    allow_credentials: own.allow_credentials.unwrap_or(global.allow_credentials),
                    allow_request_methods: own
                        .allow_request_methods
                        .unwrap_or_else(|| global.allow_request_methods.clone()),
                    allow_request_headers: own
                        .allow_request_headers
                        .unwrap_or_else(|| global.allow_request_headers.clone()),
                    allow_response_headers: own
                        .allow_response_headers
                        .unwrap_or_else(|| global.allow_response_headers.clone()),
                    allow_any_origin_with_credentials_unsafe: own
                        .allow_any_origin_with_credentials_unsafe
                        .unwrap_or(global.allow_any_origin_with_credentials_unsafe),
                }))
            }
        }
    }
}

impl Serialize for CorsOption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Switch(on) => on.serialize(serializer),
            Self::Origins(origins) => origins.serialize(serializer),
            Self::Settings(own) => own.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CorsOption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = CorsOption;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, an origin, or a dictionary of CORS settings")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<CorsOption, E> {
                Ok(CorsOption::Switch(on))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CorsOption, E> {
                Origins::parse(text).map(CorsOption::Origins).map_err(E::custom)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<CorsOption, A::Error> {
                let own = CorsOverride::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(CorsOption::Settings(Box::new(own)))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn ht_96_every_origin_with_credentials_is_refused_unless_named_unsafe() {
        let check = |json| serde_json::from_value::<SecurityConfig>(json).unwrap().check(true);
        let error = check(json!({ "cors": { "allow_credentials": true } })).unwrap_err().to_string();
        assert!(error.contains("E_INVALID_SECURITY_CONFIG"), "{error}");
        assert!(
            check(json!({ "cors": { "allow_credentials": true, "allow_origins": ["http://a"] } })).is_ok()
        );
        let named = json!({ "cors": { "allow_credentials": true, "allow_any_origin_with_credentials_unsafe": true } });
        assert!(check(named).is_ok());
        let global = CorsConfig { allow_origins: Origins::List(Vec::new()), ..CorsConfig::default() };
        let route: CorsOption =
            serde_json::from_value(json!({ "allowOrigins": "*", "allowCredentials": true })).unwrap();
        assert!(route.check(&global).unwrap_err().contains("E_UNSAFE"));
    }

    #[test]
    fn csrf_without_sessions_is_refused() {
        let config = SecurityConfig { csrf: true, ..SecurityConfig::default() };
        assert!(config.check(true).is_ok());
        assert!(config.check(false).unwrap_err().to_string().contains("E_INVALID_SECURITY_CONFIG"));
    }

    #[test]
    fn the_route_option_takes_all_forms_and_names_what_is_wrong() {
        let read = |json| serde_json::from_value::<CorsOption>(json);
        assert_eq!(read(json!(true)).unwrap(), CorsOption::Switch(true));
        assert_eq!(read(json!("*")).unwrap(), CorsOption::Origins(Origins::Any));
        assert!(read(json!({ "allow_request_headers": "x-foo" })).is_ok());
        assert!(read(json!({ "allowOrigin": "*" })).unwrap_err().to_string().contains("allowOrigin"));
        assert!(read(json!("example.com")).unwrap_err().to_string().contains("E_INVALID_ORIGIN"));
        assert!(read(json!(7)).is_err());
    }
}
