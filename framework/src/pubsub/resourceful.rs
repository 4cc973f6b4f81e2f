//! The methods of models: `User::publish`, `User::subscribe` and their like.

use super::topic::{class_room, instance_room, key_text};
use crate::{
    App, BoxFuture,
    sockets::{Audience, IntoSocketIds, MaybeSocket, Membership, Room, SocketId, SocketsError},
};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use std::{fmt::Display, future::IntoFuture, sync::Arc};
use topsail_orm::{IntoKeys, Key, Model};

/// Resourceful pub/sub for every model.
///
/// The event has the name of the model's identity; who follows a record is in its room ([`room_name`](Self::room_name)).
/// None of these methods touches the database.
pub trait Resourceful: Model {
    /// The room of a record: `sails_model_user_5:user`. Any name will do for a key, also a made-up one.
    fn room_name(key: impl Display) -> String {
        instance_room(Self::IDENTITY, &key.to_string())
    }

    /// Sends data as it is to the followers of each record: one event per record, serialised once.
    fn publish<'a>(app: &'a App, which: impl IntoKeys<Self>, data: impl Serialize) -> Publication<'a> {
        Publication::new(app, Self::IDENTITY.to_owned(), rooms_of::<Self>(which.into_keys()), data)
    }

    /// Lets a socket hear what happens to records.
    ///
    /// # Errors
    /// When awaited: for a request that came over HTTP, and when the socket is in too many rooms.
    fn subscribe<'a>(app: &'a App, socket: impl IntoSocketIds, which: impl IntoKeys<Self>) -> Membership<'a> {
        app.sockets.join(socket, rooms_of::<Self>(which.into_keys()))
    }

    /// Ends what [`subscribe`](Self::subscribe) began; new records are still heard of if the model is watched.
    fn unsubscribe<'a>(
        app: &'a App,
        socket: impl IntoSocketIds,
        which: impl IntoKeys<Self>,
    ) -> Membership<'a> {
        app.sockets.leave(socket, rooms_of::<Self>(which.into_keys()))
    }

    /// Lets a socket hear of new records, and follow each of them.
    fn watch<'a>(app: &'a App, socket: impl IntoSocketIds) -> Membership<'a> {
        app.sockets.join(socket, class_room(Self::IDENTITY))
    }

    /// Ends what [`watch`](Self::watch) began.
    fn unwatch<'a>(app: &'a App, socket: impl IntoSocketIds) -> Membership<'a> {
        app.sockets.leave(socket, class_room(Self::IDENTITY))
    }

    /// Sends `{verb: "messaged", id, data}` to the followers of each record.
    #[deprecated(note = "use `publish`, which sends the data as it is")]
    fn message<'a>(app: &'a App, which: impl IntoKeys<Self>, data: impl Serialize) -> Publication<'a> {
        let notice = |key: Value| {
            let room = rooms_of::<Self>(vec![key.clone()]).pop()?;
            Some(written(&Messaged { verb: "messaged", id: &key, data: &data }).map(|text| (room, text)))
        };
        let notices = which.into_keys().into_iter().filter_map(notice).collect();
        Publication { app, event: Self::IDENTITY.to_owned(), notices, followed: None, except: None }
    }

    /// Sends `{verb: "created", data, id}` to those who watch the model, who then follow the record.
    ///
    /// The data is what an answer with this record would show. Differs from Sails: records that it is associated with
    /// are not told; a create through the blueprints tells them.
    #[deprecated(note = "blueprints tell of what they create; tell of other things with `publish`")]
    fn publish_create<'a>(app: &'a App, record: &Self) -> Publication<'a> {
        let key = record.key().to_value();
        let room = Room::from(class_room(Self::IDENTITY));
        let notices = written(&Created { verb: "created", data: record, id: &key })
            .map(|text| vec![(room.clone(), text)]);
        let followed = rooms_of::<Self>(vec![key]).pop().map(|instance| (room, instance));
        Publication { app, event: Self::IDENTITY.to_owned(), notices, followed, except: None }
    }
}

#[derive(Serialize)]
struct Messaged<'a, D> {
    verb: &'static str,
    id: &'a Value,
    data: &'a D,
}

#[derive(Serialize)]
struct Created<'a, D> {
    verb: &'static str,
    data: &'a D,
    id: &'a Value,
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
    /// Whose members then follow the second.
    followed: Option<(Room, Room)>,
    except: Option<SocketId>,
}

impl<'a> Publication<'a> {
    pub(super) fn new(app: &'a App, event: String, rooms: Vec<Room>, data: impl Serialize) -> Self {
        let notices = written(&data).map(|text| rooms.into_iter().map(|room| (room, text.clone())).collect());
        Self { app, event, notices, followed: None, except: None }
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
            let Self { app, event, notices, followed, except } = self;
            let notices = notices.map_err(|source| SocketsError::Data { event: event.clone(), source })?;
            let Some(hub) = app.sockets.hub() else { return Ok(()) };
            // A follower of several of the records gets one event for each of them.
            for (room, data) in notices {
                hub.emit(Audience::Rooms(vec![room]), except, &event, &data).await?;
            }
            match followed {
                Some((watchers, room)) => {
                    app.sockets.add_room_members_to_rooms(watchers, room.as_ref()).await
                }
                None => Ok(()),
            }
        })
    }
}
