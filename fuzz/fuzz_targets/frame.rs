//! The text of an event that a client has sent, read as a virtual request.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| topsail::fuzzing::frame(text));
