//! The bytes of a connection, whose end is told by reading alone.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are thrown away of what is written to a peer that is gone, before writing fails after all.
const THROWN_AWAY: usize = 64 * 1024;

/// A connection that takes what is written after its peer has gone, until whoever reads has been told.
///
/// The engine of the sockets forgets a session that it has made if it cannot write the opening packet to it: the session
/// stays for ever, and one of the old protocol even as a connected socket. Every session that can be read from is ended
/// properly, so a write must not be what finds out that the peer is gone.
pub(super) struct Line<S> {
    stream: S,
    peer: Peer,
}

enum Peer {
    Here,
    /// Writing has found out; so much more is thrown away.
    Gone {
        left: usize,
    },
    /// Reading has told it.
    Told,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, peer: Peer::Here }
    }

    /// What becomes of a write of this length.
    fn written(&mut self, length: usize, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match (outcome, &self.peer) {
            (Poll::Ready(Err(error)), Peer::Here) if error.kind() != ErrorKind::Interrupted => {
                self.peer = Peer::Gone { left: THROWN_AWAY };
                self.throw_away(length)
            }
            (outcome, _) => outcome,
        }
    }

    fn throw_away(&mut self, length: usize) -> Poll<io::Result<usize>> {
        Poll::Ready(match &mut self.peer {
            Peer::Gone { left } if length <= *left => {
                *left -= length;
                Ok(length)
            }
            _ => Err(ErrorKind::BrokenPipe.into()),
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.peer {
            Peer::Here => Pin::new(&mut self.stream).poll_read(cx, buffer),
            Peer::Gone { .. } | Peer::Told => {
                self.peer = Peer::Told;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !matches!(self.peer, Peer::Here) {
            return self.throw_away(bytes.len());
        }
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(bytes.len(), outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        if !matches!(self.peer, Peer::Here) {
            return self.throw_away(length);
        }
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(length, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.peer {
            Peer::Here => Pin::new(&mut self.stream).poll_flush(cx),
            Peer::Gone { .. } | Peer::Told => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.peer {
            Peer::Here => Pin::new(&mut self.stream).poll_shutdown(cx),
            Peer::Gone { .. } | Peer::Told => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_peer_that_is_gone_is_told_by_reading_and_then_by_writing() {
        let (near, far) = tokio::io::duplex(16);
        let mut line = Line::new(near);
        line.write_all(b"here").await.unwrap();
        drop(far);
        line.write_all(b"a packet that nobody takes").await.unwrap();
        line.flush().await.unwrap();
        assert_eq!(line.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(line.write_all(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn what_nobody_takes_is_thrown_away_up_to_a_limit() {
        let (near, far) = tokio::io::duplex(16);
        let mut line = Line::new(near);
        drop(far);
        let much = vec![0; THROWN_AWAY / 2];
        line.write_all(&much).await.unwrap();
        line.write_all(&much).await.unwrap();
        assert_eq!(line.write_all(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn bytes_pass_as_they_are() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut line = Line::new(near);
        far.write_all(b"ping").await.unwrap();
        let mut read = [0; 4];
        line.read_exact(&mut read).await.unwrap();
        line.write_all(&read).await.unwrap();
        line.shutdown().await.unwrap();
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"ping");
    }
}
