use topsail::prelude::*;

/// Ends the session, and with it the login of every socket that shares it.
#[action]
pub async fn logout(req: Req) -> Outcome {
    req.session().destroy().await?;
    redirect("/login")
}
