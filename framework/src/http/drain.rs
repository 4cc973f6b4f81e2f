//! What is left of a body that nobody has read to its end.

use crate::App;
use ::http::{header, request::Parts};
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio_util::task::TaskTracker;

/// Bytes that are read and forgotten.
const MOST: usize = 16 << 20;

/// As long as that may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body of a request; what its reader leaves of it is read and forgotten, within bounds.
///
/// Whoever refuses a request before its body has come would otherwise close the connection under a client that is still
/// sending, and such a client sees a broken connection instead of the answer. Who waits for `100 Continue` sends nothing
/// yet.
pub(super) fn to_the_end(app: &App, parts: &Parts, body: Body) -> Body {
    if body.is_end_stream() || parts.headers.contains_key(header::EXPECT) {
        return body;
    }
    Body::new(ToTheEnd { body: Some(body), tasks: app.tasks().clone() })
}

struct ToTheEnd {
    body: Option<Body>,
    tasks: TaskTracker,
}

impl HttpBody for ToTheEnd {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for ToTheEnd {
    fn drop(&mut self) {
        if let Some(rest) = self.body.take().filter(|body| !body.is_end_stream())
            && tokio::runtime::Handle::try_current().is_ok()
        {
            self.tasks.spawn(tokio::time::timeout(PATIENCE, forget(rest)));
        }
    }
}

async fn forget(mut body: Body) {
    let mut left = MOST;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}
