//! Building an app: what was found, and what is given in code.

use super::{Discovered, LiftError, Lifted, lift::Purpose};
use crate::{
    Action, ActionFn, BlueprintOptions, BoxFuture, DynHook, Hook, Policy, PolicyFn, Req,
    blueprints::BlueprintParsers,
    config::{Config, Layers, Sources},
};
use axum::Router;
use serde::Serialize;
use serde_json::Value;

pub(crate) type Layering = Box<dyn FnOnce(Router) -> Router + Send>;
pub(crate) type Bootstrap = Box<dyn FnOnce(super::App) -> BoxFuture<'static, crate::Result<()>> + Send>;

/// An app before it is lifted.
///
/// Everything that discovery finds can also be given here; what is given here wins.
#[must_use = "an app does nothing until it is lifted"]
pub struct AppBuilder {
    pub(crate) discovered: &'static Discovered,
    pub(crate) actions: Vec<(String, Action)>,
    pub(crate) policies: Vec<(String, Policy)>,
    pub(crate) hooks: Vec<(String, Box<dyn DynHook>)>,
    pub(crate) routes: Vec<(String, Value)>,
    pub(crate) mounted: Option<Router<super::App>>,
    pub(crate) layers: Vec<Layering>,
    pub(crate) bootstrap: Option<Bootstrap>,
    pub(crate) blueprint_parsers: BlueprintParsers,
    pub(crate) sources: Sources,
}

impl AppBuilder {
    /// An app of what was found at build time; [`crate::app!`] calls it.
    pub fn new(discovered: &'static Discovered) -> Self {
        Self {
            discovered,
            actions: Vec::new(),
            policies: Vec::new(),
            hooks: Vec::new(),
            routes: Vec::new(),
            mounted: None,
            layers: Vec::new(),
            bootstrap: None,
            blueprint_parsers: BlueprintParsers::default(),
            sources: Sources::default(),
        }
    }

    /// Registers an action: `.action("say/hello", hello)`.
    pub fn action<T: 'static>(mut self, identity: &str, action: impl ActionFn<T>) -> Self {
        self.actions.push((identity.to_owned(), Action::new(action)));
        self
    }

    /// Registers a policy: `.policy("is-admin", is_admin)`.
    pub fn policy<A>(mut self, name: &str, policy: impl PolicyFn<A>) -> Self {
        self.policies.push((name.to_owned(), Policy::new(policy)));
        self
    }

    /// Registers a hook.
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.hooks.push((std::any::type_name_of_val(&hook).to_owned(), Box::new(hook)));
        self
    }

    /// Adds a route: `.route("GET /hello", "say/hello")`, or with a target dictionary as in `config/routes.toml`.
    pub fn route(mut self, address: &str, target: impl Into<Value>) -> Self {
        self.routes.push((address.to_owned(), target.into()));
        self
    }

    /// Mounts an axum router beside the route table; its routes are tried first.
    ///
    /// It is behind the same doors (so `Req` is an extractor there too), but sessions, CSRF and policies are those of
    /// the route table only.
    pub fn mount(mut self, router: Router<super::App>) -> Self {
        self.mounted = Some(match self.mounted {
            Some(mounted) => mounted.merge(router),
            None => router,
        });
        self
    }

    /// Wraps the HTTP side of the app: `.layer(|router| router.layer(my_tower_layer))`.
    ///
    /// The layers see HTTP requests only, the handshakes of sockets included; those added last are outermost.
    pub fn layer(mut self, layer: impl FnOnce(Router) -> Router + Send + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// Changes what every blueprint action is going to do: `parseBlueprintOptions` of Sails.
    ///
    /// It gets what the request was read as, and gives what is to be done, or a refusal.
    pub fn blueprint_parser(
        mut self,
        parser: impl Fn(&Req, BlueprintOptions) -> crate::Result<BlueprintOptions> + Send + Sync + 'static,
    ) -> Self {
        self.blueprint_parsers.everywhere = Some(std::sync::Arc::new(parser));
        self
    }

    /// The same for routes that ask for it by name, in place of the parser for all:
    /// `{ action = "user/find", parseBlueprintOptions = "first-five" }`.
    pub fn named_blueprint_parser(
        mut self,
        name: &str,
        parser: impl Fn(&Req, BlueprintOptions) -> crate::Result<BlueprintOptions> + Send + Sync + 'static,
    ) -> Self {
        self.blueprint_parsers.named.insert(name.to_owned(), std::sync::Arc::new(parser));
        self
    }

    /// Runs once all is ready, before the app listens: `bootstrap` of Sails. An error ends the lift.
    pub fn bootstrap<F, Fut>(mut self, f: F) -> Self
    where
        F: FnOnce(super::App) -> Fut + Send + 'static,
        Fut: Future<Output = crate::Result<()>> + Send + 'static,
    {
        self.bootstrap = Some(Box::new(move |app| Box::pin(f(app))));
        self
    }

    /// Sets one value of the configuration, above all files, variables and flags: `.config("port", 0)`.
    pub fn config(mut self, key: &str, value: impl Serialize) -> Self {
        self.sources.overrides.push((key.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null)));
        self
    }

    /// Takes the process's environment variables and these flags (`("session.secret", "x")`) into account.
    pub(crate) fn process(mut self, flags: Vec<(String, String)>) -> Self {
        let overrides = std::mem::take(&mut self.sources.overrides);
        self.sources = Sources { overrides, ..Sources::of_process(flags) };
        self
    }

    pub(crate) fn read_config(&self) -> Result<Config, LiftError> {
        Ok(Config::read(Layers::new(self.discovered, self.sources.clone()))?)
    }

    /// Loads the app: models, views, hooks, routes; nothing listens yet.
    ///
    /// # Errors
    /// Everything that is wrong with the app's configuration, models, routes or views.
    pub async fn load(self) -> Result<super::App, LiftError> {
        Ok(super::lift::load(self, Purpose::Load).await?.0)
    }

    /// The app as `topsail routes` looks at it: no table is touched, no hook and no bootstrap runs.
    pub(crate) async fn look(self) -> Result<super::App, LiftError> {
        Ok(super::lift::load(self, Purpose::Look).await?.0)
    }

    /// Makes the tables follow the models, as `migrate = "alter"` does, and ends; nothing is loaded or listens.
    ///
    /// This is how tables come to a production database, where the lift itself changes nothing.
    ///
    /// # Errors
    /// What is wrong with the configuration or the models, and what the database said.
    pub async fn migrate(self) -> Result<(), LiftError> {
        super::lift::migrate(self).await
    }

    /// The models and their datastores' configuration, for written migrations.
    pub(crate) fn models(&self) -> Result<(topsail_orm::OrmConfig, Vec<topsail_orm::ModelDef>), LiftError> {
        super::lift::models(self)
    }

    /// Loads the app and listens.
    ///
    /// # Errors
    /// As [`AppBuilder::load`], and when the port cannot be listened on.
    pub async fn lift(self) -> Result<Lifted, LiftError> {
        super::lift::lift(self).await
    }
}

use std::future::Future;
