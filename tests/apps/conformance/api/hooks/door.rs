//! Who may connect, who is greeted, and what is noted when someone is gone: for the tests of the handshake.

use topsail::{
    prelude::*,
    sockets::{Handshake, Socket, SocketId},
};

/// Asks for a pass where `door.closed` is set; greets and counts visits where `door.greets` is.
#[hook]
#[derive(Default)]
pub struct Door;

impl Hook for Door {
    async fn initialize(&self, app: &App) -> Result<()> {
        if app.config().get::<bool>("door.greets")? == Some(true) {
            let sockets = app.sockets.clone();
            app.sockets.on_connect(move |socket: Socket, session: Session| {
                let sockets = sockets.clone();
                async move {
                    let visits = session.get::<i64>("visits").await?.unwrap_or_default() + 1;
                    session.set("visits", visits).await?;
                    sockets.join(&socket, "visitors").await?;
                    sockets
                        .broadcast(socket.id(), "welcome", json!({ "id": socket.id(), "visits": visits }))
                        .await?;
                    Ok(())
                }
            });
        }
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
