//! Everything that an app consists of, read once.

use crate::{
    identity,
    known::Known,
    models::{self, Model},
    report::{Place, Report},
    source::{Marked, marked},
    walk::{self, ConfigFile, Entry, sources},
};
use std::{collections::BTreeMap, path::Path};

/// The folders of `api/`, in the order in which the modules are written.
pub(crate) const KINDS: [&str; 7] =
    ["controllers", "models", "policies", "helpers", "hooks", "responses", "services"];

/// What the framework answers with by itself.
const RESPONSES: [&str; 12] = [
    "ok",
    "created",
    "badRequest",
    "unauthorized",
    "forbidden",
    "notFound",
    "serverError",
    "json",
    "send",
    "view",
    "redirect",
    "end",
];

/// Actions that every model gets.
const BLUEPRINTS: [&str; 9] =
    ["find", "findOne", "create", "update", "destroy", "populate", "add", "remove", "replace"];

/// Actions of the framework itself.
const BUILT_IN: [&str; 1] = ["security/grant-csrf-token"];

/// The files of an app.
#[derive(Debug)]
pub(crate) struct Files {
    /// By kind: `controllers` → its modules.
    pub(crate) api: BTreeMap<&'static str, Vec<Entry>>,
    /// `config/*.rs`
    pub(crate) config_modules: Vec<Entry>,
    pub(crate) config: Vec<ConfigFile>,
    pub(crate) views: Vec<String>,
}

impl Files {
    pub(crate) fn find(root: &Path, report: &mut Report) -> Self {
        let api =
            KINDS.iter().map(|kind| (*kind, walk::modules(root, &format!("api/{kind}"), report))).collect();
        Self {
            api,
            config_modules: walk::modules(root, "config", report),
            config: walk::config(root, report),
            views: walk::views(root),
        }
    }

    /// The Rust files of one kind.
    pub(crate) fn of(&self, kind: &str) -> &[Entry] {
        self.api.get(kind).map_or(&[], Vec::as_slice)
    }
}

/// The names in those files.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) actions: Known,
    pub(crate) policies: Known,
    pub(crate) responses: Known,
    pub(crate) views: Known,
    pub(crate) models: Vec<Model>,
}

impl Names {
    /// Reads the Rust files; reports names that are taken twice and files without what they are for.
    pub(crate) fn read(files: &Files, report: &mut Report) -> Self {
        let mut names = Self {
            actions: Known::new("action"),
            policies: Known::new("policy"),
            responses: Known::new("response"),
            views: Known::new("view"),
            models: Vec::new(),
        };
        names.read_actions(files, report);
        names.read_models(files, report);
        names.read_policies(files, report);
        names.read_responses(files, report);
        for view in &files.views {
            // A folder name means its `index`; two spellings of one file are no conflict.
            let _ = names.views.add(view.clone(), None);
            if let Some(folder) = view.strip_suffix("/index") {
                let _ = names.views.add(folder.to_owned(), None);
            }
        }
        names
    }

    fn read_actions(&mut self, files: &Files, report: &mut Report) {
        let (found, complete) = all_marked(files, "controllers", "action", report);
        if !complete {
            self.actions.incomplete();
        }
        for action in found {
            let identity = identity::action(&action.module, &action.name);
            if let Err(first) = self.actions.add(identity.clone(), Some(action.place.clone())) {
                let first = first.map_or_else(String::new, |place| format!(" and in {place}"));
                report.error(
                    action.place,
                    format!("E_CONFLICT: the action `{identity}` is defined twice: here{first}; rename one of them"),
                );
            }
        }
        for action in BUILT_IN {
            let _ = self.actions.add(action.to_owned(), None);
        }
    }

    fn read_models(&mut self, files: &Files, report: &mut Report) {
        let (found, complete) = all_marked(files, "models", "model", report);
        self.models = found.into_iter().map(Model::read).collect();
        models::check(&self.models, complete, report);
        if !complete {
            self.actions.incomplete();
        }
        for model in &self.models {
            for action in BLUEPRINTS {
                // The app's own action of that identity stands in its place.
                let _ = self.actions.add(format!("{}/{action}", model.identity), Some(model.place.clone()));
            }
        }
    }

    fn read_policies(&mut self, files: &Files, report: &mut Report) {
        let (found, complete) = all_marked(files, "policies", "policy", report);
        if !complete {
            self.policies.incomplete();
        }
        for policy in found {
            let name = identity::policy(&policy.module, &policy.name);
            if let Err(first) = self.policies.add(name.clone(), Some(policy.place.clone())) {
                let first = first.map_or_else(String::new, |place| format!(" and in {place}"));
                report.error(
                    policy.place,
                    format!("the policy `{name}` is defined twice: here{first}; rename one of them"),
                );
            }
        }
    }

    fn read_responses(&mut self, files: &Files, report: &mut Report) {
        let (found, complete) = all_marked(files, "responses", "response", report);
        if !complete {
            self.responses.incomplete();
        }
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for response in found {
            let name = identity::camel(&response.name);
            if let Some(first) = places.insert(name.clone(), response.place.clone()) {
                report.error(
                    response.place.clone(),
                    format!(
                        "the response `{name}` is defined twice: here and in {first}; rename one of them"
                    ),
                );
            }
            let _ = self.responses.add(name, Some(response.place));
        }
        for response in RESPONSES {
            let _ = self.responses.add(response.to_owned(), None);
        }
    }
}

/// Everything of one kind that carries the attribute, and whether all files could be parsed.
///
/// A file without the attribute is reported: it is in that folder for nothing, and its author believes otherwise.
fn all_marked(files: &Files, kind: &str, attribute: &str, report: &mut Report) -> (Vec<Marked>, bool) {
    let (mut found, mut complete) = (Vec::new(), true);
    for source in sources(files.of(kind)) {
        match marked(source, attribute, report) {
            None => complete = false,
            Some(marked) if marked.is_empty() => {
                let item = if attribute == "model" { "struct" } else { "`pub async fn`" };
                report.error(
                    Place::start(&source.path),
                    format!("nothing in this file has `#[{attribute}]`; put it on a {item}, or move the file out of api/{kind}"),
                );
            }
            Some(marked) => found.extend(marked),
        }
    }
    (found, complete)
}
