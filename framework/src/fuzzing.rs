//! Doors of the fuzz targets in `fuzz/`; no part of the public API.

/// The text of an event that a client has sent.
pub fn frame(text: &str) {
    crate::sockets::fuzz_frame(text);
}
