//! Why an app cannot be lifted.

use crate::{config::ConfigError, router::RouteError};
use std::net::SocketAddr;
use topsail_orm::OrmError;

/// Why a lift failed.
#[derive(Debug, thiserror::Error)]
pub enum LiftError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A route is refused.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// Models or datastores are refused, or the database cannot be reached.
    #[error("the models could not be lifted: {0}")]
    Orm(#[from] OrmError),
    /// Two actions have one identity.
    #[error("E_CONFLICT: the action `{identity}` is defined twice: {first} and {second}; rename one of them")]
    Conflict {
        /// The identity.
        identity: String,
        /// Where the first is.
        first: String,
        /// Where the second is.
        second: String,
    },
    /// A file that was found at build time has registered nothing.
    #[error("{file} has registered nothing: is `#[{attribute}]` missing?")]
    Unregistered {
        /// The file.
        file: String,
        /// The attribute it should have.
        attribute: &'static str,
    },
    /// The linker has dropped the app's library.
    #[error(
        "nothing of the crate `{0}` has registered itself: the program does not use the app's library, so the linker \
         dropped it; call `{0}::app()` in `main`, or write `use {0} as _;`"
    )]
    Unlinked(String),
    /// A view is missing or malformed.
    #[error(transparent)]
    View(#[from] crate::views::ViewError),
    /// A hook failed.
    #[error("the hook `{hook}` failed: {why}")]
    Hook {
        /// The hook.
        hook: String,
        /// What it said.
        why: String,
    },
    /// A response function has a name that is taken.
    #[error("{file}:{line}: a response cannot be called `{name}`: that name is reserved")]
    ReservedResponse {
        /// The name.
        name: String,
        /// Its file.
        file: &'static str,
        /// Its line.
        line: u32,
    },
    /// Sockets cannot be raised.
    #[error("the sockets could not be raised: {0}")]
    Sockets(#[from] crate::sockets::SocketsError),
    /// The address cannot be listened on.
    #[error("the server failed to start: cannot listen on {address}: {source}{tip}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
        /// What to do about it.
        tip: &'static str,
    },
    /// The host is no address.
    #[error("`explicit_host = \"{0}\"` is no IP address and cannot be resolved")]
    Host(String),
    /// The system refuses something.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}
