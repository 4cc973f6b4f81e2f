//! `#[helper]`

use crate::function::{Function, inputs_check};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result, Type};

pub(crate) fn expand(item: &ItemFn) -> Result<TokenStream> {
    let function = Function::read(item, "a helper")?;
    let (ident, name, span) = (function.ident(), function.name(), function.span());
    let Some(answer) = function.answer() else {
        return Err(Error::new_spanned(&item.sig.output, "name the type that a helper gives: `Result<T>`"));
    };
    let wrong = |ty: &Type| {
        Error::new_spanned(ty, "a helper takes `&App`, then at most one type with `#[derive(Inputs)]`")
    };
    let (input, call) = match function.arguments.as_slice() {
        [] => (None, quote_spanned!(span=> #ident())),
        [Type::Reference(_)] => (None, quote_spanned!(span=> #ident(__app))),
        [input] => (Some(*input), quote_spanned!(span=> #ident(__input))),
        [Type::Reference(_), Type::Reference(input)] => return Err(wrong(&input.elem)),
        [Type::Reference(_), input] => (Some(*input), quote_spanned!(span=> #ident(__app, __input))),
        [first, _] => return Err(wrong(first)),
        [_, _, third, ..] => return Err(wrong(third)),
    };
    let check = input.map(inputs_check);
    let input = input.map_or_else(|| quote!(()), |ty| quote!(#ty));
    Ok(quote_spanned! {span=>
        #[doc(hidden)]
        const _: () = {
            #[allow(dead_code, clippy::all)]
            fn __check() { #check }
            #[allow(unused_variables, clippy::all)]
            fn __call<'__a>(__app: &'__a ::topsail::App, __input: #input) -> ::topsail::BoxFuture<'__a, #answer> {
                ::std::boxed::Box::pin(#call)
            }
            ::topsail::__private::inventory::submit! {
                ::topsail::HelperDef {
                    module: ::core::module_path!(),
                    name: #name,
                    file: ::core::file!(),
                    line: ::core::line!(),
                    call: |__app, __params| ::topsail::__private::help(__app, __params, __call),
                }
            }
        };
    })
}
