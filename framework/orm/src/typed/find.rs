//! Queries that read.

use std::marker::PhantomData;

use super::{Association, FindPage, FromRecord, IntoSort, IntoWhere, Model, Selection, select::as_names};
use crate::{
    BoxFuture, Record,
    criteria::{Criteria, Populate, Where, WhereLimits},
    engine,
    error::{Code, OrmError, Result},
    example::example,
    executor::Context,
};

/// `User::find(&app)…`: gives a `Vec` when awaited.
///
/// # Errors
/// When awaited: `E_INVALID_CRITERIA` also for criteria beyond their limits, `E_INVALID_POPULATES`; those of the database.
#[must_use = "a query does nothing until it is awaited"]
pub struct Find<'a, M, R = M> {
    pub(super) cx: Context<'a>,
    pub(super) criteria: Criteria,
    pub(super) names: Vec<&'static str>,
    pub(super) wire: bool,
    _types: PhantomData<fn() -> (M, R)>,
}

impl<'a, M: Model> Find<'a, M> {
    pub(super) fn new(cx: Context<'a>) -> Self {
        Self { cx, criteria: Criteria::default(), names: vec![], wire: false, _types: PhantomData }
    }

    /// With an association: `.populate(User::PETS)`, `.populate(User::PETS.limit(2))`,
    /// `.populate(User::PETS.populate(Pet::OWNER))`. The later populate of the same association wins.
    ///
    /// Sails: `.populate('pets', subcriteria)`. Differs: populates can go on to further levels.
    #[doc = example!(
        "let users = User::find(&orm).populate(User::PETS.where_(Pet::AGE.gt(5)).limit(2)).await?;"
        "assert_eq!(users[0].pets.get()?[0].name, \"Ida\");"
    )]
    pub fn populate(mut self, association: impl Association<M>) -> Self {
        self.criteria.populate.push(association.into_populate());
        self
    }

    /// With every association, one level deep; what was populated before stays as it was asked for.
    pub fn populate_all(mut self) -> Self {
        for attr in self.cx.orm.model(M::IDENTITY).iter().flat_map(|def| def.associations()) {
            if !self.criteria.populate.iter().any(|p| p.attr == attr.name) {
                self.criteria.populate.push(Populate::new(attr.name.clone()));
            }
        }
        self
    }

    /// Only some columns: `.select((User::ID, User::NAME))` gives `Vec<(Id, String)>`.
    ///
    /// Sails: `.select(['id', 'name'])`. Differs: the types say what there is.
    #[doc = example!(
        "let names: Vec<(Id, String)> = User::find(&orm).select((User::ID, User::NAME)).await?;"
        "assert_eq!(names[0].1, \"Ann\");"
    )]
    pub fn select<S: Selection<M>>(mut self, selection: S) -> Find<'a, M, S::Row> {
        self.names = selection.names();
        self.criteria.select = Some(as_names(&self.names));
        self.with()
    }

    /// Without some columns: `.omit((User::BIO, User::META))`. Gives data, since a struct has all its fields.
    ///
    /// Sails: `.omit(['bio', 'meta'])`.
    #[doc = example!(
        "let light = User::find(&orm).omit((User::EMAIL,)).await?;"
        "assert!(light[0].get(\"email\").is_none());"
    )]
    pub fn omit(mut self, selection: impl Selection<M>) -> Find<'a, M, Record> {
        self.criteria.omit = as_names(&selection.names());
        self.records()
    }

    /// As data instead of structs.
    pub fn records(mut self) -> Find<'a, M, Record> {
        self.wire = true;
        self.with()
    }

    fn with<R>(self) -> Find<'a, M, R> {
        Find { cx: self.cx, criteria: self.criteria, names: self.names, wire: self.wire, _types: PhantomData }
    }
}

impl<M: Model, R> Find<'_, M, R> {
    /// Only those. The later call wins; join conditions with [`Expr::and`](super::Expr::and).
    ///
    /// Sails: `.where({…})`.
    #[doc = example!(
        "let found = User::find(&orm).where_(User::AGE.lt(18).or(User::NAME.starts_with(\"X\"))).await?;"
        "assert_eq!(found[0].name, \"Bob\");"
    )]
    pub fn where_(mut self, which: impl IntoWhere<M>) -> Self {
        self.criteria.where_ = which.into_where();
        self
    }

    /// In this order; the primary key decides between equals. Nulls come first, text sorts byte by byte.
    ///
    /// Sails: `.sort('name DESC')`.
    #[doc = example!(
        "let users = User::find(&orm).sort([User::AGE.asc(), User::NAME.desc()]).await?;"
        "assert_eq!(users[0].name, \"Bob\");"
    )]
    pub fn sort(mut self, sort: impl IntoSort<M>) -> Self {
        self.criteria.sort = sort.into_sort();
        self
    }

    /// At most so many.
    pub fn limit(mut self, limit: u64) -> Self {
        self.criteria.limit = Some(limit);
        self
    }

    /// After so many.
    pub fn skip(mut self, skip: u64) -> Self {
        self.criteria.skip = Some(skip);
        self
    }

    /// Page `page`, from 0, of `size` records.
    ///
    /// Sails: `.paginate(page, size)`.
    #[doc = example!("assert_eq!(User::find(&orm).paginate(1, 1).await?[0].name, \"Bob\");")]
    pub fn paginate(self, page: u64, size: u64) -> Self {
        self.skip(page.saturating_mul(size)).limit(size)
    }

    /// Gives encrypted attributes as plaintext, those of populated records too.
    pub fn decrypt(mut self) -> Self {
        self.cx.meta.decrypt = true;
        self
    }

    /// Takes larger criteria than `models.max_criteria_nodes` and its siblings say, or only smaller ones:
    /// `.where_limits(WhereLimits { values: 15_000, ..WhereLimits::default() })`. Sails has no such limits.
    #[doc = example!(
        "let keys: Vec<Id> = (1..15_000).collect();"
        "let many = WhereLimits { values: 15_000, ..WhereLimits::default() };"
        "assert_eq!(User::find(&orm).where_(keys).where_limits(many).await?.len(), 2);"
    )]
    pub fn where_limits(mut self, limits: WhereLimits) -> Self {
        self.cx.meta.where_limits = Some(limits);
        self
    }

    /// The criteria so far.
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }
}

impl<'a, M: Model, R> Find<'a, M, R> {
    /// With the number of all records that satisfy the condition, whatever `limit` and `skip` say. Sails has no such method.
    #[doc = example!(
        "let page = User::find(&orm).paginate(0, 1).with_total().await?;"
        "assert_eq!((page.records.len(), page.total), (1, 2));"
    )]
    pub fn with_total(self) -> FindPage<'a, M, R> {
        FindPage::new(self)
    }
}

impl<'a, M: Model, R: FromRecord<M> + 'a> IntoFuture for Find<'a, M, R> {
    type Output = Result<Vec<R>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { cx, criteria, names, wire, .. } = self;
            let def = cx.orm.require_model(M::IDENTITY)?;
            let records = if wire {
                engine::find(&cx, def, criteria).await?
            } else {
                whole::<M>(&criteria.populate)?;
                engine::find_typed(&cx, def, criteria, false).await?
            };
            records.into_iter().map(|record| R::take(record, &names)).collect()
        })
    }
}

/// Refuses populated records that lack attributes where structs are made of them.
pub(super) fn whole<M: Model>(populates: &[Populate]) -> Result<()> {
    for Populate { attr, criteria } in populates {
        if criteria.select.is_some() || !criteria.omit.is_empty() {
            return Err(OrmError::usage(
                Code::InvalidPopulates,
                M::IDENTITY,
                Some(attr),
                "select",
                format!(
                    "`{attr}`: `select` and `omit` leave fields of a struct empty; add `.records()` for data"
                ),
            ));
        }
        whole::<M>(&criteria.populate)?;
    }
    Ok(())
}

/// `User::find_one(&app, id)…`: gives an `Option` when awaited.
///
/// # Errors
/// When awaited: `E_MORE_THAN_ONE`; those of [`Find`].
#[must_use = "a query does nothing until it is awaited"]
pub struct FindOne<'a, M, R = M>(Find<'a, M, R>);

impl<'a, M: Model> FindOne<'a, M> {
    pub(super) fn new(cx: Context<'a>, which: Where) -> Self {
        Self(Find::new(cx).where_(which))
    }

    /// With an association.
    pub fn populate(self, association: impl Association<M>) -> Self {
        Self(self.0.populate(association))
    }

    /// With every association, one level deep.
    pub fn populate_all(self) -> Self {
        Self(self.0.populate_all())
    }

    /// Without some columns. Gives data, since a struct has all its fields.
    pub fn omit(self, selection: impl Selection<M>) -> FindOne<'a, M, Record> {
        FindOne(self.0.omit(selection))
    }

    /// Only some columns, as a tuple.
    pub fn select<S: Selection<M>>(self, selection: S) -> FindOne<'a, M, S::Row> {
        FindOne(self.0.select(selection))
    }

    /// As data instead of a struct.
    pub fn records(self) -> FindOne<'a, M, Record> {
        FindOne(self.0.records())
    }
}

impl<M: Model, R> FindOne<'_, M, R> {
    /// Gives encrypted attributes as plaintext, those of populated records too.
    pub fn decrypt(self) -> Self {
        Self(self.0.decrypt())
    }

    /// As [`Find::where_limits`].
    pub fn where_limits(self, limits: WhereLimits) -> Self {
        Self(self.0.where_limits(limits))
    }
}

impl<'a, M: Model, R: FromRecord<M> + 'a> IntoFuture for FindOne<'a, M, R> {
    type Output = Result<Option<R>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Find { cx, criteria, names, wire, .. } = self.0;
            let def = cx.orm.require_model(M::IDENTITY)?;
            let found = if wire {
                engine::find_one(&cx, def, criteria).await?
            } else {
                whole::<M>(&criteria.populate)?;
                engine::find_typed(&cx, def, criteria, true).await?.pop()
            };
            found.map(|record| R::take(record, &names)).transpose()
        })
    }
}
