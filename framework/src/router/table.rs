//! The table itself: built once at lift, read by every request.

use super::{
    Address, AddressError, RouteOptions, RoutesConfig, Target, config::read_target, order, pattern::Match,
};
use crate::{
    Action, Policy, Req,
    actions::fold_identity,
    config::did_you_mean,
    http::{looks_like_asset, percent_decode_lossy},
    policies::{Guard, PolicyMap, lookup},
    req::Params,
    views::Views,
};
use ::http::Method;
use axum::{Router, extract::Request, routing::any};
use regex::RegexSet;
use serde::Serialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Where a route comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// `config/routes.toml`, or [`crate::AppBuilder::route`].
    Explicit,
    /// An action's own path.
    BlueprintAction,
    /// A GET shortcut of a blueprint.
    BlueprintShortcut,
    /// A RESTful blueprint route.
    BlueprintRest,
    /// The framework's own.
    Framework,
}

/// One route.
pub struct Route {
    /// Its address.
    pub address: Address,
    /// Where it leads, in order.
    pub targets: Vec<Target>,
    /// Its options.
    pub options: Arc<RouteOptions>,
    /// Where it comes from.
    pub origin: Origin,
    pub(crate) steps: Vec<Step>,
    skip: Option<RegexSet>,
    skip_assets: bool,
}

/// A target, resolved.
pub(crate) enum Step {
    Policy(Policy),
    Action { identity: Arc<str>, guard: Guard, run: Runner },
    View(String),
    Redirect(String),
    Response(String),
}

/// An action and, where axum can express the route's pattern and the action may ask for it, a router of that one route,
/// so that axum's own path extractors find what they read.
pub(crate) struct Runner {
    pub(crate) action: Action,
    pub(crate) router: Option<Router>,
}

/// Why a route stops the lift.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// The address is malformed.
    #[error("the route `{address}` is refused: {source}")]
    Address {
        /// The address as written.
        address: String,
        /// What is wrong.
        source: AddressError,
    },
    /// The target is malformed.
    #[error("the route `{address}` is refused: {why}")]
    Target {
        /// The address as written.
        address: String,
        /// What is wrong.
        why: String,
    },
    /// The target names a policy that does not exist.
    #[error("the route `{address}` names the policy `{policy}`, which does not exist{hint}")]
    Policy {
        /// The address as written.
        address: String,
        /// The name.
        policy: String,
        /// What may have been meant.
        hint: String,
    },
}

/// All routes in the order in which they are tried.
#[derive(Default)]
pub struct RouteTable {
    routes: Vec<Route>,
    /// First segment → the routes that can match a path that begins so, in order.
    index: HashMap<String, Vec<u32>>,
    /// Routes whose first segment is not fixed, in order.
    open: Vec<u32>,
}

/// A path parameter is no proper percent encoding.
pub(crate) struct Undecodable;

/// A route that fits a request.
pub(crate) struct Found<'t> {
    pub(crate) route: &'t Route,
    pub(crate) params: Params,
}

impl RouteTable {
    /// All routes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }

    fn candidates<'t>(&'t self, path: &str) -> impl Iterator<Item = &'t Route> + use<'t> {
        let first = percent_decode_lossy(path.split('/').find(|s| !s.is_empty()).unwrap_or_default());
        let first = match first.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
            true => first,
            false => Cow::Owned(first.to_lowercase()),
        };
        self.index.get(&*first).unwrap_or(&self.open).iter().map(|&at| &self.routes[at as usize])
    }

    /// The routes that fit, in order; an undecodable parameter is an error.
    pub(crate) fn find<'t, 'r>(
        &'t self,
        method: &'r Method,
        path: &'r str,
    ) -> impl Iterator<Item = Result<Found<'t>, Undecodable>> + use<'t, 'r> {
        self.candidates(path)
            .filter(move |route| route.address.answers(method) && !route.skips(path))
            .filter_map(move |route| match route.address.pattern.matches(path) {
                Match::No => None,
                Match::Yes(params) => Some(Ok(Found { route, params })),
                Match::Undecodable => Some(Err(Undecodable)),
            })
    }

    /// The methods that this path's routes answer.
    pub(crate) fn allow(&self, path: &str) -> Vec<Method> {
        let mut methods: Vec<Method> = Vec::new();
        for route in self.candidates(path) {
            if route.skips(path) || !matches!(route.address.pattern.matches(path), Match::Yes(_)) {
                continue;
            }
            for method in route.address.methods() {
                if !methods.contains(&method) {
                    methods.push(method);
                }
            }
        }
        methods
    }
}

impl Route {
    fn skips(&self, path: &str) -> bool {
        (self.skip_assets && looks_like_asset(path))
            || self.skip.as_ref().is_some_and(|skip| skip.is_match(path))
    }
}

/// Builds the table: explicit routes first, then what is bound, in the order of binding.
pub(crate) struct Binder<'a> {
    pub(crate) actions: &'a BTreeMap<String, (Arc<str>, Action)>,
    pub(crate) policies: &'a BTreeMap<String, Policy>,
    pub(crate) policy_map: &'a PolicyMap,
    pub(crate) views: &'a Views,
    pub(crate) responses: &'a dyn Fn(&str) -> bool,
    routes: Vec<Route>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(
        actions: &'a BTreeMap<String, (Arc<str>, Action)>,
        policies: &'a BTreeMap<String, Policy>,
        policy_map: &'a PolicyMap,
        views: &'a Views,
        responses: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self { actions, policies, policy_map, views, responses, routes: Vec::new() }
    }

    /// Binds the explicit routes: those of the config and those given in code, sorted together.
    pub(crate) fn bind_explicit(
        &mut self,
        config: &RoutesConfig,
        coded: &[(String, serde_json::Value)],
    ) -> Result<(), RouteError> {
        let mut explicit = Vec::new();
        let config = config.0.iter().map(|(a, t)| (a.as_str(), t));
        for (text, value) in config.chain(coded.iter().map(|(a, t)| (a.as_str(), t))) {
            let address = Address::parse(text)
                .map_err(|source| RouteError::Address { address: text.to_owned(), source })?;
            let (targets, options) =
                read_target(value).map_err(|why| RouteError::Target { address: text.to_owned(), why })?;
            explicit.push((address, (targets, options)));
        }
        for (address, (targets, options)) in order::sort(explicit) {
            if targets.is_empty() {
                continue;
            }
            if let Some(steps) = self.resolve(&address, &targets)? {
                self.push(address, targets, options, Origin::Explicit, steps);
            }
        }
        Ok(())
    }

    /// Binds one shadow route to an action.
    pub(crate) fn bind(
        &mut self,
        address: &str,
        origin: Origin,
        identity: &str,
        action: Action,
        options: RouteOptions,
    ) -> Result<(), RouteError> {
        let parsed = Address::parse(address)
            .map_err(|source| RouteError::Address { address: address.to_owned(), source })?;
        let mut step = self.action_step(&parsed, identity, action);
        // The framework's own routes are no actions of the app: its policies do not guard them.
        if let (Origin::Framework, Step::Action { guard, .. }) = (origin, &mut step) {
            *guard = Guard::default();
        }
        self.push(parsed, vec![Target::Action(identity.to_owned())], options, origin, vec![step]);
        Ok(())
    }

    /// What is bound so far.
    pub(crate) fn routes(&self) -> &[Route] {
        &self.routes
    }

    pub(crate) fn finish(self) -> RouteTable {
        let mut table = RouteTable { routes: self.routes, ..RouteTable::default() };
        let firsts: Vec<Option<String>> =
            table.routes.iter().map(|r| r.address.pattern.first_static().map(str::to_owned)).collect();
        for first in firsts.iter().flatten() {
            table.index.entry(first.clone()).or_default();
        }
        for (at, first) in firsts.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            match first {
                Some(first) => table.index.entry(first.clone()).or_default().push(at),
                None => {
                    table.open.push(at);
                    table.index.values_mut().for_each(|bucket| bucket.push(at));
                }
            }
        }
        table
    }

    fn push(
        &mut self,
        address: Address,
        targets: Vec<Target>,
        options: RouteOptions,
        origin: Origin,
        steps: Vec<Step>,
    ) {
        let skip_assets =
            options.skip_assets.unwrap_or_else(|| address.is_get() && address.pattern.ends_in_param());
        let skip = RegexSet::new(&options.skip_regex).ok().filter(|set| !set.is_empty());
        self.routes.push(Route {
            address,
            targets,
            options: Arc::new(options),
            origin,
            steps,
            skip,
            skip_assets,
        });
    }

    /// Nothing if a target is ignored with a word in the log, as Sails does.
    fn resolve(&self, address: &Address, targets: &[Target]) -> Result<Option<Vec<Step>>, RouteError> {
        let mut steps = Vec::with_capacity(targets.len());
        for target in targets {
            steps.push(match target {
                Target::Action(spelling) => match self.actions.get(&fold_identity(spelling)) {
                    Some((identity, action)) => self.action_step(address, identity, action.clone()),
                    None => {
                        let hint =
                            did_you_mean(spelling, self.actions.values().map(|(identity, _)| &**identity));
                        tracing::warn!(
                            "Ignored attempt to bind route ({address}) to unknown action :: {spelling}{hint}"
                        );
                        return Ok(None);
                    }
                },
                Target::View(name) if name.contains('.') || !self.views.exists(name) => {
                    tracing::error!(
                        "Ignored route ({address}): there is no view `{name}` (write it without a suffix)"
                    );
                    return Ok(None);
                }
                Target::View(name) => Step::View(name.clone()),
                Target::Redirect(to) => Step::Redirect(to.clone()),
                Target::Response(name) if !(self.responses)(name) => {
                    tracing::error!("Ignored route ({address}): there is no response `{name}`");
                    return Ok(None);
                }
                Target::Response(name) => Step::Response(name.clone()),
                Target::Policy(name) => {
                    Step::Policy(lookup(name, self.policies).ok_or_else(|| RouteError::Policy {
                        address: address.to_string(),
                        policy: name.clone(),
                        hint: did_you_mean(name, self.policies.keys().map(String::as_str)),
                    })?)
                }
            });
        }
        Ok(Some(steps))
    }

    fn action_step(&self, address: &Address, identity: &str, action: Action) -> Step {
        let path = address.pattern.for_axum().filter(|_| action.may_read_the_path());
        let router = path.map(|path| {
            let inner = action.clone();
            let run = any(move |request: Request| {
                let app = request.extensions().get::<Req>().map(|req| req.app().clone());
                let inner = inner.clone();
                async move {
                    match app {
                        Some(app) => inner.call(request, app).await,
                        None => axum::response::IntoResponse::into_response(
                            ::http::StatusCode::INTERNAL_SERVER_ERROR,
                        ),
                    }
                }
            });
            // A path that differs in case or in its last slash is ours too; there axum's extractors find nothing.
            Router::new().route(&path, run.clone()).fallback_service(run)
        });
        Step::Action {
            identity: identity.into(),
            guard: self.policy_map.guard(&fold_identity(identity)),
            run: Runner { action, router },
        }
    }
}
