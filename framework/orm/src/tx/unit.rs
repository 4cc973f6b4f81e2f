//! One write: the transaction or savepoint around it.

use tokio::sync::{MutexGuard, OwnedSemaphorePermit};

use super::{State, finish};
use crate::{
    Orm, Record,
    change::Change,
    datastore::{Datastore, Dialect, Link, Row, Take, explain},
    error::{OrmError, Result},
    executor::{Conn, Context, Origin},
    model::ModelDef,
};

/// What a write consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    /// One statement in all.
    Single,
    /// Several, reads among them, or one of several.
    Several,
}

/// One write on its connection.
///
/// Outside a transaction it owns one; a single statement is one by itself, unless a hook wants to see it. Inside,
/// it holds the transaction's connection until it is finished, so that no other query comes between, and it makes a
/// savepoint, unless the caller gives the whole transaction up at an error: a write that fails, or that is itself given
/// up, leaves the transaction as it was.
pub(crate) struct Unit<'a> {
    pub(crate) orm: &'a Orm,
    pub(crate) dialect: Dialect,
    datastore: String,
    origin: Option<Origin>,
    hold: Hold<'a>,
}

enum Hold<'a> {
    Single {
        store: &'a Datastore,
        _turn: Option<OwnedSemaphorePermit>,
    },
    Own(Box<State>),
    Shared {
        state: MutexGuard<'a, Option<State>>,
        savepoint: Option<u32>,
    },
    /// Finished.
    Taken,
}

impl<'a> Unit<'a> {
    pub(crate) async fn begin(cx: &Context<'a>, def: &ModelDef, steps: Steps) -> Result<Self> {
        let store = cx.orm.require_datastore(&def.datastore)?;
        let hold = match cx.conn {
            Conn::Pool
                if steps == Steps::Single
                    && cx.orm.commit_hook().is_none()
                    && store.dialect().returns_rows() =>
            {
                Hold::Single { store, _turn: store.turn().await? }
            }
            Conn::Pool => Hold::Own(Box::new(State::new(store.begin_write().await?))),
            Conn::Tx(tx) => {
                if tx.datastore() != def.datastore {
                    return Err(OrmError::OtherDatastore {
                        model: def.identity.clone(),
                        of_model: def.datastore.clone(),
                        of_tx: tx.datastore().into(),
                    });
                }
                let mut state = tx.lock().await?;
                let savepoint = match state.as_mut() {
                    None => return Err(OrmError::Closed),
                    Some(_) if cx.all_or_nothing => None,
                    Some(state) => Some(state.open().await?),
                };
                Hold::Shared { state, savepoint }
            }
        };
        Ok(Self {
            orm: cx.orm,
            dialect: store.dialect(),
            datastore: def.datastore.clone(),
            origin: cx.origin.clone(),
            hold,
        })
    }

    /// Ends the write: keeps it when `outcome` is `Ok`, undoes it when it is `Err`.
    pub(crate) async fn finish<T>(mut self, outcome: Result<T>) -> Result<T> {
        if let Hold::Shared { state, savepoint } = &mut self.hold {
            if let (Some(depth), Some(state)) = (*savepoint, state.as_mut()) {
                if outcome.is_ok() {
                    state.keep(depth).await?;
                } else {
                    state.undo(depth).await?;
                }
            }
            return outcome;
        }
        let (orm, datastore, origin) = (self.orm, std::mem::take(&mut self.datastore), self.origin.take());
        let Some(state) = self.into_own() else { return outcome };
        match outcome {
            Ok(value) => {
                finish(orm, &datastore, state, origin.as_ref()).await?;
                Ok(value)
            }
            Err(e) => {
                // The first error says more than that the connection is gone too.
                let _ = state.link.rollback().await;
                Err(e)
            }
        }
    }

    pub(crate) async fn fetch(
        &mut self,
        def: &ModelDef,
        statement: &impl sea_query::QueryStatementBuilder,
    ) -> Result<Vec<Row>> {
        let statement = self.dialect.build(statement);
        let destroys = statement.destroys();
        let rows = match &self.hold {
            Hold::Single { store, .. } => store.fetch(statement).await,
            _ => self.link()?.fetch(statement).await,
        };
        rows.map_err(|e| explain(def, destroys, e))
    }

    /// Fetches rows without holding them all.
    pub(crate) async fn each_row(
        &mut self,
        def: &ModelDef,
        statement: &impl sea_query::QueryStatementBuilder,
        take: Take<'_>,
    ) -> Result<()> {
        let statement = self.dialect.build(statement);
        self.link()?.each_row(statement, take).await.map_err(|e| explain(def, false, e))
    }

    pub(crate) async fn execute(
        &mut self,
        def: &ModelDef,
        statement: &impl sea_query::QueryStatementBuilder,
    ) -> Result<u64> {
        let statement = self.dialect.build(statement);
        let destroys = statement.destroys();
        self.link()?.execute(statement).await.map_err(|e| explain(def, destroys, e))
    }

    /// Runs an insert and gives the automatic key of its row; 0 if it made none. For databases without `RETURNING`.
    pub(crate) async fn insert(
        &mut self,
        def: &ModelDef,
        statement: &impl sea_query::QueryStatementBuilder,
    ) -> Result<u64> {
        let statement = self.dialect.build(statement);
        self.link()?.insert(statement).await.map_err(|e| explain(def, false, e))
    }

    pub(crate) fn link(&mut self) -> Result<&mut Link> {
        self.state().map(|s| &mut s.link)
    }

    /// Notes what was changed.
    pub(crate) fn note(&mut self, change: Change) -> Result<()> {
        if !matches!(self.hold, Hold::Single { .. }) {
            self.state()?.changes.push(change);
        }
        Ok(())
    }

    /// Where the changes of this write have come to.
    pub(crate) fn mark(&mut self) -> Result<usize> {
        Ok(self.state()?.changes.len())
    }

    /// Takes back what was noted since the mark, to be noted later.
    pub(crate) fn take_back(&mut self, mark: usize) -> Result<Vec<Change>> {
        let changes = &mut self.state()?.changes;
        Ok(changes.split_off(mark.min(changes.len())))
    }

    /// The images of records, by the model's attributes.
    pub(crate) fn images(def: &ModelDef, rows: &[Row]) -> Result<Vec<Record>> {
        rows.iter().map(|row| crate::engine::decode(def.columns(), row)).collect()
    }

    fn state(&mut self) -> Result<&mut State> {
        match &mut self.hold {
            Hold::Own(state) => Ok(state),
            Hold::Shared { state, .. } => state.as_mut().ok_or(OrmError::Closed),
            Hold::Single { .. } | Hold::Taken => Err(OrmError::Closed),
        }
    }

    fn into_own(mut self) -> Option<State> {
        match std::mem::replace(&mut self.hold, Hold::Taken) {
            Hold::Own(state) => Some(*state),
            _ => None,
        }
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        if let Hold::Shared { state, savepoint: Some(depth) } = &mut self.hold
            && let Some(state) = state.as_mut()
        {
            state.give_up(*depth);
        }
    }
}
