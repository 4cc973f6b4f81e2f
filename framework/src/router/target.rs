//! Targets of routes: an action, a view, a redirect, a response, a policy.

use serde_json::{Map, Value};
use std::fmt;

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An action, in any of Sails' spellings.
    Action(String),
    /// A view; policies do not apply.
    View(String),
    /// Another address.
    Redirect(String),
    /// A response method: `notFound`.
    Response(String),
    /// A policy, in a chain.
    Policy(String),
}

impl Target {
    pub(crate) fn from_text(text: &str) -> Self {
        let text = text.trim();
        if text.starts_with('/') || text.starts_with("http://") || text.starts_with("https://") {
            Self::Redirect(text.to_owned())
        } else {
            Self::Action(text.to_owned())
        }
    }

    /// Takes the key that names the target; a dictionary of options alone (`{ cors = true }`) has none.
    pub(crate) fn from_map(
        mut map: Map<String, Value>,
    ) -> Result<(Option<Self>, Map<String, Value>), String> {
        let mut text = |key: &str| match map.remove(key) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{key}` must be a text, not `{other}`")),
            None => Ok(None),
        };
        let (action, controller) = (text("action")?, text("controller")?);
        let target = match (controller, action) {
            (Some(controller), Some(action)) => Some(Self::Action(format!("{controller}/{action}"))),
            (Some(controller), None) => Some(Self::Action(format!("{controller}/index"))),
            (None, Some(action)) => Some(Self::Action(action)),
            (None, None) => None,
        };
        let target = match target {
            Some(target) => Some(target),
            None => {
                match (text("view")?, text("redirect")?, text("response")?, text("policy")?, text("target")?)
                {
                    (Some(view), ..) => Some(Self::View(view)),
                    (_, Some(to), ..) => Some(Self::Redirect(to)),
                    (_, _, Some(response), ..) => Some(Self::Response(response)),
                    (.., Some(policy), _) => Some(Self::Policy(policy)),
                    (.., Some(target)) => Some(Self::from_text(&target)),
                    _ => None,
                }
            }
        };
        Ok((target, map))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(name) => write!(f, "{name}"),
            Self::View(name) => write!(f, "view {name}"),
            Self::Redirect(to) => write!(f, "-> {to}"),
            Self::Response(name) => write!(f, "response {name}"),
            Self::Policy(name) => write!(f, "policy {name}"),
        }
    }
}
