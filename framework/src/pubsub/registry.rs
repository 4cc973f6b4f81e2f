//! Who follows what on this node: our own records, of which the socket.io rooms of models are a view.

use super::topic::Topic;
use crate::sockets::{Room, SocketId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// The subscriptions of the sockets of one node.
///
/// Every way into or out of a room passes here, so also a plain `join` of a model's room is a subscription.
#[derive(Default)]
pub(crate) struct Registry(RwLock<Tables>);

#[derive(Default)]
struct Tables {
    by_topic: HashMap<Arc<Topic>, HashSet<SocketId>>,
    by_socket: HashMap<SocketId, HashSet<Arc<Topic>>>,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket has joined rooms.
    pub(crate) fn add(&self, id: SocketId, rooms: &[Room]) {
        let topics: Vec<Topic> = rooms.iter().filter_map(|room| Topic::of_room(room)).collect();
        if topics.is_empty() {
            return;
        }
        let mut guard = self.write();
        let Tables { by_topic, by_socket } = &mut *guard;
        let mine = by_socket.entry(id).or_default();
        for topic in topics {
            let topic = match by_topic.get_key_value(&topic) {
                Some((known, _)) => known.clone(),
                None => Arc::new(topic),
            };
            mine.insert(topic.clone());
            by_topic.entry(topic).or_default().insert(id);
        }
    }

    /// A socket has left rooms.
    pub(crate) fn remove(&self, id: SocketId, rooms: &[Room]) {
        let topics: Vec<Topic> = rooms.iter().filter_map(|room| Topic::of_room(room)).collect();
        if topics.is_empty() {
            return;
        }
        let mut tables = self.write();
        for topic in topics {
            tables.drop_follower(&topic, id);
            if let Some(mine) = tables.by_socket.get_mut(&id) {
                mine.remove(&topic);
                if mine.is_empty() {
                    tables.by_socket.remove(&id);
                }
            }
        }
    }

    /// A socket follows nothing any more.
    pub(crate) fn forget(&self, id: SocketId) {
        if !self.read().by_socket.contains_key(&id) {
            return;
        }
        let mut tables = self.write();
        for topic in tables.by_socket.remove(&id).unwrap_or_default() {
            tables.drop_follower(&topic, id);
        }
    }

    /// Does anyone follow anything?
    pub(crate) fn is_empty(&self) -> bool {
        self.read().by_topic.is_empty()
    }

    /// Does anyone follow this?
    pub(crate) fn has(&self, topic: &Topic) -> bool {
        self.read().by_topic.contains_key(topic)
    }

    /// What is followed of the model with this identity: itself, and records of it.
    pub(super) fn topics_of(&self, model: &str) -> Vec<Topic> {
        self.read()
            .by_topic
            .keys()
            .filter(|topic| topic.model() == model)
            .map(|topic| (**topic).clone())
            .collect()
    }

    /// Who follows this.
    pub(crate) fn followers(&self, topic: &Topic) -> Vec<SocketId> {
        self.read().by_topic.get(topic).map(|ids| ids.iter().copied().collect()).unwrap_or_default()
    }
}

impl Tables {
    fn drop_follower(&mut self, topic: &Topic, id: SocketId) {
        if let Some(followers) = self.by_topic.get_mut(topic) {
            followers.remove(&id);
            if followers.is_empty() {
                self.by_topic.remove(topic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rooms(names: &[&'static str]) -> Vec<Room> {
        names.iter().map(|n| Room::Borrowed(*n)).collect()
    }

    #[test]
    fn subscriptions_come_and_go_with_the_rooms() {
        let registry = Registry::default();
        let (a, b): (SocketId, SocketId) =
            ("AAAAAAAAAAAAAAAA".parse().unwrap(), "BBBBBBBBBBBBBBBB".parse().unwrap());
        let user5 = Topic::Instance("user".into(), "5".into());
        registry.add(a, &rooms(&["funSockets"]));
        assert!(registry.is_empty());
        registry.add(a, &rooms(&["sails_model_user_5:user", "sails_model_create_user"]));
        registry.add(b, &rooms(&["sails_model_user_5:user"]));
        assert_eq!(registry.followers(&user5).len(), 2);
        registry.remove(a, &rooms(&["sails_model_user_5:user"]));
        assert_eq!(registry.followers(&user5), [b]);
        registry.forget(b);
        assert!(!registry.has(&user5) && registry.has(&Topic::Class("user".into())));
        registry.forget(a);
        assert!(registry.is_empty() && registry.read().by_socket.is_empty());
    }
}
