use crate::models::User;
use topsail::prelude::*;

/// Lets only people with a name pass, and leaves their `User` for the action. Pages lead to the login, all else is a 403.
#[policy]
pub async fn is_logged_in(app: App, req: Req) -> Verdict {
    let user = match req.session().get::<Id>("userId").await? {
        Some(id) => User::find_one(&app, id).await?,
        None => None,
    };
    match user {
        Some(user) => {
            req.put(user);
            proceed()
        }
        None if req.wants_json() => forbidden(),
        None => redirect("/login"),
    }
}
