//! `#[policy]`

use crate::function::Function;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, Result};

pub(crate) fn expand(item: &ItemFn) -> Result<TokenStream> {
    let function = Function::read(item, "a policy")?;
    let (ident, name, span) = (function.ident(), function.name(), function.span());
    let (arguments, sends) = (function.argument_checks(false), function.send_check());
    let checks = function.never_called(quote!(#arguments #sends));
    let registered = quote_spanned! {span=>
        ::topsail::__private::inventory::submit! {
            ::topsail::PolicyDef {
                module: ::core::module_path!(),
                name: #name,
                file: ::core::file!(),
                line: ::core::line!(),
                make: || ::topsail::Policy::new(#ident),
            }
        }
    };
    Ok(quote!(#checks #registered))
}
