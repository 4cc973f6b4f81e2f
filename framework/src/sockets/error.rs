//! What can go wrong with sockets, with Sails' codes.

use ::http::StatusCode;

/// Why an operation on sockets failed.
#[derive(Debug, thiserror::Error)]
pub enum SocketsError {
    /// A socket was needed, and an HTTP request was given.
    #[error("`{what}` needs a socket, but this request came over HTTP; check `req.is_socket()` first")]
    NotASocket {
        /// The operation.
        what: &'static str,
    },
    /// No socket of this node has this id.
    #[error("there is no socket `{id}` on this node")]
    NoSuchSocket {
        /// The id as given.
        id: String,
    },
    /// The name of an event that socket.io keeps for itself.
    #[error("`{0}` is an event of socket.io itself and cannot be sent; choose another name")]
    ReservedEvent(String),
    /// The data cannot be written as JSON.
    #[error("the data of the event `{event}` cannot be written as JSON: {source}")]
    Data {
        /// The event.
        event: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A socket would be in more rooms than it may.
    #[error("this socket is in {limit} rooms already; leave some, or raise `sockets.max_rooms`")]
    TooManyRooms {
        /// The limit.
        limit: usize,
    },
    /// The adapter could not reach the other nodes.
    #[error("the sockets adapter failed: {0}")]
    Adapter(String),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
}

impl SocketsError {
    /// The status that a client gets when an action fails with it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotASocket { .. } | Self::ReservedEvent(_) => StatusCode::BAD_REQUEST,
            Self::NoSuchSocket { .. } => StatusCode::NOT_FOUND,
            Self::TooManyRooms { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Data { .. } | Self::Adapter(_) | Self::Config(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Sails' code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchSocket { .. } => "SAILS:HOOK:SOCKETS:NO_SUCH_SOCKET",
            Self::NotASocket { .. } | Self::ReservedEvent(_) | Self::Data { .. } => {
                "SAILS:HOOK:SOCKETS:USAGE"
            }
            Self::TooManyRooms { .. } => "E_TOO_MANY_ROOMS",
            Self::Adapter(_) => "E_SOCKETS_ADAPTER",
            Self::Config(_) => "SAILS:HOOK:SOCKETS:CONFIG",
        }
    }
}
