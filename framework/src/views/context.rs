//! The values that a view sees.

use crate::{App, Req, security};
use serde_json::{Map, Value, json};
use tera::Context;

/// Under this name, which no template can write, stand the names that may be exposed to the browser.
pub(super) const EXPOSABLE: &str = "\u{1}exposable";

/// The values of a request's view.
pub(super) fn of_request(app: &App, req: &Req, general: &Map<String, Value>, locals: Value) -> Context {
    let session = req.session();
    let protected = app.config().security.csrf || req.options().csrf == Some(true);
    let token = if protected { security::token(&session).unwrap_or_default() } else { String::new() };
    let values = json!({
        "_csrf": token,
        "environment": app.environment(),
        "req": {
            "path": req.path(),
            "url": req.uri().path_and_query().map_or("/", |url| url.as_str()),
            "method": req.method().as_str(),
            "isSocket": req.is_socket(),
            "query": req.query(),
        },
        "session": session.read_all().map_or(Value::Null, Value::Object),
    });
    merged(values, [Value::Object(general.clone()), locals, Value::Object(req.options().locals.clone())])
}

/// The values of a view outside of a request.
pub(super) fn plain(environment: &str, general: &Map<String, Value>, locals: Value) -> Context {
    let values = json!({ "_csrf": "", "environment": environment });
    merged(values, [Value::Object(general.clone()), locals])
}

/// Later ones win; what is no dictionary has no names and adds nothing.
fn merged(built_in: Value, layers: impl IntoIterator<Item = Value>) -> Context {
    let mut context = Context::new();
    let mut exposable = Vec::new();
    if built_in["_csrf"].as_str().is_some_and(|token| !token.is_empty()) {
        exposable.push("_csrf".to_owned());
    }
    put(&mut context, built_in, |_| {});
    for layer in layers {
        put(&mut context, layer, |name| {
            if !exposable.iter().any(|known| known == name) {
                exposable.push(name.to_owned());
            }
        });
    }
    context.insert(EXPOSABLE, &exposable);
    context
}

fn put(context: &mut Context, layer: Value, mut each: impl FnMut(&str)) {
    if let Value::Object(values) = layer {
        for (name, value) in values {
            each(&name);
            context.insert(name, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ht_100_later_layers_win() {
        let general = json!({ "a": 1, "b": 1, "environment": "mine" });
        let context = plain("test", general.as_object().expect("it is one"), json!({ "b": 2 }));
        let number = |name| context.get(name).and_then(tera::Value::as_i64);
        assert_eq!((number("a"), number("b")), (Some(1), Some(2)));
        assert_eq!(context.get("environment").and_then(tera::Value::as_str), Some("mine"));
        assert_eq!(context.get("_csrf").and_then(tera::Value::as_str), Some(""));
    }
}
