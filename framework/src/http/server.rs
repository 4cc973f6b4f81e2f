//! The listener: accepts, bounds, serves, and closes gracefully.

use super::{HttpConfig, line::Line};
use crate::{App, LiftError, metrics::Counts};
use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Bytes that are held of a connection while its headers are read; an idle one holds 8 KiB.
const READ_BUFFER: usize = 64 * 1024;

/// Headers that hyper reads without being told a number.
const HYPERS_HEADERS: usize = 100;

/// A listening server.
pub(crate) struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    cut: CancellationToken,
    accepting: JoinHandle<GracefulShutdown>,
}

impl Server {
    pub(crate) async fn listen(app: &App, service: Router) -> Result<Self, LiftError> {
        let config = app.config();
        let address = match config.app.explicit_host.as_deref() {
            None | Some("") => SocketAddr::from((IpAddr::V4(Ipv4Addr::UNSPECIFIED), config.app.port)),
            Some(host) => (host, config.app.port)
                .to_socket_addrs()
                .ok()
                .and_then(|mut found| found.next())
                .ok_or_else(|| LiftError::Host(host.to_owned()))?,
        };
        let listener = TcpListener::bind(address).await.map_err(|source| LiftError::Listen {
            address,
            tip: match source.kind() {
                std::io::ErrorKind::AddrInUse => {
                    " (EADDRINUSE): another process uses this port; stop it, or choose another with `--port N`"
                }
                std::io::ErrorKind::PermissionDenied => ": ports below 1024 need privileges; choose another with `--port N`",
                _ => "",
            },
            source,
        })?;
        let address = listener.local_addr()?;
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let accepting = tokio::spawn(accept(
            listener,
            service,
            app.config().http.clone(),
            app.counts().clone(),
            stop.clone(),
            cut.clone(),
        ));
        Ok(Self { address, stop, cut, accepting })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting and waits for requests in flight, as long as `patience`; then they are cut off.
    pub(crate) async fn close(self, patience: Duration) {
        self.stop.cancel();
        if let Ok(graceful) = self.accepting.await
            && tokio::time::timeout(patience, graceful.shutdown()).await.is_err()
        {
            tracing::warn!("requests were still running after {} ms and are cut off", patience.as_millis());
        }
        self.cut.cancel();
    }
}

async fn accept(
    listener: TcpListener,
    service: Router,
    config: HttpConfig,
    counts: Arc<Counts>,
    stop: CancellationToken,
    cut: CancellationToken,
) -> GracefulShutdown {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(config.header_read_timeout.max(1)))
        .max_buf_size(READ_BUFFER);
    if config.max_headers != HYPERS_HEADERS {
        // Its own number costs no allocation.
        builder.http1().max_headers(config.max_headers);
    }
    let builder = Arc::new(builder);
    loop {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, or a connection that went away before it was accepted.
                    tracing::warn!("a connection could not be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        tune(&stream, &config);
        let service =
            service.clone().map_request(move |mut request: ::http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                request.map(axum::body::Body::new)
            });
        let builder = builder.clone();
        let watcher = graceful.watcher();
        let cut = cut.clone();
        let counts = counts.clone();
        tokio::spawn(async move {
            let _slot = slot;
            let _open = counts.connections.enter();
            let connection = builder.serve_connection_with_upgrades(
                TokioIo::new(Line::new(stream)),
                TowerToHyperService::new(service),
            );
            tokio::select! {
                ended = watcher.watch(connection.into_owned()) => {
                    if let Err(error) = ended {
                        tracing::trace!("a connection ended: {error}");
                    }
                }
                () = cut.cancelled() => {}
            }
        });
    }
    graceful
}

fn tune(stream: &TcpStream, config: &HttpConfig) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    if config.tcp_user_timeout > 0 {
        // Without it a client that stops reading keeps its socket and its rooms.
        let timeout = Duration::from_secs(config.tcp_user_timeout);
        let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(timeout));
    }
}
