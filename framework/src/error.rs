//! The one error that actions, policies, hooks and helpers give, and the one table that maps errors to answers.

use crate::reply::{Data, Reply};
use ::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::{fmt, sync::Arc};

/// A `Result` whose error is an answer to the client.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error that can be shared between threads.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why something ended early: an answer for the client, and beside it the cause for the log.
///
/// Every `std::error::Error` becomes one by `?`: those that Topsail knows get the status of one table, all
/// others are a 500 whose cause is logged and, in production, not shown. A refusal such as [`crate::not_found`] is one
/// too, so it reaches the client from any depth, rolls back the transaction around it, and ends a policy.
///
/// It does not implement `std::error::Error` itself (otherwise it could not be made from every error); use
/// [`Error::cause`].
pub struct Error(Box<Inner>);

struct Inner {
    reply: Reply,
    cause: Option<Arc<BoxError>>,
}

impl Error {
    /// A 500 with this cause.
    pub fn new(cause: impl Into<BoxError>) -> Self {
        Self::with_status(StatusCode::INTERNAL_SERVER_ERROR, cause)
    }

    /// The answer of `status` with this cause; what of the cause is shown depends on the environment.
    pub fn with_status(status: StatusCode, cause: impl Into<BoxError>) -> Self {
        let cause = Arc::new(cause.into());
        let kind = crate::reply::kind_of_status(status);
        Self(Box::new(Inner {
            reply: Reply::new(kind, status, Data::Error(cause.clone())),
            cause: Some(cause),
        }))
    }

    /// The status that the client gets.
    pub fn status(&self) -> StatusCode {
        self.0.reply.status()
    }

    /// What went wrong, where this is more than a refusal.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.cause.as_ref().map(|c| &***c)
    }

    /// The answer that this error is.
    pub fn reply(&self) -> &Reply {
        &self.0.reply
    }

    /// Makes the answer out of it.
    pub fn into_reply(self) -> Reply {
        self.0.reply
    }
}

impl From<Reply> for Error {
    fn from(reply: Reply) -> Self {
        Self(Box::new(Inner { reply, cause: None }))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        classify(Box::new(error))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.0.reply.into_response()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("status", &self.status()).field("cause", &self.0.cause).finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Some(cause) => write!(f, "{cause}"),
            None => write!(f, "{}", self.status()),
        }
    }
}

/// The table: which error gets which answer. What is not named is a 500.
fn classify(error: BoxError) -> Error {
    let error = match error.downcast::<topsail_orm::OrmError>().map(|e| *e) {
        // What a callback refused with is the answer, as if it had come by `?` alone.
        Ok(topsail_orm::OrmError::Callback(refused)) => match refused.downcast::<Carried>() {
            Ok(carried) => return carried.0,
            Err(other) => return classify(other),
        },
        Ok(other) => Box::new(other),
        Err(other) => other,
    };
    use axum::extract::rejection::{
        BytesRejection, ExtensionRejection, FormRejection, JsonRejection, PathRejection, QueryRejection,
        StringRejection,
    };
    if let Some(e) = error.downcast_ref::<topsail_orm::OrmError>() {
        if let Some(reply) = crate::blueprints::refusal(e) {
            return Error(Box::new(Inner { reply, cause: Some(Arc::new(error)) }));
        }
        // It has been tried again where it could be; the client may do so a little later.
        let status =
            if e.is_deadlock() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        return Error::with_status(status, error);
    }
    if let Some(e) = error.downcast_ref::<crate::sockets::SocketsError>() {
        return Error::with_status(e.status(), error);
    }
    macro_rules! rejections {
        ($($t:ty),*) => { $( if let Some(e) = error.downcast_ref::<$t>() {
            let status = e.status();
            let text = e.body_text();
            return Reply::refusal(crate::reply::kind_of_status(status), status, text.into()).into();
        } )* };
    }
    rejections!(
        JsonRejection,
        FormRejection,
        QueryRejection,
        PathRejection,
        BytesRejection,
        StringRejection,
        ExtensionRejection
    );
    Error::new(error)
}

/// So that lifecycle callbacks can end with `?` and with refusals such as `forbidden()`.
impl From<Error> for topsail_orm::OrmError {
    fn from(error: Error) -> Self {
        Self::Callback(Box::new(Carried(error)))
    }
}

/// One of our errors on its way through the ORM.
#[derive(Debug)]
struct Carried(Error);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Carried {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

/// `find_one(…).await?.or_not_found()?`: an absent record is a 404.
pub trait OrNotFound<T> {
    /// The value, or the answer of [`crate::not_found`].
    fn or_not_found(self) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self) -> Result<T> {
        match self {
            Some(value) => Ok(value),
            None => crate::not_found(),
        }
    }
}
