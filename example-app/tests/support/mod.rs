//! Someone with a browser, as far as a test of HTTP needs one: it keeps its cookies and shows its CSRF token.

use std::collections::BTreeMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use topsail::prelude::*;

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

/// A browser of one person.
pub struct Browser {
    address: std::net::SocketAddr,
    cookies: BTreeMap<String, String>,
    token: String,
}

impl Browser {
    pub fn new(lifted: &topsail::testing::Lifted) -> Self {
        Self { address: lifted.address(), cookies: BTreeMap::new(), token: String::new() }
    }

    /// Opens the login page, and logs in.
    pub async fn log_in(&mut self, name: &str) -> Answer {
        self.refresh_token().await;
        let form = format!("name={name}&_csrf={}", self.token);
        let answer =
            self.send("POST", "/login", "text/html", Some(("application/x-www-form-urlencoded", form))).await;
        self.refresh_token().await;
        answer
    }

    async fn refresh_token(&mut self) {
        self.token = self.json("GET", "/csrfToken", None).await.json()["_csrf"].as_str().unwrap().to_owned();
    }

    /// Goes to a page.
    pub async fn page(&mut self, path: &str) -> Answer {
        self.send("GET", path, "text/html", None).await
    }

    /// Asks as a script does.
    pub async fn json(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|value| ("application/json", value.to_string()));
        self.send(method, path, "application/json", body).await
    }

    /// Asks as a script of another site would: with the cookie, without the token.
    pub async fn json_without_token(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let token = std::mem::take(&mut self.token);
        let answer = self.json(method, path, Some(body)).await;
        self.token = token;
        answer
    }

    async fn send(&mut self, method: &str, path: &str, accept: &str, body: Option<(&str, String)>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (kind, body) = body.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\naccept: {accept}\r\ncookie: {}\r\n\
             x-csrf-token: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            cookies.join("; "),
            self.token,
            body.len(),
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut location = None;
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => location = Some(value.to_owned()),
                "set-cookie" => {
                    let (name, value) =
                        value.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), location, body: body.to_owned() }
    }
}
