//! One connected socket: its id and its handle.

use super::{Handshake, SocketsError, hub::Hub, rooms::Room};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr, sync::Arc};

/// The id of a socket, which is also the name of the room that only it is in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub(super) socketioxide_core::Sid);

impl SocketId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The room that only this socket is in.
    pub(crate) fn own_room(self) -> Room {
        Room::Owned(self.as_str().to_owned())
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SocketId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SocketId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for SocketId {
    type Err = SocketsError;

    fn from_str(text: &str) -> Result<Self, SocketsError> {
        text.parse().map(Self).map_err(|_| SocketsError::NoSuchSocket { id: text.chars().take(64).collect() })
    }
}

/// A socket of this node: what `req.socket()` gives, and [`Sockets::get`](super::Sockets::get).
///
/// A cheap handle that keeps nothing alive: after the connection has ended its operations do nothing.
#[derive(Clone)]
pub struct Socket {
    pub(super) id: SocketId,
    pub(super) hub: Arc<dyn Hub>,
}

impl Socket {
    /// The id.
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// Is it still connected?
    pub fn is_connected(&self) -> bool {
        self.hub.is_connected(self.id)
    }

    /// The names of the rooms that it is in, its own included.
    pub fn rooms(&self) -> Vec<String> {
        self.hub.rooms_of(self.id).into_iter().map(Room::into_owned).collect()
    }

    /// The request that it connected with; nothing after the connection has ended.
    pub fn handshake(&self) -> Option<Handshake> {
        self.hub.handshake(self.id)
    }

    /// Ends the connection; the client sees `io server disconnect`.
    pub async fn disconnect(&self) {
        self.hub.disconnect(self.id).await;
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("id", &self.id).finish_non_exhaustive()
    }
}
