//! What registered itself, joined with what was found at build time and what was given in code.

use super::{Discovered, LiftError};
use crate::{
    Action, ActionDef, DynHook, HookDef, Policy, PolicyDef, ResponseDef, ResponseFn, actions::fold_identity,
    blueprints::BlueprintParsers,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use topsail_orm::ModelEntry;

/// Names that the response methods have already.
const RESERVED_RESPONSES: &[&str] = &["json", "send", "view", "redirect", "status", "end"];

/// Actions, policies, responses and hooks of one app.
#[derive(Default)]
pub(crate) struct Registry {
    /// Folded identity → identity as written, action.
    pub(crate) actions: BTreeMap<String, (Arc<str>, Action)>,
    pub(crate) policies: BTreeMap<String, Policy>,
    pub(crate) responses: HashMap<String, ResponseFn>,
    pub(crate) hooks: Vec<(String, Box<dyn DynHook>)>,
    pub(crate) models: Vec<topsail_orm::ModelDef>,
    /// Identities of the app's own actions, in order: they get routes when `blueprints.actions` is on.
    pub(crate) own_actions: Vec<Arc<str>>,
    pub(crate) blueprint_parsers: BlueprintParsers,
}

impl Registry {
    /// Collects what belongs to the app's crate and checks it against what was found.
    pub(crate) fn collect(discovered: &Discovered) -> Result<Self, LiftError> {
        let mut registry = Self::default();
        let mut modules: BTreeSet<&'static str> = BTreeSet::new();
        let mut places: HashMap<String, String> = HashMap::new();

        let mut actions: Vec<_> =
            inventory::iter::<ActionDef>.into_iter().filter(|d| discovered.owns(d.module)).collect();
        actions.sort_by_key(|d| (d.file, d.line));
        for def in actions {
            let here = format!("{}:{}", def.file, def.line);
            let Some(identity) = def.identity() else {
                return Err(LiftError::Unregistered {
                    file: format!("{here}: `#[action]` stands outside api/controllers, so `{}`", def.name),
                    attribute: "action",
                });
            };
            modules.insert(def.module);
            if let Some(first) = places.insert(fold_identity(&identity), here.clone()) {
                return Err(LiftError::Conflict { identity, first, second: here });
            }
            registry.add_action(identity, (def.make)());
        }
        for def in inventory::iter::<PolicyDef>.into_iter().filter(|d| discovered.owns(d.module)) {
            modules.insert(def.module);
            registry.policies.insert(policy_name(def.module, def.name), (def.make)());
        }
        for def in inventory::iter::<ResponseDef>.into_iter().filter(|d| discovered.owns(d.module)) {
            modules.insert(def.module);
            let name = camel(def.name);
            if RESERVED_RESPONSES.contains(&name.as_str()) {
                return Err(LiftError::ReservedResponse { name, file: def.file, line: def.line });
            }
            registry.responses.insert(name, def.call);
        }
        let mut hooks: Vec<_> =
            inventory::iter::<HookDef>.into_iter().filter(|d| discovered.owns(d.module)).collect();
        hooks.sort_by_key(|d| (d.file, d.line));
        for def in hooks {
            modules.insert(def.module);
            registry.hooks.push((def.name.to_owned(), (def.make)()));
        }
        let mut models: Vec<_> =
            inventory::iter::<ModelEntry>.into_iter().filter(|d| discovered.owns(d.module)).collect();
        models.sort_by_key(|d| (d.file, d.line));
        for entry in models {
            modules.insert(entry.module);
            registry.models.push((entry.define)());
        }
        check(discovered, &modules)?;
        Ok(registry)
    }

    pub(crate) fn add_action(&mut self, identity: String, action: Action) {
        let identity: Arc<str> = identity.into();
        self.own_actions.push(identity.clone());
        self.actions.insert(fold_identity(&identity), (identity, action));
    }

    /// Adds an action of the framework, unless the app has one of that identity.
    pub(crate) fn add_built_in(&mut self, identity: &str, action: Action) {
        self.actions.entry(fold_identity(identity)).or_insert_with(|| (identity.into(), action));
    }
}

/// Every file that was found must have registered something.
fn check(discovered: &Discovered, modules: &BTreeSet<&'static str>) -> Result<(), LiftError> {
    let kinds: [(&[&str], &str); 4] = [
        (discovered.controllers, "action"),
        (discovered.models, "model"),
        (discovered.policies, "policy"),
        (discovered.responses, "response"),
    ];
    if modules.is_empty() && kinds.iter().any(|(found, _)| !found.is_empty()) {
        return Err(LiftError::Unlinked(discovered.crate_name.to_owned()));
    }
    for (found, attribute) in kinds {
        for module in found {
            if !modules.contains(format!("{}::{module}", discovered.crate_name).as_str()) {
                let file = format!("api/{}.rs", module.replace("::", "/"));
                return Err(LiftError::Unregistered { file, attribute });
            }
        }
    }
    Ok(())
}

/// `api/policies/admin/is_owner.rs` with `is_owner` is `admin/is-owner`.
fn policy_name(module: &str, name: &str) -> String {
    let name = name.replace('_', "-");
    let Some((_, tail)) = module.split_once("::policies::") else { return name };
    let mut segments: Vec<String> = tail.split("::").map(|s| s.replace('_', "-")).collect();
    segments.pop();
    segments.push(name);
    segments.join("/")
}

/// `not_found` → `notFound`.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = false;
    for c in name.chars() {
        match c {
            '_' => up = true,
            c if up => {
                out.extend(c.to_uppercase());
                up = false;
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(discovered: Discovered) -> String {
        match Registry::collect(&discovered) {
            Ok(_) => panic!("nothing is registered here"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_empty_registry_of_an_app_with_files_is_the_linkers_doing() {
        let error = refused(Discovered {
            crate_name: "my_app",
            controllers: &["controllers::say_controller"],
            ..Discovered::EMPTY
        });
        assert!(error.contains("`my_app`") && error.contains("my_app::app()"), "{error}");
    }

    #[test]
    fn a_file_that_registers_nothing_is_named() {
        let modules = BTreeSet::from(["my_app::models::user"]);
        let discovered = Discovered {
            crate_name: "my_app",
            controllers: &["controllers::say_controller"],
            models: &["models::user"],
            ..Discovered::EMPTY
        };
        let error = check(&discovered, &modules).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(
            error.contains("api/controllers/say_controller.rs") && error.contains("#[action]"),
            "{error}"
        );
    }
}
