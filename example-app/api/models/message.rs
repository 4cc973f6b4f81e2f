use crate::models::{Room, User};
use topsail::prelude::*;

/// What someone said in a room. Written by `chat/send` only, so that no one speaks for another.
#[model]
pub struct Message {
    #[attr(required, max_length = 500)]
    pub text: String,
    pub author: Option<One<User>>,
    pub room: Option<One<Room>>,
}
