//! The section `routes`, and the options that a route target can carry.

use super::Target;
use crate::security::CorsOption;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

/// The section `routes`: addresses and targets in the order of the file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct RoutesConfig(pub Map<String, Value>);

/// What a route's target says beside where it leads: `req.options` of Sails.
#[derive(Clone, Debug, Default)]
pub struct RouteOptions {
    /// Leave paths that look like files alone; none means: for GET routes that end in a parameter.
    pub skip_assets: Option<bool>,
    /// Paths that match one of these are left alone.
    pub skip_regex: Vec<String>,
    /// Negotiate as if the client wanted JSON.
    pub wants_json: bool,
    /// Deliver the events of this route's writes to the asking socket as well.
    pub mirror: bool,
    /// The model that a blueprint action works on.
    pub model: Option<String>,
    /// The association that a blueprint action works on.
    pub alias: Option<String>,
    /// CORS of this route.
    pub cors: Option<CorsOption>,
    /// CSRF protection of this route.
    pub csrf: Option<bool>,
    /// Values for views; they win over those of the action.
    pub locals: Map<String, Value>,
    /// Everything else, for policies and actions.
    pub extra: Map<String, Value>,
}

impl RouteOptions {
    /// Reads the keys of a target dictionary that are not the target itself.
    pub(crate) fn from_map(map: Map<String, Value>) -> Result<Self, String> {
        let mut options = Self::default();
        for (key, value) in map {
            let wrong = |what: &str| format!("`{key}` must be {what}");
            match key.as_str() {
                "skipAssets" | "skip_assets" => {
                    options.skip_assets = Some(value.as_bool().ok_or_else(|| wrong("true or false"))?);
                }
                "skipRegex" | "skip_regex" => {
                    let list = match value {
                        Value::String(one) => vec![one],
                        Value::Array(many) => {
                            many.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
                        }
                        _ => return Err(wrong("a regular expression or a list of them")),
                    };
                    for source in &list {
                        regex::Regex::new(source).map_err(|e| format!("`{key}`: {e}"))?;
                    }
                    options.skip_regex = list;
                }
                "wantsJSON" | "wants_json" => {
                    options.wants_json = value.as_bool().ok_or_else(|| wrong("true or false"))?;
                }
                "mirror" => options.mirror = value.as_bool().ok_or_else(|| wrong("true or false"))?,
                "csrf" => options.csrf = Some(value.as_bool().ok_or_else(|| wrong("true or false"))?),
                "cors" => {
                    options.cors = Some(serde_json::from_value(value).map_err(|e| format!("`cors`: {e}"))?);
                }
                "model" => {
                    options.model = Some(value.as_str().ok_or_else(|| wrong("a model"))?.to_lowercase())
                }
                "alias" => {
                    options.alias = Some(value.as_str().ok_or_else(|| wrong("an association"))?.to_owned())
                }
                "locals" => match value {
                    Value::Object(locals) => options.locals = locals,
                    _ => return Err(wrong("a dictionary")),
                },
                _ => {
                    options.extra.insert(key, value);
                }
            }
        }
        Ok(options)
    }

    /// Fills what is not set here from a later match: the earliest match wins per key.
    pub(crate) fn merged_under(mut self, earlier: &Self) -> Self {
        self.skip_assets = earlier.skip_assets.or(self.skip_assets);
        self.wants_json |= earlier.wants_json;
        self.mirror |= earlier.mirror;
        self.model = earlier.model.clone().or(self.model);
        self.alias = earlier.alias.clone().or(self.alias);
        self.cors = earlier.cors.clone().or(self.cors);
        self.csrf = earlier.csrf.or(self.csrf);
        self.locals.extend(earlier.locals.clone());
        self.extra.extend(earlier.extra.clone());
        self
    }
}

impl<'de> Deserialize<'de> for RouteOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_map(Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Splits a target into where it leads and its options.
pub(crate) fn read_target(value: &Value) -> Result<(Vec<Target>, RouteOptions), String> {
    match value {
        Value::Array(chain) => {
            let mut targets = Vec::new();
            let mut options = RouteOptions::default();
            for item in chain {
                let (more, found) = read_target(item)?;
                targets.extend(more);
                options = found.merged_under(&options);
            }
            if targets.is_empty() {
                return Err("an empty list leads nowhere".to_owned());
            }
            Ok((targets, options))
        }
        Value::String(text) => Ok((vec![Target::from_text(text)], RouteOptions::default())),
        Value::Object(map) => {
            let (target, rest) = Target::from_map(map.clone())?;
            Ok((target.into_iter().collect(), RouteOptions::from_map(rest)?))
        }
        other => Err(format!("`{other}` is no target: write an action, a path, or a dictionary")),
    }
}
