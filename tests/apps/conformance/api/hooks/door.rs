//! Who may connect, and what is noted when someone is gone: for the tests of the handshake.

use topsail::{
    prelude::*,
    sockets::{Handshake, SocketId},
};

/// Asks for a pass, where `door.closed` is set.
#[hook]
#[derive(Default)]
pub struct Door;

impl Hook for Door {
    async fn initialize(&self, app: &App) -> Result<()> {
        if app.config().get::<bool>("door.closed")? != Some(true) {
            return Ok(());
        }
        app.sockets.before_connect(async |handshake: Handshake| match handshake.query("pass").as_deref() {
            Some("yes") => Ok(()),
            Some("broken") => Err(Error::new("the lock is broken")),
            Some(_) => bad_request("not with this pass"),
            None => forbidden(),
        });
        app.sockets.after_disconnect(async |id: SocketId, session: Session| {
            if session.is_some() {
                let mut gone = session.get::<Vec<String>>("gone").await?.unwrap_or_default();
                gone.push(id.to_string());
                session.set("gone", gone).await?;
            }
            Ok(())
        });
        Ok(())
    }
}
