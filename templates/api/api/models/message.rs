use topsail::prelude::*;

/// An example to replace.
///
/// This struct is all there is to `/message`: a REST API, the same over sockets, and an event on every change.
#[model]
pub struct Message {
    #[attr(required, max_length = 200)]
    pub text: String,
}
