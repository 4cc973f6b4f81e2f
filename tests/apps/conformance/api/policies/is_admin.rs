//! Who is an administrator.

use topsail::prelude::*;

/// Lets administrators pass and tells everyone else that it does not.
#[policy]
pub async fn is_admin(session: Session) -> Verdict {
    if session.is_some() && session.get::<bool>("admin").await? == Some(true) {
        return proceed();
    }
    unauthorized(json!({ "error": "admins only" }))
}
