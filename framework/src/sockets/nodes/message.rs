//! What nodes say to each other: a closed, versioned list of messages, each sealed with the app's secret.

use crate::{
    cookies::CookieKey,
    pubsub::Notice,
    sockets::{Room, SocketId, hub::Keep},
};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::Sha256;
use std::borrow::Cow;

/// What is understood here; messages of other versions are passed over.
const VERSION: u8 = 1;
/// The length of a seal.
const SEAL: usize = 32;

/// One thing that every other node does for its own sockets.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message<'a> {
    /// A socket joins rooms.
    Join { id: SocketId, rooms: Vec<Room> },
    /// A socket leaves rooms.
    Leave { id: SocketId, rooms: Vec<Room> },
    /// The members of a room join others.
    JoinMembers { source: Room, rooms: Vec<Room> },
    /// The members of a room leave others.
    LeaveMembers { source: Room, rooms: Vec<Room> },
    /// The members of a room leave all of theirs.
    LeaveAll { source: Room, keep: Keep },
    /// An event for the members of rooms; for everyone where no rooms are named.
    Emit { rooms: Option<Vec<Room>>, except: Option<SocketId>, event: Cow<'a, str>, data: Cow<'a, RawValue> },
    /// A socket is disconnected.
    Disconnect { id: SocketId },
    /// The sockets of a session are disconnected.
    EndSession { session: Cow<'a, str> },
    /// Records have changed.
    Notices { notices: Cow<'a, [Notice]>, omit: Option<SocketId> },
}

#[derive(Serialize)]
struct Outgoing<'a> {
    v: u8,
    node: &'a str,
    message: &'a Message<'a>,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    v: u8,
    node: Cow<'a, str>,
    #[serde(borrow)]
    message: &'a RawValue,
}

/// Why a message is passed over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unheard {
    #[error("it is this node's own")]
    Own,
    #[error("its seal is wrong")]
    Forged,
    #[error("it is of a kind that this version does not know")]
    Unknown,
}

/// Seals messages and opens them.
pub(super) struct Seal {
    mac: Hmac<Sha256>,
    node: String,
}

impl Seal {
    /// Nodes understand each other when they have the same secret and the same prefix.
    pub(super) fn new(secret: &CookieKey, prefix: &str) -> Self {
        let key = secret.derive(&format!("topsail nodes {prefix}"));
        let mac = Hmac::new_from_slice(&key).expect("HMAC takes keys of any length");
        Self { mac, node: format!("{:032x}", rand::random::<u128>()) }
    }

    /// Names this node among all, anew with each lift.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    /// The bytes to send.
    pub(super) fn close(&self, message: &Message<'_>) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = vec![0; SEAL];
        serde_json::to_writer(&mut bytes, &Outgoing { v: VERSION, node: &self.node, message })?;
        let (seal, text) = bytes.split_at_mut(SEAL);
        seal.copy_from_slice(&self.mac.clone().chain_update(text).finalize().into_bytes());
        Ok(bytes)
    }

    /// The message in these bytes, if it is another node's.
    pub(super) fn open(&self, bytes: &[u8]) -> Result<Message<'static>, Unheard> {
        let (seal, text) = bytes.split_at_checked(SEAL).ok_or(Unheard::Forged)?;
        self.mac.clone().chain_update(text).verify_slice(seal).map_err(|_| Unheard::Forged)?;
        let incoming: Incoming<'_> = serde_json::from_slice(text).map_err(|_| Unheard::Unknown)?;
        if incoming.node == self.node {
            return Err(Unheard::Own);
        }
        if incoming.v != VERSION {
            return Err(Unheard::Unknown);
        }
        serde_json::from_str(incoming.message.get()).map_err(|_| Unheard::Unknown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn seal(secret: &str, prefix: &str) -> Seal {
        Seal::new(&CookieKey::new(secret), prefix)
    }

    #[test]
    fn another_node_of_the_app_understands_it() {
        let data = RawValue::from_string(r#"{"a":[1,2]}"#.to_owned()).unwrap();
        let sent = Message::Emit {
            rooms: Some(vec!["räume".into()]),
            except: Some("AAAAAAAAAAAAAAAA".parse().unwrap()),
            event: "hello".into(),
            data: Cow::Borrowed(&data),
        };
        let bytes = seal("s", "app").close(&sent).unwrap();
        let Message::Emit { rooms, except, event, data } = seal("s", "app").open(&bytes).unwrap() else {
            panic!()
        };
        assert_eq!((rooms.unwrap(), event.as_ref()), (vec![Room::from("räume")], "hello"));
        assert_eq!((except.unwrap().as_str(), data.get()), ("AAAAAAAAAAAAAAAA", r#"{"a":[1,2]}"#));
    }

    #[test]
    fn a_node_does_not_hear_itself() {
        let seal = seal("s", "app");
        let bytes = seal.close(&Message::EndSession { session: "x".into() }).unwrap();
        assert_eq!(seal.open(&bytes).unwrap_err(), Unheard::Own);
    }

    #[test]
    fn other_secrets_other_prefixes_and_changed_bytes_are_refused() {
        let mut bytes = seal("s", "app").close(&Message::EndSession { session: "x".into() }).unwrap();
        assert_eq!(seal("t", "app").open(&bytes).unwrap_err(), Unheard::Forged);
        assert_eq!(seal("s", "other").open(&bytes).unwrap_err(), Unheard::Forged);
        for part in [&b""[..], &bytes[..SEAL - 1], &bytes[..SEAL]] {
            assert_eq!(seal("s", "app").open(part).unwrap_err(), Unheard::Forged);
        }
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(seal("s", "app").open(&bytes).unwrap_err(), Unheard::Forged);
    }

    #[test]
    fn what_a_later_version_says_is_passed_over() {
        let (ours, theirs) = (seal("s", "app"), seal("s", "app"));
        for text in [
            r#"{"v":2,"node":"x","message":{"disconnect":{"id":"AAAAAAAAAAAAAAAA"}}}"#,
            r#"{"v":1,"node":"x","message":{"dance":{}}}"#,
            "{}",
            "",
        ] {
            let mut bytes = theirs.mac.clone().chain_update(text).finalize().into_bytes().to_vec();
            bytes.extend_from_slice(text.as_bytes());
            assert_eq!(ours.open(&bytes).unwrap_err(), Unheard::Unknown, "{text}");
        }
    }
}
