//! What a policy can leave for an action.

use topsail::prelude::*;

/// Left by [`tag_request`].
#[derive(Clone)]
pub struct Tagged(pub &'static str);

/// Tags the request.
#[policy]
pub async fn tag_request(req: Req) -> Verdict {
    req.put(Tagged("yes"));
    proceed()
}
