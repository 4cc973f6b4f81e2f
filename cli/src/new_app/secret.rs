//! The secret of a new app's sessions.

use std::fmt::Write;

/// The text of `config/local.toml`, with a secret that no other app has.
pub(crate) fn local_config() -> String {
    format!(
        "# Settings of this machine alone: git ignores this file, and it wins over config/*.toml and config/env/*.toml.

[session]
# Signs the session cookies. In production set TOPSAIL_SESSION__SECRET instead.
secret = \"{}\"
",
        secret()
    )
}

/// 32 random bytes from a generator that the operating system seeds, as hexadecimal text.
fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap_73_each_app_gets_another_secret() {
        let (one, other) = (secret(), secret());
        assert_eq!(one.len(), 64);
        assert!(one.chars().all(|c| c.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }
}
