//! Pages of what is found, with the number of all.

use super::{Find, FromRecord, Model, find::whole};
use crate::{BoxFuture, engine, error::Result};

/// Some of the records that satisfy a condition, and how many do in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<R> {
    /// Those that `limit` and `skip` choose.
    pub records: Vec<R>,
    /// How many there are in all.
    pub total: u64,
}

/// `User::find(&app)….paginate(page, size).with_total()`: gives a [`Page`] when awaited, of one state of the
/// database.
#[must_use = "a query does nothing until it is awaited"]
pub struct FindPage<'a, M, R = M>(Find<'a, M, R>);

impl<'a, M, R> FindPage<'a, M, R> {
    pub(super) fn new(find: Find<'a, M, R>) -> Self {
        Self(find)
    }
}

impl<'a, M: Model, R: FromRecord<M> + 'a> IntoFuture for FindPage<'a, M, R> {
    type Output = Result<Page<R>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Find { cx, criteria, names, wire, .. } = self.0;
            let def = cx.orm.require_model(M::IDENTITY)?;
            let (records, total) = if wire {
                engine::find_with_total(&cx, def, criteria).await?
            } else {
                whole::<M>(&criteria.populate)?;
                engine::find_typed_with_total(&cx, def, criteria).await?
            };
            let records = records.into_iter().map(|record| R::take(record, &names)).collect::<Result<_>>()?;
            Ok(Page { records, total })
        })
    }
}
