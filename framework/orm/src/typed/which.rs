//! Anything that says which records are meant.

use serde_json::Value;

use super::{Expr, Key, Model};
use crate::criteria::Where;

/// Anything that picks records of `M`: a key, keys, an expression, a parsed tree.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not pick records of `{M}`",
    note = "give a key, a list of keys, an expression such as `{M}::ID.eq(1)`, or a parsed `Where`"
)]
pub trait IntoWhere<M> {
    /// As a condition.
    fn into_where(self) -> Where;
}

impl<M> IntoWhere<M> for Expr<M> {
    fn into_where(self) -> Where {
        self.into_tree()
    }
}

impl<M> IntoWhere<M> for Where {
    fn into_where(self) -> Where {
        self
    }
}

impl<M: Model<Key = i64>> IntoWhere<M> for i64 {
    fn into_where(self) -> Where {
        Where::eq(M::PRIMARY_KEY, self)
    }
}

impl<M: Model<Key = i64>> IntoWhere<M> for &i64 {
    fn into_where(self) -> Where {
        Where::eq(M::PRIMARY_KEY, *self)
    }
}

impl<M: Model<Key = String>> IntoWhere<M> for String {
    fn into_where(self) -> Where {
        Where::eq(M::PRIMARY_KEY, self)
    }
}

impl<M: Model<Key = String>> IntoWhere<M> for &String {
    fn into_where(self) -> Where {
        Where::eq(M::PRIMARY_KEY, self.as_str())
    }
}

impl<M: Model<Key = String>> IntoWhere<M> for &str {
    fn into_where(self) -> Where {
        Where::eq(M::PRIMARY_KEY, self)
    }
}

impl<M: Model> IntoWhere<M> for Vec<M::Key> {
    fn into_where(self) -> Where {
        keys::<M>(&self)
    }
}

impl<M: Model> IntoWhere<M> for &[M::Key] {
    fn into_where(self) -> Where {
        keys::<M>(self)
    }
}

impl<M: Model, const N: usize> IntoWhere<M> for [M::Key; N] {
    fn into_where(self) -> Where {
        keys::<M>(&self)
    }
}

fn keys<M: Model>(keys: &[M::Key]) -> Where {
    Where::one_of(M::PRIMARY_KEY, keys.iter().map(Key::to_value).collect())
}

/// Anything that names records of `M` by their keys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name records of `{M}`",
    note = "give a key, a list of keys, or a record"
)]
pub trait IntoKeys<M: Model> {
    /// The keys, as data.
    fn into_keys(self) -> Vec<Value>;
}

macro_rules! keys {
    ($($key:ty: [$($one:ty),+];)+) => {$(
        $(
            impl<M: Model<Key = $key>> IntoKeys<M> for $one {
                fn into_keys(self) -> Vec<Value> {
                    vec![Value::from(self.to_owned())]
                }
            }
        )+
        impl<M: Model<Key = $key>> IntoKeys<M> for Vec<$key> {
            fn into_keys(self) -> Vec<Value> {
                self.iter().map(Key::to_value).collect()
            }
        }
        impl<M: Model<Key = $key>> IntoKeys<M> for &Vec<$key> {
            fn into_keys(self) -> Vec<Value> {
                self.iter().map(Key::to_value).collect()
            }
        }
        impl<M: Model<Key = $key>> IntoKeys<M> for &[$key] {
            fn into_keys(self) -> Vec<Value> {
                self.iter().map(Key::to_value).collect()
            }
        }
        impl<M: Model<Key = $key>, const N: usize> IntoKeys<M> for [$key; N] {
            fn into_keys(self) -> Vec<Value> {
                self.iter().map(Key::to_value).collect()
            }
        }
    )+};
}

keys! {
    i64: [i64, &i64];
    String: [String, &String, &str];
}

impl<M: Model> IntoKeys<M> for &M {
    fn into_keys(self) -> Vec<Value> {
        vec![self.key().to_value()]
    }
}

impl<M: Model<Key = String>, const N: usize> IntoKeys<M> for [&str; N] {
    fn into_keys(self) -> Vec<Value> {
        self.into_iter().map(Value::from).collect()
    }
}

impl<M: Model> IntoKeys<M> for &[M] {
    fn into_keys(self) -> Vec<Value> {
        self.iter().map(|record| record.key().to_value()).collect()
    }
}

impl<M: Model> IntoKeys<M> for &Vec<M> {
    fn into_keys(self) -> Vec<Value> {
        self.iter().map(|record| record.key().to_value()).collect()
    }
}
