//! Bringing the events of models to the sockets of this node, and word of them to the other nodes.

use super::{
    event::derive,
    notice::{Notice, Turn},
    topic::Topic,
};
use crate::{
    App,
    sockets::{Audience, SocketId, SocketsError, Word},
};
use topsail_orm::Change;

/// Makes events of the changes and delivers them.
pub(super) async fn announce(app: &App, changes: &[Change], omit: Option<SocketId>) {
    let Some(hub) = app.sockets.hub() else { return };
    let alone = hub.is_alone();
    if alone && app.sockets.subscriptions().is_empty() {
        return;
    }
    let events = derive(changes, &|identity| app.model(identity).cloned());
    tell(app, events.iter().map(|event| Notice::of(app, event, !alone)), omit).await;
}

/// Delivers notices one after the other, here and then elsewhere. Each is made when its turn has come: who has just
/// begun to follow a record hears of it.
pub(super) async fn tell(app: &App, notices: impl Iterator<Item = Notice>, omit: Option<SocketId>) {
    let Some(hub) = app.sockets.hub() else { return };
    let alone = hub.is_alone();
    let mut elsewhere = Vec::new();
    for notice in notices {
        deliver_local(app, &notice, omit).await;
        if !alone {
            elsewhere.push(notice);
        }
    }
    if !elsewhere.is_empty() {
        hub.tell(Word::Notices { notices: &elsewhere, omit }).await;
    }
}

/// Delivers what another node has told.
#[cfg(feature = "redis")]
pub(crate) async fn deliver(app: &App, notices: &[Notice], omit: Option<SocketId>) {
    if app.sockets.subscriptions().is_empty() {
        return;
    }
    for notice in notices {
        deliver_local(app, notice, omit).await;
    }
}

/// Delivers one event to those who follow its topic on this node, and lets them follow or leave the record.
async fn deliver_local(app: &App, notice: &Notice, omit: Option<SocketId>) {
    // A node of another version may have models that this one has not.
    let Some(model) = app.model(&notice.model) else { return };
    let subscriptions = app.sockets.subscriptions();
    let mut topics = notice.topics(model, subscriptions);
    topics.retain(|topic| subscriptions.has(topic));
    if !topics.is_empty() {
        send(app, notice, &topics, omit).await;
    }
    let Some(instance) = Topic::instance(model, &notice.pk) else { return };
    match notice.turn {
        Turn::Begins => introduce(app, &Topic::class(model), &instance).await,
        Turn::Goes | Turn::Many => {}
        Turn::Ends => retire(app, &instance).await,
    }
}

/// To each follower once.
async fn send(app: &App, notice: &Notice, topics: &[Topic], omit: Option<SocketId>) {
    let Some(hub) = app.sockets.hub() else { return };
    let Some(payload) = &notice.payload else { return };
    let to = Audience::Rooms(topics.iter().map(|topic| topic.room().into()).collect());
    if let Err(error) = hub.here().emit(to, omit, &notice.model, payload).await {
        tracing::error!(model = notice.model, key = %notice.pk, "an event could not be sent: {error}");
    }
}

/// Those who watch the model follow its new record.
async fn introduce(app: &App, class: &Topic, instance: &Topic) {
    for id in app.sockets.subscriptions().followers(class) {
        match app.sockets.join_one(id, vec![instance.room().into()]).await {
            Ok(()) => {}
            Err(SocketsError::TooManyRooms { limit }) => {
                // It would miss what happens to this record without knowing it.
                tracing::warn!(socket = %id, "it follows {limit} records, which is the limit: its connection is ended");
                if let Some(hub) = app.sockets.hub() {
                    hub.disconnect(id).await;
                }
            }
            Err(error) => tracing::error!(socket = %id, "it could not follow a new record: {error}"),
        }
    }
}

/// Nobody follows a record that is gone; a later one with the same key is another.
async fn retire(app: &App, instance: &Topic) {
    let Some(hub) = app.sockets.hub() else { return };
    let room = instance.room();
    let members = vec![room.clone().into()];
    if let Err(error) = app.sockets.change_members(hub.here(), room.clone().into(), members, false).await {
        tracing::error!(room, "its members could not be taken out: {error}");
    }
}
