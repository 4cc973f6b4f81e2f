//! The documented room API: join, leave, broadcast, blast and their like.

use super::{
    IntoRooms, IntoSocketId, IntoSocketIds, MaybeSocket, Socket, SocketId, Sockets, SocketsError,
    hub::{Audience, Keep},
};
use crate::BoxFuture;
use serde::Serialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, future::IntoFuture};

/// The name of a room.
pub type Room = Cow<'static, str>;

/// The event of a broadcast that names none.
pub const DEFAULT_EVENT: &str = "message";

/// Events that socket.io gives a meaning of its own.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

impl Sockets {
    /// Joins a socket, or a list of them, to one room or several. Joining twice is joining once; an id of nobody is no error.
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// # async fn example(app: App, req: Req) -> Result<()> {
    /// app.sockets.join(&req, ["kitchen", "bar"]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Sails: `sails.sockets.join(socket, roomName, cb)`. Differs: it is done when awaited; a request that came over HTTP is an
    /// error, where Sails logs a warning; several rooms are documented.
    ///
    /// # Errors
    /// When awaited: an HTTP request ([`SocketsError::NotASocket`]), or more rooms than `sockets.max_rooms`.
    pub fn join(&self, socket: impl IntoSocketIds, rooms: impl IntoRooms) -> Membership<'_> {
        Membership { sockets: self, ids: socket.into_socket_ids(), rooms: rooms.into_rooms(), join: true }
    }

    /// Takes a socket, or a list of them, out of rooms; one that it is not in is fine.
    ///
    /// Out of the room of its own id too: it can then not be addressed, nor left out of a broadcast.
    ///
    /// Sails: `sails.sockets.leave(socket, roomName, cb)`, with the differences of [`join`](Self::join).
    ///
    /// # Errors
    /// When awaited: an HTTP request ([`SocketsError::NotASocket`]).
    pub fn leave(&self, socket: impl IntoSocketIds, rooms: impl IntoRooms) -> Membership<'_> {
        Membership { sockets: self, ids: socket.into_socket_ids(), rooms: rooms.into_rooms(), join: false }
    }

    /// Every member of `room`, on every node, leaves *all* its rooms but its own; to strip one socket, name its id.
    ///
    /// Sails: `sails.sockets.leaveAll(roomName, options, cb)`. Differs: the options hold on every node.
    pub fn leave_all(&self, room: impl Into<String>) -> LeaveAll<'_> {
        let keep = Keep { source_room: false, own_room: true };
        LeaveAll { sockets: self, room: Room::Owned(room.into()), keep }
    }

    /// Every member of `source`, on every node, joins `rooms` as well.
    ///
    /// A member that is then in more rooms than `sockets.max_rooms` loses its connection, because nobody else can be told.
    ///
    /// Sails: `sails.sockets.addRoomMembersToRooms(sourceRoom, destRooms, cb)`. Differs: a broadcast that this node sends
    /// afterwards reaches the new members, on the other nodes too.
    pub fn add_room_members_to_rooms(&self, source: impl Into<String>, rooms: impl IntoRooms) -> Members<'_> {
        Members { sockets: self, source: Room::Owned(source.into()), rooms: rooms.into_rooms(), join: true }
    }

    /// Every member of `source`, on every node, leaves `rooms`.
    ///
    /// Sails: `sails.sockets.removeRoomMembersFromRooms(sourceRoom, destRooms, cb)`.
    pub fn remove_room_members_from_rooms(
        &self,
        source: impl Into<String>,
        rooms: impl IntoRooms,
    ) -> Members<'_> {
        Members { sockets: self, source: Room::Owned(source.into()), rooms: rooms.into_rooms(), join: false }
    }

    /// Sends an event to the members of rooms, to each of them once; an empty name is [`DEFAULT_EVENT`].
    ///
    /// The sender gets it as well, unless [`Broadcast::omit`] leaves it out. Nobody there is no error, and nothing is
    /// stored for those who are away.
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// # async fn example(app: App, req: Req) -> Result<()> {
    /// app.sockets.broadcast("kitchen", "ordered", json!({ "dish": "soup" })).omit(&req).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Sails: `sails.sockets.broadcast(roomNames, eventName, data, socketToOmit)`. Differs: a socket in several of the rooms
    /// gets it once, and `omit` holds without an event name and with an id too.
    ///
    /// # Errors
    /// When awaited: an event of socket.io itself ([`SocketsError::ReservedEvent`]), and data that cannot be written as JSON.
    pub fn broadcast<'a>(
        &'a self,
        rooms: impl IntoRooms,
        event: impl Into<Cow<'a, str>>,
        data: impl Serialize,
    ) -> Broadcast<'a> {
        Broadcast::new(self, Audience::Rooms(rooms.into_rooms()), event.into(), &data)
    }

    /// [`broadcast`](Self::broadcast) with the event [`DEFAULT_EVENT`].
    ///
    /// Sails: `sails.sockets.broadcast(roomNames, data)`, the form without an event.
    pub fn send(&self, rooms: impl IntoRooms, data: impl Serialize) -> Broadcast<'_> {
        self.broadcast(rooms, DEFAULT_EVENT, data)
    }

    /// Sends an event to every connected socket of every node; otherwise as [`broadcast`](Self::broadcast).
    ///
    /// Sails: `sails.sockets.blast(eventName, data, socketToOmit)`.
    pub fn blast<'a>(&'a self, event: impl Into<Cow<'a, str>>, data: impl Serialize) -> Broadcast<'a> {
        Broadcast::new(self, Audience::Everyone, event.into(), &data)
    }

    /// The id of the socket behind a request; nothing over HTTP.
    ///
    /// Sails: `sails.sockets.getId(req)`. Differs: an id has 16 characters, not 20.
    pub fn get_id(&self, socket: impl MaybeSocket) -> Option<SocketId> {
        socket.maybe_socket()
    }

    /// The handle of a socket of this node.
    ///
    /// Sails: `sails.sockets.get(id)`. Differs: an id is always given, or it does not compile.
    ///
    /// # Errors
    /// [`SocketsError::NoSuchSocket`] for an id that is unknown or belongs to another node.
    pub fn get(&self, socket: impl IntoSocketId) -> Result<Socket, SocketsError> {
        let id = socket.into_socket_id()?;
        let missing = || SocketsError::NoSuchSocket { id: id.to_string() };
        let hub = self.hub().ok_or_else(missing)?;
        if hub.is_connected(id) { Ok(Socket { id, hub }) } else { Err(missing()) }
    }

    /// The ids of the members of a room on this node.
    ///
    /// Sails: `sails.sockets.subscribers(room, cb)` of 0.12.
    pub fn subscribers(&self, room: impl Into<String>) -> Vec<SocketId> {
        self.hub().map(|hub| hub.local_members(Room::Owned(room.into()))).unwrap_or_default()
    }
}

/// [`Sockets::join`] and [`Sockets::leave`], once awaited.
#[must_use = "nothing happens until this is awaited"]
pub struct Membership<'a> {
    sockets: &'a Sockets,
    ids: Result<Vec<SocketId>, SocketsError>,
    rooms: Vec<Room>,
    join: bool,
}

impl<'a> IntoFuture for Membership<'a> {
    type Output = Result<(), SocketsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            for id in self.ids? {
                if self.join {
                    self.sockets.join_one(id, self.rooms.clone()).await?;
                } else {
                    self.sockets.leave_one(id, self.rooms.clone()).await?;
                }
            }
            Ok(())
        })
    }
}

/// [`Sockets::add_room_members_to_rooms`] and its counterpart, once awaited.
#[must_use = "nothing happens until this is awaited"]
pub struct Members<'a> {
    sockets: &'a Sockets,
    source: Room,
    rooms: Vec<Room>,
    join: bool,
}

impl<'a> IntoFuture for Members<'a> {
    type Output = Result<(), SocketsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            if self.source.is_empty() || self.rooms.is_empty() {
                return Ok(());
            }
            let Some(hub) = self.sockets.hub() else { return Ok(()) };
            self.sockets.change_members(&*hub, self.source, self.rooms, self.join).await
        })
    }
}

/// [`Sockets::leave_all`], once awaited.
#[must_use = "nothing happens until this is awaited"]
pub struct LeaveAll<'a> {
    sockets: &'a Sockets,
    room: Room,
    keep: Keep,
}

impl LeaveAll<'_> {
    /// The members stay in the room that names them (`includeSourceRoom: false` of Sails).
    pub fn keep_source_room(mut self) -> Self {
        self.keep.source_room = true;
        self
    }

    /// The members leave their own rooms too, and can then not be addressed or omitted (`includeSocketRooms: true`).
    pub fn with_own_rooms(mut self) -> Self {
        self.keep.own_room = false;
        self
    }
}

impl<'a> IntoFuture for LeaveAll<'a> {
    type Output = Result<(), SocketsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            if self.room.is_empty() {
                return Ok(());
            }
            let Some(hub) = self.sockets.hub() else { return Ok(()) };
            self.sockets.strip_members(&*hub, self.room, self.keep).await
        })
    }
}

/// [`Sockets::broadcast`], [`Sockets::send`] and [`Sockets::blast`], once awaited.
///
/// The data is serialised when this is made, so nothing of it is borrowed, and only once, however many get it.
#[must_use = "nothing is sent until this is awaited"]
pub struct Broadcast<'a> {
    sockets: &'a Sockets,
    to: Audience,
    event: Cow<'a, str>,
    data: Result<Box<RawValue>, serde_json::Error>,
    except: Option<SocketId>,
}

impl<'a> Broadcast<'a> {
    fn new(sockets: &'a Sockets, to: Audience, event: Cow<'a, str>, data: &impl Serialize) -> Self {
        let event = if event.is_empty() { Cow::Borrowed(DEFAULT_EVENT) } else { event };
        Self { sockets, to, event, data: serde_json::value::to_raw_value(data), except: None }
    }

    /// Leaves out the socket behind this request; over HTTP nobody is left out.
    pub fn omit(mut self, who: impl MaybeSocket) -> Self {
        self.except = who.maybe_socket();
        self
    }
}

impl<'a> IntoFuture for Broadcast<'a> {
    type Output = Result<(), SocketsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { sockets, to, event, data, except } = self;
            check_event(&event)?;
            let data = data.map_err(|source| SocketsError::Data { event: event.to_string(), source })?;
            match sockets.hub() {
                Some(hub) => hub.emit(to, except, &event, &data).await,
                None => Ok(()),
            }
        })
    }
}

/// Refuses the events of socket.io itself.
pub(crate) fn check_event(event: &str) -> Result<(), SocketsError> {
    if RESERVED.contains(&event) { Err(SocketsError::ReservedEvent(event.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn rt_75_the_events_of_socket_io_cannot_be_sent() {
        let sockets = Sockets::default();
        for event in RESERVED {
            assert!(matches!(sockets.broadcast("r", event, 1).await, Err(SocketsError::ReservedEvent(_))));
        }
        sockets.broadcast("r", "error", 1).await.unwrap();
    }

    #[tokio::test]
    async fn before_the_lift_nobody_is_there_and_that_is_no_error() {
        let sockets = Sockets::default();
        sockets.blast("x", 1).await.unwrap();
        sockets.join("AAAAAAAAAAAAAAAA", "r").await.unwrap();
        sockets.leave_all("r").await.unwrap();
        sockets.add_room_members_to_rooms("a", "b").await.unwrap();
        assert!(sockets.get("AAAAAAAAAAAAAAAA").is_err());
    }

    #[test]
    fn rt_58_an_empty_event_is_message() {
        let sockets = Sockets::default();
        assert_eq!(sockets.broadcast("r", "", 1).event, DEFAULT_EVENT);
        assert_eq!(sockets.send("r", 1).event, DEFAULT_EVENT);
    }
}
