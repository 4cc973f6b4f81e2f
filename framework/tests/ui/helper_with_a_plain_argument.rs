use topsail::prelude::*;

#[helper]
pub async fn welcome(_app: &App, name: String) -> Result<String> {
    Ok(name)
}

fn main() {}
