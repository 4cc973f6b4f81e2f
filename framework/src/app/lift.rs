//! The lift: the steps from configuration to a listening server, in this order, and back.

use super::{App, AppBuilder, Inner, LiftError, registry::Registry};
use crate::{
    Action, Sockets, assets::Assets, blueprints,
    config::{Config, ConfigError},
    http::{Server, http_service},
    pubsub::PubSub,
    router::{self, Binder},
    security,
    session::Sessions,
    sockets,
    views::Views,
};
use axum::{Router, extract::Request};
use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use topsail_orm::{Migrate, Orm, OrmConfig};
use tower_http::catch_panic::CatchPanicLayer;

/// An app that is loaded but does not listen.
pub(crate) struct Loaded {
    pub(crate) app: App,
    service: Router,
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
        let address = self.address();
        let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
        format!("http://{host}:{}", address.port())
    }

    /// Lowers the app: refuses new connections, closes sockets, lets requests in flight finish, runs the hooks.
    pub async fn lower(self) {
        let Self { app, server } = self;
        app.inner.shutdown.cancel();
        app.sockets.close().await;
        server.close(Duration::from_millis(app.config().app.shutdown_timeout)).await;
        for (_, hook) in app.inner.registry.hooks.iter().rev() {
            hook.lower(&app).await;
        }
        app.inner.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(5), app.inner.tasks.wait()).await;
        app.inner.orm.close().await;
    }
}

pub(super) async fn load(builder: AppBuilder) -> Result<Loaded, LiftError> {
    let discovered = builder.discovered;
    // 1 configuration
    let config = builder.read_config()?;
    crate::log::init(&config.log);
    let cookie_key = config.session.key(config.is_production())?;
    config.security.check(config.session.enabled)?;
    config.sockets.check(config.is_production())?;
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
    orm.auto_migrate(migration(&config)?).await?;
    // 4 the actions that the framework adds
    registry.blueprint_parsers = builder.blueprint_parsers;
    for (identity, action) in blueprints::actions(&orm, &registry.blueprint_parsers) {
        registry.add_built_in(&identity, action);
    }
    registry.add_built_in("security/grant-csrf-token", Action::new(security::grant_csrf_token));
    // 5 views, assets, sessions
    let views = Views::load(&config.path("views"), discovered.views, &config.views, config.is_production())?;
    let sessions = Sessions::new(&config.session, cookie_key.clone(), config.is_production())?;
    let app = App {
        sockets: Sockets::new(),
        inner: Arc::new(Inner {
            assets: Assets::new(&config),
            sessions,
            pubsub: PubSub::new(),
            cookie_key,
            views,
            orm,
            registry,
            routes: OnceLock::new(),
            router: OnceLock::new(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            config,
        }),
    };
    // 6 hooks
    let patience = Duration::from_millis(app.config().app.hook_timeout);
    for (name, hook) in &app.inner.registry.hooks {
        let failed = |why: String| LiftError::Hook { hook: name.clone(), why };
        match tokio::time::timeout(patience, hook.initialize(&app)).await {
            Ok(done) => done.map_err(|e| failed(e.to_string()))?,
            Err(_) => return Err(failed(format!("E_HOOK_TIMEOUT: not ready after {} ms (`hook_timeout`)", patience.as_millis()))),
        }
    }
    // 7 routes
    let _ = app.inner.routes.set(bind(&app, &builder.routes)?);
    // 8 the one path
    let path = Router::new().fallback({
        let app = app.clone();
        move |request: Request| router::handle(app.clone(), request)
    });
    let path = match builder.mounted {
        Some(mounted) => mounted.with_state(app.clone()).fallback_service(path),
        None => path,
    };
    let _ = app.inner.router.set(path.layer(CatchPanicLayer::custom(crate::http::panicked)));
    // 9 HTTP and sockets around it
    let mut service = http_service(&app);
    service = sockets::raise(&app, service).await?;
    for layer in builder.layers {
        service = layer(service);
    }
    // 10 bootstrap
    if let Some(bootstrap) = builder.bootstrap {
        bootstrap(app.clone())
            .await
            .map_err(|e| LiftError::Hook { hook: "bootstrap".to_owned(), why: e.to_string() })?;
    }
    Ok(Loaded { app, service })
}

/// Files of SQLite lie in the app's folder, wherever the program is started.
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
    OrmConfig { datastores, models: config.models.clone() }
}

pub(super) async fn migrate(builder: AppBuilder) -> Result<(), LiftError> {
    let config = builder.read_config()?;
    crate::log::init(&config.log);
    let orm = Orm::connect(datastores(&config), Registry::collect(builder.discovered)?.models).await?;
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
    let policies = crate::policies::PolicyMap::new(&config.policies, &registry.policies)?;
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
    Ok(table)
}

pub(super) async fn lift(builder: AppBuilder) -> Result<Lifted, LiftError> {
    let Loaded { app, service } = load(builder).await?;
    let server = Server::listen(&app, service).await?;
    for (name, hook) in &app.inner.registry.hooks {
        hook.lifted(&app).await.map_err(|e| LiftError::Hook { hook: name.clone(), why: e.to_string() })?;
    }
    Ok(Lifted { app, server })
}

