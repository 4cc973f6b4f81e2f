//! Messages that are too large, told by the lengths that their frames announce: the engine ends their connection and does
//! not say why.

use crate::metrics::{Counts, Limit};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The bytes of a WebSocket, whose messages are measured as they are read.
pub(super) struct Measured<S> {
    stream: S,
    lengths: Lengths,
    largest: u64,
    /// Told of the first message that is larger; nothing is measured after it.
    counts: Option<Arc<Counts>>,
}

impl<S> Measured<S> {
    pub(super) fn new(stream: S, largest: usize, counts: Arc<Counts>) -> Self {
        Self { stream, lengths: Lengths::default(), largest: largest as u64, counts: Some(counts) }
    }

    fn measure(&mut self, bytes: &[u8]) {
        let Some(counts) = &self.counts else { return };
        let longest = self.lengths.longest(bytes);
        if longest > self.largest {
            tracing::warn!(
                "a message of {longest} bytes or more is too large: its connection is ended \
                 (`sockets.max_http_buffer_size` is {})",
                self.largest
            );
            counts.hit(Limit::Message);
            self.counts = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Measured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.measure(buffer.filled().get(before..).unwrap_or_default());
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Measured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Reads the heads of frames (RFC 6455, section 5.2) and nothing else.
#[derive(Default)]
struct Lengths {
    head: [u8; LONGEST_HEAD],
    /// Bytes of the next head that have come.
    come: usize,
    /// Bytes of a payload that are still to come.
    payload: u64,
    /// Bytes that the frames before have given to the message.
    message: u64,
}

/// Two bytes, a length of eight, and a mask of four.
const LONGEST_HEAD: usize = 14;

impl Lengths {
    /// Goes through the next bytes; gives the greatest length that a message has reached in them.
    fn longest(&mut self, mut bytes: &[u8]) -> u64 {
        let mut longest = 0;
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.payload > 0 {
                let here = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= here as u64;
                bytes = &bytes[here..];
                continue;
            }
            bytes = rest;
            self.head[self.come] = byte;
            self.come += 1;
            if let Some(length) = self.length() {
                longest = longest.max(self.begin(length));
            }
        }
        longest
    }

    /// The length that the head announces, once it is whole.
    fn length(&self) -> Option<u64> {
        let short = self.head[1] & 0x7f;
        let mask = if self.head[1] & 0x80 == 0 { 0 } else { 4 };
        let further = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.come < 2 || self.come < 2 + further + mask {
            return None;
        }
        let announced = &self.head[2..2 + further];
        Some(match short {
            126 | 127 => announced.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
            _ => short.into(),
        })
    }

    /// A frame begins; gives the length of its message so far.
    fn begin(&mut self, length: u64) -> u64 {
        let (is_last, is_control) = (self.head[0] & 0x80 != 0, self.head[0] & 0x08 != 0);
        (self.come, self.payload) = (0, length);
        if is_control {
            return 0;
        }
        let message = self.message.saturating_add(length);
        self.message = if is_last { 0 } else { message };
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Control, Data, OpCode},
    };

    fn frame(code: OpCode, is_last: bool, length: usize) -> Vec<u8> {
        let mut frame = Frame::message(vec![0x81; length], OpCode::Data(Data::Text), is_last);
        frame.header_mut().opcode = code;
        frame.header_mut().mask = Some([0x81, 0xff, 0x7e, 0x7f]);
        let mut bytes = vec![];
        frame.format(&mut bytes).expect("a frame");
        bytes
    }

    #[test]
    fn messages_have_the_length_of_all_their_frames_however_their_bytes_arrive() {
        let (text, more) = (OpCode::Data(Data::Text), OpCode::Data(Data::Continue));
        let ping = OpCode::Control(Control::Ping);
        for (frames, longest) in [
            (vec![frame(text, true, 0)], 0),
            (vec![frame(text, true, 125)], 125),
            (vec![frame(text, true, 126), frame(text, true, 3)], 126),
            (vec![frame(text, true, 65_535)], 65_535),
            (vec![frame(text, true, 70_000)], 70_000),
            (vec![frame(text, false, 100), frame(ping, true, 90), frame(more, true, 200)], 300),
            (vec![frame(text, true, 100), frame(text, true, 100)], 100),
        ] {
            let bytes = frames.concat();
            for step in [1, 2, 3, 7, 256, bytes.len()] {
                let mut lengths = Lengths::default();
                let found = bytes.chunks(step).map(|some| lengths.longest(some)).max();
                assert_eq!(found, Some(longest), "in steps of {step}");
            }
        }
    }

    #[test]
    fn a_length_beyond_all_measure_is_no_overflow() {
        let mut lengths = Lengths::default();
        let huge = [&[0x01, 0xff][..], &[0xff; 8], &[0; 4]].concat();
        assert_eq!(lengths.longest(&huge), u64::MAX);
        assert_eq!(lengths.longest(&[0; 64]), 0);
    }
}
