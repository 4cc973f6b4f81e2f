//! What a query that writes can be told besides.

use super::Model;
use crate::{Record, engine, error::Result, executor::Context, model::ModelDef};

/// Modifiers of every query that writes; it has a field `cx`.
macro_rules! write_modifiers {
    ($($name:ident),+) => {$(
        impl<M> $name<'_, M> {
            /// Without the lifecycle callbacks of the model.
            ///
            /// Sails: `.meta({ skipAllLifecycleCallbacks: true })`.
            pub fn skip_callbacks(mut self) -> Self {
                self.cx.meta.skip_callbacks = true;
                self
            }

            /// Gives encrypted attributes as plaintext.
            ///
            /// Sails: `.decrypt()`.
            ///
            /// # Errors
            /// When the query is awaited: `E_DECRYPT`.
            pub fn decrypt(mut self) -> Self {
                self.cx.meta.decrypt = true;
                self
            }
        }
    )+};
}

/// The modifier of queries that store values.
macro_rules! encrypt_with {
    ($($name:ident),+) => {$(
        impl<M> $name<'_, M> {
            /// Encrypts with this key of `models.data_encryption_keys` instead of `default`.
            ///
            /// Sails: `.meta({ encryptWith: 'id' })`.
            ///
            /// # Errors
            /// When the query is awaited: `E_INVALID_META` for an unknown id.
            pub fn encrypt_with(mut self, id: impl Into<String>) -> Self {
                self.cx.meta.encrypt_with = Some(id.into());
                self
            }
        }
    )+};
}

/// The modifier of queries that write what criteria pick.
macro_rules! where_limits {
    ($($name:ident),+) => {$(
        impl<M> $name<'_, M> {
            /// As [`Find::where_limits`](crate::Find::where_limits).
            pub fn where_limits(mut self, limits: crate::criteria::WhereLimits) -> Self {
                self.cx.meta.where_limits = Some(limits);
                self
            }
        }
    )+};
}

/// The modifier of queries that write many records.
macro_rules! bulk_above {
    ($name:ident) => {
        impl<M> $name<'_, M> {
            /// Keeps what each record was and is for as many records as this, instead of `models.bulk_above`; more are
            /// written in portions and told as one [`Bulk`](crate::Bulk) change. Sails has no such limit.
            #[doc = example!(
                        "let tx = orm.begin().await?;"
                        "User::update(&tx, Where::All).set(User::AGE, 5).bulk_above(1).await?;"
                        "let changes = tx.commit().await?;"
                        "assert_eq!(changes[0].bulk, Some(Bulk { verb: ChangeVerb::Update, times: 2 }));"
                    )]
            pub fn bulk_above(mut self, records: usize) -> Self {
                self.cx.meta.bulk_above = Some(records);
                self
            }
        }
    };
}

pub(super) use {bulk_above, encrypt_with, where_limits, write_modifiers};

/// What a write gives for the image of one record.
pub(super) fn struct_of<M: Model>(cx: &Context<'_>, def: &ModelDef, image: Option<Record>) -> Result<M> {
    let mut record = image.unwrap_or_default();
    engine::decrypt(cx, def, std::slice::from_mut(&mut record))?;
    M::from_record(record)
}
