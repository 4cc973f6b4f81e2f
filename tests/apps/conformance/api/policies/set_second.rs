//! The second link of a chain of targets.

use topsail::prelude::*;

/// Left by [`set_second`].
#[derive(Clone)]
pub struct Second(pub bool);

/// Says that the second target ran.
#[policy]
pub async fn set_second(req: Req) -> Verdict {
    req.put(Second(true));
    proceed()
}
