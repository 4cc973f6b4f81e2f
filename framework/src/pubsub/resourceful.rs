//! The methods of models: `User::publish`, `User::subscribe` and their like.

use super::{
    formerly::{Announcement, Told},
    topic::{class_room, instance_room, key_text},
};
use crate::{
    App, BoxFuture,
    sockets::{Audience, IntoSocketIds, MaybeSocket, Members, Membership, Room, SocketId, SocketsError},
};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use std::{fmt::Display, future::IntoFuture, sync::Arc};
use topsail_orm::{Col, Collection, IntoKeys, Key, Model};

/// Resourceful pub/sub for every model.
///
/// The event has the name of the model's identity; who follows a record is in its room ([`room_name`](Self::room_name)).
/// None of these methods touches the database.
pub trait Resourceful: Model {
    /// The room of a record: `sails_model_user_5:user`. Any name will do for a key, also a made-up one, and `5` and `"5"`
    /// name the same room.
    ///
    /// ```
    /// # use topsail::prelude::*;
    /// #[model]
    /// pub struct User {
    ///     pub name: String,
    /// }
    /// assert_eq!(User::room_name(5), "sails_model_user_5:user");
    /// ```
    ///
    /// Sails: `User.getRoomName(5)`. Differs: for the number 0 and an empty text Sails gives nothing.
    fn room_name(key: impl Display) -> String {
        instance_room(Self::IDENTITY, &key.to_string())
    }

    /// The room of those who watch the model: `sails_model_create_user`.
    ///
    /// Sails: the private `_classRoom()`.
    fn class_room() -> String {
        class_room(Self::IDENTITY)
    }

    /// Sends data as it is to the followers of each record: one event per record, serialised once.
    ///
    /// The event has the name of the model. A socket that follows several of the records gets one for each. Leave out the
    /// one who asks with [`Publication::omit`].
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// # #[model]
    /// # pub struct User { pub name: String }
    /// # async fn example(app: App, req: Req) -> Result<()> {
    /// User::publish(&app, [1, 2], json!({ "greeting": "Ahoy" })).omit(&req).await?;
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// Sails: `User.publish([1, 2], data, req)`. Differs: a key of the wrong type does not compile.
    ///
    /// # Errors
    /// When awaited: data that cannot be written as JSON.
    fn publish<'a>(app: &'a App, which: impl IntoKeys<Self>, data: impl Serialize) -> Publication<'a> {
        Publication::new(app, Self::IDENTITY.to_owned(), rooms_of::<Self>(which.into_keys()), data)
    }

    /// Lets a socket hear what happens to records: the request, a `Socket`, or an id of any node.
    ///
    /// ```no_run
    /// # use topsail::prelude::*;
    /// # #[model]
    /// # pub struct User { pub name: String }
    /// # async fn example(app: App, req: Req) -> Result<()> {
    /// User::subscribe(&app, &req, [1, 2]).await?;
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// Sails: `User.subscribe(req, [1, 2])`. Differs: ids of sockets are taken too, and a request that came over HTTP is an
    /// error where Sails logs a notice.
    ///
    /// # Errors
    /// When awaited: for a request that came over HTTP, and when the socket is in too many rooms.
    fn subscribe<'a>(app: &'a App, socket: impl IntoSocketIds, which: impl IntoKeys<Self>) -> Membership<'a> {
        app.sockets.join(socket, rooms_of::<Self>(which.into_keys()))
    }

    /// Ends what [`subscribe`](Self::subscribe) began; new records are still heard of if the model is watched.
    ///
    /// Sails: `User.unsubscribe(req, [1, 2])`, with the differences of [`subscribe`](Self::subscribe).
    fn unsubscribe<'a>(
        app: &'a App,
        socket: impl IntoSocketIds,
        which: impl IntoKeys<Self>,
    ) -> Membership<'a> {
        app.sockets.leave(socket, rooms_of::<Self>(which.into_keys()))
    }

    /// Lets a socket hear of new records, and follow each of them.
    ///
    /// Sails: `User.watch(req)` of 0.12 (since 1.0 the private `_watch`).
    fn watch<'a>(app: &'a App, socket: impl IntoSocketIds) -> Membership<'a> {
        app.sockets.join(socket, class_room(Self::IDENTITY))
    }

    /// Ends what [`watch`](Self::watch) began; records that are followed already still are.
    ///
    /// Sails: `User.unwatch(req)` of 0.12.
    fn unwatch<'a>(app: &'a App, socket: impl IntoSocketIds) -> Membership<'a> {
        app.sockets.leave(socket, class_room(Self::IDENTITY))
    }

    /// Sends `{verb: "messaged", id, data}` to the followers of each record.
    ///
    /// Sails: `User.message(id, data, req)` of 0.12.
    #[deprecated(note = "use `publish`, which sends the data as it is")]
    fn message<'a>(app: &'a App, which: impl IntoKeys<Self>, data: impl Serialize) -> Publication<'a> {
        let notice = |key: Value| {
            let room = rooms_of::<Self>(vec![key.clone()]).pop()?;
            Some(written(&Messaged { verb: "messaged", id: &key, data: &data }).map(|text| (room, text)))
        };
        let notices = which.into_keys().into_iter().filter_map(notice).collect();
        Publication { app, event: Self::IDENTITY.to_owned(), notices, except: None }
    }

    /// Sends `{verb: "created", data, id}` to those who watch the model, who then follow the record, and `addedTo` to the
    /// followers of the records that it belongs to.
    ///
    /// The data is what an answer with this record would show.
    ///
    /// Sails: `publishCreate` of 0.12 (`_publishCreate`). Differs: members of its own collections are not told; a create
    /// through the blueprints tells them.
    #[deprecated(note = "blueprints tell of what they create; tell of other things with `publish`")]
    fn publish_create<'a>(app: &'a App, record: &Self) -> Announcement<'a> {
        let told = Told::Created(serde_json::to_value(record));
        Announcement::new(app, Self::IDENTITY, vec![record.key().to_value()], told)
    }

    /// Sends `{verb: "updated", data: changes, id, previous}` to the followers of each record.
    ///
    /// With [`previous`](Announcement::previous) the former and the new owner hear `removedFrom` and `addedTo` where the
    /// changes hold another one.
    ///
    /// Sails: `publishUpdate(id, changes, req, {previous, noReverse})` of 0.12. Differs: collections among the changes tell
    /// nobody.
    #[deprecated(note = "blueprints tell of what they update; tell of other things with `publish`")]
    fn publish_update<'a>(
        app: &'a App,
        which: impl IntoKeys<Self>,
        changes: impl Serialize,
    ) -> Announcement<'a> {
        let told = Told::Updated(serde_json::to_value(changes));
        Announcement::new(app, Self::IDENTITY, which.into_keys(), told)
    }

    /// Sends `{verb: "destroyed", id, previous}` to the followers of each record, who then follow it no longer.
    ///
    /// With [`previous`](Announcement::previous) the records that it was associated with hear of it.
    ///
    /// Sails: `publishDestroy(id, req, {previous})` of 0.12. Differs: all followers are unsubscribed, not only those who
    /// watch the model.
    #[deprecated(note = "blueprints tell of what they destroy; tell of other things with `publish`")]
    fn publish_destroy<'a>(app: &'a App, which: impl IntoKeys<Self>) -> Announcement<'a> {
        Announcement::new(app, Self::IDENTITY, which.into_keys(), Told::Destroyed)
    }

    /// Sends `{id, verb: "addedTo", attribute, addedId}` to the followers of each record, once for each member, and tells
    /// the followers of the members.
    ///
    /// Sails: `publishAdd(id, alias, idOrRecord, req, {noReverse})` of 0.12. Differs: there is no `added`, and the one who
    /// asks is not subscribed to the member.
    #[deprecated(note = "blueprints tell of what they add; tell of other things with `publish`")]
    fn publish_add<'a, T: Model>(
        app: &'a App,
        which: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> Announcement<'a> {
        let told = Told::Edited { attr: collection.name(), members: members.into_keys(), begins: true };
        Announcement::new(app, Self::IDENTITY, which.into_keys(), told)
    }

    /// Sends `{id, verb: "removedFrom", attribute, removedId}` to the followers of each record, once for each member, and
    /// tells the followers of the members.
    ///
    /// Sails: `publishRemove(id, alias, id, req, {noReverse})` of 0.12.
    #[deprecated(note = "blueprints tell of what they remove; tell of other things with `publish`")]
    fn publish_remove<'a, T: Model>(
        app: &'a App,
        which: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> Announcement<'a> {
        let told = Told::Edited { attr: collection.name(), members: members.into_keys(), begins: false };
        Announcement::new(app, Self::IDENTITY, which.into_keys(), told)
    }

    /// The sockets of this node that follow a record. Sails: `subscribers(id)` of 0.12, which gives handles.
    #[deprecated(note = "use `app.sockets.subscribers` with the `room_name` of the record")]
    fn subscribers(app: &App, key: impl Display) -> Vec<SocketId> {
        app.sockets.subscribers(Self::room_name(key))
    }

    /// The sockets of this node that watch the model. Sails: `watchers()` of 0.12, which gives handles.
    #[deprecated(note = "use `app.sockets.subscribers` with the `class_room` of the model")]
    fn watchers(app: &App) -> Vec<SocketId> {
        app.sockets.subscribers(Self::class_room())
    }

    /// Those who watch the model, on every node, follow this record from now on. Sails: `introduce(id)` of 0.12.
    #[deprecated(note = "blueprints introduce what they create")]
    fn introduce(app: &App, key: impl Display) -> Members<'_> {
        app.sockets.add_room_members_to_rooms(Self::class_room(), Self::room_name(key))
    }

    /// Those who watch the model, on every node, follow this record no longer. Sails: `retire(id)` of 0.12.
    #[deprecated(note = "blueprints retire what they destroy")]
    fn retire(app: &App, key: impl Display) -> Members<'_> {
        app.sockets.remove_room_members_from_rooms(Self::class_room(), Self::room_name(key))
    }
}

#[derive(Serialize)]
struct Messaged<'a, D> {
    verb: &'static str,
    id: &'a Value,
    data: &'a D,
}

fn written(notice: &impl Serialize) -> Result<Arc<RawValue>, serde_json::Error> {
    serde_json::value::to_raw_value(notice).map(Arc::from)
}

#[diagnostic::do_not_recommend]
impl<M: Model> Resourceful for M {}

fn rooms_of<M: Model>(keys: Vec<Value>) -> Vec<Room> {
    let model = topsail_orm::ModelDef::new(M::IDENTITY);
    keys.iter()
        .filter_map(|key| key_text(&model, key))
        .map(|key| instance_room(M::IDENTITY, &key).into())
        .collect()
}

/// [`Resourceful::publish`] and its like, once awaited.
#[must_use = "nothing is published until this is awaited"]
pub struct Publication<'a> {
    app: &'a App,
    event: String,
    notices: Result<Vec<(Room, Arc<RawValue>)>, serde_json::Error>,
    except: Option<SocketId>,
}

impl<'a> Publication<'a> {
    pub(super) fn new(app: &'a App, event: String, rooms: Vec<Room>, data: impl Serialize) -> Self {
        let notices = written(&data).map(|text| rooms.into_iter().map(|room| (room, text.clone())).collect());
        Self { app, event, notices, except: None }
    }

    /// Leaves out the socket behind this request; over HTTP nobody is left out.
    pub fn omit(mut self, who: impl MaybeSocket) -> Self {
        self.except = who.maybe_socket();
        self
    }
}

impl<'a> IntoFuture for Publication<'a> {
    type Output = Result<(), SocketsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { app, event, notices, except } = self;
            let notices = notices.map_err(|source| SocketsError::Data { event: event.clone(), source })?;
            let Some(hub) = app.sockets.hub() else { return Ok(()) };
            // A follower of several of the records gets one event for each of them.
            for (room, data) in notices {
                hub.emit(Audience::Rooms(vec![room]), except, &event, &data).await?;
            }
            Ok(())
        })
    }
}
