//! Every request through both doors: over HTTP to one app, over a socket to its twin.
//!
//! What both answer must be the same, so each test here is one for sockets too, and the state of both apps stays equal.

use crate::{
    realtime::client::Client,
    support::{Answer, Server, lift},
};
use serde_json::{Value, json};
use std::ops::Deref;
use tokio::sync::Mutex;
use topsail::AppBuilder;

/// Two apps that are built and asked alike.
pub(super) struct Doors {
    http: Server,
    twin: Server,
    socket: Mutex<Client>,
}

/// Requests of their own (`request`, `page`) go to the app behind HTTP alone.
impl Deref for Doors {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.http
    }
}

/// Lifts what `app` builds twice.
pub(super) async fn both(mut app: impl FnMut() -> AppBuilder) -> Doors {
    let (http, twin) = (lift(app()).await, lift(app()).await);
    let socket = Mutex::new(Client::connect(&twin.lifted.url()).await);
    Doors { http, twin, socket }
}

impl Doors {
    pub(super) async fn get(&self, path: &str) -> Answer {
        let over_http = self.http.get(&encoded(path)).await;
        self.agrees("GET", path, json!({}), over_http).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let over_http = self.http.send(method, &encoded(path), body.clone()).await;
        self.agrees(method, path, body, over_http).await
    }

    /// Asks over the socket too, and gives the answer that both gave.
    async fn agrees(&self, method: &str, path: &str, body: Value, over_http: Answer) -> Answer {
        let ack = self.over_socket(method, path, body).await;
        assert_eq!(ack["statusCode"], over_http.status, "{method} {path}: {} and {ack}", over_http.text);
        assert_eq!(
            comparable(&ack["body"]),
            comparable(&Value::from(over_http.text.as_str())),
            "{method} {path}: over the socket and over HTTP"
        );
        for name in ["link", "x-total-count"] {
            let told = ack["headers"].get(name).and_then(Value::as_str);
            assert_eq!(
                told,
                over_http.header(name),
                "{method} {path}: `{name}` over the socket and over HTTP"
            );
        }
        over_http
    }

    /// The ack of a request whose data is `body`.
    pub(super) async fn over_socket(&self, method: &str, path: &str, body: Value) -> Value {
        let url = reqwest::Url::parse(&self.twin.url(&encoded(path))).unwrap();
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        self.socket.lock().await.request(&method.to_lowercase(), &target, body).await
    }

    pub(super) async fn create(&self, model: &str, values: Value) -> Value {
        let made = self.send("POST", &format!("/{model}"), values).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json()
    }

    /// Users called so, with ids from 1.
    pub(super) async fn users(&self, names: &[&str]) {
        for name in names {
            self.create("user", json!({ "name": name })).await;
        }
    }

    /// Both apps, for what is looked at from within.
    pub(super) fn apps(&self) -> [&topsail::App; 2] {
        [self.http.lifted.app(), self.twin.lifted.app()]
    }
}

/// What `reqwest` sends as it is and a virtual request encodes; without a difference unless a `%` stands alone.
fn encoded(path: &str) -> String {
    ["{", "}", "|", "^", "`", "\\"]
        .iter()
        .fold(path.to_owned(), |path, c| path.replace(c, &format!("%{:02X}", c.as_bytes()[0])))
}

/// A body as both doors give it: JSON if it is, without the times of the two apps.
pub(super) fn comparable(body: &Value) -> Value {
    fn timeless(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    if matches!(key.as_str(), "createdAt" | "updatedAt") && value.is_i64() {
                        *value = json!("some time");
                    }
                    timeless(value);
                }
            }
            Value::Array(list) => list.iter_mut().for_each(timeless),
            _ => {}
        }
    }
    // A text as JSON is encoded twice in an ack.
    let mut value = match body {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| body.clone()),
        other => other.clone(),
    };
    timeless(&mut value);
    value
}
