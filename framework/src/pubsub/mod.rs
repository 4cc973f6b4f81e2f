//! Resourceful pub/sub: who follows which records, and what they hear when these change.
//!
//! Writes come in by one door, [`PubSub::announce`]. Behind it [`event`] makes events of changes and [`render`] makes
//! payloads of events, both without looking at sockets, and [`deliver`] brings them to this node's sockets. What
//! an app sends of its own accord ([`Resourceful::publish`]) does not pass there: it is no event of a model. [`formerly`]
//! are the methods that said what to announce before Sails 1.0.

mod deliver;
mod event;
mod formerly;
mod notice;
mod registry;
mod render;
mod resourceful;
mod topic;

#[cfg(feature = "redis")]
pub(crate) use deliver::deliver;
pub use formerly::Announcement;
pub(crate) use notice::Notice;
pub(crate) use registry::Registry;
pub use resourceful::{Publication, Resourceful};
pub use topsail_orm::IntoKeys;

use crate::{
    App, Req,
    error::Result,
    sockets::{IntoSocketId, Room, SocketId},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use topic::{Topic, key_text};
use topsail_orm::{Change, ModelDef, Origin, Record};

/// Pub/sub by data, where the model is known only at run time; [`Resourceful`] is the same for types.
#[derive(Debug, Default)]
pub struct PubSub(());

impl PubSub {
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// Tells everyone who follows these records, their models, or the records that they are associated with.
    ///
    /// Called after the commit, with the changes in the order in which they were made. An image that holds populated
    /// records is told with them, so whoever has read a record before or after the write puts it there. The socket that
    /// asked is left out, unless `origin.mirror` is set. Nothing of it can fail for the caller: a write that was
    /// committed is done, whoever could be told.
    pub async fn announce(&self, app: &App, changes: &[Change], origin: &Origin) {
        let omit = match (&origin.socket, origin.mirror) {
            (Some(id), false) => id.parse().ok(),
            _ => None,
        };
        deliver::announce(app, changes, omit).await;
    }

    /// Sends an event of one's own to the followers of each record, named after the model; the data goes out as it is.
    ///
    /// Sails: `User.publish(ids, data, req)`.
    ///
    /// A key is a scalar or a record; what is neither is passed over with a message in the log.
    pub fn publish<'a>(
        &self,
        app: &'a App,
        model: &ModelDef,
        keys: &[Value],
        data: impl Serialize,
    ) -> Publication<'a> {
        Publication::new(app, model.identity.clone(), rooms(model, keys), data)
    }

    /// Subscribes the asking socket to records.
    ///
    /// Sails: `User.subscribe(req, ids)`. Differs: an HTTP request is an error, where Sails logs a notice.
    ///
    /// # Errors
    /// For a request that came over HTTP, and when the socket is in too many rooms.
    pub async fn subscribe(&self, req: &Req, model: &ModelDef, keys: &[Value]) -> Result<()> {
        self.join(req, rooms(model, keys)).await
    }

    /// Ends the asking socket's subscription to records; it still watches the model if it did.
    ///
    /// Sails: `User.unsubscribe(req, ids)`.
    ///
    /// # Errors
    /// For a request that came over HTTP.
    pub async fn unsubscribe(&self, req: &Req, model: &ModelDef, keys: &[Value]) -> Result<()> {
        let id = self.socket(req)?;
        Ok(req.app().sockets.leave_one(id, rooms(model, keys)).await?)
    }

    /// Lets the asking socket hear of new records of the model, and subscribes it to each of them.
    ///
    /// Sails: the private `User._watch(req)`.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn watch(&self, req: &Req, model: &ModelDef) -> Result<()> {
        self.join(req, vec![Topic::class(model).room().into()]).await
    }

    /// Ends what [`watch`](Self::watch) began; the records that are followed already still are.
    ///
    /// # Errors
    /// For a request that came over HTTP.
    pub async fn unwatch(&self, req: &Req, model: &ModelDef) -> Result<()> {
        let id = self.socket(req)?;
        Ok(req.app().sockets.leave_one(id, vec![Topic::class(model).room().into()]).await?)
    }

    /// Subscribes the asking socket to records that it was given, and to the records that are populated in them; with
    /// `watch` it also watches the models that these are associated with (not their own).
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn subscribe_found(
        &self,
        req: &Req,
        model: &ModelDef,
        records: &[Record],
        watch: bool,
    ) -> Result<()> {
        let orm = req.app().orm();
        let mut topics = HashSet::new();
        for record in records {
            topics.extend(Topic::instance(model, &model.key_of(record)));
            for attr in model.associations() {
                let Some(target) = attr.association.as_ref().and_then(|a| orm.model(&a.target)) else {
                    continue;
                };
                if watch {
                    topics.insert(Topic::class(target));
                }
                match record.get(&attr.name) {
                    Some(Value::Array(children)) => {
                        topics.extend(
                            children
                                .iter()
                                .filter(|c| c.is_object())
                                .filter_map(|c| Topic::instance(target, c)),
                        );
                    }
                    // A key alone is no populated record.
                    Some(child @ Value::Object(_)) => topics.extend(Topic::instance(target, child)),
                    _ => {}
                }
            }
        }
        self.join(req, topics.iter().map(|topic| topic.room().into()).collect()).await
    }

    /// The room of a record; nothing for the number 0, an empty text and what is no key. Sails: `User.getRoomName(id)`.
    pub fn room_name(&self, model: &ModelDef, key: &Value) -> Option<String> {
        Topic::instance(model, key).map(|topic| topic.room())
    }

    fn socket(&self, req: &Req) -> Result<SocketId> {
        Ok(req.into_socket_id()?)
    }

    async fn join(&self, req: &Req, rooms: Vec<Room>) -> Result<()> {
        let id = self.socket(req)?;
        if !rooms.is_empty() {
            req.app().sockets.join_one(id, rooms).await?;
        }
        Ok(())
    }
}

fn rooms(model: &ModelDef, keys: &[Value]) -> Vec<Room> {
    keys.iter()
        .filter_map(|key| {
            let text = key_text(model, key);
            if text.is_none() {
                tracing::debug!(model = model.identity, "`{key}` is no key of a record and is passed over");
            }
            Some(topic::instance_room(&model.identity, &text?).into())
        })
        .collect()
}
