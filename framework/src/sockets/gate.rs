//! How many may connect: so many sockets in all, and so many handshakes of one address in a while.

use super::SocketsConfig;
use crate::{
    config::HttpConfig,
    http::TrustProxy,
    metrics::{Counts, Refusal},
};
use ::http::{StatusCode, header};
use axum::{
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Addresses that are remembered one by one; what comes beyond them shares one account.
const MOST_ADDRESSES: usize = 65_536;
/// Accounts are not looked through for what can be forgotten before there are so many.
const FEW_ADDRESSES: usize = 1_024;
/// Nor more often than this while there are too many.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);
/// The log names addresses that connect too often no more often than this.
const WARN_PAUSE: Duration = Duration::from_secs(60);

/// Asked before every handshake.
pub(super) struct Gate {
    counts: Arc<Counts>,
    trust: TrustProxy,
    most: usize,
    rate: Option<Rate>,
}

/// Kept with the handshake as long as its connection is there, connected or not.
#[derive(Clone)]
pub(super) struct Place {
    _held: Arc<Held>,
}

struct Held(Arc<Counts>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.handshaken.leave();
    }
}

impl Gate {
    pub(super) fn new(sockets: &SocketsConfig, http: &HttpConfig, counts: Arc<Counts>) -> Self {
        let rate = (sockets.connection_rate > 0)
            .then(|| Rate::new(sockets.connection_rate, sockets.connection_burst));
        Self { counts, trust: http.trust_proxy, most: sockets.most_connections(http.max_connections), rate }
    }

    /// Lets a handshake in, and counts it until its connection has gone; the error is what is answered.
    pub(super) fn enter(&self, request: &mut Request) -> Result<(), TurnedAway> {
        if let Some(rate) = &self.rate
            && let Some(address) = self.address(request)
            && let Err(Late { wait, tell }) = rate.admit(address, rate.begun.elapsed())
        {
            self.counts.refused(Refusal::Rate);
            if tell {
                tracing::warn!(
                    %address,
                    "sockets of one address connect more often than `sockets.connection_rate` allows and are refused. If \
                     this is the address of a proxy, set `http.trust_proxy`"
                );
            }
            return Err(TurnedAway::TooOften(wait));
        }
        let now = self.counts.handshaken.come();
        let held = Arc::new(Held(self.counts.clone()));
        if now > self.most as u64 {
            self.counts.refused(Refusal::Full);
            return Err(TurnedAway::Full);
        }
        request.extensions_mut().insert(Place { _held: held });
        Ok(())
    }

    /// The address that counts. None of this machine does: it is a proxy that `http.trust_proxy` does not name, through
    /// which everyone comes, or a tool of the operator's.
    fn address(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = self.trust.forwarded(request.headers());
        let address = forwarded.first().copied().or(peer)?.to_canonical();
        (!address.is_loopback()).then_some(address)
    }
}

/// Why a handshake is turned away.
#[derive(Debug, PartialEq)]
pub(super) enum TurnedAway {
    /// Its address connects too often, and has to wait so long.
    TooOften(Duration),
    /// There are as many sockets as there may be.
    Full,
}

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response {
        let (status, code, seconds) = match self {
            Self::TooOften(wait) => (StatusCode::TOO_MANY_REQUESTS, "E_CONNECTION_RATE", wait.as_secs() + 1),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, "E_TOO_MANY_SOCKETS", 5),
        };
        let why = match self {
            Self::TooOften(_) => "Too many connections from this address",
            Self::Full => "This node has as many sockets as it may have",
        };
        let message = format!("{why}; try again in {seconds} s.");
        let json = axum::Json(json!({ "code": code, "message": message }));
        (status, [(header::RETRY_AFTER, seconds.to_string())], json).into_response()
    }
}

/// The handshakes of each address, by the generic cell rate algorithm: of an address only the moment is kept at which
/// what it has used up is restored, and nothing once that has come.
struct Rate {
    /// What one handshake uses up.
    each: Duration,
    /// What may be used up in advance.
    burst: Duration,
    begun: Instant,
    accounts: Mutex<Accounts>,
}

struct Accounts {
    restored: HashMap<u64, Duration>,
    shared: Duration,
    sweep_at: usize,
    next_sweep: Duration,
    next_warning: Duration,
}

/// A handshake came too early.
#[derive(Debug, PartialEq)]
struct Late {
    /// By this much.
    wait: Duration,
    /// Shall the log say so?
    tell: bool,
}

impl Rate {
    fn new(per_second: u32, burst: u32) -> Self {
        let each = Duration::from_secs(1) / per_second.max(1);
        Self {
            each,
            burst: each * burst.max(1) - each,
            begun: Instant::now(),
            accounts: Mutex::new(Accounts {
                restored: HashMap::new(),
                shared: Duration::ZERO,
                sweep_at: FEW_ADDRESSES,
                next_sweep: Duration::ZERO,
                next_warning: Duration::ZERO,
            }),
        }
    }

    /// `now` is counted from the beginning.
    fn admit(&self, address: IpAddr, now: Duration) -> Result<(), Late> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let restored = accounts.of(network(address), now);
        let used = restored.saturating_sub(now);
        if used <= self.burst {
            *restored = now + used + self.each;
            return Ok(());
        }
        let tell = now >= accounts.next_warning;
        if tell {
            accounts.next_warning = now + WARN_PAUSE;
        }
        Err(Late { wait: used - self.burst, tell })
    }
}

impl Accounts {
    fn of(&mut self, network: u64, now: Duration) -> &mut Duration {
        if !self.restored.contains_key(&network) {
            if self.restored.len() >= self.sweep_at && now >= self.next_sweep {
                self.restored.retain(|_, restored| *restored > now);
                self.sweep_at = (self.restored.len() * 2).clamp(FEW_ADDRESSES, MOST_ADDRESSES);
                self.next_sweep = if self.sweep_at == MOST_ADDRESSES { now + SWEEP_PAUSE } else { now };
            }
            if self.restored.len() >= MOST_ADDRESSES {
                return &mut self.shared;
            }
        }
        self.restored.entry(network).or_default()
    }
}

/// What one customer of a provider has: an address of IPv4, or 64 bits of IPv6.
fn network(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use axum::body::Body;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_is_admitted_and_then_so_many_a_second() {
        let rate = Rate::new(10, 3);
        let at = |millis| rate.admit(ip("192.0.2.1"), Duration::from_millis(millis));
        for _ in 0..3 {
            at(1_000).unwrap();
        }
        assert_eq!(at(1_000), Err(Late { wait: Duration::from_millis(100), tell: true }));
        assert_eq!(at(1_050), Err(Late { wait: Duration::from_millis(50), tell: false }));
        at(1_100).unwrap();
        assert!(at(1_100).is_err());
        rate.admit(ip("192.0.2.2"), Duration::from_millis(1_100)).unwrap();
        for _ in 0..3 {
            at(9_000).unwrap();
        }
        assert!(at(9_000).is_err(), "what was not used is not saved up beyond the burst");
    }

    #[test]
    fn one_customer_has_one_account() {
        assert_eq!(network(ip("2001:db8:0:1::1")), network(ip("2001:db8:0:1:ffff::2")));
        assert_ne!(network(ip("2001:db8:0:1::1")), network(ip("2001:db8:0:2::1")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), network(ip("192.0.2.1")));
        assert_ne!(network(ip("192.0.2.2")), network(ip("192.0.2.1")));
    }

    #[test]
    fn the_addresses_that_are_remembered_are_bounded() {
        let rate = Rate::new(1, 1);
        let now = Duration::from_secs(1);
        let held = || rate.accounts.lock().unwrap().restored.len();
        for n in 0..MOST_ADDRESSES as u32 {
            rate.admit(IpAddr::from(n.to_be_bytes()), now).unwrap();
        }
        assert_eq!(held(), MOST_ADDRESSES);
        rate.admit(ip("203.0.113.1"), now).unwrap();
        assert!(rate.admit(ip("203.0.113.2"), now).is_err(), "strangers share one account now");
        assert_eq!(held(), MOST_ADDRESSES);
        rate.admit(ip("203.0.113.3"), now + Duration::from_secs(2)).unwrap();
        assert_eq!(held(), 1, "what is restored is forgotten");
    }

    fn gate(sockets: &SocketsConfig, trust_proxy: TrustProxy) -> Gate {
        Gate::new(sockets, &HttpConfig { trust_proxy, ..HttpConfig::default() }, Arc::default())
    }

    fn handshake(peer: &str, forwarded: &str) -> Request {
        let mut request =
            Request::get("/socket.io/").header("x-forwarded-for", forwarded).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(ip(peer), 1)));
        request
    }

    #[test]
    fn behind_a_trusted_proxy_the_forwarded_address_counts() {
        let one = SocketsConfig { connection_rate: 1, connection_burst: 1, ..SocketsConfig::default() };
        let behind = gate(&one, TrustProxy::Hops(1));
        behind.enter(&mut handshake("192.0.2.9", "198.51.100.1")).unwrap();
        behind.enter(&mut handshake("192.0.2.9", "198.51.100.2")).unwrap();
        let refused = behind.enter(&mut handshake("192.0.2.9", "6.6.6.6, 198.51.100.1")).unwrap_err();
        assert!(matches!(refused, TurnedAway::TooOften(_)));
        let open = gate(&one, TrustProxy::All(false));
        open.enter(&mut handshake("192.0.2.9", "198.51.100.1")).unwrap();
        assert!(
            open.enter(&mut handshake("192.0.2.9", "198.51.100.2")).is_err(),
            "nobody chooses its own address"
        );
    }

    #[test]
    fn this_machine_is_not_counted_and_the_rate_can_be_switched_off() {
        let one = SocketsConfig { connection_rate: 1, connection_burst: 1, ..SocketsConfig::default() };
        let off = SocketsConfig { connection_rate: 0, ..SocketsConfig::default() };
        let (limited, unlimited) = (gate(&one, TrustProxy::default()), gate(&off, TrustProxy::default()));
        for _ in 0..10 {
            for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
                limited.enter(&mut handshake(peer, "")).unwrap();
            }
            unlimited.enter(&mut handshake("192.0.2.1", "")).unwrap();
        }
    }

    #[test]
    fn a_place_is_held_as_long_as_the_handshake_is_kept() {
        let two = SocketsConfig { max_connections: Some(2), ..SocketsConfig::default() };
        let gate = gate(&two, TrustProxy::default());
        let mut first = handshake("127.0.0.1", "");
        gate.enter(&mut first).unwrap();
        let (kept, _) = first.into_parts();
        let copy = kept.clone();
        let mut second = handshake("127.0.0.1", "");
        gate.enter(&mut second).unwrap();
        let refused = gate.enter(&mut handshake("127.0.0.1", "")).unwrap_err();
        assert_eq!(refused, TurnedAway::Full);
        drop(kept);
        assert_eq!(gate.counts.handshaken.read(), 2);
        drop(copy);
        assert_eq!(gate.counts.handshaken.read(), 1);
        gate.enter(&mut handshake("127.0.0.1", "")).unwrap();
    }
}
