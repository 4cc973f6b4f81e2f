//! Bringing the events of models to the sockets of this node.

use super::{
    event::{ModelEvent, What, derive},
    render::render,
    topic::Topic,
};
use crate::{
    App,
    sockets::{Audience, SocketId, SocketsError},
};
use topsail_orm::Change;

/// Makes events of the changes and delivers them, one after the other.
pub(super) async fn announce(app: &App, changes: &[Change], omit: Option<SocketId>) {
    if app.sockets.subscriptions().is_empty() {
        return;
    }
    for event in derive(changes, &|identity| app.model(identity).cloned()) {
        deliver_local(app, &event, omit).await;
    }
}

/// Delivers one event to those who follow its topic on this node, and lets them follow or leave the record.
async fn deliver_local(app: &App, event: &ModelEvent, omit: Option<SocketId>) {
    let Some(instance) = Topic::instance(&event.model, &event.pk) else { return };
    let class = Topic::class(&event.model);
    let created = matches!(event.what, What::Created { .. });
    let topic = if created { &class } else { &instance };
    if app.sockets.subscriptions().has(topic) {
        send(app, event, topic, omit).await;
    }
    match event.what {
        What::Created { .. } => introduce(app, &class, &instance).await,
        What::Destroyed { .. } => retire(app, &instance).await,
        _ => {}
    }
}

async fn send(app: &App, event: &ModelEvent, topic: &Topic, omit: Option<SocketId>) {
    let Some(hub) = app.sockets.hub() else { return };
    let Some(payload) = render(app.orm(), event) else { return };
    let sent = match serde_json::value::to_raw_value(&payload) {
        Ok(data) => {
            let to = Audience::Rooms(vec![topic.room().into()]);
            hub.emit(to, omit, &event.model.identity, &data).await.map_err(|e| e.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = sent {
        tracing::error!(model = event.model.identity, key = %event.pk, "an event could not be sent: {error}");
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
    let room = instance.room();
    if let Err(error) = app.sockets.remove_room_members_from_rooms(room.as_str(), room.as_str()).await {
        tracing::error!(room, "its members could not be taken out: {error}");
    }
}
