//! Sockets: virtual requests over them, and the rooms that they are in.
//!
//! A frame of a client becomes an `http::Request` that takes the same way as one over HTTP, and the response becomes
//! the ack (`frame`, `virtual_request`, `ack`). `raise` puts the socket.io server in front of the app's router;
//! `rooms` is what actions use. Only `hub` and `raise` know the adapter's type.

mod ack;
mod attachments;
mod config;
mod cookies;
mod deprecated;
mod door;
mod error;
mod frame;
mod gate;
mod hub;
mod inbox;
mod lengths;
mod lifecycle;
mod naming;
#[cfg(feature = "redis")]
mod nodes;
mod origin;
mod raise;
mod rooms;
mod seat;
mod socket;
mod virtual_request;
mod websocket;

pub(crate) use attachments::Attachments;
pub use config::{SocketsConfig, Transport};
pub use error::SocketsError;
#[cfg(feature = "fuzzing")]
pub(crate) use frame::fuzz as fuzz_frame;
pub(crate) use hub::{Audience, Hub, Word};
pub use lifecycle::Handshake;
pub use naming::{IntoRooms, IntoSocketId, IntoSocketIds, MaybeSocket};
pub(crate) use raise::{bind, raise};
pub use rooms::{Broadcast, DEFAULT_EVENT, LeaveAll, Members, Membership, Room};
pub use socket::{Socket, SocketId};
pub use socketioxide::adapter::LocalAdapter;
pub(crate) use virtual_request::GivenUrl;

use crate::{
    metrics::{Counts, Limit},
    pubsub::Registry,
    session::SessionId,
};
use hub::Keep;
use lifecycle::Lifecycle;
use seat::Seat;
use socketioxide::{SocketIo, adapter::Adapter};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// The connected sockets of an app: `app.sockets`.
///
/// Made with the app and raised with it; before the lift and after the lowering nobody is connected, which is no error.
#[derive(Clone, Default)]
pub struct Sockets(Arc<Shared>);

#[derive(Default)]
struct Shared {
    counts: Arc<Counts>,
    hub: RwLock<Option<Arc<dyn Hub>>>,
    seats: RwLock<HashMap<SocketId, Arc<Seat>>>,
    by_session: RwLock<HashMap<SessionId, Vec<SocketId>>>,
    subscriptions: Registry,
    lifecycle: Lifecycle,
}

impl Sockets {
    /// Sockets before anyone can connect.
    pub(crate) fn new(counts: Arc<Counts>) -> Self {
        Self(Arc::new(Shared { counts, ..Shared::default() }))
    }

    /// Who runs the rooms; nobody before the lift and after the lowering.
    pub(crate) fn hub(&self) -> Option<Arc<dyn Hub>> {
        self.0.hub.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_hub(&self, hub: Option<Arc<dyn Hub>>) {
        *self.0.hub.write().unwrap_or_else(PoisonError::into_inner) = hub;
    }

    /// Who is subscribed to which model on this node.
    pub(crate) fn subscriptions(&self) -> &Registry {
        &self.0.subscriptions
    }

    fn seat(&self, id: SocketId) -> Option<Arc<Seat>> {
        self.0.seats.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn seat_taken(&self, seat: Arc<Seat>) {
        self.0.counts.connected.up();
        self.0.seats.write().unwrap_or_else(PoisonError::into_inner).insert(seat.id, seat);
    }

    /// Frees a seat, unless it is free already or, after a new connect on the same connection, another's.
    fn seat_given_up(&self, seat: &Arc<Seat>) {
        let mut seats = self.0.seats.write().unwrap_or_else(PoisonError::into_inner);
        if !seats.get(&seat.id).is_some_and(|taken| Arc::ptr_eq(taken, seat)) {
            return;
        }
        seats.remove(&seat.id);
        drop(seats);
        self.0.subscriptions.forget(seat.id);
        self.change_session(seat, None);
    }

    /// Notes which session a socket belongs to: the one that its next request will carry.
    fn follow_session(&self, seat: &Seat) {
        let session = seat.kept().session.filter(|_| !seat.without_session);
        self.change_session(seat, session);
        // It may have gone in between.
        if self.seat(seat.id).is_none() {
            self.change_session(seat, None);
        }
    }

    fn change_session(&self, seat: &Seat, session: Option<SessionId>) {
        let mut index = self.0.by_session.write().unwrap_or_else(PoisonError::into_inner);
        let before = seat.belongs_to(session);
        if before == session {
            return;
        }
        if let Some(before) = before
            && let Some(ids) = index.get_mut(&before)
        {
            ids.retain(|id| *id != seat.id);
            if ids.is_empty() {
                index.remove(&before);
            }
        }
        if let Some(session) = session {
            // Most sessions have one socket.
            index.entry(session).or_insert_with(|| Vec::with_capacity(1)).push(seat.id);
        }
    }

    /// Ends the connections of sockets of any node; an id of nobody is no error. Clients see `io server disconnect`, and do
    /// not come back by themselves.
    ///
    /// Sails: `sails.sockets.get(id).disconnect()`, on one node.
    ///
    /// # Errors
    /// [`SocketsError::NotASocket`] for a request that came over HTTP.
    pub async fn disconnect(&self, sockets: impl IntoSocketIds) -> Result<(), SocketsError> {
        let ids = sockets.into_socket_ids()?;
        if let Some(hub) = self.hub() {
            for id in ids {
                hub.disconnect(id).await;
            }
        }
        Ok(())
    }

    /// Ends the connections of all sockets of a session, on every node; gives the number of those on this one.
    ///
    /// For a logout that shall end what a login began: rooms that were joined outlive the session. Sails has no such method.
    pub async fn disconnect_session(&self, session: &SessionId) -> usize {
        if let Some(hub) = self.hub() {
            hub.tell(Word::SessionEnded(session)).await;
        }
        self.disconnect_session_here(session).await
    }

    async fn disconnect_session_here(&self, session: &SessionId) -> usize {
        let ids = self.0.by_session.read().unwrap_or_else(PoisonError::into_inner).get(session).cloned();
        let ids = ids.unwrap_or_default();
        if let Some(hub) = self.hub() {
            for id in &ids {
                hub.disconnect(*id).await;
            }
        }
        ids.len()
    }

    fn ids(&self) -> Vec<SocketId> {
        self.0.seats.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The number of sockets connected to this node.
    pub fn count(&self) -> usize {
        self.0.seats.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Are the other nodes out of reach just now, because what carries their messages is away? For health checks: this
    /// node's own sockets are served all the same, and nothing has to be restarted.
    pub fn is_cut_off(&self) -> bool {
        self.hub().is_some_and(|hub| hub.is_cut_off())
    }

    /// Are there other nodes at all, as the configuration has it?
    pub(crate) fn has_other_nodes(&self) -> bool {
        self.hub().is_some_and(|hub| !hub.is_alone())
    }

    /// The number of rooms that have members on this node, beside the own room of each socket.
    pub(crate) async fn room_count(&self) -> usize {
        let Some(hub) = self.hub() else { return 0 };
        // Where there are many this takes a while.
        let rooms = tokio::task::spawn_blocking(move || hub.room_count()).await.unwrap_or_default();
        rooms.saturating_sub(self.count())
    }

    /// The socket.io server itself, where `A` is the adapter that runs: `app.sockets.io::<LocalAdapter>()`.
    pub fn io<A: Adapter>(&self) -> Option<SocketIo<A>> {
        self.hub()?.io().downcast_ref::<SocketIo<A>>().cloned()
    }

    /// Takes every socket of this node out of every room but its own.
    pub async fn reset_rooms(&self) {
        let Some(hub) = self.hub() else { return };
        let keep = Keep { source_room: false, own_room: true };
        for id in self.ids() {
            if let Err(error) = self.strip_members(hub.here(), id.own_room(), keep).await {
                tracing::warn!(socket = %id, "could not leave its rooms: {error}");
            }
        }
    }

    /// Ends all connections; clients see the transport close.
    pub(crate) async fn close(&self) {
        if let Some(hub) = self.hub() {
            hub.close().await;
        }
        // The server holds the app, and the app these sockets: the circle ends here.
        self.set_hub(None);
        for seat in self.ids().into_iter().filter_map(|id| self.seat(id)) {
            self.seat_given_up(&seat);
        }
    }

    /// Joins one socket, within its limit, and notes which models it follows.
    pub(crate) async fn join_one(&self, id: SocketId, rooms: Vec<Room>) -> Result<(), SocketsError> {
        let Some(hub) = self.hub() else { return Ok(()) };
        let seat = self.seat(id);
        if let Some(seat) = &seat {
            seat.may_join(&rooms, || hub.rooms_of(id)).inspect_err(|_| self.0.counts.hit(Limit::Rooms))?;
        }
        hub.join(id, rooms.clone()).await?;
        if seat.is_some() {
            self.note(id, &rooms, true);
        }
        Ok(())
    }

    /// Takes one socket out of rooms.
    pub(crate) async fn leave_one(&self, id: SocketId, rooms: Vec<Room>) -> Result<(), SocketsError> {
        let Some(hub) = self.hub() else { return Ok(()) };
        self.note(id, &rooms, false);
        hub.leave(id, rooms).await
    }

    /// Lets the members of a room join or leave others, on this node or on all, as the hub reaches.
    pub(crate) async fn change_members(
        &self,
        hub: &dyn Hub,
        source: Room,
        rooms: Vec<Room>,
        join: bool,
    ) -> Result<(), SocketsError> {
        let members = hub.local_members(source.clone());
        if !join {
            members.iter().for_each(|id| self.note(*id, &rooms, false));
            return hub.leave_members(source, rooms).await;
        }
        hub.join_members(source, rooms.clone()).await?;
        for id in members {
            let Some(seat) = self.seat(id) else { continue };
            self.note(id, &rooms, true);
            if let Err(error) = seat.may_join(&rooms, || hub.rooms_of(id)) {
                self.0.counts.hit(Limit::Rooms);
                tracing::warn!(socket = %id, "its connection is ended: {error}");
                hub.disconnect(id).await;
            }
        }
        Ok(())
    }

    async fn strip_members(&self, hub: &dyn Hub, source: Room, keep: Keep) -> Result<(), SocketsError> {
        let members = hub.local_members(source.clone());
        hub.leave_all(source, keep).await?;
        for id in members {
            self.0.subscriptions.forget(id);
            let kept = hub.rooms_of(id);
            self.note(id, &kept, true);
        }
        Ok(())
    }

    /// Keeps the registry of model subscriptions equal to the rooms.
    fn note(&self, id: SocketId, rooms: &[Room], joined: bool) {
        let subscriptions = &self.0.subscriptions;
        if joined {
            subscriptions.add(id, rooms);
            // The socket may have gone in between.
            if self.seat(id).is_none() {
                subscriptions.forget(id);
            }
        } else {
            subscriptions.remove(id, rooms);
        }
    }
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").field("count", &self.count()).finish()
    }
}
