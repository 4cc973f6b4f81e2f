//! Queries that destroy.

use std::marker::PhantomData;

use super::{
    Model,
    modifiers::{bulk_above, struct_of, where_limits, write_modifiers},
};
use crate::{
    BoxFuture,
    change::Change,
    criteria::Where,
    engine::{self, Each},
    error::Result,
    example::example,
    executor::Context,
};

/// `User::destroy(&app, which)` and `User::archive(&app, which)`: give the records as they were when awaited.
///
/// # Errors
/// When awaited: those of [`Model::destroy`] and [`Model::archive`].
#[must_use = "a query does nothing until it is awaited"]
pub struct Destroy<'a, M> {
    cx: Context<'a>,
    which: Where,
    keep: bool,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> Destroy<'a, M> {
    pub(super) fn new(cx: Context<'a>, which: Where) -> Self {
        Self { cx, which, keep: false, _model: PhantomData }
    }

    pub(super) fn archive(cx: Context<'a>, which: Where) -> Self {
        Self { keep: true, ..Self::new(cx, which) }
    }
}

impl<'a, M: Model> IntoFuture for Destroy<'a, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let cx = self.cx.clone();
            let mut records = vec![];
            let mut each = |change: Change| {
                records.push(struct_of(&cx, def, change.before)?);
                Ok(())
            };
            self.run(Some(&mut each)).await?;
            Ok(records)
        })
    }
}

impl<M: Model> Destroy<'_, M> {
    /// Runs it, and gives how many records there were.
    pub(super) async fn run(self, each: Each<'_>) -> Result<u64> {
        let def = self.cx.orm.require_model(M::IDENTITY)?;
        match self.keep {
            true => engine::archive_each(&self.cx, def, self.which, each).await,
            false => engine::destroy_each(&self.cx, def, self.which, each).await,
        }
    }
}

/// `User::destroy_one(&app, which)` and `User::archive_one(&app, which)`: give the record as it was, or none, when
/// awaited.
///
/// # Errors
/// When awaited: those of [`Model::destroy_one`] and [`Model::archive_one`].
#[must_use = "a query does nothing until it is awaited"]
pub struct DestroyOne<'a, M> {
    cx: Context<'a>,
    which: Where,
    keep: bool,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> DestroyOne<'a, M> {
    pub(super) fn new(cx: Context<'a>, which: Where) -> Self {
        Self { cx, which, keep: false, _model: PhantomData }
    }

    pub(super) fn archive(cx: Context<'a>, which: Where) -> Self {
        Self { keep: true, ..Self::new(cx, which) }
    }
}

impl<'a, M: Model> IntoFuture for DestroyOne<'a, M> {
    type Output = Result<Option<M>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let change = match self.keep {
                true => engine::archive_one(&self.cx, def, self.which).await?,
                false => engine::destroy_one(&self.cx, def, self.which).await?,
            };
            change.map(|c| struct_of(&self.cx, def, c.before)).transpose()
        })
    }
}

write_modifiers!(Destroy, DestroyOne);
where_limits!(Destroy, DestroyOne);
bulk_above!(Destroy);

macro_rules! cascading {
    ($($name:ident),+) => {$(
        impl<M> $name<'_, M> {
            /// Detaches the members of the records' collections, or leaves them, whatever the model says.
            ///
            /// Sails: `.meta({ cascade: true })`.
            #[doc = example!(
                "User::destroy(&orm, 1).cascade(true).await?;"
                "assert_eq!(Pet::count(&orm, Pet::OWNER.is_null()).await?, 2);"
            )]
            pub fn cascade(mut self, cascade: bool) -> Self {
                self.cx.meta.cascade = Some(cascade);
                self
            }
        }
    )+};
}

cascading!(Destroy, DestroyOne);
