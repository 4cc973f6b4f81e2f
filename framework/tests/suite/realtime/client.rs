//! A socket.io client made by hand: it speaks both protocols and keeps every event.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue},
};

const PATIENCE: Duration = Duration::from_secs(10);
pub const SDK: &str = "__sails_io_sdk_version=1.2.1";

/// How to connect.
#[derive(Clone, Default)]
pub struct Handshake {
    pub protocol: Option<u8>,
    pub query: Option<String>,
    pub headers: Vec<(&'static str, String)>,
}

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub id: String,
    pub opening: Value,
    acks: u64,
    events: VecDeque<(String, Value)>,
}

impl Client {
    pub async fn connect(url: &str) -> Self {
        Self::with(url, Handshake::default()).await.unwrap()
    }

    pub async fn with(url: &str, handshake: Handshake) -> Result<Self, tungstenite::Error> {
        let protocol = handshake.protocol.unwrap_or(4);
        let query = handshake.query.unwrap_or_else(|| SDK.to_owned());
        let address =
            format!("{}/socket.io/?EIO={protocol}&transport=websocket&{query}", url.replace("http", "ws"));
        let mut request = address.into_client_request().unwrap();
        for (name, value) in handshake.headers {
            request.headers_mut().insert(name, HeaderValue::from_str(&value).unwrap());
        }
        let (socket, _) = timeout(PATIENCE, connect_async(request)).await.expect("a connection")?;
        let mut client =
            Self { socket, id: String::new(), opening: Value::Null, acks: 0, events: VecDeque::new() };
        let opening = client.frame().await.expect("an opening packet");
        client.opening = serde_json::from_str(&opening[1..]).unwrap();
        if protocol == 4 {
            client.raw("40").await;
            let connected = client.frame().await.expect("a connect packet");
            let body: Value = serde_json::from_str(connected.strip_prefix("40").unwrap()).unwrap();
            client.id = body["sid"].as_str().unwrap().to_owned();
        } else {
            assert_eq!(client.frame().await.as_deref(), Some("40"));
            client.id = client.opening["sid"].as_str().unwrap().to_owned();
        }
        Ok(client)
    }

    /// Sends a packet as it is.
    pub async fn raw(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next packet that is no ping; nothing when the connection has ended.
    pub async fn frame(&mut self) -> Option<String> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a packet") {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => self.raw("3").await,
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Binary(bytes))) => return Some(format!("binary {bytes:?}")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Sends a request and waits for its ack; events that come before are kept.
    pub async fn request(&mut self, verb: &str, url: &str, data: Value) -> Value {
        self.message(verb, json!({ "url": url, "data": data, "headers": {}, "method": verb })).await
    }

    pub async fn get(&mut self, url: &str) -> Value {
        self.request("get", url, json!({})).await
    }

    pub async fn post(&mut self, url: &str, data: Value) -> Value {
        self.request("post", url, data).await
    }

    /// Sends any message and waits for its ack.
    pub async fn message(&mut self, verb: &str, message: Value) -> Value {
        let id = self.begin(verb, message).await;
        self.ack(id).await
    }

    /// Sends a message without waiting.
    pub async fn begin(&mut self, verb: &str, message: Value) -> u64 {
        self.acks += 1;
        let id = self.acks;
        self.raw(&format!("42{id}{}", json!([verb, message]))).await;
        id
    }

    /// Waits for one ack; acks of others are passed over.
    pub async fn ack(&mut self, id: u64) -> Value {
        loop {
            let frame = self.frame().await.expect("an ack");
            if let Some(answer) = frame.strip_prefix(&format!("43{id}[")) {
                return serde_json::from_str(&answer[..answer.len() - 1]).unwrap();
            }
            self.keep(&frame);
        }
    }

    fn keep(&mut self, frame: &str) {
        if let Some(event) = frame.strip_prefix("42") {
            let (name, data): (String, Value) = serde_json::from_str(event).unwrap();
            self.events.push_back((name, data));
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> (String, Value) {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let frame = self.frame().await.expect("an event");
            self.keep(&frame);
        }
    }

    /// All events until now: what was sent before this question comes before its answer.
    pub async fn settled(&mut self) -> Vec<(String, Value)> {
        let pong = self.get("/ping").await;
        assert_eq!(pong["body"], "pong", "{pong}");
        self.events.drain(..).collect()
    }

    /// Ends the connection.
    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }
}
