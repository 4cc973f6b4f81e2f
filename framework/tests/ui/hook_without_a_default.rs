use topsail::prelude::*;

#[hook]
pub struct Clock;

impl Hook for Clock {}

fn main() {}
