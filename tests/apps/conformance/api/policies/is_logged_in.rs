//! Who has logged in.

use topsail::prelude::*;

/// Lets those pass whose session names a user.
#[policy]
pub async fn is_logged_in(session: Session) -> Verdict {
    if session.is_some() && session.get::<Value>("userId").await?.is_some() { proceed() } else { forbidden() }
}
