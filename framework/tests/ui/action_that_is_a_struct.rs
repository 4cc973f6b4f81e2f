use topsail::prelude::*;

#[action]
pub struct Hello;

fn main() {}
