//! `#[action]`

use crate::function::Function;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, Result, ReturnType, spanned::Spanned};

pub(crate) fn expand(item: &ItemFn) -> Result<TokenStream> {
    let function = Function::read(item, "an action")?;
    let (ident, name, span) = (function.ident(), function.name(), function.span());
    let answer = function.answer().map(|ty| {
        let span = match &item.sig.output {
            ReturnType::Type(_, ty) => ty.span(),
            ReturnType::Default => span,
        };
        quote_spanned!(span=> ::topsail::__private::answer::<#ty>();)
    });
    let (arguments, sends) = (function.argument_checks(true), function.send_check());
    let checks = function.never_called(quote!(#arguments #answer #sends));
    let registered = quote_spanned! {span=>
        ::topsail::__private::inventory::submit! {
            ::topsail::ActionDef {
                module: ::core::module_path!(),
                name: #name,
                file: ::core::file!(),
                line: ::core::line!(),
                make: || ::topsail::Action::new(#ident),
            }
        }
    };
    Ok(quote!(#checks #registered))
}
