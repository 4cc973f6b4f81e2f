//! `#[response]`

use crate::function::Function;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Error, ItemFn, Result};

pub(crate) fn expand(item: &ItemFn) -> Result<TokenStream> {
    let function = Function::read(item, "a response")?;
    if function.arguments.len() != 2 {
        return Err(Error::new_spanned(
            function.ident(),
            "a response takes the request and the answer it may replace: `(req: Req, reply: Reply)`",
        ));
    }
    let (ident, name) = (function.ident(), function.name());
    Ok(quote_spanned! {function.span()=>
        ::topsail::__private::inventory::submit! {
            ::topsail::ResponseDef {
                module: ::core::module_path!(),
                name: #name,
                file: ::core::file!(),
                line: ::core::line!(),
                call: |__req, __reply| ::topsail::__private::respond(#ident(__req, __reply)),
            }
        }
    })
}
