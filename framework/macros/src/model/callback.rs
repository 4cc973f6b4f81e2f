//! `#[model(before_create = …)]` and its five siblings.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Path, spanned::Spanned};

pub(super) const NAMES: [&str; 6] =
    ["before_create", "after_create", "before_update", "after_update", "before_destroy", "after_destroy"];

/// What Sails accepts in a definition and never calls.
pub(super) const NEVER_CALLED: [&str; 4] = ["before_validate", "after_validate", "before_find", "after_find"];

/// One callback: its name, and the function.
pub(super) struct Callback {
    name: Ident,
    function: Path,
}

impl Callback {
    pub(super) fn read(name: &str, function: Path) -> Self {
        Self { name: format_ident!("{name}"), function }
    }

    /// `def.callbacks.before_create = …;`
    pub(super) fn define(&self, model: &Ident, orm: &TokenStream) -> TokenStream {
        let (name, function) = (&self.name, &self.function);
        let private = quote!(#orm::__private);
        let (argument, call) = match name.to_string().as_str() {
            "before_create" | "before_update" => {
                (quote!(&'a mut #orm::Record), quote_spanned!(function.span()=> #function(tx, given)))
            }
            "before_destroy" => {
                (quote!(&'a #orm::Where), quote_spanned!(function.span()=> #function(tx, given)))
            }
            _ => (
                quote!(&'a #orm::Record),
                quote_spanned!(function.span()=> #function(tx, &#private::given::<#model, _>(given)?)),
            ),
        };
        quote! {
            def.callbacks.#name = ::core::option::Option::Some({
                fn __call<'a>(
                    tx: &'a #orm::Tx,
                    given: #argument,
                ) -> #orm::BoxFuture<'a, #orm::Result<()>> {
                    ::std::boxed::Box::pin(async move { #private::ended(#call.await) })
                }
                __call
            });
        }
    }
}
