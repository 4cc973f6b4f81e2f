use topsail::prelude::*;

/// A place to talk. Anyone who is logged in opens one with `POST /room`.
#[model]
pub struct Room {
    #[attr(required, unique, is_not_empty_string, max_length = 40)]
    pub name: String,
    #[attr(max_length = 120)]
    pub topic: String,
}

impl Room {
    /// The room of sockets in which this room's people hear each other.
    pub fn channel(&self) -> String {
        format!("chat-{}", self.id)
    }
}
