//! Names that the room API had in earlier versions of Sails: each calls what has replaced it.
//!
//! Where Sails logs a notice, the compiler gives a warning with the new name.

use super::{Broadcast, IntoRooms, IntoSocketId, MaybeSocket, Room, Socket, SocketId, Sockets, SocketsError};
use serde::Serialize;
use std::{borrow::Cow, collections::BTreeSet};

impl Sockets {
    /// The id of the socket behind a request; nothing over HTTP.
    ///
    /// Sails: `sails.sockets.id(req)`.
    #[deprecated(note = "use `get_id`")]
    pub fn id(&self, socket: impl MaybeSocket) -> Option<SocketId> {
        self.get_id(socket)
    }

    /// The handle of the socket behind a request; nothing over HTTP, and nothing once it has gone.
    ///
    /// Sails: `sails.sockets.parseSocket(req)`.
    #[deprecated(note = "use `req.socket()`, or `get` for an id")]
    pub fn parse_socket(&self, socket: impl MaybeSocket) -> Option<Socket> {
        self.get(socket.maybe_socket()?).ok()
    }

    /// Sends an event to the sockets with these ids; unknown ones are passed over.
    ///
    /// Sails: `sails.sockets.emit(ids, event, data)` of 0.12.
    #[deprecated(note = "use `broadcast`: the id of a socket is the name of its room")]
    pub fn emit<'a>(
        &'a self,
        ids: impl IntoRooms,
        event: impl Into<Cow<'a, str>>,
        data: impl Serialize,
    ) -> Broadcast<'a> {
        self.broadcast(ids, event, data)
    }

    /// Sends an event to every connected socket of every node.
    ///
    /// Sails: `sails.sockets.emitToAll(event, data)` of 0.12.
    #[deprecated(note = "use `blast`")]
    pub fn emit_to_all<'a>(&'a self, event: impl Into<Cow<'a, str>>, data: impl Serialize) -> Broadcast<'a> {
        self.blast(event, data)
    }

    /// The names of the rooms that a socket of this node is in, its own included.
    ///
    /// Sails: `sails.sockets.socketRooms(req)` of 0.12.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[deprecated(note = "use `Socket::rooms`")]
    pub fn socket_rooms(&self, socket: impl IntoSocketId) -> Result<Vec<String>, SocketsError> {
        Ok(self.get(socket)?.rooms())
    }

    /// The names of all rooms that sockets of this node are in, their own included.
    ///
    /// Sails: `sails.sockets.rooms()` of 0.12.
    #[deprecated(note = "rooms are asked one by one: `subscribers`")]
    pub fn rooms(&self) -> Vec<String> {
        let Some(hub) = self.hub() else { return Vec::new() };
        let all: BTreeSet<String> =
            self.ids().into_iter().flat_map(|id| hub.rooms_of(id)).map(Room::into_owned).collect();
        all.into_iter().collect()
    }

    /// Does nothing, as in Sails since 1.0.
    #[deprecated(note = "there is no firehose")]
    pub fn publish_to_firehose(&self) {}
}
