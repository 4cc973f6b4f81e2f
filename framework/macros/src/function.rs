//! What the macros on functions have in common: the shape that is required, and the checks that rustc is made to do.

use crate::names::plain;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Error, FnArg, GenericArgument, ItemFn, PathArguments, Result, ReturnType, Type, Visibility,
    spanned::Spanned,
};

/// A function that can be registered.
pub(crate) struct Function<'a> {
    item: &'a ItemFn,
    pub(crate) arguments: Vec<&'a Type>,
}

impl<'a> Function<'a> {
    /// Takes a free, non-generic `pub async fn`; `what` is "an action".
    pub(crate) fn read(item: &'a ItemFn, what: &str) -> Result<Self> {
        let signature = &item.sig;
        if signature.asyncness.is_none() {
            return Err(Error::new_spanned(signature.fn_token, format!("{what} must be an `async fn`")));
        }
        if !matches!(item.vis, Visibility::Public(_)) {
            return Err(Error::new_spanned(&signature.ident, format!("{what} must be `pub`")));
        }
        if !signature.generics.params.is_empty() {
            let text = format!("{what} cannot be generic: it is registered by its name alone");
            return Err(Error::new_spanned(&signature.generics, text));
        }
        let arguments = signature.inputs.iter().map(|argument| match argument {
            FnArg::Typed(typed) => Ok(&*typed.ty),
            FnArg::Receiver(receiver) => {
                Err(Error::new_spanned(receiver, format!("{what} is a free function, it has no `self`")))
            }
        });
        Ok(Self { item, arguments: arguments.collect::<Result<_>>()? })
    }

    pub(crate) fn ident(&self) -> &'a syn::Ident {
        &self.item.sig.ident
    }

    /// The name as it is registered.
    pub(crate) fn name(&self) -> String {
        plain(self.ident())
    }

    /// The place that errors about the whole function point at: its name, with names of the macro's own kept apart.
    pub(crate) fn span(&self) -> Span {
        Span::mixed_site().located_at(self.ident().span())
    }

    /// The declared answer, where it can be named.
    pub(crate) fn answer(&self) -> Option<TokenStream> {
        match &self.item.sig.output {
            ReturnType::Default => Some(quote_spanned!(self.span()=> ())),
            ReturnType::Type(_, ty) if names_impl(ty) => None,
            ReturnType::Type(_, ty) => Some(ty.to_token_stream()),
        }
    }

    /// One check per argument, at the argument's own type. The last one may read the body if `body_last`.
    pub(crate) fn argument_checks(&self, body_last: bool) -> TokenStream {
        let last = self.arguments.len().checked_sub(1).filter(|_| body_last);
        self.arguments
            .iter()
            .enumerate()
            .map(|(at, ty)| {
                if let Some(inputs) = declared_inputs(ty) {
                    return inputs_check(inputs);
                }
                let span = ty.span();
                if Some(at) == last {
                    quote_spanned!(span=> ::topsail::__private::last_argument::<#ty, _>();)
                } else {
                    quote_spanned!(span=> ::topsail::__private::argument::<#ty>();)
                }
            })
            .collect()
    }

    /// Makes rustc say at the function's name that its future cannot be sent.
    pub(crate) fn send_check(&self) -> TokenStream {
        let (ident, arguments) = (self.ident(), &self.arguments);
        let names: Vec<_> = (0..arguments.len()).map(|at| format_ident!("__argument{at}")).collect();
        quote_spanned!(self.span()=>
            let _ = |#(#names: #arguments),*| ::topsail::__private::sends(#ident(#(#names),*));
        )
    }

    /// Wraps checks into a function that is compiled and never called.
    pub(crate) fn never_called(&self, checks: TokenStream) -> TokenStream {
        quote! {
            #[doc(hidden)]
            const _: () = {
                #[allow(dead_code, unreachable_code, clippy::all)]
                fn __check() { #checks }
            };
        }
    }
}

/// `T` of the extractor `Inputs<T>`.
fn declared_inputs(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Inputs")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match (arguments.args.len(), arguments.args.first()) {
        (1, Some(GenericArgument::Type(inputs))) => Some(inputs),
        _ => None,
    }
}

/// Makes rustc say at the type itself that it does not declare inputs.
pub(crate) fn inputs_check(ty: &Type) -> TokenStream {
    let span = ty.span();
    let bounded = quote_spanned!(span=> __inputs::<#ty>());
    quote! {
        {
            fn __inputs<__T: ::topsail::FromParams>() {}
            #bounded;
        }
    }
}

/// Does this type mention `impl Trait`, so that it cannot be written elsewhere?
fn names_impl(ty: &Type) -> bool {
    fn any(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == "impl",
            proc_macro2::TokenTree::Group(group) => any(group.stream()),
            _ => false,
        })
    }
    any(ty.to_token_stream())
}
