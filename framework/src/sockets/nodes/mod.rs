//! Several nodes: the sockets of one are in the rooms of all.
//!
//! Each node runs socket.io for its own sockets only. What shall reach the sockets of the others is told them as a
//! [`Message`] over one Redis channel, and each then does it as if it had been asked itself: so limits, subscriptions
//! and slow readers are seen to on every node, and what one node says is done in the order in which it was said.

mod hear;
mod message;
mod redis;

use super::{
    Handshake, Room, SocketId, SocketsError,
    hub::{Audience, Hub, Keep, Word},
};
use crate::{App, BoxFuture, config::ConfigError, pubsub::Notice};
use message::{Message, Seal};
use redis::Line;
use serde_json::value::RawValue;
use std::{any::Any, borrow::Cow, sync::Arc};
use tokio::sync::watch;

/// Notices are sent together up to this many bytes.
const NOTICES_TOGETHER: usize = 256 << 10;

/// Joins the other nodes of the app.
///
/// # Errors
/// When Redis cannot be reached, and where nodes could not recognise each other.
pub(super) async fn join(app: &App, here: Arc<dyn Hub>) -> Result<Arc<dyn Hub>, SocketsError> {
    let config = &app.config().sockets;
    if app.is_production() && app.config().session.secret.is_none() {
        let why = "nodes recognise each other by it: set the same long random text on all of them in TOPSAIL_SESSION__SECRET";
        return Err(ConfigError::invalid("session", "secret", why).into());
    }
    let refuse = |why: String| ConfigError::invalid("sockets", "url", why);
    let url = config
        .url
        .as_deref()
        .ok_or_else(|| refuse("name the Redis to use: `redis://127.0.0.1:6379`".into()))?;
    let client =
        ::redis::Client::open(url).map_err(|e| refuse(format!("it is no address of a Redis: {e}")))?;
    let address = client.get_connection_info().addr().to_string();
    let prefix = config.prefix.as_deref().unwrap_or("topsail");
    let seal = Arc::new(Seal::new(app.cookie_key(), prefix));
    let channel = format!("{prefix}:topsail:nodes");
    let (line, inbox, upkeep) =
        Line::open(client, &channel, seal.node(), app.counts().clone(), app.shutdown().clone())
            .await
            .map_err(|e| {
                refuse(format!("Redis at {address} cannot be used: {e}; start it, or correct the url"))
            })?;
    app.tasks().spawn(upkeep);
    app.tasks().spawn(tell_app(app.clone(), line.watch()));
    app.tasks().spawn(hear::hear(app.clone(), seal.clone(), inbox));
    tracing::info!(node = seal.node(), "joined the nodes of `{prefix}` over Redis at {address}");
    Ok(Arc::new(Cluster { here, line, seal }))
}

/// Tells the app when the other nodes are out of reach, and when they are back.
async fn tell_app(app: App, mut is_up: watch::Receiver<bool>) {
    let stop = app.shutdown().clone();
    while let Some(Ok(())) = stop.run_until_cancelled(is_up.changed()).await {
        let is_cut_off = !*is_up.borrow_and_update();
        app.sockets.run_on_cut_off(is_cut_off).await;
    }
}

/// The hub of one node among several.
struct Cluster {
    here: Arc<dyn Hub>,
    line: Line,
    seal: Arc<Seal>,
}

impl Cluster {
    async fn say(&self, message: &Message<'_>) -> Result<(), SocketsError> {
        let bytes = self.seal.close(message).map_err(|e| SocketsError::Adapter(e.to_string()))?;
        self.line.send(&bytes).await;
        Ok(())
    }
}

impl Hub for Cluster {
    fn join(&self, id: SocketId, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            if self.here.is_here(id) {
                return self.here.join(id, rooms).await;
            }
            self.say(&Message::Join { id, rooms }).await
        })
    }

    fn leave(&self, id: SocketId, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            if self.here.is_here(id) {
                return self.here.leave(id, rooms).await;
            }
            self.say(&Message::Leave { id, rooms }).await
        })
    }

    fn join_members(&self, source: Room, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            self.here.join_members(source.clone(), rooms.clone()).await?;
            self.say(&Message::JoinMembers { source, rooms }).await
        })
    }

    fn leave_members(&self, source: Room, rooms: Vec<Room>) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            self.here.leave_members(source.clone(), rooms.clone()).await?;
            self.say(&Message::LeaveMembers { source, rooms }).await
        })
    }

    fn leave_all(&self, source: Room, keep: Keep) -> BoxFuture<'_, Result<(), SocketsError>> {
        Box::pin(async move {
            self.here.leave_all(source.clone(), keep).await?;
            self.say(&Message::LeaveAll { source, keep }).await
        })
    }

    fn emit<'a>(
        &'a self,
        to: Audience,
        except: Option<SocketId>,
        event: &'a str,
        data: &'a RawValue,
    ) -> BoxFuture<'a, Result<(), SocketsError>> {
        Box::pin(async move {
            let rooms = match &to {
                Audience::Rooms(rooms) if rooms.is_empty() => return Ok(()),
                Audience::Rooms(rooms) => Some(rooms.clone()),
                Audience::Everyone => None,
            };
            let served = self.here.emit(to, except, event, data).await;
            let (event, data) = (Cow::Borrowed(event), Cow::Borrowed(data));
            self.say(&Message::Emit { rooms, except, event, data }).await?;
            served
        })
    }

    fn local_members(&self, room: Room) -> Vec<SocketId> {
        self.here.local_members(room)
    }

    fn room_count(&self) -> usize {
        self.here.room_count()
    }

    fn rooms_of(&self, id: SocketId) -> Vec<Room> {
        self.here.rooms_of(id)
    }

    fn is_here(&self, id: SocketId) -> bool {
        self.here.is_here(id)
    }

    fn is_connected(&self, id: SocketId) -> bool {
        self.here.is_connected(id)
    }

    fn handshake(&self, id: SocketId) -> Option<Handshake> {
        self.here.handshake(id)
    }

    fn disconnect(&self, id: SocketId) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if self.here.is_here(id) {
                return self.here.disconnect(id).await;
            }
            if let Err(error) = self.say(&Message::Disconnect { id }).await {
                tracing::error!(socket = %id, "could not disconnect: {error}");
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.here.close()
    }

    fn io(&self) -> &(dyn Any + Send + Sync) {
        self.here.io()
    }

    fn here(&self) -> &dyn Hub {
        self.here.here()
    }

    fn is_alone(&self) -> bool {
        false
    }

    fn is_cut_off(&self) -> bool {
        !self.line.is_up()
    }

    fn tell<'a>(&'a self, word: Word<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let said = match word {
                Word::SessionEnded(session) => {
                    self.say(&Message::EndSession { session: session.to_string().into() }).await
                }
                Word::Notices { notices, omit } => self.pass_on(notices, omit).await,
            };
            if let Err(error) = said {
                tracing::error!("the other nodes could not be told: {error}");
            }
        })
    }
}

impl Cluster {
    async fn pass_on(&self, mut notices: &[Notice], omit: Option<SocketId>) -> Result<(), SocketsError> {
        while !notices.is_empty() {
            let mut bytes = 0;
            let fitting = notices.iter().take_while(|notice| {
                bytes += notice.weight();
                bytes <= NOTICES_TOGETHER
            });
            let (now, later) = notices.split_at(fitting.count().max(1));
            self.say(&Message::Notices { notices: Cow::Borrowed(now), omit }).await?;
            notices = later;
        }
        Ok(())
    }
}
