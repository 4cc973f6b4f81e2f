//! Reading many records one after the other.

use std::{marker::PhantomData, sync::Arc};

use futures_util::{
    Stream, TryStreamExt,
    stream::{iter, try_unfold},
};

use super::{Association, Find, FromRecord, IntoSort, IntoWhere, Model, find::whole};
use crate::{
    BoxFuture,
    criteria::WhereLimits,
    engine::Pages,
    error::{OrmError, Result},
    example::example,
    executor::Context,
    model::ModelDef,
};

/// How many records are read at once where nothing else is said.
const BATCH: u64 = 30;

/// `User::stream(&app)…`: every record that is found, without having them all in memory.
///
/// Records come in pages, in the order of `sort` with the primary key last; a page begins behind the last record of the
/// one before it. So a record that is there all the time is seen once, whatever is created and destroyed meanwhile.
/// `limit` and `skip` hold for the whole. [`each_record`](Self::each_record), [`each_batch`](Self::each_batch),
/// [`batches`](Self::batches) and [`into_stream`](Self::into_stream) run it.
///
/// `User::find(&app)….stream()` is the same with `select`, `omit` and `records`.
///
/// # Source
/// Waterline `methods/stream.js`. Differs: pages do not count rows that were passed over, so none is missed or seen
/// twice.
#[must_use = "a stream does nothing until it is run"]
pub struct RecordStream<'a, M, R = M> {
    find: Find<'a, M, R>,
    size: u64,
}

impl<'a, M: Model, R> Find<'a, M, R> {
    /// One after the other, without having them all in memory.
    pub fn stream(self) -> RecordStream<'a, M, R> {
        RecordStream { find: self, size: BATCH }
    }
}

impl<'a, M: Model> RecordStream<'a, M> {
    /// With an association.
    pub fn populate(self, association: impl Association<M>) -> Self {
        Self { find: self.find.populate(association), ..self }
    }
}

impl<'a, M: Model, R: FromRecord<M>> RecordStream<'a, M, R> {
    /// Only those.
    pub fn where_(self, which: impl IntoWhere<M>) -> Self {
        Self { find: self.find.where_(which), ..self }
    }

    /// In this order; the primary key decides between equals.
    pub fn sort(self, sort: impl IntoSort<M>) -> Self {
        Self { find: self.find.sort(sort), ..self }
    }

    /// At most so many in all.
    pub fn limit(self, limit: u64) -> Self {
        Self { find: self.find.limit(limit), ..self }
    }

    /// After so many.
    pub fn skip(self, skip: u64) -> Self {
        Self { find: self.find.skip(skip), ..self }
    }

    /// Gives encrypted attributes as plaintext.
    pub fn decrypt(self) -> Self {
        Self { find: self.find.decrypt(), ..self }
    }

    /// As [`Find::where_limits`].
    pub fn where_limits(self, limits: WhereLimits) -> Self {
        Self { find: self.find.where_limits(limits), ..self }
    }

    /// Reads so many at once, instead of 30.
    pub fn batch_size(self, size: u64) -> Self {
        Self { size, ..self }
    }

    /// Calls `f` with each record, one after the other: `async |user| { …; Ok(()) }`. A function that changes what is
    /// around it is written as a loop over [`batches`](Self::batches).
    ///
    /// # Errors
    /// The first error of `f`, unchanged; nothing more is read then. Those of finding.
    pub async fn each_record<E: From<OrmError>, F: Future<Output = Result<(), E>>>(
        self,
        mut f: impl FnMut(R) -> F,
    ) -> Result<(), E> {
        let mut batches = self.batches()?;
        while let Some(batch) = batches.next_batch().await? {
            for record in batch {
                f(record).await?;
            }
        }
        Ok(())
    }

    /// Calls `f` with lists of at most `size` records, one after the other.
    ///
    /// Sails: `.eachBatch(size, fn)`.
    ///
    /// # Errors
    /// As [`each_record`](Self::each_record).
    #[doc = example!(
        "let greet = async |users: Vec<User>| { println!(\"{} users\", users.len()); Ok::<_, OrmError>(()) };"
        "User::stream(&orm).each_batch(100, greet).await?;"
    )]
    pub async fn each_batch<E: From<OrmError>, F: Future<Output = Result<(), E>>>(
        self,
        size: u64,
        mut f: impl FnMut(Vec<R>) -> F,
    ) -> Result<(), E> {
        let mut batches = self.batch_size(size).batches()?;
        while let Some(batch) = batches.next_batch().await? {
            f(batch).await?;
        }
        Ok(())
    }

    /// The pages, to be asked for by hand.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` for an order by JSON and for criteria beyond their limits, `E_INVALID_POPULATES`.
    #[doc = example!(
        "let mut batches = User::stream(&orm).batch_size(1).batches()?;"
        "let mut names = vec![];"
        "while let Some(users) = batches.next_batch().await? {"
        "    names.extend(users.into_iter().map(|user| user.name));"
        "}"
        "assert_eq!(names, [\"Ann\", \"Bob\"]);"
    )]
    pub fn batches(self) -> Result<Batches<'a, M, R>> {
        let Find { cx, mut criteria, names, wire, .. } = self.find;
        if !wire {
            whole::<M>(&criteria.populate)?;
        }
        let def = Arc::clone(cx.orm.require_model(M::IDENTITY)?);
        criteria.check(&cx, &def)?;
        let pages = Pages::new(&def, criteria, self.size, wire)?;
        Ok(Batches { def, cx, pages, names, _types: PhantomData })
    }

    /// As a [`Stream`] of the `futures` crates; it ends with the first error.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn into_stream(self) -> Result<impl Stream<Item = Result<R>> + Send + 'a>
    where
        R: 'a,
    {
        let pages = try_unfold(self.batches()?, |mut batches| async move {
            Ok::<_, OrmError>(batches.next_batch().await?.map(|batch| (batch, batches)))
        });
        Ok(pages.map_ok(|batch| iter(batch.into_iter().map(Ok))).try_flatten())
    }
}

/// The pages of a [`RecordStream`].
pub struct Batches<'a, M, R = M> {
    def: Arc<ModelDef>,
    cx: Context<'a>,
    pages: Pages,
    names: Vec<&'static str>,
    _types: PhantomData<fn() -> (M, R)>,
}

impl<M: Model, R: FromRecord<M>> Batches<'_, M, R> {
    /// The next page; none after the last.
    ///
    /// # Errors
    /// Those of finding.
    pub fn next_batch(&mut self) -> BoxFuture<'_, Result<Option<Vec<R>>>> {
        Box::pin(async move {
            let Some(page) = self.pages.next(&self.cx, &self.def).await? else { return Ok(None) };
            page.into_iter().map(|record| R::take(record, &self.names)).collect::<Result<_>>().map(Some)
        })
    }
}
