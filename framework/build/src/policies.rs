//! `config/policies.toml`: targets that name actions, values that name policies.

use crate::{
    app::Names,
    report::Report,
    toml::{Entry, Node, Tree},
};

/// Checks every target and every value of the section.
pub(crate) fn check(policies: &[Entry], names: &Names, report: &mut Report) {
    for Entry { key, place, node } in policies {
        if !matches!(node.value, Tree::Table(_)) && names.actions.is_complete() {
            let prefix = key.strip_suffix("/*").or_else(|| key.strip_suffix(".*"));
            let missing = match prefix {
                _ if key == "*" => None,
                Some(prefix) if names.actions.has_below(prefix) => None,
                Some(prefix) => Some(format!("no action lies below `{prefix}`, so `{key}` guards nothing")),
                None => {
                    names.actions.missing(key).map(|missing| format!("{missing} This key guards nothing."))
                }
            };
            if let Some(missing) = missing {
                report.warning(place.clone(), missing);
            }
        }
        value(key, node, names, report);
    }
}

fn value(key: &str, node: &Node, names: &Names, report: &mut Report) {
    match &node.value {
        Tree::Boolean => {}
        Tree::Text(name) => policy(name, node, names, report),
        Tree::List(items) => {
            for item in items {
                match &item.value {
                    Tree::Text(name) => policy(name, item, names, report),
                    Tree::Boolean if items.len() == 1 => {}
                    Tree::Boolean => report.error(
                        item.place.clone(),
                        "E_INVALID_POLICY_CONFIG: `true` and `false` cannot be mixed with policies in a list",
                    ),
                    _ => report.error(
                        item.place.clone(),
                        format!("E_INVALID_POLICY_CONFIG: {} is no policy; name one of api/policies", item.noun()),
                    ),
                }
            }
        }
        Tree::Table(_) => report.error(
            node.place.clone(),
            format!("E_INVALID_POLICY_CONFIG: a table guards nothing; write each action as a quoted key, as in \"{key}/find\" = true"),
        ),
        _ => report.error(
            node.place.clone(),
            format!("E_INVALID_POLICY_CONFIG: {} is no policy; write true, false, a policy, or a list of policies", node.noun()),
        ),
    }
}

fn policy(name: &str, node: &Node, names: &Names, report: &mut Report) {
    if let Some(missing) = names.policies.missing(name) {
        report.error(node.place.clone(), format!("E_INVALID_POLICY_CONFIG: {missing}"));
    }
}
