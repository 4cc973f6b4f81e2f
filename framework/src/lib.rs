//! Topsail: a convention-driven MVC framework with realtime at its centre.
//!
//! Write a struct in `api/models/` and there is a REST API, the same API over sockets, and live events on every
//! change; write an action in `api/controllers/` and it answers HTTP and socket requests alike. What Sails.js is for
//! Node, on axum, tokio, socketioxide and sqlx.
//!
//! An app is three small files, the rest is found by [`topsail_build`](https://docs.rs/topsail-build):
//!
//! ```ignore
//! // build.rs
//! fn main() { topsail_build::discover() }
//! // src/lib.rs
//! topsail::app!();
//! // src/main.rs
//! fn main() -> std::process::ExitCode { topsail::run(my_app::app()) }
//! ```
//!
//! The [`prelude`] is what an action, a model or a policy needs.

#[cfg(test)]
extern crate self as topsail;

mod actions;
mod app;
mod assets;
mod blueprints;
#[cfg(doctest)]
mod book;
pub mod config;
pub mod cookies;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod health;
mod helpers;
mod hooks;
mod http;
mod inputs;
pub mod log;
pub mod metrics;
mod policies;
pub mod prelude;
mod pubsub;
mod reply;
mod req;
pub mod router;
mod run;
pub mod security;
pub mod session;
pub mod sockets;
pub mod testing;
pub mod views;

pub use ::http::StatusCode;
pub use actions::{Action, ActionDef, ActionFn};
pub use app::{App, AppBuilder, Discovered, LiftError};
pub use blueprints::{
    BlueprintAction, BlueprintOptions, BlueprintsConfig, ControllerSwitches, FamilySwitches,
};
pub use error::{BoxError, Error, OrNotFound, Result};
pub use helpers::HelperDef;
pub use hooks::{DynHook, Hook, HookDef};
pub use inputs::{FromParams, InputDef, InputKind, InputRule, Inputs};
pub use policies::{Policy, PolicyDef, PolicyFn, Proceed, Verdict, proceed};
pub use pubsub::{Announcement, IntoKeys, Publication, Resourceful};
pub use reply::{
    Accepts, Any, Data, Ends, Outcome, Reply, ResponseDef, ResponseFn, answer, bad_request, created,
    forbidden, json, no_content, not_found, ok, redirect, refuse, send, server_error, unauthorized, view,
};
pub use req::{Params, Path, Req};
pub use run::run;
pub use session::Session;
pub use sockets::{IntoRooms, IntoSocketId, Socket, SocketId, Sockets};
pub use topsail_macros::{Inputs, action, helper, hook, model, policy, response};
pub use topsail_orm as orm;
pub use topsail_orm::{Collection, Id, Model, Negotiate, One, Record, Tx};

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// Defines `pub fn app() -> AppBuilder` and the modules that were found at build time.
///
/// Belongs alone into `src/lib.rs`; the app's `build.rs` must call `topsail_build::discover()`.
#[macro_export]
macro_rules! app {
    () => {
        include!(concat!(env!("OUT_DIR"), "/topsail_app.rs"));

        /// The app, ready to be configured and lifted.
        pub fn app() -> $crate::AppBuilder {
            $crate::AppBuilder::new(&DISCOVERED)
        }
    };
}

/// What the macros need; no part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::actions::{answer, argument, last_argument, sends};
    pub use crate::helpers::help;
    pub use crate::inputs::{Input, InputReader};
    pub use crate::reply::respond;
    pub use inventory;
    pub use serde;
    pub use serde_json;
}
