//! Who asks, and on which connection.

use std::sync::Arc;

use serde_json::Value;

use crate::{Meta, Orm, Result, Tx};

/// Whatever a query can be given: an app, a request, a transaction.
///
/// Synchronous, and it gives data: `&app` and `&req` differ only in the [`Context`] they give.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run a query",
    note = "pass `&app`, `&req`, or a transaction `&tx`"
)]
pub trait Executor: Send + Sync {
    /// Who asks, and on which connection.
    fn context(&self) -> Context<'_>;
}

impl<E: Executor + ?Sized> Executor for &E {
    fn context(&self) -> Context<'_> {
        (**self).context()
    }
}

impl<E: Executor + ?Sized> Executor for Arc<E> {
    fn context(&self) -> Context<'_> {
        (**self).context()
    }
}

impl Executor for Orm {
    fn context(&self) -> Context<'_> {
        Context::system(self)
    }
}

impl Executor for Context<'_> {
    fn context(&self) -> Context<'_> {
        self.clone()
    }
}

/// What a query knows of its surroundings.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The models and datastores.
    pub orm: &'a Orm,
    /// The connection.
    pub conn: Conn<'a>,
    /// On whose behalf.
    pub actor: Actor,
    /// Where the write came from, for those who announce it.
    pub origin: Option<Origin>,
    /// How this query differs from the usual.
    pub meta: Meta,
    /// Whether the caller gives the transaction up when this query fails, so that it needs no savepoint of its own.
    pub all_or_nothing: bool,
}

impl<'a> Context<'a> {
    /// The app itself, on the pool.
    pub fn system(orm: &'a Orm) -> Self {
        Self {
            orm,
            conn: Conn::Pool,
            actor: Actor::System,
            origin: None,
            meta: Meta::default(),
            all_or_nothing: false,
        }
    }

    /// Of how many records a write keeps images.
    pub(crate) fn bulk_above(&self) -> usize {
        self.meta.bulk_above.unwrap_or_else(|| self.orm.bulk_above())
    }

    /// Begins a transaction on the default datastore that carries this actor and origin.
    ///
    /// # Errors
    /// Those of the database; inside a transaction, use [`transaction`](Self::transaction) instead.
    pub async fn begin(&self) -> Result<Tx> {
        self.begin_on(self.orm.default_datastore()).await
    }

    /// Begins a transaction on this datastore that carries this actor and origin.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and [`OrmError::UnknownDatastore`](crate::OrmError::UnknownDatastore).
    pub async fn begin_on(&self, datastore: &str) -> Result<Tx> {
        Tx::begin(self.orm, datastore, self.actor.clone(), self.origin.clone()).await
    }

    /// Runs `f` in a transaction that commits when it is `Ok` and rolls back when it is `Err`.
    ///
    /// Inside a transaction this is a savepoint of it. Gives the result of `f`; the changes are in the
    /// transaction, see [`Tx::commit`] and [`CommitHook`](crate::CommitHook).
    ///
    /// # Errors
    /// What `f` gives, unchanged, or that the commit failed.
    pub async fn transaction<T, E: From<crate::OrmError>>(
        &self,
        f: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_on(self.orm.default_datastore(), f).await
    }

    /// As [`transaction`](Self::transaction), on this datastore.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction), and
    /// [`OrmError::UnknownDatastore`](crate::OrmError::UnknownDatastore). Inside a transaction of another datastore
    /// the queries of `f` fail with [`OrmError::OtherDatastore`](crate::OrmError::OtherDatastore).
    pub async fn transaction_on<T, E: From<crate::OrmError>>(
        &self,
        datastore: &str,
        f: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.conn {
            Conn::Tx(tx) => tx.transaction(f).await,
            Conn::Pool => {
                let tx = self.begin_on(datastore).await?;
                match f(&tx).await {
                    Ok(value) => {
                        tx.commit().await?;
                        Ok(value)
                    }
                    Err(e) => {
                        // The caller's error matters more than that the connection is gone too.
                        let _ = tx.rollback().await;
                        Err(e)
                    }
                }
            }
        }
    }
}

/// The connection of a query.
#[derive(Clone, Copy, Debug)]
pub enum Conn<'a> {
    /// Any of the model's datastore.
    Pool,
    /// The transaction's.
    Tx(&'a Tx),
}

/// On whose behalf a query runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Actor {
    /// The app itself.
    #[default]
    System,
    /// Somebody.
    Viewer(Arc<Viewer>),
}

/// Somebody who looks at records.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    /// Who.
    pub id: Value,
    /// Grows whenever what this viewer may see changes.
    pub version: u64,
}

/// Where a write came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The id of the socket that asked, if one did.
    pub socket: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Whether the socket that asked shall hear of its own change.
    pub mirror: bool,
}
