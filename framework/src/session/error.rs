//! What can be wrong with a session.

/// Why a session cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// This request has none.
    #[error(
        "this request has no session: its path looks like a file, it was sent with `nosession`, or `session.enabled` is \
         false; ask `req.session().is_some()` first"
    )]
    None,
    /// It was destroyed earlier in this request.
    #[error("the session was destroyed earlier in this request")]
    Ended,
    /// A value that is not of the type that was asked for, or that cannot be stored.
    #[error("the value `{key}` of the session: {source}")]
    Type {
        /// The key.
        key: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It would hold too much.
    #[error(
        "`{key}` does not fit: a session holds at most {limit} bytes (`session.max_bytes`); keep records in the database"
    )]
    TooLarge {
        /// The key.
        key: String,
        /// `session.max_bytes`.
        limit: usize,
    },
    /// The store failed.
    #[error("the session store failed")]
    Store(#[from] tower_sessions::session_store::Error),
}
