//! Texts of addresses: percent encoding, HTML escaping, what looks like an asset.

use std::borrow::Cow;

/// A path whose last segment has a dot with something before and after it (`LOOKS_LIKE_ASSET_RX` of Sails).
pub(crate) fn looks_like_asset(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.char_indices().any(|(at, c)| c == '.' && at > 0 && at + 1 < last.len())
}

/// Decodes percent sequences; nothing if they are malformed or no UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = bytes.get(at + 1..at + 3)?;
            out.push(hex_digit(hex[0])? << 4 | hex_digit(hex[1])?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// Decodes what can be decoded and leaves the rest as it stands.
pub(crate) fn percent_decode_lossy(text: &str) -> Cow<'_, str> {
    percent_decode(text).unwrap_or(Cow::Borrowed(text))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Encodes what may not stand in a `Location` header, and leaves existing percent sequences alone.
pub(crate) fn encode_url(url: &str) -> Cow<'_, str> {
    let may_stand =
        |byte| matches!(byte, b'!' | b'#'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~');
    if url.bytes().all(may_stand) {
        return Cow::Borrowed(url);
    }
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            byte if may_stand(byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(out)
}

/// Escapes text for HTML.
pub(crate) fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asset_paths_have_a_dot_inside_their_last_segment() {
        assert!(looks_like_asset("/a/b.png") && looks_like_asset("/x.y"));
        assert!(
            !looks_like_asset("/a.b/c")
                && !looks_like_asset("/a")
                && !looks_like_asset("/.")
                && !looks_like_asset("/.x")
        );
    }

    #[test]
    fn ht_84_blanks_and_other_letters_are_encoded_once() {
        assert_eq!(encode_url("/a b/ä?x=1%20"), "/a%20b/%C3%A4?x=1%20");
        assert_eq!(encode_url("http://x/\r\nSet-Cookie: a"), "http://x/%0D%0ASet-Cookie:%20a");
    }

    #[test]
    fn malformed_percent_sequences_are_noticed() {
        assert_eq!(percent_decode("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(percent_decode("%E0%A4%A"), None);
        assert_eq!(percent_decode_lossy("%E0%A4%A"), "%E0%A4%A");
    }
}
