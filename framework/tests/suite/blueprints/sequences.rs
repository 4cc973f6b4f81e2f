//! Whatever comes in whatever order: a socket and HTTP answer alike and leave the same state.

use super::{Doors, both};
use crate::support::app;
use serde_json::{Value, json};

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = usize::try_from(self.roll(of.len() as u64)).unwrap();
        &of[at]
    }

    /// A key that is likely to exist.
    fn key(&mut self) -> u64 {
        1 + self.roll(6)
    }

    fn keys(&mut self) -> Value {
        (0..self.roll(4)).map(|_| self.key()).collect()
    }

    fn values(&mut self) -> Value {
        let name = *self.pick(&["ann", "bob", "", "a name that is far too long"]);
        let email = *self.pick(&["a@example.com", "b@example.com", "nope"]);
        let mut values = json!({ "name": name });
        for _ in 0..self.roll(3) {
            match self.roll(7) {
                0 => values["age"] = json!(self.roll(9)),
                1 => values["age"] = json!("x"),
                2 => values["email"] = json!(email),
                3 => values["boss"] = json!(self.key()),
                4 => values["pets"] = self.keys(),
                5 => values["teams"] = self.keys(),
                _ => values["friends"] = self.keys(),
            }
        }
        values
    }

    fn request(&mut self) -> (&'static str, String, Value) {
        let (key, child) = (self.key(), self.key());
        let many = *self.pick(&["pets", "teams", "friends", "boss"]);
        match self.roll(16) {
            0 | 1 => ("POST", "/user".to_owned(), self.values()),
            2 => ("POST", "/pet".to_owned(), json!({ "name": "rex", "owner": key })),
            3 => {
                ("POST", "/team".to_owned(), json!({ "title": format!("t{child}"), "members": self.keys() }))
            }
            4 => ("POST", "/user".to_owned(), json!([self.values(), self.values()])),
            5 | 6 => ("PATCH", format!("/user/{key}"), self.values()),
            7 => ("PATCH", format!("/user?where={{\"age\":{{\">\":{key}}}}}"), self.values()),
            8 => ("PUT", format!("/user/{key}/{many}/{child}"), json!({})),
            9 => ("DELETE", format!("/user/{key}/{many}/{child}"), json!({})),
            10 => ("PUT", format!("/user/{key}/{many}"), self.keys()),
            11 => ("DELETE", format!("/{}/{key}", self.pick(&["user", "pet", "team"])), json!({})),
            12 => ("DELETE", format!("/user?where={{\"age\":{key}}}"), json!({})),
            13 => ("GET", format!("/user/{key}/{many}?sort=id DESC"), json!({})),
            14 => ("GET", format!("/user?age[>]={key}&limit={child}&sort=name"), json!({})),
            _ => ("GET", format!("/user/count?age={key}"), json!({})),
        }
    }
}

async fn state(server: &Doors) {
    for model in ["user", "pet", "team"] {
        assert_eq!(server.get(&format!("/{model}?limit=1000")).await.status, 200);
    }
}

#[tokio::test]
async fn any_sequence_of_requests_is_the_same_through_both_doors() {
    for seed in 0..6 {
        let mut dice = Dice(seed);
        let server = both(|| {
            ["count", "bulk_create", "bulk_update", "bulk_destroy"]
                .into_iter()
                .fold(app(), |app, key| app.config(&format!("blueprints.{key}"), true))
        })
        .await;
        let mut statuses = std::collections::BTreeMap::new();
        for _ in 0..80 {
            let (method, path, body) = dice.request();
            // `Doors` compares what both answer.
            let answer = server.send(method, &path, body.clone()).await;
            assert!(answer.status < 500, "{method} {path} {body}: {}", answer.text);
            *statuses.entry(answer.status).or_insert(0) += 1;
        }
        state(&server).await;
        assert!(statuses.len() >= 3, "seed {seed} shows too little: {statuses:?}");
    }
}
