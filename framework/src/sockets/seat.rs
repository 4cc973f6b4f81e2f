//! What is kept of one connection beside socket.io's own: little, because most sockets are idle.

use super::{Room, SocketId, SocketsConfig, SocketsError, cookies};
use crate::{req::RequestId, session::SessionId};
use ::http::{HeaderName, HeaderValue, request::Parts};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::Semaphore;

/// The header, and the parameter of the query, by which a client asks for no session.
pub(super) const NOSESSION: HeaderName = HeaderName::from_static("nosession");
/// The oldest SDK whose requests are served.
const OLDEST_SDK: [u64; 3] = [0, 11, 0];
/// Frames that wait or run may be this many times the size of the largest allowed one.
const PENDING_FRAMES: usize = 4;

/// One connected socket.
pub(super) struct Seat {
    pub(super) id: SocketId,
    /// May this client make virtual requests, by the version of its SDK?
    pub(super) speaks: bool,
    /// Has it asked for no session?
    pub(super) without_session: bool,
    kept: Mutex<Kept>,
    /// The session that it is listed under.
    session: Mutex<Option<SessionId>>,
    load: Load,
    /// At least the number of rooms that it is in.
    joined: AtomicUsize,
    requests: AtomicU64,
    /// Answers that found room on the connection; wraps.
    answered: AtomicU32,
    max_rooms: usize,
}

/// What the next request of a socket carries.
#[derive(Clone, Default)]
pub(super) struct Kept {
    pub(super) cookie: Option<HeaderValue>,
    /// The session that the cookie names: its signature is checked when it is kept, not with every request.
    pub(super) session: Option<SessionId>,
}

struct Load {
    running: Semaphore,
    pending: AtomicUsize,
    bytes: AtomicUsize,
}

/// A place among the pending requests of a socket; given back when dropped.
pub(super) struct Ticket {
    seat: Arc<Seat>,
    bytes: usize,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.seat.load.pending.fetch_sub(1, Ordering::Relaxed);
        self.seat.load.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Seat {
    /// `kept` has the cookies of the handshake, or what the session has made of them.
    pub(super) fn new(id: SocketId, handshake: &Parts, kept: Kept, config: &SocketsConfig) -> Self {
        Self {
            id,
            without_session: without_session(handshake),
            speaks: sdk_version(handshake).is_some_and(|version| version >= OLDEST_SDK),
            kept: Mutex::new(kept),
            session: Mutex::default(),
            load: Load {
                running: Semaphore::new(config.max_in_flight),
                pending: AtomicUsize::new(0),
                bytes: AtomicUsize::new(0),
            },
            joined: AtomicUsize::new(1),
            requests: AtomicU64::new(0),
            answered: AtomicU32::new(0),
            max_rooms: config.max_rooms,
        }
    }

    /// What the next request carries.
    pub(super) fn kept(&self) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what an answer has set; true if that changes anything. `session_of` tells which session cookies name.
    pub(super) fn remember<'a>(
        &self,
        set: impl Iterator<Item = &'a HeaderValue>,
        session_of: impl FnOnce(&HeaderValue) -> Option<SessionId>,
    ) -> bool {
        let mut set = set.peekable();
        if set.peek().is_none() {
            return false;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match cookies::after(kept.cookie.as_ref(), set) {
            Some(cookie) => {
                let session = cookie.as_ref().and_then(session_of);
                *kept = Kept { cookie, session };
                true
            }
            None => false,
        }
    }

    /// Notes the session that it belongs to now, and gives the one before.
    pub(super) fn belongs_to(&self, session: Option<SessionId>) -> Option<SessionId> {
        std::mem::replace(&mut *self.session.lock().unwrap_or_else(PoisonError::into_inner), session)
    }

    /// The id of the next request of this socket.
    pub(super) fn next_request(&self) -> RequestId {
        RequestId::on_socket(self.id, self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// How many answers have found room on the connection, from any number on.
    pub(super) fn answered(&self) -> u32 {
        self.answered.load(Ordering::Relaxed)
    }

    /// An answer has found room on the connection.
    pub(super) fn has_answered(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets a frame in, unless this socket has too much waiting already.
    pub(super) fn admit(self: &Arc<Self>, bytes: usize, config: &SocketsConfig) -> Option<Ticket> {
        let pending = self.load.pending.fetch_add(1, Ordering::Relaxed) + 1;
        let total = self.load.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let ticket = Ticket { seat: self.clone(), bytes };
        let most = config.max_http_buffer_size.saturating_mul(PENDING_FRAMES);
        (pending <= config.max_pending && total <= most).then_some(ticket)
    }

    /// Waits until this request may run.
    pub(super) async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.load.running.acquire().await.ok()
    }

    /// May it join these rooms? `current` gives those that it is in, and is asked for only near the limit.
    pub(super) fn may_join(
        &self,
        rooms: &[Room],
        current: impl FnOnce() -> Vec<Room>,
    ) -> Result<(), SocketsError> {
        if self.joined.fetch_add(rooms.len(), Ordering::Relaxed) + rooms.len() <= self.max_rooms {
            return Ok(());
        }
        let current: HashSet<Room> = current().into_iter().collect();
        let new = rooms.iter().filter(|room| !current.contains(*room)).count();
        if current.len() + new <= self.max_rooms {
            self.joined.store(current.len() + new, Ordering::Relaxed);
            return Ok(());
        }
        self.joined.store(current.len(), Ordering::Relaxed);
        Err(SocketsError::TooManyRooms { limit: self.max_rooms })
    }
}

/// Has this handshake asked for no session, by header or by query?
pub(super) fn without_session(handshake: &Parts) -> bool {
    handshake.headers.get(&NOSESSION).is_some_and(|v| !v.is_empty())
        || query_value(handshake, NOSESSION.as_str()).is_some()
}

fn query_value<'a>(handshake: &'a Parts, key: &str) -> Option<&'a str> {
    let pairs = handshake.uri.query()?.split('&');
    pairs.rev().filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// The SDK's version without what follows a dash; a client that says nothing is of 0.9.
fn sdk_version(handshake: &Parts) -> Option<[u64; 3]> {
    const KEY: &str = "__sails_io_sdk_version";
    let from_header = handshake.headers.get(KEY).and_then(|v| v.to_str().ok());
    let text = from_header.or_else(|| query_value(handshake, KEY)).unwrap_or("0.9.0");
    let release = text.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = release.split('.').map(|n| n.parse::<u64>().ok());
    let version = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ::http::Request;

    fn handshake(query: &str) -> Parts {
        Request::get(format!("/socket.io/?{query}")).body(()).unwrap().into_parts().0
    }

    fn seat(config: &SocketsConfig) -> Arc<Seat> {
        Arc::new(Seat::new("AAAAAAAAAAAAAAAA".parse().unwrap(), &handshake("EIO=4"), Kept::default(), config))
    }

    #[test]
    fn rt_11_the_sdk_must_be_of_0_11_or_newer() {
        for (version, served) in [
            ("0.10.9", false),
            ("0.11.0", true),
            ("0.11.0-rc1", true),
            ("2.0.0-beta.1", true),
            ("9.9.9", true),
            ("abc", false),
            ("1.2", false),
            ("", false),
        ] {
            let parts = handshake(&format!("EIO=3&__sails_io_sdk_version={version}"));
            assert_eq!(sdk_version(&parts).is_some_and(|v| v >= OLDEST_SDK), served, "{version}");
        }
        assert_eq!(sdk_version(&handshake("EIO=4")), Some([0, 9, 0]));
        let twice = handshake("__sails_io_sdk_version=0.1.0&__sails_io_sdk_version=1.2.1");
        assert_eq!(sdk_version(&twice), Some([1, 2, 1]));
    }

    #[test]
    fn rt_46_the_query_can_refuse_the_session() {
        assert!(without_session(&handshake("EIO=4&nosession=true")));
        assert!(!without_session(&handshake("EIO=4")));
    }

    #[test]
    fn a_socket_holds_a_bounded_number_of_requests() {
        let config = SocketsConfig { max_pending: 2, max_http_buffer_size: 100, ..SocketsConfig::default() };
        let seat = seat(&config);
        let first = seat.admit(10, &config).unwrap();
        let _second = seat.admit(10, &config).unwrap();
        assert!(seat.admit(10, &config).is_none());
        drop(first);
        assert!(seat.admit(399, &config).is_none(), "too many bytes");
        assert!(seat.admit(10, &config).is_some());
    }

    #[test]
    fn rooms_are_counted_exactly_only_near_the_limit() {
        let seat = seat(&SocketsConfig { max_rooms: 3, ..SocketsConfig::default() });
        let rooms = |names: &[&'static str]| names.iter().map(|n| Room::Borrowed(*n)).collect::<Vec<_>>();
        seat.may_join(&rooms(&["x", "y"]), || unreachable!()).unwrap();
        seat.may_join(&rooms(&["x", "y"]), || rooms(&["own", "x", "y"])).unwrap();
        let refused = seat.may_join(&rooms(&["z"]), || rooms(&["own", "x", "y"]));
        assert!(matches!(refused, Err(SocketsError::TooManyRooms { limit: 3 })));
        seat.may_join(&rooms(&["z"]), || rooms(&["own", "x"])).unwrap();
    }
}
