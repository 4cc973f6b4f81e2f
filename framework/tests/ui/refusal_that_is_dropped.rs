use topsail::prelude::*;

#[action]
pub async fn hello(req: Req) -> Outcome {
    if !req.is_socket() {
        bad_request("Sockets only.");
    }
    ok(())
}

fn main() {}
