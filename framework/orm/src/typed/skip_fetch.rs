//! Queries that give no records.

use super::{Destroy, Model, Update};
use crate::{BoxFuture, error::Result, example::example};

/// A query that writes many records and gives their number alone.
///
/// # Errors
/// When awaited: those of the query.
#[must_use = "a query does nothing until it is awaited"]
pub struct SkipFetch<Q>(Q);

macro_rules! skip_fetch {
    ($name:ident, $($example:literal)+) => {
        impl<M: Model> $name<'_, M> {
            /// Gives how many records there were, and not the records. With [`bulk_above`](Self::bulk_above) or by
            /// `models.bulk_above`, a write of very many records then holds no more than their keys at a time.
            ///
            /// Sails: the same query without `.fetch()`. Differs: the number is given.
            #[doc = example!($($example)+)]
            pub fn skip_fetch(self) -> SkipFetch<Self> {
                SkipFetch(self)
            }
        }

        impl<'a, M: Model> IntoFuture for SkipFetch<$name<'a, M>> {
            type Output = Result<u64>;
            type IntoFuture = BoxFuture<'a, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.0.run(None))
            }
        }
    };
}

skip_fetch!(Update, "assert_eq!(User::update(&orm, Where::All).set(User::AGE, 5).skip_fetch().await?, 2);");
skip_fetch!(Destroy, "assert_eq!(User::destroy(&orm, Where::All).skip_fetch().await?, 2);");
