//! `config/routes.toml`: addresses, and targets that must exist.

use crate::{
    app::Names,
    known::did_you_mean,
    report::{Place, Report},
    toml::{Entry, Node, Tree},
};

/// Words that may stand before a path.
const VERBS: [&str; 10] =
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "ALL"];

/// Keys of a target that say where it leads.
const TARGETS: [&str; 7] = ["action", "controller", "view", "redirect", "response", "policy", "target"];

/// Options of a target that are true or false.
const SWITCHES: [&str; 6] = ["csrf", "mirror", "skipAssets", "skip_assets", "wantsJSON", "wants_json"];

/// Checks every address and every target of the section.
pub(crate) fn check(routes: &[Entry], names: &Names, report: &mut Report) {
    for Entry { key, place, node } in routes {
        if let Err(why) = address(key) {
            report.error(place.clone(), why);
        }
        Targets { names, report }.check(node);
    }
}

/// Says what is wrong with an address, if anything is.
fn address(text: &str) -> Result<(), String> {
    let text = text.trim();
    let path = match text.split_once(char::is_whitespace) {
        Some((word, rest)) if !word.starts_with('/') && !word.starts_with("r|") => {
            let upper = word.to_ascii_uppercase();
            if !VERBS.contains(&upper.as_str()) {
                let hint = did_you_mean(&upper, VERBS);
                return Err(format!(
                    "`{word}` is not an HTTP verb{hint} (or write none for GET, PUT, POST, DELETE and PATCH)"
                ));
            }
            rest.trim_start()
        }
        _ => text,
    };
    if let Some(rest) = path.strip_prefix("r|") {
        let source = rest.rsplit_once('|').map_or(rest, |(source, _)| source);
        return match regex_syntax::parse(source) {
            Ok(_) => Ok(()),
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Err(format!("the regular expression `{source}` is malformed: {why}"))
            }
        };
    }
    if path != "*" && !path.starts_with('/') {
        return Err(format!(
            "the path `{path}` must begin with `/` (or be `*`, or `r|regular expression|names`)"
        ));
    }
    let parameters = path.split('/').filter_map(|segment| segment.strip_prefix(':'));
    for parameter in parameters {
        let name = parameter.strip_suffix('?').unwrap_or(parameter);
        if name == "length" {
            return Err(
                "E_ROUTE_WITH_LENGTH: a path parameter cannot be called `length`; choose another name"
                    .to_owned(),
            );
        }
        if name.is_empty() {
            return Err(format!("a parameter of `{path}` has no name: write `:id`"));
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(format!(
                "`:{parameter}` is no parameter: its name has letters, digits, `_` and `-` only; write anything else as \
                 `r|regular expression|names`"
            ));
        }
    }
    if let Some(segment) = path.split('/').find(|segment| segment.contains('*') && *segment != "*") {
        return Err(format!("the wildcard in `{segment}` must stand alone: write `/*`"));
    }
    Ok(())
}

struct Targets<'a> {
    names: &'a Names,
    report: &'a mut Report,
}

impl Targets<'_> {
    fn check(&mut self, node: &Node) {
        match &node.value {
            Tree::Text(text) => self.text(text, &node.place),
            Tree::List(chain) => {
                if chain.is_empty() {
                    self.report.error(node.place.clone(), "an empty list leads nowhere; name a target");
                }
                for target in chain {
                    self.check(target);
                }
            }
            Tree::Table(entries) => self.table(entries),
            _ => {
                let text = format!(
                    "{} is no target: write an action, a path, or a table such as {{ view = \"…\" }}",
                    node.noun()
                );
                self.report.error(node.place.clone(), text);
            }
        }
    }

    /// A text: another address, or an action.
    fn text(&mut self, text: &str, place: &Place) {
        let text = text.trim();
        if !(text.starts_with('/') || text.starts_with("http://") || text.starts_with("https://")) {
            self.action(text, place);
        }
    }

    fn action(&mut self, name: &str, place: &Place) {
        if let Some(missing) = self.names.actions.missing(name) {
            self.report.error(place.clone(), missing);
        }
    }

    fn table(&mut self, entries: &[Entry]) {
        let mut texts = Vec::new();
        for entry in entries.iter().filter(|e| TARGETS.contains(&e.key.as_str())) {
            match entry.node.text() {
                Some(text) => texts.push((entry.key.as_str(), text, &entry.node.place)),
                None => {
                    let text = format!("`{}` must be a text, not {}", entry.key, entry.node.noun());
                    self.report.error(entry.node.place.clone(), text);
                }
            }
        }
        for entry in entries.iter().filter(|e| SWITCHES.contains(&e.key.as_str())) {
            if !matches!(entry.node.value, Tree::Boolean) {
                let text = format!("`{}` must be true or false, not {}", entry.key, entry.node.noun());
                self.report.error(entry.node.place.clone(), text);
            }
        }
        let of = |key: &str| texts.iter().find(|(k, ..)| *k == key).map(|(_, text, place)| (*text, *place));
        match (of("controller"), of("action")) {
            (Some((controller, _)), Some((action, place))) => {
                self.action(&format!("{controller}/{action}"), place)
            }
            (Some((controller, place)), None) => self.action(&format!("{controller}/index"), place),
            (None, Some((action, place))) => self.action(action, place),
            (None, None) => {}
        }
        if let Some((text, place)) = of("target") {
            self.text(text, place);
        }
        if let Some((view, place)) = of("view") {
            if view.contains('.') {
                let stem = view.split('.').next().unwrap_or_default();
                let text =
                    format!("a view is named without its extension: write `{stem}` instead of `{view}`");
                self.report.error(place.clone(), text);
            } else if let Some(missing) = self.names.views.missing(view) {
                self.report.error(place.clone(), format!("{missing} (looked in views/)"));
            }
        }
        if let Some((response, place)) = of("response")
            && let Some(missing) = self.names.responses.missing(response)
        {
            self.report.error(place.clone(), missing);
        }
        if let Some((policy, place)) = of("policy")
            && let Some(missing) = self.names.policies.missing(policy)
        {
            self.report.error(place.clone(), missing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses_pass() {
        for text in [
            "/",
            "GET /x",
            "post   /x/:id?",
            "ALL /*",
            "*",
            "/x/*",
            "r|^/n/(\\d+)$|num",
            "GET r|^/a|",
            " GET /x ",
        ] {
            assert_eq!(address(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn bad_addresses_say_why() {
        for (text, why) in [
            ("GTE /x", "`GTE` is not an HTTP verb; did you mean `GET`?"),
            ("x/y", "must begin with `/`"),
            ("GET /x/:length", "E_ROUTE_WITH_LENGTH"),
            ("GET /x/:", "has no name"),
            ("GET /x/:id(\\d+)", "`:id(\\d+)` is no parameter"),
            ("GET /files/*path", "the wildcard in `*path` must stand alone"),
            ("r|^/(|a", "the regular expression `^/(` is malformed: unclosed group"),
        ] {
            let error = address(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
