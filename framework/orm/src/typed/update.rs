//! Queries that update.

use std::marker::PhantomData;

use serde::Serialize;

use super::{
    Col, Model, Numeric, Operand,
    create::Values,
    modifiers::{bulk_above, encrypt_with, struct_of, where_limits, write_modifiers},
};
use crate::{
    BoxFuture, Record,
    change::Change,
    criteria::Where,
    engine::{self, Assignments, Each},
    error::{Code, Result},
    example::example,
    executor::Context,
};

macro_rules! updating {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[must_use = "a query does nothing until it is awaited"]
        pub struct $name<'a, M> {
            cx: Context<'a>,
            which: Where,
            values: Values,
            add: Record,
            _model: PhantomData<fn() -> M>,
        }

        impl<'a, M: Model> $name<'a, M> {
            pub(super) fn new(cx: Context<'a>, which: Where) -> Self {
                Self { cx, which, values: Values::new(), add: Record::new(), _model: PhantomData }
            }

            /// Sets one attribute.
            pub fn set<T>(mut self, column: Col<M, T>, value: impl Operand<T>) -> Self {
                self.values.set(column, value);
                self
            }

            /// Adds to a number, in the database: `.increment(User::VISITS, 1)`. Null counts as 0. The rules of the
            /// attribute hold for the sum. Sails has no such method.
            ///
            /// # Errors
            /// When the query is awaited: `E_INVALID_VALUES_TO_SET` for a sum that breaks a rule or is beyond 64 bits.
            #[doc = example!(
                "User::update(&orm, Where::All).increment(User::VISITS, 2).await?;"
                "User::update_one(&orm, 1).increment(User::VISITS, -1).await?;"
                "assert_eq!(User::sum(&orm, User::VISITS, Where::All).await?, 3.0);"
            )]
            pub fn increment<T: Numeric>(mut self, column: Col<M, T>, by: impl Operand<T::Inner>) -> Self {
                self.add.insert(column.name().into(), by.into_value());
                self
            }

            /// Sets many, from anything that serialises to a dictionary of attributes; unknown names are refused.
            /// A number that is NaN or infinite serialises as null, which is stored where null is allowed.
            pub fn values(mut self, values: impl Serialize) -> Self {
                self.values.extend(values);
                self
            }
        }
    };
}

updating! {
    /// `User::update(&app, which).set(…)…`: gives the updated records when awaited.
    ///
    /// # Errors
    /// When awaited: those of [`Model::update`].
    Update
}

updating! {
    /// `User::update_one(&app, which).set(…)…`: gives the updated record, or none, when awaited.
    ///
    /// # Errors
    /// When awaited: those of [`Model::update_one`].
    UpdateOne
}

impl<'a, M: Model> IntoFuture for Update<'a, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let cx = self.cx.clone();
            let mut records = vec![];
            let mut each = |change: Change| {
                records.push(struct_of(&cx, def, change.after)?);
                Ok(())
            };
            self.run(Some(&mut each)).await?;
            Ok(records)
        })
    }
}

impl<M: Model> Update<'_, M> {
    /// Runs it, and gives how many records there were.
    pub(super) async fn run(self, each: Each<'_>) -> Result<u64> {
        let def = self.cx.orm.require_model(M::IDENTITY)?;
        let values = self.values.finish(def, Code::InvalidValuesToSet)?;
        let values = Assignments { set: values, add: self.add };
        engine::update_each(&self.cx, def, self.which, values, each).await
    }
}

impl<'a, M: Model> IntoFuture for UpdateOne<'a, M> {
    type Output = Result<Option<M>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let values = self.values.finish(def, Code::InvalidValuesToSet)?;
            let values = Assignments { set: values, add: self.add };
            let change = engine::update_one(&self.cx, def, self.which, values).await?;
            change.map(|c| struct_of(&self.cx, def, c.after)).transpose()
        })
    }
}

write_modifiers!(Update, UpdateOne);
encrypt_with!(Update, UpdateOne);
where_limits!(Update, UpdateOne);
bulk_above!(Update);
