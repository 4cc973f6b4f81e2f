//! `#[hook]`

use crate::names::plain;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Error, Ident, Item, Result};

pub(crate) fn expand(item: &Item) -> Result<TokenStream> {
    let (ident, generics): (&Ident, _) = match item {
        Item::Struct(item) => (&item.ident, &item.generics),
        Item::Enum(item) => (&item.ident, &item.generics),
        other => {
            return Err(Error::new_spanned(other, "a hook is a struct that implements `Hook` and `Default`"));
        }
    };
    if !generics.params.is_empty() {
        return Err(Error::new_spanned(
            generics,
            "a hook cannot be generic: it is registered by its name alone",
        ));
    }
    let name = plain(ident);
    Ok(quote_spanned! {Span::mixed_site().located_at(ident.span())=>
        ::topsail::__private::inventory::submit! {
            ::topsail::HookDef {
                module: ::core::module_path!(),
                name: #name,
                file: ::core::file!(),
                line: ::core::line!(),
                make: || ::std::boxed::Box::new(<#ident as ::core::default::Default>::default()),
            }
        }
    })
}
