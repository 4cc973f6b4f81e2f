use crate::models::User;
use topsail::prelude::*;

#[derive(Inputs)]
pub struct Login {
    #[input(max_length = 40, description = "The name to be known by")]
    name: String,
}

/// Logs in with a name; one that no one has used yet makes a new user.
#[action]
pub async fn login(app: App, req: Req, Inputs(input): Inputs<Login>) -> Outcome {
    let name = input.name.trim();
    if name.is_empty() {
        let page = view("pages/login", json!({ "problem": "Please tell us your name." }))?;
        return Ok(page.with_status(StatusCode::BAD_REQUEST));
    }
    let (user, _new) = User::find_or_create(&app, User::NAME.eq(name)).set(User::NAME, name).await?;
    let session = req.session();
    session.regenerate().await?;
    session.set("userId", &user.id).await?;
    redirect("/")
}
