//! What a node does when it hears another: the same as when it is asked itself, for its own sockets only.

use super::{
    message::{Message, Seal, Unheard},
    redis::Inbox,
};
use crate::{
    App, pubsub,
    sockets::{Hub, SocketsError, hub::Audience},
};
use std::sync::Arc;

/// Handles messages one after the other, so that a join comes before the broadcast that was sent after it.
pub(super) async fn hear(app: App, seal: Arc<Seal>, mut inbox: Inbox) {
    let stop = app.shutdown().clone();
    let mut warned = false;
    while let Some(Some(bytes)) = stop.run_until_cancelled(inbox.next()).await {
        let Some(hub) = app.sockets.hub() else { continue };
        match seal.open(&bytes) {
            Ok(message) => {
                if let Err(error) = obey(&app, hub.here(), message).await {
                    tracing::error!("what another node has said could not be done: {error}");
                }
            }
            Err(Unheard::Own) => {}
            Err(why @ Unheard::Unknown) => tracing::debug!("a message of another node is passed over: {why}"),
            Err(why @ Unheard::Forged) => {
                if !std::mem::replace(&mut warned, true) {
                    tracing::warn!(
                        "a message on the channel of this app is passed over: {why}. Do all nodes have the same \
                         `session.secret`, and does no other app have the same `sockets.prefix`?"
                    );
                }
            }
        }
    }
}

async fn obey(app: &App, here: &dyn Hub, message: Message<'_>) -> Result<(), SocketsError> {
    let sockets = &app.sockets;
    match message {
        Message::Join { id, rooms } if sockets.seat(id).is_some() => {
            match sockets.join_one(id, rooms).await {
                Err(error @ SocketsError::TooManyRooms { .. }) => {
                    // Whoever asked cannot be told, and the client would miss events without knowing it.
                    tracing::warn!(socket = %id, "its connection is ended: {error}");
                    here.disconnect(id).await;
                    Ok(())
                }
                done => done,
            }
        }
        Message::Leave { id, rooms } if sockets.seat(id).is_some() => sockets.leave_one(id, rooms).await,
        Message::Disconnect { id } if sockets.seat(id).is_some() => {
            here.disconnect(id).await;
            Ok(())
        }
        Message::Join { .. } | Message::Leave { .. } | Message::Disconnect { .. } => Ok(()),
        Message::JoinMembers { source, rooms } => sockets.change_members(here, source, rooms, true).await,
        Message::LeaveMembers { source, rooms } => sockets.change_members(here, source, rooms, false).await,
        Message::LeaveAll { source, keep } => sockets.strip_members(here, source, keep).await,
        Message::Emit { rooms, except, event, data } => {
            let to = rooms.map_or(Audience::Everyone, Audience::Rooms);
            here.emit(to, except, &event, &data).await
        }
        Message::EndSession { session } => {
            if let Ok(session) = session.parse() {
                sockets.disconnect_session_here(&session).await;
            }
            Ok(())
        }
        Message::Notices { notices, omit } => {
            pubsub::deliver(app, &notices, omit).await;
            Ok(())
        }
    }
}
