//! Models and queries: Waterline's behaviour over sqlx, with SQL written by sea-query.
//!
//! A model is a struct with `#[model]`; its definition is data ([`ModelDef`]), and the [`engine`] works on that
//! data. The typed face (`User::find(&app)…`) and the blueprints are thin callers of the engine.
//!
//! ```
//! use topsail_macros::model;
//! use topsail_orm::{Migrate, Model, ModelDef, Orm, OrmConfig, OrmError};
//!
//! #[model(crate = topsail_orm)] // in an app: `#[model]`
//! pub struct City {
//!     #[attr(required, max_length = 80)]
//!     pub name: String,
//!     pub people: i64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), OrmError> {
//! let orm = Orm::connect(OrmConfig::sqlite("sqlite::memory:"), vec![City::define()]).await?;
//! orm.auto_migrate(Migrate::Alter).await?;
//! City::create(&orm).set(City::NAME, "Bern").set(City::PEOPLE, 134_000).await?;
//! let large = City::find(&orm).where_(City::PEOPLE.ge(100_000)).sort(City::NAME.asc()).await?;
//! assert_eq!(large[0].name, "Bern");
//! # Ok(())
//! # }
//! ```
//!
//! The way of a query:
//! 1. the [`Model`] or [`Criteria::from_json`] makes one tree of criteria;
//! 2. an [`Executor`] says on which connection and on whose behalf: [`Context`];
//! 3. the [`engine`] checks, converts, and runs it; every write is one transaction or a part of one ([`Tx`]);
//! 4. what it changed is a list of [`Change`]s, given to [`Tx::commit`]'s caller and to the [`CommitHook`].
//!
//! This crate knows nothing of HTTP and of sockets.

mod change;
mod criteria;
mod datastore;
mod encryption;
pub mod engine;
mod error;
mod example;
mod executor;
mod meta;
mod migrate;
mod model;
mod orm;
mod output;
mod tx;
mod typed;
mod values;

pub use self::{
    change::{Bulk, Change, ChangeVerb, LinkCause, LinkVia},
    criteria::{Criteria, Limits, Name, Op, Order, Populate, Where, WhereLimits},
    datastore::{Datastore, DatastoreConfig, Lease, Migrate, ModelsConfig, NativeResult, OrmConfig, Pool},
    encryption::DataEncryptionKeys,
    engine::Assignments,
    error::{
        Broken, Code, Codes, DatabaseError, DefinitionError, DefinitionProblem, Negotiate, OrmError, Problem,
        Result, UsageError,
    },
    executor::{Actor, Conn, Context, Executor, Origin, Viewer},
    meta::Meta,
    migrate::{
        Baseline, ColumnRename, Diff, Down, MigrationError, MigrationState, MigrationStatus, Migrations,
        Status as MigrationsStatus, TableRename, Up,
    },
    model::{
        AfterWrite, Archive, ArchiveIdentity, AssociationDef, AttrDef, Auto, BeforeDestroy, BeforeWrite,
        Callbacks, Index, Kind, ModelDef, ModelEntry, OnDelete, Pairing, Referrer, Rule, Storage,
    },
    orm::Orm,
    output::to_json,
    tx::{CommitHook, Store, Tx},
    typed::{
        Association, Attribute, Batches, Col, Collection, Comparable, Create, CreateEach, Destroy,
        DestroyOne, EditCollection, Expr, Find, FindOne, FindOrCreate, FindPage, FromRecord, IntoKeys,
        IntoSort, IntoWhere, Key, Link, Mismatch, Model, Numeric, One, Operand, Page, PointsAt, PopulateBy,
        RecordStream, Selection, SkipFetch, SortBy, ToOne, UniqueKey, Update, UpdateOne, Upsert, Wire,
        check_via,
    },
};

pub use sqlx::{AssertSqlSafe, SqlSafeStr};

use std::pin::Pin;

/// A record as data, by attribute names.
pub type Record = serde_json::Map<String, serde_json::Value>;

/// The key of a model that names none.
pub type Id = i64;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// For the code that `#[model]` writes.
#[doc(hidden)]
pub mod __private {
    pub use inventory;
    pub use serde;
    pub use serde_json;

    pub use crate::{
        output::shaped,
        typed::{check_foreign_key, check_rule, check_set_null, ended, field, given},
    };
}
