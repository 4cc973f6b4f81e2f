//! `topsail generate`: one module per thing that can be generated.
//!
//! A generator is a pure function from names to a [`Plan`]: the files to write and what to do next. Only [`Plan::write`]
//! touches the disk. Nothing is registered anywhere, because the app's build finds its files by their folder.

mod action;
mod api;
mod attribute;
mod controller;
mod helper;
mod hook;
mod model;
mod page;
mod plan;
mod policy;
mod response;

use std::io;
use std::io::Write;
use std::path::Path;

use clap::Subcommand;

use crate::app_folder::AppFolder;
use crate::app_folder::NotAnApp;
use crate::names::InvalidName;
use crate::names::did_you_mean;
use attribute::InvalidAttribute;
use plan::Plan;
use plan::WriteError;

/// The things that `topsail generate` can make.
#[derive(Debug, Subcommand)]
pub(crate) enum Thing {
    /// A model: api/models/NAME.rs
    #[command(after_help = attribute::HELP)]
    Model {
        /// The name, in the singular: user, order-line
        name: String,
        /// Attributes, each NAME[:TYPE][:RULE…]
        #[arg(value_name = "ATTRIBUTE")]
        attributes: Vec<String>,
    },
    /// A model and a controller of the same name
    #[command(after_help = attribute::HELP)]
    Api {
        /// The name, in the singular: user, order-line
        name: String,
        /// Attributes of the model, each NAME[:TYPE][:RULE…]
        #[arg(value_name = "ATTRIBUTE")]
        attributes: Vec<String>,
    },
    /// An action in a file of its own: api/controllers/PATH.rs (view-X renders the page X)
    Action {
        /// The name, with folders: user/sign-up
        path: String,
    },
    /// A controller with its actions: api/controllers/NAME_controller.rs
    Controller {
        /// The name, with or without folders and the word Controller: say, admin/dog
        name: String,
        /// The actions; `index` when none is given
        actions: Vec<String>,
    },
    /// A policy: api/policies/NAME.rs
    Policy {
        /// The name: is-admin
        name: String,
    },
    /// A helper, a function with declared inputs: api/helpers/PATH.rs
    Helper {
        /// The name, with or without folders: mail/send-template
        path: String,
    },
    /// A hook, which extends the app while it lifts: api/hooks/NAME.rs
    Hook {
        /// The name: clock
        name: String,
    },
    /// A custom response, or an override of a built-in one such as not-found: api/responses/NAME.rs
    Response {
        /// The name: not-found
        name: String,
    },
    /// A page: a view, the action that shows it, a style sheet and a script
    Page {
        /// The name, with or without folders and without `view-`: account/billing
        path: String,
    },
    #[command(external_subcommand)]
    Other(Vec<String>),
}

/// Why nothing, or not everything, was generated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GenerateError {
    #[error(transparent)]
    NotAnApp(#[from] NotAnApp),
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error(transparent)]
    Attribute(#[from] InvalidAttribute),
    #[error("No generator called `{name}` found.{hint} `topsail generate --help` lists them all.")]
    UnknownThing { name: String, hint: String },
    #[error(
        "`{0}` is an action's name: leave out `view-`, the page's action gets it by itself (`topsail generate page {1}`)."
    )]
    PageWithPrefix(String, String),
    #[error("the action `{0}` is given twice.")]
    SameActionTwice(String),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("cannot write to the terminal: {0}")]
    Output(#[from] io::Error),
}

/// Generates `thing` in the app around `from` and tells `out` what was written and what comes next.
pub(crate) fn generate(
    thing: Thing,
    force: bool,
    from: &Path,
    out: &mut impl Write,
) -> Result<(), GenerateError> {
    let plan = plan_for(thing)?;
    let app = AppFolder::find(from)?;
    for written in plan.write(app.root(), force)? {
        writeln!(out, "created  {written}")?;
    }
    let missing = plan.missing(app.root());
    let next: Vec<&String> = plan.next().iter().chain(&missing).collect();
    if !next.is_empty() {
        writeln!(out, "\nNext:")?;
        for line in next {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

fn plan_for(thing: Thing) -> Result<Plan, GenerateError> {
    match thing {
        Thing::Model { name, attributes } => model::plan(&name, &attributes),
        Thing::Api { name, attributes } => api::plan(&name, &attributes),
        Thing::Action { path } => action::plan(&path),
        Thing::Controller { name, actions } => controller::plan(&name, &actions),
        Thing::Policy { name } => policy::plan(&name),
        Thing::Helper { path } => helper::plan(&path),
        Thing::Hook { name } => hook::plan(&name),
        Thing::Response { name } => response::plan(&name),
        Thing::Page { path } => page::plan(&path),
        Thing::Other(words) => Err(unknown(words.into_iter().next().unwrap_or_default())),
    }
}

fn unknown(name: String) -> GenerateError {
    let known = ["model", "api", "action", "controller", "policy", "helper", "hook", "response", "page"];
    let hint = did_you_mean(&name, known).map(|word| format!(" Did you mean `{word}`?")).unwrap_or_default();
    GenerateError::UnknownThing { name, hint }
}

#[cfg(test)]
mod tests;
