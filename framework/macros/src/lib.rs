//! The attribute macros of Topsail. They record and forward: the item stays as it was written, and beside it goes one
//! registration (through `inventory`) and, for functions, one check per argument at the argument's own type. What a
//! macro refuses it names at the word that is wrong, and it always gives the item back, so that rustc does not report
//! a missing function on top.
//!
//! Use them through `topsail` (`use topsail::prelude::*;`); their output names paths of that crate.

mod action;
mod function;
mod helper;
mod hook;
mod inputs;
mod model;
mod names;
mod policy;
mod response;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;

/// Makes a `pub async fn` of `api/controllers` an action.
///
/// Its arguments are extractors (`App`, `Req`, `Inputs<T>`, `Path<T>`, any of axum's; one that reads the body comes
/// last), its answer is anything axum can turn into a response, usually `Outcome`. The identity follows from file and
/// name: `say_controller.rs` with `hello` is `say/hello`, `orders/update_status.rs` with `update_status` is
/// `orders/update-status`.
#[proc_macro_attribute]
pub fn action(args: TokenStream, item: TokenStream) -> TokenStream {
    expand("action", args, item, action::expand)
}

/// Makes a `pub async fn` of `api/policies` a policy, called after the function: `is_logged_in` is `is-logged-in`.
///
/// Its arguments are extractors that leave the body alone; it returns `Verdict`.
#[proc_macro_attribute]
pub fn policy(args: TokenStream, item: TokenStream) -> TokenStream {
    expand("policy", args, item, policy::expand)
}

/// Replaces the answer of this name: `not_found` in `api/responses` answers for every `not_found()`.
///
/// The function takes `Req` and `Reply`; giving the reply back means the default.
#[proc_macro_attribute]
pub fn response(args: TokenStream, item: TokenStream) -> TokenStream {
    expand("response", args, item, response::expand)
}

/// Registers a type of `api/hooks` that implements `Hook` and `Default`.
#[proc_macro_attribute]
pub fn hook(args: TokenStream, item: TokenStream) -> TokenStream {
    expand("hook", args, item, hook::expand)
}

/// Registers a `pub async fn` of `api/helpers` so that tools can call it by name.
///
/// From Rust it is called as it is. It takes `&App`, then optionally one type with `#[derive(Inputs)]`, and returns a
/// `Result` of something that can be serialised.
#[proc_macro_attribute]
pub fn helper(args: TokenStream, item: TokenStream) -> TokenStream {
    expand("helper", args, item, helper::expand)
}

/// Makes a struct of `api/models` a model; see the chapter on models for `#[attr(…)]`.
#[proc_macro_attribute]
pub fn model(args: TokenStream, item: TokenStream) -> TokenStream {
    model::expand(args.into(), item.into()).into()
}

/// Declares the inputs of an action or helper: each field is one parameter.
///
/// A plain field is required, an `Option` is not, and neither is a field with `default = …`. On the wire the name is
/// camelCase. `#[input(…)]` takes `required`, `allow_null`, `default = …`, `name = "…"`, `description = "…"` and the
/// rules `is_email`, `is_url`, `is_uuid`, `is_ip`, `is_integer`, `is_not_empty_string`, `is_hex_color`,
/// `is_credit_card`, `is_in = […]`, `is_not_in = […]`, `min`, `max`, `min_length`, `max_length`, `regex = "…"`.
#[proc_macro_derive(Inputs, attributes(input))]
pub fn inputs(item: TokenStream) -> TokenStream {
    match syn::parse::<syn::DeriveInput>(item) {
        Ok(item) => inputs::expand(&item),
        Err(error) => error.to_compile_error(),
    }
    .into()
}

/// Gives back the item, followed by what `add` makes of it or by the error that it reports.
fn expand<T: syn::parse::Parse>(
    name: &str,
    args: TokenStream,
    item: TokenStream,
    add: fn(&T) -> syn::Result<TokenStream2>,
) -> TokenStream {
    let args = TokenStream2::from(args);
    let item = TokenStream2::from(item);
    let added = if args.is_empty() {
        syn::parse2::<T>(item.clone())
            .map_err(|e| syn::Error::new(e.span(), format!("`#[{name}]` does not belong here: {e}")))
            .and_then(|parsed| add(&parsed))
    } else {
        Err(syn::Error::new_spanned(args, format!("`#[{name}]` takes no arguments")))
    };
    let added = added.unwrap_or_else(|error| error.to_compile_error());
    quote!(#item #added).into()
}
