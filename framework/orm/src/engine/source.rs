//! Where a read takes its rows from.

use sea_query::QueryStatementBuilder;
use tokio::sync::MutexGuard;

use crate::{
    Orm, Record,
    datastore::{Dialect, Link, Row, Statement, explain},
    error::{OrmError, Result},
    executor::{Conn, Context},
    model::{AttrDef, ModelDef},
    tx::State,
};

/// The connection of a read; one read keeps it until it has all its rows.
pub(crate) struct Source<'a> {
    pub(crate) orm: &'a Orm,
    from: From<'a>,
}

enum From<'a> {
    Pool,
    Tx { datastore: String, state: MutexGuard<'a, Option<State>> },
    Link { datastore: &'a str, link: &'a mut Link },
}

impl<'a> Source<'a> {
    pub(crate) async fn of(cx: &Context<'a>) -> Result<Self> {
        let from = match cx.conn {
            Conn::Pool => From::Pool,
            Conn::Tx(tx) => From::Tx { datastore: tx.datastore().into(), state: tx.lock().await? },
        };
        Ok(Self { orm: cx.orm, from })
    }

    /// The connection of a write, or of a snapshot, in this datastore.
    pub(crate) fn link(orm: &'a Orm, datastore: &'a str, link: &'a mut Link) -> Self {
        Self { orm, from: From::Link { datastore, link } }
    }

    pub(crate) fn dialect(&self, def: &ModelDef) -> Result<Dialect> {
        Ok(self.orm.require_datastore(&def.datastore)?.dialect())
    }

    /// Rows of a model. A model of another datastore than the transaction's is read outside of it.
    pub(crate) async fn fetch(
        &mut self,
        def: &ModelDef,
        statement: &impl QueryStatementBuilder,
    ) -> Result<Vec<Row>> {
        let statement = self.dialect(def)?.build(statement);
        self.fetch_written(def, statement).await
    }

    /// The same, for a statement that is written out.
    pub(crate) async fn fetch_written(&mut self, def: &ModelDef, statement: Statement) -> Result<Vec<Row>> {
        let rows = match &mut self.from {
            From::Tx { datastore, state } if *datastore == def.datastore => {
                state.as_mut().ok_or(OrmError::Closed)?.link.fetch(statement).await
            }
            From::Link { datastore, link } if *datastore == def.datastore => link.fetch(statement).await,
            _ => self.orm.require_datastore(&def.datastore)?.fetch(statement).await,
        };
        rows.map_err(|e| explain(def, false, e))
    }
}

/// A record from a row whose columns are those of `attributes`, in that order.
pub(crate) fn decode<'d>(attributes: impl IntoIterator<Item = &'d AttrDef>, row: &Row) -> Result<Record> {
    let mut record = Record::with_capacity(row.len());
    for (i, attr) in attributes.into_iter().enumerate() {
        record.insert(attr.name.clone(), row.attribute(i, attr)?);
    }
    Ok(record)
}
