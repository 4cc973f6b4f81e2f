//! Which types a foreign key can have; for the code that `#[model]` writes.

use super::{Collection, Model, One};

/// A type that `foreign_key` is for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a foreign key",
    label = "not an association",
    note = "`foreign_key` is for a `One<Model>`, an `Option<One<Model>>` or a many-to-many `Collection<Model>`"
)]
pub trait Reference {}
impl<M: Model> Reference for One<M> {}
impl<M: Model> Reference for Option<One<M>> {}
impl<M> Reference for Collection<M> {}

/// A type whose foreign key may have a rule.
#[diagnostic::on_unimplemented(
    message = "the foreign key of `{Self}` cannot have a rule",
    label = "not a to-one association",
    note = "a rule is for a `One<Model>` or an `Option<One<Model>>`; of a `Collection<Model>` it is `foreign_key` alone"
)]
pub trait Ruled {}
impl<M: Model> Ruled for One<M> {}
impl<M: Model> Ruled for Option<One<M>> {}

/// A type whose foreign key may become null.
#[diagnostic::on_unimplemented(
    message = "`set_null` needs an attribute that may be null",
    label = "`{Self}` is never null",
    note = "write `Option<One<Model>>`, or another rule: `cascade`, `restrict`"
)]
pub trait Nullable {}
impl<M: Model> Nullable for Option<One<M>> {}

/// Compiles for what can be a foreign key.
pub const fn check_foreign_key<T: Reference>() {}

/// Compiles for a foreign key that can have a rule.
pub const fn check_rule<T: Ruled>() {}

/// Compiles for a foreign key that can become null.
pub const fn check_set_null<T: Nullable>() {}
