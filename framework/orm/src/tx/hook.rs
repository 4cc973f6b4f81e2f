//! What happens around a commit.

use sea_query::QueryStatementBuilder;

use crate::{
    BoxFuture,
    change::Change,
    datastore::{Dialect, Link},
    error::Result,
    executor::Origin,
};

/// What happens around every commit that changed something, whoever wrote.
///
/// The place of a durable event log: written in `before_commit`, it exists exactly when the change does.
pub trait CommitHook: Send + Sync + 'static {
    /// Inside the transaction; an error rolls it back.
    fn before_commit<'a>(&'a self, changes: &'a [Change], store: Store<'a>) -> BoxFuture<'a, Result<()>> {
        let _ = (changes, store);
        Box::pin(std::future::ready(Ok(())))
    }

    /// After the commit; nothing can fail any more.
    fn after_commit(&self, changes: &[Change], origin: Option<&Origin>) {
        let _ = (changes, origin);
    }
}

/// The connection of a transaction that is about to commit.
pub struct Store<'a> {
    link: &'a mut Link,
    dialect: Dialect,
}

impl<'a> Store<'a> {
    pub(crate) fn new(link: &'a mut Link, dialect: Dialect) -> Self {
        Self { link, dialect }
    }

    /// Runs a statement of sea-query in the transaction and gives the number of rows it changed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn execute(&mut self, statement: &impl QueryStatementBuilder) -> Result<u64> {
        Ok(self.link.execute(self.dialect.build(statement)).await?)
    }
}
