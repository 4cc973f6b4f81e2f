use std::rc::Rc;
use topsail::prelude::*;

#[action]
pub async fn hello(req: Req) -> Outcome {
    let name = Rc::new(1);
    req.session().set("name", &*name).await?;
    drop(name);
    ok(())
}

fn main() {}
