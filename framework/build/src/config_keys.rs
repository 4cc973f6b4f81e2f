//! Unknown keys and wrong types in the framework's own sections.

use crate::{
    keys::{Key, KeyType, SECTIONS},
    known::{did_you_mean, nearest},
    report::{Place, Report},
    toml::{Entry, Node, Tree},
};

/// Checks a section that the framework reads; the app's own ones are free.
pub(crate) fn check_section(name: &str, node: &Node, report: &mut Report) {
    if let Some(known) = SECTIONS.iter().find(|key| key.name == name) {
        check(name, known.kind, node, report);
    }
}

/// A section of the app's own whose name is nearly one of the framework's is suspicious.
pub(crate) fn check_name(name: &str, place: &Place, report: &mut Report) {
    if SECTIONS.iter().any(|key| key.name == name) {
        return;
    }
    let near = nearest(name, SECTIONS.iter().map(|key| key.name))
        .filter(|near| strsim::damerau_levenshtein(name, near) <= 2);
    if let Some(near) = near {
        report.warning(
            place.clone(),
            format!("`{name}` is no setting of the framework; did you mean `{near}`?"),
        );
    }
}

fn check(path: &str, kind: KeyType, node: &Node, report: &mut Report) {
    match kind {
        KeyType::Section(keys) => match &node.value {
            Tree::Table(entries) => section(path, keys, entries, report),
            _ => wrong(path, kind, node, report),
        },
        KeyType::Map(kind) => match &node.value {
            Tree::Table(entries) => {
                for entry in entries {
                    check(&format!("{path}.{}", entry.key), *kind, &entry.node, report);
                }
            }
            _ => wrong(path, KeyType::Map(kind), node, report),
        },
        KeyType::List(kind) => match &node.value {
            Tree::List(items) => {
                for item in items {
                    check(path, *kind, item, report);
                }
            }
            _ => wrong(path, KeyType::List(kind), node, report),
        },
        kind if fits(kind, node) => {}
        kind => wrong(path, kind, node, report),
    }
}

fn section(path: &str, keys: &[Key], entries: &[Entry], report: &mut Report) {
    for entry in entries {
        let full = format!("{path}.{}", entry.key);
        match keys.iter().find(|key| key.name == entry.key) {
            Some(known) => check(&full, known.kind, &entry.node, report),
            None => {
                let names: Vec<_> = keys.iter().map(|key| key.name).collect();
                let hint = did_you_mean(&entry.key, names.iter().copied());
                let text = format!("unknown key `{full}`{hint} (known: {})", names.join(", "));
                report.error(entry.place.clone(), text);
            }
        }
    }
}

fn fits(kind: KeyType, node: &Node) -> bool {
    match kind {
        KeyType::Boolean => matches!(node.value, Tree::Boolean),
        KeyType::Integer => matches!(node.value, Tree::Integer),
        KeyType::Text => matches!(node.value, Tree::Text(_)),
        KeyType::OneOf(texts) => node.text().is_some_and(|text| texts.contains(&text)),
        KeyType::List(kind) => match &node.value {
            Tree::List(items) => items.iter().all(|item| fits(*kind, item)),
            _ => false,
        },
        KeyType::AnyOf(kinds) => kinds.iter().any(|kind| fits(*kind, node)),
        KeyType::Section(_) | KeyType::Map(_) => matches!(node.value, Tree::Table(_)),
        KeyType::Open => true,
    }
}

fn wrong(path: &str, kind: KeyType, node: &Node, report: &mut Report) {
    let (what, found) =
        (noun(kind), node.text().map_or_else(|| node.noun().to_owned(), |text| format!("`{text}`")));
    let hint = match (kind, node.text()) {
        (KeyType::OneOf(texts), Some(text)) => did_you_mean(text, texts.iter().copied()),
        _ => String::new(),
    };
    report.error(node.place.clone(), format!("`{path}` must be {what}, not {found}{hint}"));
}

/// What the key must hold, in a sentence.
fn noun(kind: KeyType) -> String {
    match kind {
        KeyType::Boolean => "true or false".to_owned(),
        KeyType::Integer => "a whole number".to_owned(),
        KeyType::Text => "a text".to_owned(),
        KeyType::OneOf(texts) => format!("one of `{}`", texts.join("`, `")),
        KeyType::List(_) => "a list".to_owned(),
        KeyType::AnyOf(kinds) => kinds.iter().map(|kind| noun(*kind)).collect::<Vec<_>>().join(" or "),
        KeyType::Section(_) | KeyType::Map(_) => "a table".to_owned(),
        KeyType::Open => "anything".to_owned(),
    }
}
