//! `api/responses/*.rs`: the app's own way to give an answer.

use super::Reply;
use crate::{BoxFuture, Req};
use axum::response::{IntoResponse, Response};
use std::future::Future;

/// An override as data: what the app's response function was erased to.
pub type ResponseFn = fn(Req, Reply) -> BoxFuture<'static, Response>;

/// What `#[response]` registers.
pub struct ResponseDef {
    /// `module_path!()` of the function.
    pub module: &'static str,
    /// The function's name in snake_case: `not_found` replaces `notFound`.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// The function.
    pub call: ResponseFn,
}
inventory::collect!(ResponseDef);

/// Erases a response function's future.
#[doc(hidden)]
pub fn respond<F: Future<Output: IntoResponse> + Send + 'static>(f: F) -> BoxFuture<'static, Response> {
    Box::pin(async move { f.await.into_response() })
}
