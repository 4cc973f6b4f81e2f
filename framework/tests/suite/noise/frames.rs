//! What the noise is made of.

use rand::{Rng, RngCore, rngs::StdRng, seq::IndexedRandom};

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;

/// Engine.IO packets that are none, or come at the wrong time.
const ENGINE: [&str; 12] = ["", "0", "0{}", "1", "2probe", "3probe", "5", "6", "9", "b", "bAAAA", "\u{0}"];

/// Socket.IO packets that are none, or come at the wrong time.
const PACKETS: [&str; 30] = [
    "4",
    "40",
    "40",
    "41",
    "49",
    "4x",
    "40/",
    "40/foo,",
    "40{",
    "40{\"token\":[1,2",
    "42",
    "42[",
    "42[]",
    "42{}",
    "42[1]",
    "42/foo,[\"get\"]",
    "42999999999999999999[\"get\"]",
    "42-1[\"get\"]",
    "43",
    "431[]",
    "4399999999999999999999[]",
    "44{}",
    "45",
    "45-",
    "451-",
    "459999999999-[\"get\"]",
    "4599-[\"get\",{\"_placeholder\":true,\"num\":0}]",
    "451-[\"post\",{\"url\":\"/echo\",\"data\":{\"_placeholder\":true,\"num\":7}}]",
    "4510-[\"post\",{\"url\":\"/echo\",\"data\":{\"_placeholder\":true,\"num\":0}}]",
    "461-[]",
];

/// Requests that are right, before something happens to them.
const REQUESTS: [&str; 6] = [
    r#"421["get",{"url":"/ping","headers":{},"data":{}}]"#,
    r#"422["post",{"url":"/echo?a[b]=1","data":{"ä":[1,"\u00e4\"",null]},"params":{"b":{}},"headers":{"X":1}}]"#,
    r#"423["get",{"url":"/user?where={\"name\":{\"contains\":\"a\"}}&sort=name ASC"}]"#,
    r#"424["patch",{"url":"/user/1","data":{"name":"x"}}]"#,
    r#"42["delete",{"url":"/user/%E0%A4%A"}]"#,
    r#"425["options",{"url":"http://x/user#y","method":"get"}]"#,
];

/// What one connection sends.
pub struct Noise {
    opening: Opening,
    burst: Vec<Vec<u8>>,
}

enum Opening {
    /// As a client of this protocol does.
    Handshake(u8),
    /// Nothing that HTTP knows.
    Nonsense(Vec<u8>),
}

impl Noise {
    pub fn new(rng: &mut StdRng) -> Self {
        let opening = match rng.random_range(0..20) {
            0 => Opening::Nonsense(random(rng, 200)),
            n => Opening::Handshake(3 + n % 2),
        };
        let connected = frame(TEXT, b"40", true);
        let mut burst = vec![connected];
        burst.extend((0..rng.random_range(0..30)).map(|_| item(rng)));
        Self { opening, burst }
    }

    pub fn opening(&self, query: &str) -> Vec<u8> {
        match &self.opening {
            Opening::Nonsense(bytes) => bytes.clone(),
            Opening::Handshake(protocol) => format!(
                "GET /socket.io/?EIO={protocol}&transport=websocket&{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
                 Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            .into_bytes(),
        }
    }

    pub fn burst(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.burst)
    }
}

fn item(rng: &mut StdRng) -> Vec<u8> {
    match rng.random_range(0..16) {
        // No frame at all.
        0 => random(rng, 64),
        // Frames of every kind, many of which do not exist, with anything in them.
        1 => {
            let (opcode, bytes) = (rng.random_range(0..=15), random(rng, 300));
            let mut frame = frame(opcode, &bytes, rng.random());
            frame[0] = rng.random();
            frame
        }
        // No UTF-8.
        2 => frame(TEXT, &[b"42[\"get\",\"".as_slice(), &random(rng, 50), b"\"]"].concat(), true),
        // Cut off.
        3 => {
            let whole = frame(TEXT, pick(rng, &REQUESTS).as_bytes(), true);
            let len = rng.random_range(0..whole.len());
            whole[..len].to_vec()
        }
        // Longer than anything can be.
        4 => {
            let mut bytes = vec![0x80 | pick(rng, &[TEXT, BINARY]), 0xff];
            bytes.extend_from_slice(&pick(rng, &[u64::MAX, 1 << 62, 1 << 31, 2 << 20]).to_be_bytes());
            bytes.extend_from_slice(&random(rng, 64));
            bytes
        }
        5 => frame(TEXT, pick(rng, &ENGINE).as_bytes(), true),
        6 | 7 => frame(TEXT, pick(rng, &PACKETS).as_bytes(), true),
        // Attachments that nobody waits for, or that are not the last.
        8 => frame(BINARY, &random(rng, 2_000), true),
        // Deeper than anyone nests.
        9 => {
            let depth = pick(rng, &[90, 110, 1_000, 100_000]);
            let (open, close) = pick(rng, &[("[", "]"), ("{\"a\":", "}")]);
            let data = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            frame(TEXT, format!("427[\"post\",{{\"url\":\"/echo\",\"data\":{data}}}]").as_bytes(), true)
        }
        // Larger than allowed, now and then.
        10 => {
            let size = pick(rng, &[1_000, 1_000, 1_000, 1_000, 100_000, 2_000_000]);
            frame(
                TEXT,
                format!("428[\"post\",{{\"url\":\"/echo\",\"data\":\"{}\"}}]", "x".repeat(size)).as_bytes(),
                true,
            )
        }
        // In pieces that do not end.
        11 => {
            let mut bytes = frame(TEXT, b"429[\"get\",{\"url\":", true);
            bytes[0] &= 0x7f;
            bytes
        }
        // With some bytes changed.
        12 | 13 => {
            let mut text = pick(rng, &REQUESTS).as_bytes().to_vec();
            for _ in 0..rng.random_range(1..5) {
                let at = rng.random_range(0..text.len());
                match rng.random_range(0..3) {
                    0 => text[at] = rng.random(),
                    1 => text.insert(at, pick(rng, b"[]{}\",:\\\0")),
                    _ => drop(text.remove(at)),
                }
            }
            frame(TEXT, &text, true)
        }
        // Right.
        _ => frame(TEXT, pick(rng, &REQUESTS).as_bytes(), true),
    }
}

fn pick<T: Copy>(rng: &mut StdRng, of: &[T]) -> T {
    *of.choose(rng).unwrap()
}

fn random(rng: &mut StdRng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(0..most)];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A frame of WebSocket; a mask of zeros changes nothing, and clients must have one.
pub fn frame(opcode: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut bytes = vec![0x80 | opcode];
    match payload.len() {
        len @ 0..126 => bytes.push(mask | len as u8),
        len @ 126..0x1_0000 => {
            bytes.push(mask | 126);
            bytes.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            bytes.push(mask | 127);
            bytes.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    if masked {
        bytes.extend_from_slice(&[0; 4]);
    }
    bytes.extend_from_slice(payload);
    bytes
}
