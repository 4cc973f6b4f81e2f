use topsail::prelude::*;

#[action]
pub async fn show(req: Req, id: u32) -> Outcome {
    ok(json!({ "id": id, "path": req.path() }))
}

fn main() {}
