//! How arguments name sockets and rooms.

use super::{Socket, SocketId, SocketsError, rooms::Room};
use crate::Req;

/// Something that names one socket: a socket request, a [`Socket`], an id, or the text of an id.
///
/// A request that came over HTTP is an error, because the caller has forgotten to ask `req.is_socket()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a socket",
    note = "give the request (`&req`), a `Socket`, or a socket id"
)]
pub trait IntoSocketId {
    /// The id.
    ///
    /// # Errors
    /// [`SocketsError::NotASocket`] for an HTTP request, [`SocketsError::NoSuchSocket`] for a text that cannot be an id.
    fn into_socket_id(self) -> Result<SocketId, SocketsError>;
}

impl IntoSocketId for &Req {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        self.socket().map(Socket::id).ok_or(SocketsError::NotASocket { what: "app.sockets" })
    }
}

impl IntoSocketId for &Socket {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        Ok(self.id())
    }
}

impl IntoSocketId for SocketId {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        Ok(self)
    }
}

impl IntoSocketId for &SocketId {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        Ok(*self)
    }
}

impl IntoSocketId for &str {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        self.parse()
    }
}

impl IntoSocketId for &String {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        self.parse()
    }
}

impl IntoSocketId for String {
    fn into_socket_id(self) -> Result<SocketId, SocketsError> {
        self.parse()
    }
}

/// Something that names one socket or several: whatever names one, or a list of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name sockets",
    note = "give the request (`&req`), a `Socket`, a socket id, or a list of these"
)]
pub trait IntoSocketIds {
    /// The ids. A text that cannot be an id names nobody, as an id of nobody does.
    ///
    /// # Errors
    /// [`SocketsError::NotASocket`] for an HTTP request.
    fn into_socket_ids(self) -> Result<Vec<SocketId>, SocketsError>;
}

fn known(id: Result<SocketId, SocketsError>) -> Result<Option<SocketId>, SocketsError> {
    match id {
        Ok(id) => Ok(Some(id)),
        Err(SocketsError::NoSuchSocket { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoSocketId> IntoSocketIds for T {
    fn into_socket_ids(self) -> Result<Vec<SocketId>, SocketsError> {
        Ok(known(self.into_socket_id())?.into_iter().collect())
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoSocketId> IntoSocketIds for Vec<T> {
    fn into_socket_ids(self) -> Result<Vec<SocketId>, SocketsError> {
        self.into_iter().filter_map(|one| known(one.into_socket_id()).transpose()).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoSocketId, const N: usize> IntoSocketIds for [T; N] {
    fn into_socket_ids(self) -> Result<Vec<SocketId>, SocketsError> {
        self.into_iter().filter_map(|one| known(one.into_socket_id()).transpose()).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T> IntoSocketIds for &'a [T]
where
    &'a T: IntoSocketId,
{
    fn into_socket_ids(self) -> Result<Vec<SocketId>, SocketsError> {
        self.iter().filter_map(|one| known(one.into_socket_id()).transpose()).collect()
    }
}

/// Something that may name a socket to leave out: a request leaves out its socket, an HTTP request nobody.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a socket to leave out",
    note = "give the request (`&req`), a `Socket`, or a `SocketId`"
)]
pub trait MaybeSocket {
    /// The id, if there is a socket.
    fn maybe_socket(self) -> Option<SocketId>;
}

impl MaybeSocket for &Req {
    fn maybe_socket(self) -> Option<SocketId> {
        self.socket().map(Socket::id)
    }
}

impl MaybeSocket for &Socket {
    fn maybe_socket(self) -> Option<SocketId> {
        Some(self.id())
    }
}

impl MaybeSocket for SocketId {
    fn maybe_socket(self) -> Option<SocketId> {
        Some(self)
    }
}

impl<T: MaybeSocket> MaybeSocket for Option<T> {
    fn maybe_socket(self) -> Option<SocketId> {
        self.and_then(T::maybe_socket)
    }
}

/// Something that names rooms: a text or a list of texts. Empty texts name no room.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a room",
    note = "give a text, or a list of texts"
)]
pub trait IntoRooms {
    /// The rooms.
    fn into_rooms(self) -> Vec<Room>;
}

fn rooms<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Vec<Room> {
    names.into_iter().filter(|n| !n.as_ref().is_empty()).map(|n| Room::Owned(n.as_ref().to_owned())).collect()
}

impl IntoRooms for &str {
    fn into_rooms(self) -> Vec<Room> {
        rooms([self])
    }
}

impl IntoRooms for String {
    fn into_rooms(self) -> Vec<Room> {
        rooms([self])
    }
}

impl IntoRooms for &String {
    fn into_rooms(self) -> Vec<Room> {
        rooms([self])
    }
}

impl IntoRooms for SocketId {
    fn into_rooms(self) -> Vec<Room> {
        vec![self.own_room()]
    }
}

impl IntoRooms for &SocketId {
    fn into_rooms(self) -> Vec<Room> {
        vec![self.own_room()]
    }
}

impl<T: AsRef<str>, const N: usize> IntoRooms for [T; N] {
    fn into_rooms(self) -> Vec<Room> {
        rooms(self)
    }
}

impl<T: AsRef<str>> IntoRooms for &[T] {
    fn into_rooms(self) -> Vec<Room> {
        rooms(self)
    }
}

impl<T: AsRef<str>> IntoRooms for Vec<T> {
    fn into_rooms(self) -> Vec<Room> {
        rooms(self)
    }
}

impl<T: AsRef<str>> IntoRooms for &Vec<T> {
    fn into_rooms(self) -> Vec<Room> {
        rooms(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rt_65_a_text_that_is_no_id_names_nobody() {
        assert_eq!("no-such-id".into_socket_ids().unwrap(), []);
        assert_eq!(vec!["AAAAAAAAAAAAAAAA", "?"].into_socket_ids().unwrap().len(), 1);
        assert!(matches!("no-such-id".into_socket_id(), Err(SocketsError::NoSuchSocket { .. })));
    }

    #[test]
    fn rt_64_empty_names_are_no_rooms() {
        assert!("".into_rooms().is_empty());
        assert_eq!(["a", "", "b"].into_rooms(), ["a", "b"]);
        assert_eq!(vec!["0".to_owned()].into_rooms(), ["0"]);
    }
}
