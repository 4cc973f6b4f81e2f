//! Hooks: code that runs as the app is lifted and lowered.

use crate::{App, BoxFuture, Result};
use std::future::Future;

/// A project hook of `api/hooks`: a type with `#[hook]` that implements what it needs.
///
/// ```
/// use topsail::prelude::*;
///
/// #[derive(Default)]
/// pub struct Clock;
///
/// impl Hook for Clock {
///     async fn initialize(&self, app: &App) -> Result<()> {
///         let _ = app;
///         Ok(())
///     }
/// }
/// ```
pub trait Hook: Send + Sync + 'static {
    /// Runs during the lift, after models are ready and before routes are bound. An error ends the lift.
    fn initialize(&self, app: &App) -> impl Future<Output = Result<()>> + Send {
        let _ = app;
        async { Ok(()) }
    }

    /// Runs once the app listens.
    fn lifted(&self, app: &App) -> impl Future<Output = Result<()>> + Send {
        let _ = app;
        async { Ok(()) }
    }

    /// Runs as the app is lowered, after the last request.
    fn lower(&self, app: &App) -> impl Future<Output = ()> + Send {
        let _ = app;
        async {}
    }
}

/// A [`Hook`] as an object; implemented for every hook.
pub trait DynHook: Send + Sync {
    /// See [`Hook::initialize`].
    fn initialize<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<()>>;
    /// See [`Hook::lifted`].
    fn lifted<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<()>>;
    /// See [`Hook::lower`].
    fn lower<'a>(&'a self, app: &'a App) -> BoxFuture<'a, ()>;
}

impl<H: Hook> DynHook for H {
    fn initialize<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<()>> {
        Box::pin(Hook::initialize(self, app))
    }
    fn lifted<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<()>> {
        Box::pin(Hook::lifted(self, app))
    }
    fn lower<'a>(&'a self, app: &'a App) -> BoxFuture<'a, ()> {
        Box::pin(Hook::lower(self, app))
    }
}

/// What `#[hook]` registers.
pub struct HookDef {
    /// `module_path!()` of the type.
    pub module: &'static str,
    /// The type's name.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// Makes the hook.
    pub make: fn() -> Box<dyn DynHook>,
}
inventory::collect!(HookDef);
