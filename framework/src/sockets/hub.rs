//! The one place that knows which adapter runs.

use super::{Handshake, SocketId, SocketsError, rooms::Room};
use crate::{
    BoxFuture,
    metrics::{Counts, Limit},
    pubsub::Notice,
    session::SessionId,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;
use socketioxide::{
    BroadcastError, SendError, SocketError, SocketIo, adapter::Adapter, extract::SocketRef,
    operators::BroadcastOperators,
};
use std::{any::Any, sync::Arc, time::Duration};

/// Who gets an event.
pub(crate) enum Audience {
    /// The members of these rooms, each once.
    Rooms(Vec<Room>),
    /// Every connected socket.
    Everyone,
}

/// What happens on one node and is carried to the others.
#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "read by what carries it"))]
pub(crate) enum Word<'a> {
    /// The sockets of this session shall go.
    SessionEnded(&'a SessionId),
    /// Records have changed; the socket that did it is left out.
    Notices {
        /// What to deliver.
        notices: &'a [Notice],
        /// Whom to leave out.
        omit: Option<SocketId>,
    },
}

/// Rooms and events, whatever carries them between nodes.
pub(crate) trait Hub: Send + Sync + 'static {
    /// Joins a socket of any node.
    fn join(&self, id: SocketId, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>>;
    /// Takes a socket of any node out of rooms.
    fn leave(&self, id: SocketId, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>>;
    /// Joins the members of a room, on every node, to other rooms.
    fn join_members(&self, source: Room, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>>;
    /// Takes the members of a room, on every node, out of other rooms.
    fn leave_members(&self, source: Room, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>>;
    /// Takes the members of a room, on every node, out of all their rooms but those that `keep` names.
    fn leave_all(&self, source: Room, keep: Keep) -> BoxFuture<'_, Result<(), SocketsError>>;
    /// Sends an event.
    fn emit<'a>(
        &'a self,
        to: Audience,
        except: Option<SocketId>,
        event: &'a str,
        data: &'a RawValue,
    ) -> BoxFuture<'a, Result<(), SocketsError>>;
    /// The members of a room on this node.
    fn local_members(&self, room: Room) -> Vec<SocketId>;
    /// The number of rooms that have members on this node.
    fn room_count(&self) -> usize;
    /// The rooms of a socket of this node.
    fn rooms_of(&self, id: SocketId) -> Vec<Room>;
    /// Is this a socket of this node, connected or about to be?
    #[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "asked where there are other nodes"))]
    fn is_here(&self, id: SocketId) -> bool;
    /// Is a socket of this node connected?
    fn is_connected(&self, id: SocketId) -> bool;
    /// The handshake of a socket of this node.
    fn handshake(&self, id: SocketId) -> Option<Handshake>;
    /// Ends the connection of a socket of any node.
    fn disconnect(&self, id: SocketId) -> BoxFuture<'_, ()>;
    /// Ends all connections of this node.
    fn close(&self) -> BoxFuture<'_, ()>;
    /// The server below.
    fn io(&self) -> &(dyn Any + Send + Sync);
    /// The same for this node alone: what it is asked reaches no other.
    fn here(&self) -> &dyn Hub;
    /// Is there no other node to tell?
    fn is_alone(&self) -> bool {
        true
    }
    /// Are the other nodes out of reach just now?
    fn is_cut_off(&self) -> bool {
        false
    }
    /// Tells the other nodes; nothing can fail for the caller.
    fn tell<'a>(&'a self, word: Word<'a>) -> BoxFuture<'a, ()> {
        let _ = word;
        Box::pin(async {})
    }
}

/// What `leave_all` leaves alone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Keep {
    pub(crate) source_room: bool,
    pub(crate) own_room: bool,
}

/// The hub over any adapter.
pub(super) struct Io<A: Adapter>(pub(super) SocketIo<A>, pub(super) Arc<Counts>);

impl<A: Adapter> Io<A> {
    fn local(&self, id: SocketId) -> Option<SocketRef<A>> {
        self.0.get_socket(id.0)
    }
}

fn adapter_error(error: impl std::fmt::Display) -> SocketsError {
    SocketsError::Adapter(error.to_string())
}

impl<A: Adapter> Hub for Io<A> {
    fn join(&self, id: SocketId, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            let Some(socket) = self.local(id) else {
                return self.0.within(id.0).join(rooms).await.map_err(adapter_error);
            };
            socket.join(rooms);
            // A socket that went away in between would stay in its rooms for ever.
            if self.local(id).is_none_or(|s| is_expelled(&s)) {
                socket.leave_all();
            }
            Ok(())
        })
    }

    fn leave(&self, id: SocketId, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            match self.local(id) {
                Some(socket) => {
                    socket.leave(rooms);
                    Ok(())
                }
                None => self.0.within(id.0).leave(rooms).await.map_err(adapter_error),
            }
        })
    }

    fn join_members(&self, source: Room, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move { self.0.within(source).join(rooms).await.map_err(adapter_error) })
    }

    fn leave_members(&self, source: Room, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move { self.0.within(source).leave(rooms).await.map_err(adapter_error) })
    }

    fn leave_all(&self, source: Room, keep: Keep) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            for member in self.0.within(source.clone()).fetch_sockets().await.map_err(adapter_error)? {
                let own = member.data().id;
                let mut rooms = member.rooms().await.map_err(adapter_error)?;
                rooms.retain(|room| {
                    !(keep.own_room && room.as_ref() == own.as_str() || keep.source_room && *room == source)
                });
                if !rooms.is_empty() {
                    member.leave(rooms).await.map_err(adapter_error)?;
                }
            }
            Ok(())
        })
    }

    fn emit<'a>(
        &'a self,
        to: Audience,
        except: Option<SocketId>,
        event: &'a str,
        data: &'a RawValue,
    ) -> BoxFuture<'a, Result<(), SocketsError>> {
        Box::pin(async move {
            let all = match to {
                // No room would mean everyone.
                Audience::Rooms(rooms) if rooms.is_empty() => return Ok(()),
                Audience::Rooms(rooms) => self.0.to(rooms),
                Audience::Everyone => self.0.broadcast(),
            };
            self.1.broadcasts.up();
            let chosen = match except {
                Some(id) => all.except(id.0),
                None => all,
            };
            match chosen.clone().emit(event, data).await {
                Ok(()) => Ok(()),
                Err(BroadcastError::Socket(errors)) => {
                    if errors.iter().any(|e| matches!(e, SocketError::InternalChannelFull)) {
                        expel_overflown(chosen, event, &self.1);
                    }
                    Ok(())
                }
                Err(BroadcastError::Serialize(error)) => Err(adapter_error(error)),
                Err(BroadcastError::Adapter(error)) => Err(adapter_error(error)),
            }
        })
    }

    fn local_members(&self, room: Room) -> Vec<SocketId> {
        self.0.within(room).sockets().iter().map(|s| SocketId(s.id)).collect()
    }

    fn room_count(&self) -> usize {
        let all: std::collections::HashSet<Room> = self.0.sockets().iter().flat_map(|s| s.rooms()).collect();
        all.len()
    }

    fn rooms_of(&self, id: SocketId) -> Vec<Room> {
        self.local(id).map(|s| s.rooms()).unwrap_or_default()
    }

    fn is_here(&self, id: SocketId) -> bool {
        self.local(id).is_some()
    }

    fn is_connected(&self, id: SocketId) -> bool {
        self.local(id).is_some_and(|s| s.connected() && !is_expelled(&s))
    }

    fn handshake(&self, id: SocketId) -> Option<Handshake> {
        self.local(id).map(|socket| Handshake::of(socket.req_parts()))
    }

    fn disconnect(&self, id: SocketId) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match self.local(id) {
                Some(socket) => expel(socket),
                None => {
                    if let Err(error) = self.0.within(id.0).disconnect().await {
                        tracing::debug!(socket = %id, "could not disconnect: {error}");
                    }
                }
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let sockets = self.0.sockets();
            // Clients see the transport close, and reconnect elsewhere.
            self.0.close().await;
            // The server's own end leaves them in their namespace, and the two would hold each other for ever.
            for socket in sockets {
                let _ = socket.disconnect();
            }
        })
    }

    fn io(&self) -> &(dyn Any + Send + Sync) {
        &self.0
    }

    fn here(&self) -> &dyn Hub {
        self
    }
}

/// Cannot be serialised: what is emitted with it is never sent, but tells whether there was room for it.
struct Probe;

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("a probe is never sent"))
    }
}

/// Ends the connections that have just lost a message: a broadcast's error does not say whose they are.
fn expel_overflown<A: Adapter>(audience: BroadcastOperators<A>, event: &str, counts: &Counts) {
    let mut found = 0;
    for socket in audience.sockets() {
        if let Err(SendError::Socket(SocketError::InternalChannelFull)) = socket.emit(event, &Probe) {
            found += 1;
            if is_expelled(&socket) {
                continue;
            }
            counts.hit(Limit::Reader);
            tracing::warn!(socket = %socket.id, event, "a reader is too slow: its connection is ended");
            expel(socket);
        }
    }
    if found == 0 {
        tracing::warn!(event, "a reader that was too slow for a moment has missed this event");
    }
}

/// Marks a socket whose connection is being ended.
#[derive(Clone)]
struct Expelled;

/// Is this connection being ended?
pub(super) fn is_expelled<A: Adapter>(socket: &SocketRef<A>) -> bool {
    socket.extensions.get::<Expelled>().is_some()
}

/// Ends a connection, also where there is no room left to say so: the socket gets nothing more from now on, and the
/// goodbye is tried until it can be sent or the connection has gone (`http.tcp_user_timeout` sees to that).
pub(super) fn expel<A: Adapter>(socket: SocketRef<A>) {
    if is_expelled(&socket) {
        return;
    }
    if !matches!(socket.clone().disconnect(), Err(SocketError::InternalChannelFull)) {
        return;
    }
    socket.extensions.insert(Expelled);
    socket.leave_all();
    tokio::spawn(async move {
        let mut pause = Duration::from_millis(5);
        loop {
            tokio::time::sleep(pause).await;
            if !matches!(socket.clone().disconnect(), Err(SocketError::InternalChannelFull)) {
                return;
            }
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    });
}
