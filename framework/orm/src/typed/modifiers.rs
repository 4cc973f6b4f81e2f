//! What every query that writes can be told besides.

/// `skip_callbacks` for a query with a field `cx`.
macro_rules! write_modifiers {
    ($($name:ident),+) => {$(
        impl<M> $name<'_, M> {
            /// Without the lifecycle callbacks of the model.
            pub fn skip_callbacks(mut self) -> Self {
                self.cx.meta.skip_callbacks = true;
                self
            }
        }
    )+};
}

pub(super) use write_modifiers;
