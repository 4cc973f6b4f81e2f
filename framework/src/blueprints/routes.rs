//! The routes that models and actions get by themselves (Sails: shadow routes).
//!
//! # Source
//! Sails `lib/hooks/blueprints/index.js`, `bindShadowRoutes`. Differs: `prefix` is put before index routes too, the
//! shortcuts that write have a switch of their own, and a switch for one controller matches whole segments.

use super::{BlueprintAction, BlueprintsConfig, FamilySwitches, options::parser_name, plural::plural};
use crate::{
    App, LiftError,
    actions::fold_identity,
    config::{ConfigError, did_you_mean},
    policies::PolicyMap,
    router::{Binder, Origin, RouteError, RouteOptions, Target},
};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::Arc};
use topsail_orm::{AttrDef, Kind, ModelDef, Orm};

/// Binds all of them, in the order in which they are tried: actions, shortcuts, REST, index routes.
///
/// # Errors
/// When the section `blueprints` contradicts itself, and when a route of the app leads to a blueprint action that
/// cannot work there.
pub(crate) fn bind(binder: &mut Binder<'_>, app: &App, own_actions: &[Arc<str>]) -> Result<(), LiftError> {
    let config = &app.config().blueprints;
    config.check()?;
    let own: BTreeSet<String> = own_actions.iter().map(|identity| fold_identity(identity)).collect();
    check_switches(config, app.orm(), &own)?;
    check_routes_of_app(binder, app, &own)?;
    if let Some(warning) = config.warning(app.is_production()) {
        tracing::warn!("{warning}");
    }
    let mut shadow = Shadow { binder, config, prefix: tidy("prefix", &config.prefix) };
    let rest_prefix = format!("{}{}", shadow.prefix, tidy("rest_prefix", &config.rest_prefix));
    shadow.action_routes(own_actions)?;
    for model in super::models(app.orm()) {
        shadow.shortcuts(model)?;
    }
    for model in super::models(app.orm()) {
        shadow.rest(model, &rest_prefix)?;
    }
    shadow.index_routes(own_actions)
}

/// How many records there are is guarded as the records are, unless a policy names the action `count` itself.
pub(crate) fn guard(policies: &mut PolicyMap, orm: &Orm, own_actions: &[Arc<str>]) {
    let own: BTreeSet<String> = own_actions.iter().map(|identity| fold_identity(identity)).collect();
    for model in super::models(orm) {
        let count = BlueprintAction::Count.identity(&model.identity);
        if !own.contains(&count) {
            policies.as_well(&count, &BlueprintAction::Find.identity(&model.identity));
        }
    }
}

/// A leading slash and no trailing one.
fn tidy(key: &str, prefix: &str) -> String {
    let bare = prefix.trim().trim_matches('/');
    if bare.is_empty() {
        return String::new();
    }
    if !prefix.starts_with('/') {
        tracing::warn!("`blueprints.{key}` should begin with a slash; `/{bare}` is taken");
    }
    format!("/{bare}")
}

struct Shadow<'b, 'a> {
    binder: &'b mut Binder<'a>,
    config: &'b BlueprintsConfig,
    prefix: String,
}

impl Shadow<'_, '_> {
    /// `/say/hello`, for every method.
    fn action_routes(&mut self, own: &[Arc<str>]) -> Result<(), LiftError> {
        for identity in own {
            if !self.has_actions(identity) {
                continue;
            }
            let address = format!("ALL {}/{identity}", self.prefix);
            self.to(&address, Origin::BlueprintAction, identity, RouteOptions::default())?;
        }
        Ok(())
    }

    /// `/say` for the action `say/index`.
    fn index_routes(&mut self, own: &[Arc<str>]) -> Result<(), LiftError> {
        for identity in own {
            let folder = match identity.rsplit_once('/') {
                _ if !self.has_actions(identity) => continue,
                Some((folder, "index")) => format!("/{folder}"),
                None if &**identity == "index" => String::new(),
                _ => continue,
            };
            let path = format!("{}{folder}", self.prefix);
            let path = if path.is_empty() { "/" } else { path.as_str() };
            self.to(&format!("ALL {path}"), Origin::BlueprintAction, identity, RouteOptions::default())?;
        }
        Ok(())
    }

    fn has_actions(&self, identity: &str) -> bool {
        self.config.has(identity, |switches| switches.actions, self.config.actions)
    }

    fn counts(&self, model: &ModelDef) -> bool {
        self.config.has(&model.identity, |switches| switches.count, self.config.count)
    }

    fn segment(&self, model: &ModelDef) -> String {
        if self.config.pluralize { plural(&model.identity) } else { model.identity.clone() }
    }

    fn shortcuts(&mut self, model: &ModelDef) -> Result<(), LiftError> {
        use BlueprintAction::{
            Add, Count, Create, Destroy, Find, FindOne, Populate, Remove, Replace, Update,
        };
        if !self.config.has(&model.identity, |switches| switches.shortcuts, self.config.shortcuts) {
            return Ok(());
        }
        let base = format!("GET {}/{}", self.prefix, self.segment(model));
        let origin = Origin::BlueprintShortcut;
        let writes = self.config.shortcut_writes;
        self.of_model(&format!("{base}/find"), origin, model, Find, None)?;
        self.of_model(&format!("{base}/find/:id"), origin, model, FindOne, None)?;
        let rest = self.config.has(&model.identity, |switches| switches.rest, self.config.rest);
        if !rest && self.counts(model) {
            self.of_model(&format!("{base}/count"), origin, model, Count, None)?;
        }
        if writes {
            self.of_model(&format!("{base}/create"), origin, model, Create, None)?;
            self.of_model(&format!("{base}/update/:id"), origin, model, Update, None)?;
            self.of_model(&format!("{base}/destroy/:id"), origin, model, Destroy, None)?;
        }
        for attr in associations(model) {
            let of = format!("{base}/:parentid/{}", attr.name);
            if writes && attr.is_collection() {
                self.of_model(&format!("{of}/add/:childid"), origin, model, Add, Some(attr))?;
                self.of_model(&format!("{of}/replace"), origin, model, Replace, Some(attr))?;
                self.of_model(&format!("{of}/remove/:childid"), origin, model, Remove, Some(attr))?;
            }
            if !rest {
                self.of_model(&of, origin, model, Populate, Some(attr))?;
            }
        }
        Ok(())
    }

    fn rest(&mut self, model: &ModelDef, prefix: &str) -> Result<(), LiftError> {
        use BlueprintAction::{
            Add, Count, Create, Destroy, Find, FindOne, Populate, Remove, Replace, Update,
        };
        if !self.config.has(&model.identity, |switches| switches.rest, self.config.rest) {
            return Ok(());
        }
        let base = format!("{prefix}/{}", self.segment(model));
        let origin = Origin::BlueprintRest;
        self.of_model(&format!("GET {base}"), origin, model, Find, None)?;
        if self.counts(model) {
            self.of_model(&format!("GET {base}/count"), origin, model, Count, None)?;
        }
        self.of_model(&format!("GET {base}/:id"), origin, model, FindOne, None)?;
        self.of_model(&format!("POST {base}"), origin, model, Create, None)?;
        if self.config.has(&model.identity, |switches| switches.bulk_update, self.config.bulk_update) {
            self.of_model(&format!("PATCH {base}"), origin, model, Update, None)?;
        }
        self.of_model(&format!("PATCH {base}/:id"), origin, model, Update, None)?;
        self.of_model(&format!("PUT {base}/:id"), origin, model, Update, None)?;
        self.of_model(&format!("DELETE {base}/:id?"), origin, model, Destroy, None)?;
        for attr in associations(model) {
            let of = format!("{base}/:parentid/{}", attr.name);
            if attr.is_collection() {
                self.of_model(&format!("PUT {of}/:childid"), origin, model, Add, Some(attr))?;
                self.of_model(&format!("PUT {of}"), origin, model, Replace, Some(attr))?;
                self.of_model(&format!("DELETE {of}/:childid"), origin, model, Remove, Some(attr))?;
            }
            self.of_model(&format!("GET {of}"), origin, model, Populate, Some(attr))?;
        }
        Ok(())
    }

    /// Binds a blueprint action of a model, or the app's action of that identity.
    fn of_model(
        &mut self,
        address: &str,
        origin: Origin,
        model: &ModelDef,
        action: BlueprintAction,
        alias: Option<&AttrDef>,
    ) -> Result<(), LiftError> {
        if !self.config.controllers.routes_to(&model.identity, action) {
            return Ok(());
        }
        let extra = Map::from_iter([
            ("autoWatch".to_owned(), Value::Bool(self.config.auto_watch)),
            ("associations".to_owned(), Value::Bool(true)),
        ]);
        let options = RouteOptions {
            model: Some(model.identity.clone()),
            alias: alias.map(|attr| attr.name.clone()),
            // A text key may have a dot in it.
            skip_assets: (model.pk().value_kind() == Kind::Text).then_some(false),
            extra,
            ..RouteOptions::default()
        };
        self.to(address, origin, &action.identity(&model.identity), options)
    }

    fn to(
        &mut self,
        address: &str,
        origin: Origin,
        identity: &str,
        options: RouteOptions,
    ) -> Result<(), LiftError> {
        let Some((identity, action)) = self.binder.actions.get(&fold_identity(identity)) else {
            return Ok(());
        };
        let (identity, action) = (identity.clone(), action.clone());
        Ok(self.binder.bind(address, origin, &identity, action, options)?)
    }
}

/// The associations that clients may see.
fn associations(model: &ModelDef) -> impl Iterator<Item = &AttrDef> {
    model.associations().filter(|attr| model.visible(&attr.name).is_some())
}

/// A switch for something that does not exist is a mistake.
fn check_switches(config: &BlueprintsConfig, orm: &Orm, own: &BTreeSet<String>) -> Result<(), ConfigError> {
    let controllers = own.iter().flat_map(|identity| {
        identity.match_indices('/').map(|(at, _)| &identity[..at]).chain(std::iter::once(identity.as_str()))
    });
    let known: BTreeSet<&str> =
        super::models(orm).map(|model| model.identity.as_str()).chain(controllers).collect();
    for (key, FamilySwitches { actions, .. }) in &config.controllers.0 {
        let folded = fold_identity(key);
        if !known.contains(folded.as_str()) {
            let hint = did_you_mean(key, known.iter().copied());
            let why = format!("there is no model and no controller `{key}`{hint}");
            return Err(ConfigError::invalid("blueprints", &format!("controllers.{key}"), why));
        }
        if actions.is_some() && orm.model(&folded).is_none() && !own.iter().any(|o| o.starts_with(&folded)) {
            let why = format!("`{key}` has no actions of its own");
            return Err(ConfigError::invalid("blueprints", &format!("controllers.{key}.actions"), why));
        }
    }
    Ok(())
}

/// A route of the app that leads to `user/add` must say which collection it means.
fn check_routes_of_app(binder: &Binder<'_>, app: &App, own: &BTreeSet<String>) -> Result<(), LiftError> {
    let parsers = app.blueprint_parsers();
    for route in binder.routes() {
        let refuse = |why: String| RouteError::Target { address: route.address.to_string(), why };
        if let Some(name) = parser_name(&route.options).filter(|name| !parsers.named.contains_key(*name)) {
            let hint = did_you_mean(name, parsers.named.keys().map(String::as_str));
            return Err(refuse(format!("there is no blueprint parser `{name}`{hint}")).into());
        }
        for target in &route.targets {
            let Target::Action(spelling) = target else { continue };
            let identity = fold_identity(spelling);
            let Some((model, action)) = identity.split_once('/').filter(|_| !own.contains(&identity)) else {
                continue;
            };
            let action = BlueprintAction::ALL.into_iter().find(|a| a.name() == action && a.needs_alias());
            let (Some(model), Some(action)) = (app.orm().model(model), action) else { continue };
            check_alias(model, action, route.options.alias.as_deref()).map_err(refuse)?;
        }
    }
    Ok(())
}

fn check_alias(model: &ModelDef, action: BlueprintAction, alias: Option<&str>) -> Result<(), String> {
    let fits = |attr: &&AttrDef| attr.is_collection() || !action.edits_collection();
    let names = || associations(model).filter(fits).map(|attr| attr.name.as_str());
    let what = if action.edits_collection() { "a collection" } else { "an association" };
    match alias {
        None => Err(format!(
            "`{}/{action}` works on {what}: name it with `alias` ({})",
            model.identity,
            names().collect::<Vec<_>>().join(", ")
        )),
        Some(alias) if !names().any(|name| name == alias) => Err(format!(
            "`{}/{action}` works on {what}, and `{alias}` is none of model `{}`{}",
            model.identity,
            model.identity,
            did_you_mean(alias, names())
        )),
        Some(_) => Ok(()),
    }
}
