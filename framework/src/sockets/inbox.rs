//! What a socket sends: one handler for all its events, which begins requests in the order in which they came.

use super::{
    Socket,
    ack::{Event, Jwr},
    attachments::Attachments,
    frame::{Bounds, Incoming, ParseError, parse},
    hub::{expel, is_expelled},
    raise::Taken,
    seat::Seat,
    virtual_request,
};
use crate::{
    App, BoxFuture,
    http::caught,
    metrics::{Counts, Limit},
};
use socketioxide::{adapter::Adapter, handler::MessageHandler, socket::Socket as IoSocket};
use socketioxide_core::Value as IoValue;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Waker},
};
use tokio::task::unconstrained;
use tracing::Instrument;

/// The handler of one socket's events.
pub(super) struct Inbox(Arc<Taken>);

/// Tells this handler from the closures that socketioxide takes.
pub(super) enum ByHand {}

impl Inbox {
    pub(super) fn new(owner: Arc<Taken>) -> Self {
        Self(owner)
    }
}

impl<A: Adapter> MessageHandler<A, ByHand> for Inbox {
    /// Begins the request here, where the connection is read, and goes on in a task of its own only if it has to wait.
    ///
    /// So requests begin in the order of their messages, as in Sails, and most need no task at all. Up to its first
    /// wait a request holds back the later ones of its own socket, and no others.
    fn call(&self, socket: Arc<IoSocket<A>>, value: IoValue, ack: Option<i64>) {
        let event = Event::new(socket, value, ack);
        let owner = self.0.clone();
        let tasks = self.0.app.tasks();
        let _running = tasks.token();
        let mut work = Box::pin(caught(async move { heard(&owner.app, &owner.seat, event).await }));
        // Tokio would make it wait after a number of steps of this connection's task, and so come after those behind it.
        let mut first = unconstrained(work.as_mut());
        // Nobody can wake it yet; the task that takes it over asks again.
        if Pin::new(&mut first).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            tasks.spawn(work);
        }
    }
}

/// An event has come.
async fn heard<A: Adapter>(app: &App, seat: &Arc<Seat>, mut event: Event<A>) {
    // While the app is being lowered, nothing is begun; nor for one whose connection is being ended.
    if app.shutdown().is_cancelled() || is_expelled(&event.socket()) {
        return;
    }
    let Some(_ticket) = seat.admit(event.weight(), &app.config().sockets) else {
        app.counts().hit(Limit::Pending);
        tracing::warn!(socket = %seat.id, "too many requests are waiting: its connection is ended");
        return expel(event.socket());
    };
    let Some(_turn) = seat.turn().await else { return };
    let counts = app.counts();
    let http = &app.config().http;
    let frame = match parse(&event.text, Bounds { depth: http.json_depth, headers: http.max_headers }) {
        Incoming::Unheard => return,
        Incoming::Request(_) if !seat.speaks => {
            let why = "The SDK of this client is too old, or its version was not sent; at least 0.11.0 is needed \
                       (`__sails_io_sdk_version` in the query of the handshake).";
            return refuse(&event, seat, &ParseError::new(why), counts).await;
        }
        Incoming::Malformed(error) => return refuse(&event, seat, &error, counts).await,
        Incoming::Request(frame) => frame,
    };
    let Some(hub) = app.sockets.hub() else { return };
    let socket = Socket { id: seat.id, hub };
    let attachments = Attachments::new(std::mem::take(&mut event.attachments));
    let _running = counts.virtual_running.enter();
    let length = event.text.len();
    let connection = event.socket();
    let handshake = connection.req_parts();
    let Some((request, span)) =
        virtual_request::request(app, seat, handshake, socket, frame, attachments, length)
    else {
        return refuse(&event, seat, &ParseError::new("The `url` of this request is too long."), counts)
            .await;
    };
    let response = app.serve(request).instrument(span).await;
    virtual_request::keep_cookies(app, seat, &response);
    counts.virtuals.up(response.status());
    if event.wants_ack() {
        event.answer(&Jwr::new(response, &app.config().sockets).await, seat, counts).await;
    }
}

/// Tells the client that its message is no request.
fn refuse<'a, A: Adapter>(
    event: &'a Event<A>,
    seat: &'a Seat,
    error: &ParseError,
    counts: &'a Counts,
) -> BoxFuture<'a, ()> {
    counts.malformed.up();
    if let Some(limit) = error.limit {
        counts.hit(limit);
    }
    let (object, by_event) = (error.to_json(), error.by_event);
    Box::pin(async move {
        if event.wants_ack() && !by_event {
            event.answer(&object, seat, counts).await;
        } else {
            event.emit("sails:parseError", &object, seat, counts).await;
        }
    })
}
