use topsail::prelude::*;

#[model(unique(team, emial), index(team))]
pub struct Member {
    pub team: i64,
    pub email: String,
}

fn main() {}
