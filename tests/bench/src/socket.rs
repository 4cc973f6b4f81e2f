//! Load over sockets: requests with an ack, and one broadcast to many.

use crate::{
    BoxError,
    load::{Figures, ask},
    process::Server,
};
use futures_util::{SinkExt, StreamExt};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, sync::Notify};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects as an Engine.IO 4 client would.
async fn connect(server: &Server) -> Result<Socket, BoxError> {
    let url =
        format!("ws://{}/socket.io/?EIO=4&transport=websocket&__sails_io_sdk_version=1.2.1", server.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    until(&mut socket, "0").await?;
    socket.send(Message::text("40")).await?;
    until(&mut socket, "40").await?;
    Ok(socket)
}

/// Reads frames until one begins so; answers pings.
async fn until(socket: &mut Socket, start: &str) -> Result<(), BoxError> {
    while let Some(frame) = socket.next().await {
        let frame = frame?;
        let text = frame.to_text().unwrap_or_default();
        if text.starts_with(start) {
            return Ok(());
        }
        if text == "2" {
            socket.send(Message::text("3")).await?;
        }
    }
    Err("the socket closed".into())
}

/// Sockets that are connected and say nothing; the caller drops them.
pub(crate) async fn idle(server: &Server, count: u32) -> Result<Vec<Socket>, BoxError> {
    let mut sockets = Vec::new();
    for _ in 0..count {
        sockets.push(connect(server).await?);
    }
    Ok(sockets)
}

pub(crate) async fn requests(
    server: &Server,
    event: &str,
    clients: usize,
    round: Duration,
) -> Result<Figures, BoxError> {
    let mut sockets = Vec::with_capacity(clients);
    for _ in 0..clients {
        sockets.push(connect(server).await?);
    }
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (before, started) = (server.cpu()?, Instant::now());
    let tasks: Vec<_> = sockets
        .into_iter()
        .map(|mut socket| {
            let (done, stop) = (done.clone(), stop.clone());
            let frame = format!(
                r#"420["{event}",{{"method":"get","url":"/hello","data":{{"name":"ann"}},"headers":{{}}}}]"#
            );
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    socket.send(Message::text(frame.as_str())).await?;
                    until(&mut socket, "430").await?;
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

/// Deliveries per second: every client must receive every message.
pub(crate) async fn broadcasts(server: &Server, clients: usize, messages: u64) -> Result<Figures, BoxError> {
    let got = Arc::new(AtomicU64::new(0));
    let all = Arc::new(Notify::new());
    let wanted = clients as u64 * messages;
    let mut tasks = Vec::with_capacity(clients);
    for _ in 0..clients {
        let mut socket = connect(server).await?;
        socket.send(Message::text(r#"420["get",{"method":"get","url":"/join","data":{}}]"#)).await?;
        until(&mut socket, "430").await?;
        let (got, all) = (got.clone(), all.clone());
        tasks.push(tokio::spawn(async move {
            while until(&mut socket, r#"42["news""#).await.is_ok() {
                if got.fetch_add(1, Ordering::Relaxed) + 1 == wanted {
                    all.notify_one();
                }
            }
        }));
    }
    let (before, started) = (server.cpu()?, Instant::now());
    // One request makes the server broadcast all messages.
    ask(server, &format!("/broadcast?count={messages}")).await?;
    tokio::time::timeout(Duration::from_secs(60), all.notified())
        .await
        .map_err(|_| format!("only {} of {wanted} messages arrived", got.load(Ordering::Relaxed)))?;
    let figures = Figures::new(wanted, started.elapsed(), server.cpu()? - before);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(figures)
}
