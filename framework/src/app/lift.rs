//! The lift: the steps from configuration to a listening server, in this order, and back.

use super::{
    App, AppBuilder, Inner, LiftError,
    builder::{Bootstrap, Layering},
    migrations::warn_of_pending,
    registry::Registry,
};
use crate::{
    Action, Sockets,
    assets::Assets,
    blueprints,
    config::{Config, ConfigError},
    health::Probe,
    http::{Server, http_service},
    metrics::Counts,
    pubsub::PubSub,
    router::{self, Binder},
    security,
    session::Sessions,
    sockets,
    views::Views,
};
use arc_swap::ArcSwapOption;
use axum::Router;
use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use topsail_orm::{Migrate, ModelDef, Orm, OrmConfig};

/// How much of a lift is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be looked at: nothing is changed, and no code of the app runs.
    Look,
    /// Ready for everything but connections.
    Load,
    /// To listen.
    Lift,
}

/// A lifted app.
pub struct Lifted {
    app: App,
    server: Server,
}

impl Lifted {
    /// The app.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// `http://127.0.0.1:1337`
    pub fn url(&self) -> String {
        match self.address() {
            any if any.ip().is_unspecified() => format!("http://localhost:{}", any.port()),
            one => format!("http://{one}"),
        }
    }

    /// Lowers the app: refuses new connections, closes sockets, lets requests in flight finish, runs the hooks.
    ///
    /// Every step has its time (`shutdown_timeout`, `hook_timeout`); what takes longer is cut off, with a word in the log.
    pub async fn lower(self) {
        let Self { app, server } = self;
        let patience = Duration::from_millis(app.config().app.shutdown_timeout);
        app.inner.shutdown.cancel();
        // Together, so that nobody who was disconnected comes back in between.
        tokio::join!(server.close(patience), app.sockets.close());
        wind_down(&app).await;
    }
}

/// How long tasks and the database may take to end.
const GOODBYE: Duration = Duration::from_secs(5);

/// Runs the hooks and lets go of all that the app holds.
async fn wind_down(app: &App) {
    let patience = Duration::from_millis(app.config().app.hook_timeout);
    for (name, hook) in app.inner.registry.hooks.iter().rev() {
        if tokio::time::timeout(patience, hook.lower(app)).await.is_err() {
            tracing::warn!(
                "the hook `{name}` has not finished its `lower` within {} ms",
                patience.as_millis()
            );
        }
    }
    let_go(app).await;
}

async fn let_go(app: &App) {
    app.inner.shutdown.cancel();
    app.sockets.close().await;
    app.inner.tasks.close();
    if tokio::time::timeout(GOODBYE, app.inner.tasks.wait()).await.is_err() {
        tracing::warn!("tasks of the app are still running");
    }
    if tokio::time::timeout(GOODBYE, app.inner.orm.close()).await.is_err() {
        tracing::warn!("connections to the database are still in use");
    }
    // A mounted router holds the app, which holds it; so may what runs as sockets come and go.
    app.inner.mounted.store(None);
    app.sockets.forget_lifecycle();
}

/// Gives the app and, where it is to listen, what it serves.
pub(super) async fn load(builder: AppBuilder, purpose: Purpose) -> Result<(App, Router), LiftError> {
    let discovered = builder.discovered;
    // 1 configuration
    let mut config = builder.read_config()?;
    if config.sockets.prefix.is_none() && !discovered.crate_name.is_empty() {
        config.sockets.prefix = Some(discovered.crate_name.to_owned());
    }
    crate::log::init(&config.log);
    let cookie_key = config.session.key(config.is_production())?;
    config.security.check(config.session.enabled)?;
    config.sockets.check(config.is_production())?;
    config.http.check()?;
    config.health.check()?;
    config.metrics.check(config.is_production())?;
    // 2 what registered itself
    let mut registry = Registry::collect(discovered)?;
    for (identity, action) in builder.actions {
        registry.add_action(identity, action);
    }
    registry.policies.extend(builder.policies);
    registry.hooks.extend(builder.hooks);
    // 3 models
    let models = std::mem::take(&mut registry.models);
    let orm = Orm::connect(datastores(&config), models).await?;
    let migrate = migration(&config)?;
    if purpose != Purpose::Look {
        orm.auto_migrate(migrate).await?;
        if migrate == Migrate::Safe {
            warn_of_pending(&orm).await;
        }
    }
    // 4 the actions that the framework adds
    registry.blueprint_parsers = builder.blueprint_parsers;
    for (identity, action) in blueprints::actions(&orm, &registry.blueprint_parsers) {
        registry.add_built_in(&identity, action);
    }
    registry.add_built_in("security/grant-csrf-token", Action::new(security::grant_csrf_token));
    // 5 views, assets, sessions
    let views = Views::load(&config.path("views"), discovered.views, &config.views, config.is_production())?;
    let sessions = match purpose {
        Purpose::Look => Sessions::new(&config.session, cookie_key.clone(), config.is_production())?,
        _ => Sessions::connect(&config.session, cookie_key.clone(), config.is_production()).await?,
    };
    let counts = Arc::<Counts>::default();
    let app = App {
        sockets: Sockets::new(counts.clone()),
        inner: Arc::new(Inner {
            assets: Assets::new(&config),
            sessions,
            pubsub: PubSub::new(),
            cookie_key,
            counts,
            health: Probe::default(),
            views,
            orm,
            registry,
            routes: OnceLock::new(),
            mounted: ArcSwapOption::empty(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            config,
        }),
    };
    let rest = Rest {
        routes: builder.routes,
        mounted: builder.mounted,
        layers: builder.layers,
        bootstrap: builder.bootstrap,
    };
    match ready(&app, rest, purpose).await {
        Ok(service) => Ok((app, service)),
        Err(error) => {
            let_go(&app).await;
            Err(error)
        }
    }
}

/// What of the builder is needed once there is an app.
struct Rest {
    routes: Vec<(String, serde_json::Value)>,
    mounted: Option<Router<App>>,
    layers: Vec<Layering>,
    bootstrap: Option<Bootstrap>,
}

async fn ready(app: &App, rest: Rest, purpose: Purpose) -> Result<Router, LiftError> {
    // 6 hooks
    if purpose != Purpose::Look {
        let patience = Duration::from_millis(app.config().app.hook_timeout);
        for (name, hook) in &app.inner.registry.hooks {
            let failed = |why: String| LiftError::Hook { hook: name.clone(), why };
            match tokio::time::timeout(patience, hook.initialize(app)).await {
                Ok(done) => done.map_err(|e| failed(e.to_string()))?,
                Err(_) => {
                    let millis = patience.as_millis();
                    return Err(failed(format!(
                        "E_HOOK_TIMEOUT: not ready after {millis} ms (`hook_timeout`)"
                    )));
                }
            }
        }
    }
    // 7 routes
    let _ = app.inner.routes.set(bind(app, &rest.routes)?);
    // 8 the one path
    if let Some(mounted) = rest.mounted {
        let routes = Router::new().fallback(router::handle);
        app.inner.mounted.store(Some(Arc::new(mounted.with_state(app.clone()).fallback_service(routes))));
    }
    // 9 HTTP and sockets around it
    let mut service = Router::new();
    if purpose == Purpose::Lift {
        service = sockets::raise(app, http_service(app)).await?;
        for layer in rest.layers {
            service = layer(service);
        }
    }
    // 10 bootstrap
    if let Some(bootstrap) = rest.bootstrap
        && purpose != Purpose::Look
    {
        bootstrap(app.clone())
            .await
            .map_err(|e| LiftError::Hook { hook: "bootstrap".to_owned(), why: e.to_string() })?;
    }
    Ok(service)
}

/// Files of SQLite and of migrations lie in the app's folder, wherever the program is started.
fn datastores(config: &Config) -> OrmConfig {
    let mut datastores = config.datastores.clone();
    datastores.entry("default".to_owned()).or_default();
    for (name, store) in datastores.iter_mut().filter(|(_, store)| store.adapter == "sqlite") {
        let url = store.url.take().unwrap_or_else(|| format!("data/{name}.db"));
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(&url);
        store.url = Some(match path {
            "" | ":memory:" => url,
            path => format!("sqlite://{}", config.path(path).display()),
        });
    }
    for (name, store) in &mut datastores {
        store.migrations = Some(config.path(store.migrations_folder(name)));
    }
    OrmConfig { datastores, models: config.models.clone() }
}

/// The models and where they live, with nothing opened.
pub(super) fn models(builder: &AppBuilder) -> Result<(OrmConfig, Vec<ModelDef>), LiftError> {
    let config = builder.read_config()?;
    crate::log::init(&config.log);
    Ok((datastores(&config), Registry::collect(builder.discovered)?.models))
}

pub(super) async fn migrate(builder: AppBuilder) -> Result<(), LiftError> {
    let (config, models) = models(&builder)?;
    let orm = Orm::connect(config, models).await?;
    orm.auto_migrate(Migrate::Alter).await?;
    orm.close().await;
    Ok(())
}

/// What happens to the tables: in production nothing, and nothing else may be asked for; else `alter`.
fn migration(config: &Config) -> Result<Migrate, ConfigError> {
    match (config.models.migrate, config.is_production()) {
        (Some(migrate @ (Migrate::Alter | Migrate::Drop)), true) => Err(ConfigError::invalid(
            "models",
            "migrate",
            format!("`{migrate:?}` is refused in production, where it could lose data; set `safe`"),
        )),
        (None, true) => Ok(Migrate::Safe),
        (None, false) => Ok(Migrate::Alter),
        (Some(migrate), _) => Ok(migrate),
    }
}

fn bind(app: &App, coded: &[(String, serde_json::Value)]) -> Result<router::RouteTable, LiftError> {
    let registry = &app.inner.registry;
    let config: &Config = app.config();
    let mut policies = crate::policies::PolicyMap::new(&config.policies, &registry.policies)?;
    blueprints::guard(&mut policies, app.orm(), &registry.own_actions);
    let known = |name: &str| {
        registry.responses.contains_key(name)
            || matches!(name, "ok" | "badRequest" | "unauthorized" | "forbidden" | "notFound" | "serverError")
    };
    let mut binder = Binder::new(&registry.actions, &registry.policies, &policies, app.views(), &known);
    binder.bind_explicit(&config.routes, coded)?;
    blueprints::bind(&mut binder, app, &registry.own_actions)?;
    sockets::bind(&mut binder, app)?;
    let table = binder.finish();
    config.security.check_routes(&table)?;
    free(config, &table)?;
    Ok(table)
}

/// What the framework answers itself must not hide a route of the app.
fn free(config: &Config, table: &router::RouteTable) -> Result<(), ConfigError> {
    let metrics = config.metrics.enabled.then_some(config.metrics.path.as_str());
    for (section, path) in [("health", config.health.path.as_deref()), ("metrics", metrics)] {
        let Some(path) = path else { continue };
        if table.iter().any(|route| route.address.path() == path) {
            let why = format!(
                "`{path}` is a route of the app too, which nobody could ask any more; choose another"
            );
            return Err(ConfigError::invalid(section, "path", why));
        }
    }
    if metrics.is_some() && metrics == config.health.path.as_deref() {
        return Err(ConfigError::invalid("metrics", "path", "it is `health.path` too; choose another"));
    }
    Ok(())
}

pub(super) async fn lift(builder: AppBuilder) -> Result<Lifted, LiftError> {
    let (app, service) = load(builder, Purpose::Lift).await?;
    let server = match Server::listen(&app, service).await {
        Ok(server) => server,
        Err(error) => {
            wind_down(&app).await;
            return Err(error);
        }
    };
    let lifted = Lifted { app, server };
    for (name, hook) in &lifted.app.inner.registry.hooks {
        if let Err(error) = hook.lifted(&lifted.app).await {
            let failed = LiftError::Hook { hook: name.clone(), why: error.to_string() };
            lifted.lower().await;
            return Err(failed);
        }
    }
    Ok(lifted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{App, AppBuilder, Discovered, Hook, error::Result};

    struct Never;
    impl Hook for Never {
        async fn initialize(&self, _: &App) -> Result<()> {
            panic!("no code of the app runs")
        }
    }

    #[tokio::test]
    async fn looking_at_an_app_changes_nothing_and_runs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppBuilder::new(&Discovered::EMPTY)
            .config("datastores.default.url", format!("sqlite://{}/app.db", folder.path().display()))
            .config("models.migrate", "drop")
            .config("log.level", "silent")
            .hook(Never)
            .bootstrap(async |_| panic!("nor its bootstrap"));
        let looked = app.look().await.unwrap();
        assert!(looked.routes().iter().any(|route| route.address.path() == "/__getcookie"));
    }
}
