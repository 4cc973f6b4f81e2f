//! A client that is still sending when it is refused gets to see the answer.

use crate::support::{app, lift};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use topsail::prelude::*;

async fn refuses() -> Outcome {
    forbidden()
}

/// Sends all of a request before it reads anything, and gives the first line of the answer.
async fn ask(stream: &mut TcpStream, head: &str, body: &[u8]) -> String {
    let head = format!("{head}\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in body.chunks(64 << 10) {
        stream.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = Vec::new();
    while !answer.windows(4).any(|w| w == b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        answer.push(byte[0]);
    }
    let answer = String::from_utf8(answer).unwrap();
    let length = answer.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    stream.read_exact(&mut vec![0; length.trim().parse().unwrap()]).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn who_is_refused_while_sending_sees_the_answer_and_keeps_the_connection() {
    let server = lift(app().action("refuses", refuses).route("/refused", "refuses")).await;
    let address = server.lifted.url().replace("http://", "");
    let body = vec![b'x'; 8 << 20];
    let json = "POST /refused HTTP/1.1\r\ncontent-type: application/json";
    let form = "POST /refused HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=B";
    let mut file = b"--B\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n".to_vec();
    file.extend_from_slice(&body);
    timeout(Duration::from_secs(20), async {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        assert_eq!(ask(&mut stream, json, &body).await, "HTTP/1.1 400 Bad Request");
        assert_eq!(ask(&mut stream, form, &file).await, "HTTP/1.1 403 Forbidden");
        assert_eq!(ask(&mut stream, form, &body).await, "HTTP/1.1 400 Bad Request");
        assert_eq!(ask(&mut stream, "GET /nowhere HTTP/1.1", &body).await, "HTTP/1.1 404 Not Found");
        assert_eq!(ask(&mut stream, "GET /refused HTTP/1.1", b"").await, "HTTP/1.1 403 Forbidden");
    })
    .await
    .unwrap();
    server.lifted.lower().await;
}
