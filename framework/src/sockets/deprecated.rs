//! Names that the room API had in earlier versions of Sails: each calls what has replaced it.
//!
//! Where Sails logs a notice, the compiler gives a warning with the new name.

use super::{Broadcast, IntoRooms, IntoSocketId, MaybeSocket, Socket, SocketId, Sockets, SocketsError};
use serde::Serialize;
use std::borrow::Cow;

impl Sockets {
    /// The id of the socket behind a request; nothing over HTTP.
    #[deprecated(note = "use `get_id`")]
    pub fn id(&self, socket: impl MaybeSocket) -> Option<SocketId> {
        self.get_id(socket)
    }

    /// The handle of the socket behind a request; nothing over HTTP, and nothing once it has gone.
    #[deprecated(note = "use `req.socket()`, or `get` for an id")]
    pub fn parse_socket(&self, socket: impl MaybeSocket) -> Option<Socket> {
        self.get(socket.maybe_socket()?).ok()
    }

    /// Sends an event to the sockets with these ids; unknown ones are passed over.
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
    #[deprecated(note = "use `blast`")]
    pub fn emit_to_all<'a>(&'a self, event: impl Into<Cow<'a, str>>, data: impl Serialize) -> Broadcast<'a> {
        self.blast(event, data)
    }

    /// The names of the rooms that a socket of this node is in, its own included.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[deprecated(note = "use `Socket::rooms`")]
    pub fn socket_rooms(&self, socket: impl IntoSocketId) -> Result<Vec<String>, SocketsError> {
        Ok(self.get(socket)?.rooms())
    }
}
