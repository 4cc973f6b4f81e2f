//! An app lifted for a test, and a client for it.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::{
    io::Write,
    sync::{Arc, Mutex},
};
use topsail::{AppBuilder, Discovered, testing::Lifted};

static HERE: Discovered = Discovered { crate_name: "suite", ..Discovered::EMPTY };

/// An app of the models of this test crate and nothing else.
pub fn app() -> AppBuilder {
    AppBuilder::new(&HERE).config("log.level", "silent")
}

pub struct Server {
    pub lifted: Lifted,
    pub client: Client,
}

pub async fn lift(app: AppBuilder) -> Server {
    let lifted = app.lift_for_test().await.unwrap();
    let client = Client::builder()
        .cookie_provider(Arc::new(reqwest::cookie::Jar::default()))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    Server { lifted, client }
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.lifted.url())
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path).send().await.unwrap()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        Answer::of(self.request(method, path).json(&body).send().await.unwrap()).await
    }

    pub async fn page(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path).header("accept", "text/html").send().await.unwrap()).await
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|e| json!({ "not json": e.to_string(), "text": self.text }))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the log says while this app lifts.
pub async fn log_of_lift(settings: &[(&str, Value)]) -> String {
    let lines = Lines::default();
    let written = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || written.clone()).finish();
    let app = settings.iter().fold(app(), |app, (key, value)| app.config(key, value));
    let guard = tracing::subscriber::set_default(subscriber);
    let server = lift(app).await;
    drop(guard);
    server.lifted.lower().await;
    let written = lines.0.lock().unwrap().clone();
    String::from_utf8(written).unwrap()
}
