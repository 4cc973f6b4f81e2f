use topsail::prelude::*;

/// Ends the session, and with it the sockets of every page that shares it: they would go on receiving events.
#[action]
pub async fn logout(app: App, req: Req) -> Outcome {
    let session = req.session();
    if let Some(id) = session.id() {
        session.destroy().await?;
        app.sockets.disconnect_session(&id).await;
    }
    redirect("/login")
}
