//! Load over HTTP: connections that each have one request under way.

use crate::{BoxError, process::Server};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What one round gave.
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) cpu_per_operation: f64,
}

impl Figures {
    pub(crate) fn new(operations: u64, elapsed: Duration, cpu: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let operations = operations as f64;
        Self { per_second: operations / elapsed.as_secs_f64(), cpu_per_operation: cpu / operations }
    }
}

/// A request as it is sent, but for the cookie of the session.
pub(crate) struct Asked {
    head: String,
    body: String,
}

/// `GET` of this path.
pub(crate) fn get(path: &str) -> Asked {
    let head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n");
    Asked { head, body: String::new() }
}

/// `POST` of this JSON.
pub(crate) fn post(path: &str, json: &str) -> Asked {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n",
        json.len()
    );
    Asked { head, body: json.to_owned() }
}

pub(crate) async fn http(
    server: &Server,
    asked: &Asked,
    connections: usize,
    round: Duration,
) -> Result<Figures, BoxError> {
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    // A client that has been here before: both sides get the cookie of a session that they made.
    let cookie = ask(server, "/hello").await?;
    if cookie.is_empty() {
        return Err("the server gave no session".into());
    }
    let request: Arc<str> = format!("{}Cookie: {cookie}\r\n\r\n{}", asked.head, asked.body).into();
    let (before, started) = (server.cpu()?, Instant::now());
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (done, stop, request, address) =
                (done.clone(), stop.clone(), request.clone(), server.address);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut buffer = Vec::with_capacity(16 * 1024);
                while !stop.load(Ordering::Relaxed) {
                    stream.write_all(request.as_bytes()).await?;
                    read_answer(&mut stream, &mut buffer).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, BoxError>(())
            })
        })
        .collect();
    tokio::time::sleep(round).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await??;
    }
    Ok(Figures::new(done.load(Ordering::Relaxed), started.elapsed(), server.cpu()? - before))
}

/// One request; gives the cookie that its answer sets, if any.
pub(crate) async fn ask(server: &Server, path: &str) -> Result<String, BoxError> {
    let mut stream = TcpStream::connect(server.address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").as_bytes()).await?;
    let mut buffer = Vec::new();
    let head = read_answer(&mut stream, &mut buffer).await?;
    let cookie = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("set-cookie")
            .then(|| value.trim().split(';').next().unwrap_or_default().to_owned())
    });
    Ok(cookie.unwrap_or_default())
}

/// Reads one answer with a length; gives its head and checks its status.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<String, BoxError> {
    buffer.clear();
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = std::str::from_utf8(&buffer[..end])?.to_owned();
            if !head.starts_with("HTTP/1.1 200") {
                return Err(format!("unexpected answer: {}", head.lines().next().unwrap_or_default()).into());
            }
            let length: usize = head
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
                })
                .ok_or("an answer without a length")?;
            while buffer.len() < end + 4 + length {
                if stream.read_buf(buffer).await? == 0 {
                    return Err("the connection closed".into());
                }
            }
            return Ok(head);
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err("the connection closed".into());
        }
    }
}
