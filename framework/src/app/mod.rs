//! The app: what was lifted, passed to everything, never global.

mod builder;
mod discovered;
mod error;
mod lift;
mod migrations;
mod registry;

pub use builder::AppBuilder;
pub use discovered::Discovered;
pub use error::LiftError;
pub use lift::Lifted;

use crate::{
    Req, ResponseFn, Sockets,
    assets::Assets,
    blueprints::BlueprintParsers,
    config::Config,
    cookies::CookieKey,
    error::Result,
    health::Probe,
    http::{caught, request_id},
    metrics::Counts,
    pubsub::PubSub,
    router::{self, RouteTable},
    session::Sessions,
    views::Views,
};
use ::http::StatusCode;
use arc_swap::ArcSwapOption;
use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::future::Either;
use registry::Registry;
use std::{
    fmt,
    ops::AsyncFnOnce,
    sync::{Arc, OnceLock},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use topsail_orm::{Context, Datastore, Executor, ModelDef, NativeResult, Orm, SqlSafeStr, Tx};
use tower::ServiceExt;

/// A lifted app: a cheap handle to its config, models, routes and sockets.
///
/// It is the state of every handler and an executor of queries (`User::find(&app)`). Several apps can live in one
/// process.
#[derive(Clone)]
pub struct App {
    /// The rooms and sockets: `app.sockets.join(&req, "room")`.
    pub sockets: Sockets,
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    orm: Orm,
    registry: Registry,
    views: Views,
    sessions: Sessions,
    assets: Assets,
    pubsub: PubSub,
    cookie_key: CookieKey,
    counts: Arc<Counts>,
    health: Probe,
    routes: OnceLock<RouteTable>,
    /// An axum router that the app has mounted beside its routes; gone once the app is lowered.
    mounted: ArcSwapOption<Router>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl App {
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The environment's name.
    pub fn environment(&self) -> &str {
        &self.inner.config.environment
    }

    /// Is this the production environment?
    pub fn is_production(&self) -> bool {
        self.inner.config.is_production()
    }

    /// Models and datastores.
    pub fn orm(&self) -> &Orm {
        &self.inner.orm
    }

    /// A datastore by its name.
    ///
    /// # Errors
    /// When none has this name.
    pub fn datastore(&self, name: &str) -> Result<&Datastore> {
        Ok(self.inner.orm.require_datastore(name)?)
    }

    /// Sends SQL of the app's own to the default datastore; `$1`, `$2` … stand for the values on every database.
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// # #[model]
    /// # pub struct User { pub name: String }
    /// # async fn example(app: App) -> Result<()> {
    /// let found = app.send_native_query("SELECT name FROM user WHERE id > $1", [json!(5)]).await?;
    /// # let _ = found.rows;
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// Sails: `sails.sendNativeQuery(sql, values)`. Differs: the answer has one shape for every database.
    ///
    /// # Errors
    /// Those of [`Datastore::send_native_query`].
    pub async fn send_native_query(
        &self,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = serde_json::Value>,
    ) -> Result<NativeResult> {
        let store = self.datastore(self.inner.orm.default_datastore())?;
        Ok(store.send_native_query(sql, values).await?)
    }

    /// A model by its identity.
    pub fn model(&self, identity: &str) -> Option<&Arc<ModelDef>> {
        self.inner.orm.model(identity)
    }

    /// The templates.
    pub fn views(&self) -> &Views {
        &self.inner.views
    }

    /// The route table, as `topsail routes` prints it.
    pub fn routes(&self) -> &RouteTable {
        static EMPTY: OnceLock<RouteTable> = OnceLock::new();
        self.inner.routes.get().unwrap_or_else(|| EMPTY.get_or_init(RouteTable::default))
    }

    /// The one path as an axum router: what HTTP requests and virtual requests go through alike.
    ///
    /// The door down: call it with `tower::ServiceExt::oneshot`. Static files are behind the HTTP door only.
    pub fn router(&self) -> Router {
        let app = self.clone();
        Router::new().fallback(move |mut request: Request| {
            let app = app.clone();
            async move {
                if request.extensions().get::<Req>().is_none() {
                    let (mut parts, body) = request.into_parts();
                    let id = request_id(&parts.headers).0;
                    parts.extensions.insert(Req::new(app.clone(), &parts, None, None, id));
                    request = Request::from_parts(parts, body);
                }
                app.serve(request).await
            }
        })
    }

    /// The one path: serves a request that a door has given its [`crate::Req`].
    pub(crate) fn serve(&self, request: Request) -> impl Future<Output = Response> + Send + use<> {
        match self.inner.mounted.load_full() {
            None => Either::Left(router::handle(request)),
            Some(mounted) => Either::Right(Box::pin(async move {
                match caught(Router::clone(&mounted).oneshot(request)).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(never)) => match never {},
                    Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response(),
                }
            })),
        }
    }

    /// Starts a transaction on the default datastore; [`App::transaction`] is the form that ends it by itself.
    ///
    /// # Errors
    /// When the database gives no connection.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.inner.orm.begin().await?)
    }

    /// Runs `f` in a transaction: commits when it is `Ok`, rolls back when it is `Err`, also by a refusal.
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// # #[model]
    /// # pub struct User { pub name: String }
    /// # async fn example(app: App) -> Result<()> {
    /// let bob = app.transaction(async |tx| {
    ///     let bob = User::create(tx).set(User::NAME, "Bob").await?;
    ///     if User::count(tx, User::NAME.eq("Bob")).await? > 1 {
    ///         return forbidden(); // there is no new Bob then
    ///     }
    ///     Ok(bob)
    /// }).await?;
    /// # let _ = bob;
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// Sails: `sails.getDatastore().transaction(during)`. Differs: each query says that it belongs to it, by its first argument.
    ///
    /// # Errors
    /// What `f` gave, or what the database said.
    pub async fn transaction<T>(&self, f: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
        self.transaction_on(self.inner.orm.default_datastore(), f).await
    }

    /// As [`App::transaction`], on the datastore of this name.
    ///
    /// # Errors
    /// As [`App::transaction`]; when no datastore has this name.
    pub async fn transaction_on<T>(
        &self,
        datastore: &str,
        f: impl AsyncFnOnce(&Tx) -> Result<T>,
    ) -> Result<T> {
        let tx = self.context().begin_on(datastore).await?;
        match f(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                if let Err(failed) = tx.rollback().await {
                    tracing::error!("a transaction could not be rolled back: {failed}");
                }
                Err(error)
            }
        }
    }

    /// Every action that exists, by identity, those of blueprints included.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.inner.registry.actions.values().map(|(identity, _)| &**identity)
    }

    /// Cancelled when the app is being lowered.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.inner.shutdown
    }

    /// Who owns the tasks that the app spawns: lowering waits for them.
    pub fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }

    pub(crate) fn response(&self, kind: &str) -> Option<ResponseFn> {
        self.inner.registry.responses.get(kind).copied()
    }

    pub(crate) fn blueprint_parsers(&self) -> &BlueprintParsers {
        &self.inner.registry.blueprint_parsers
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.inner.assets
    }

    /// Resourceful pub/sub by data; models have it as methods.
    pub fn pubsub(&self) -> &PubSub {
        &self.inner.pubsub
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.inner.counts
    }

    pub(crate) fn health_probe(&self) -> &Probe {
        &self.inner.health
    }

    pub(crate) fn cookie_key(&self) -> &CookieKey {
        &self.inner.cookie_key
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("environment", &self.environment()).finish_non_exhaustive()
    }
}

impl Executor for App {
    fn context(&self) -> Context<'_> {
        self.inner.orm.context()
    }
}
