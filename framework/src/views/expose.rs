//! `expose_locals_to_browser`: values of a view for the scripts of its page.

use super::context::EXPOSABLE;
use serde::Deserialize;
use std::fmt::Write as _;
use tera::{Kwargs, State, TeraResult, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The names to expose; none means all that the app has set.
    keys: Option<Vec<String>>,
    /// The global variable of the page.
    #[serde(default = "namespace")]
    namespace: String,
}

fn namespace() -> String {
    "SAILS_LOCALS".to_owned()
}

/// Writes a script element that puts values into a global variable of the page:
/// `{{ expose_locals_to_browser(keys=["me"], namespace="SAILS_LOCALS") }}`.
///
/// Without `keys` it takes all locals and a `_csrf` token, never `req` and `session`. The environment is
/// always in it, as `_environment`. Whatever the values are, they cannot end the script element: Sails escapes them as
/// HTML and unescapes them in the browser, here they are JSON with escaped angle brackets, which needs no second step.
pub(super) fn expose(kwargs: Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let options: Options = kwargs.deserialize()?;
    let name = &options.namespace;
    if !is_identifier(name) {
        return Err(tera::Error::message(format!("`{name}` cannot be the name of a variable in JavaScript")));
    }
    let keys = match options.keys {
        Some(keys) => keys,
        None => match state.get::<Value>(EXPOSABLE)? {
            Some(names) => names
                .as_array()
                .unwrap_or_default()
                .iter()
                .filter_map(|v| v.as_str().map(str::to_owned))
                .collect(),
            None => Vec::new(),
        },
    };
    let mut text = format!("<script>window.{name} = {{");
    let environment = state.get::<Value>("environment")?.unwrap_or_else(Value::none);
    push(&mut text, "_environment", &environment)?;
    for key in keys {
        let Some(value) = state.get::<Value>(&key)? else {
            return Err(tera::Error::message(format!("there is no local `{key}` to expose to the browser")));
        };
        text.push(',');
        push(&mut text, &key, &value)?;
    }
    text.push_str("};</script>");
    Ok(Value::safe_string(&text))
}

fn push(text: &mut String, key: &str, value: &Value) -> TeraResult<()> {
    let json = |value: serde_json::Result<String>| value.map_err(|e| tera::Error::message(e.to_string()));
    let entry = format!("{}:{}", json(serde_json::to_string(key))?, json(serde_json::to_string(value))?);
    for c in entry.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    Ok(())
}

fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}
