//! Policies: what decides whether an action may run.

mod mapping;

pub(crate) use mapping::{Guard, PolicyMap, lookup};
pub use mapping::{PoliciesConfig, PolicyValue};

use crate::{App, BoxFuture, Error, Result};
use ::http::request::Parts;
use axum::extract::FromRequestParts;
use std::{future::Future, sync::Arc};

/// A policy lets the request proceed.
#[derive(Debug)]
pub struct Proceed(());

/// What a policy answers: proceed, or any refusal.
pub type Verdict = Result<Proceed>;

/// Lets the request go on to the next policy or the action.
pub fn proceed() -> Verdict {
    Ok(Proceed(()))
}

/// A policy, erased.
#[derive(Clone)]
pub struct Policy(Arc<Erased>);

type Erased = dyn Fn(Parts, App) -> BoxFuture<'static, (Parts, Verdict)> + Send + Sync;

impl Policy {
    /// Erases a function.
    pub fn new<A>(f: impl PolicyFn<A>) -> Self {
        Self(Arc::new(move |parts, app| f.clone().run(parts, app)))
    }

    pub(crate) fn run(&self, parts: Parts, app: App) -> BoxFuture<'static, (Parts, Verdict)> {
        (self.0)(parts, app)
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Policy")
    }
}

/// A function that can be a policy.
#[diagnostic::on_unimplemented(
    message = "this function cannot be a policy",
    note = "a policy is a `pub async fn` whose arguments are `App`, `Req` or extractors that do not read the body, and that returns `Verdict`"
)]
pub trait PolicyFn<A>: Clone + Send + Sync + 'static {
    /// Runs it; gives the parts back for whoever comes next.
    fn run(self, parts: Parts, app: App) -> BoxFuture<'static, (Parts, Verdict)>;
}

macro_rules! policy_fn {
    ($($t:ident),*) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case, unused_mut, unused_variables)]
        impl<F, Fut, $($t,)*> PolicyFn<($($t,)*)> for F
        where
            F: Fn($($t),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Verdict> + Send,
            $($t: FromRequestParts<App, Rejection: Into<Error>> + Send + 'static,)*
        {
            fn run(self, mut parts: Parts, app: App) -> BoxFuture<'static, (Parts, Verdict)> {
                Box::pin(async move {
                    $( let $t = match $t::from_request_parts(&mut parts, &app).await {
                        Ok(value) => value,
                        Err(rejection) => return (parts, Err(rejection.into())),
                    }; )*
                    let verdict = self($($t),*).await;
                    (parts, verdict)
                })
            }
        }
    };
}
policy_fn!();
policy_fn!(A1);
policy_fn!(A1, A2);
policy_fn!(A1, A2, A3);
policy_fn!(A1, A2, A3, A4);
policy_fn!(A1, A2, A3, A4, A5);

/// What `#[policy]` registers.
pub struct PolicyDef {
    /// `module_path!()` of the function.
    pub module: &'static str,
    /// The function's name: `is_logged_in` is the policy `is-logged-in`.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// Makes the policy.
    pub make: fn() -> Policy,
}
inventory::collect!(PolicyDef);
