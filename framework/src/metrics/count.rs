//! The counters themselves, and the list that names them.

use super::{Kind, Sample};
use ::http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How much there is at the moment.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// Counts one more until what it gives is dropped.
    pub(crate) fn enter(&self) -> Inside<'_> {
        self.come();
        Inside(self)
    }

    /// Counts one more until [`leave`](Self::leave), and gives how many there are now.
    pub(crate) fn come(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whoever has come is gone.
    pub(crate) fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Is counted by a [`Gauge`].
#[derive(Debug)]
pub(crate) struct Inside<'a>(&'a Gauge);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Answers by the class of their status.
#[derive(Debug, Default)]
pub(crate) struct Statuses([Counter; 5]);

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Statuses {
    pub(crate) fn up(&self, status: StatusCode) {
        // Those above 599 mean nothing to anyone but the app.
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len());
        self.0[class - 1].up();
    }
}

/// Why a handshake was refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// Pages of its origin may not connect.
    Origin,
    /// `before_connect` of the app has said no.
    App,
    /// Its address connects too often.
    Rate,
    /// There are as many sockets as there may be.
    Full,
}

const REFUSALS: [(Refusal, &str); 4] = [
    (Refusal::Origin, "origin"),
    (Refusal::App, "before_connect"),
    (Refusal::Rate, "connection_rate"),
    (Refusal::Full, "max_connections"),
];

/// A limit of the configuration that somebody has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// `http.body_limit`
    Body,
    /// `http.body_read_timeout`
    BodyTime,
    /// `http.json_depth`, over HTTP or over a socket
    Depth,
    /// `http.max_headers` of a virtual request; of an HTTP request nobody is told
    Headers,
    /// `sockets.max_http_buffer_size`
    Message,
    /// `sockets.max_pending`, or too many bytes in what waits
    Pending,
    /// `sockets.max_rooms`
    Rooms,
    /// `sockets.max_buffer_size`
    Reader,
}

const LIMITS: [(Limit, &str); 8] = [
    (Limit::Body, "body_limit"),
    (Limit::BodyTime, "body_read_timeout"),
    (Limit::Depth, "json_depth"),
    (Limit::Headers, "max_headers"),
    (Limit::Message, "max_http_buffer_size"),
    (Limit::Pending, "max_pending"),
    (Limit::Rooms, "max_rooms"),
    (Limit::Reader, "max_buffer_size"),
];

/// Everything that is counted where it happens.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Connections of the listener.
    pub(crate) connections: Gauge,
    /// HTTP requests that are being served.
    pub(crate) http_running: Gauge,
    /// HTTP requests that were answered.
    pub(crate) http: Statuses,
    /// Handshakes that were admitted and whose connection is there, whether they have connected or not.
    pub(crate) handshaken: Gauge,
    /// Sockets that have connected.
    pub(crate) connected: Counter,
    /// Virtual requests that run; those that wait for their turn are not among them.
    pub(crate) virtual_running: Gauge,
    /// Virtual requests that were answered, or would have been had the client wanted it.
    pub(crate) virtuals: Statuses,
    /// Events of clients that are no virtual requests but should be.
    pub(crate) malformed: Counter,
    /// Events that this node has sent to rooms or to everyone, once for each however many got it.
    pub(crate) broadcasts: Counter,
    /// Events of other nodes that were lost, and ours to them.
    pub(crate) lost_to_nodes: Counter,
    pub(crate) lost_from_nodes: Counter,
    refused: [Counter; REFUSALS.len()],
    limits: [Counter; LIMITS.len()],
}

impl Counts {
    /// A handshake is refused.
    pub(crate) fn refused(&self, why: Refusal) {
        self.refused[why as usize].up();
    }

    /// Somebody has reached a limit.
    pub(crate) fn hit(&self, limit: Limit) {
        self.limits[limit as usize].up();
    }

    /// All of it, by name.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let mut list = List(Vec::with_capacity(40));
        list.gauge("topsail_connections", "Connections that are open.", &self.connections);
        list.gauge(
            "topsail_http_requests_in_flight",
            "HTTP requests that are being served.",
            &self.http_running,
        );
        list.statuses("topsail_http_requests_total", "HTTP requests that were answered.", &self.http);
        list.gauge(
            "topsail_handshakes_open",
            "Connections of sockets, those included that have not connected yet.",
            &self.handshaken,
        );
        list.counter("topsail_sockets_connected_total", "Sockets that have connected.", &self.connected);
        for (why, name) in REFUSALS {
            let help = "Handshakes of sockets that were refused.";
            list.labelled(
                "topsail_sockets_refused_total",
                help,
                ("reason", name),
                &self.refused[why as usize],
            );
        }
        list.gauge(
            "topsail_virtual_requests_in_flight",
            "Virtual requests that are running.",
            &self.virtual_running,
        );
        list.statuses(
            "topsail_virtual_requests_total",
            "Virtual requests that were answered.",
            &self.virtuals,
        );
        list.counter(
            "topsail_frames_malformed_total",
            "Messages of clients that are no virtual requests.",
            &self.malformed,
        );
        list.counter(
            "topsail_broadcasts_total",
            "Events that were sent to rooms or to everyone on this node, whoever got them.",
            &self.broadcasts,
        );
        for (limit, name) in LIMITS {
            let help = "Limits of the configuration that were reached.";
            list.labelled("topsail_limits_hit_total", help, ("limit", name), &self.limits[limit as usize]);
        }
        for (way, counter) in [("out", &self.lost_to_nodes), ("in", &self.lost_from_nodes)] {
            let help = "Messages between this node and the others that were lost.";
            list.labelled("topsail_node_messages_lost_total", help, ("direction", way), counter);
        }
        list.0
    }
}

struct List(Vec<Sample>);

impl List {
    fn counter(&mut self, name: &'static str, help: &'static str, counter: &Counter) {
        self.0.push(Sample { name, help, kind: Kind::Counter, label: None, value: counter.read() });
    }

    fn gauge(&mut self, name: &'static str, help: &'static str, gauge: &Gauge) {
        self.0.push(Sample { name, help, kind: Kind::Gauge, label: None, value: gauge.read() });
    }

    fn labelled(
        &mut self,
        name: &'static str,
        help: &'static str,
        label: (&'static str, &'static str),
        counter: &Counter,
    ) {
        self.0.push(Sample { name, help, kind: Kind::Counter, label: Some(label), value: counter.read() });
    }

    fn statuses(&mut self, name: &'static str, help: &'static str, statuses: &Statuses) {
        for (class, counter) in CLASSES.iter().zip(&statuses.0) {
            self.labelled(name, help, ("status", class), counter);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn value(counts: &Counts, name: &str, label: &str) -> u64 {
        let found = |s: &Sample| s.name == name && s.label.is_some_and(|(_, value)| value == label);
        counts.samples().into_iter().find(found).unwrap().value
    }

    #[test]
    fn each_reason_and_each_limit_has_a_place_of_its_own() {
        for (why, name) in REFUSALS {
            let counts = Counts::default();
            counts.refused(why);
            assert_eq!(value(&counts, "topsail_sockets_refused_total", name), 1, "{name}");
        }
        for (limit, name) in LIMITS {
            let counts = Counts::default();
            counts.hit(limit);
            assert_eq!(value(&counts, "topsail_limits_hit_total", name), 1, "{name}");
        }
    }

    #[test]
    fn every_status_belongs_to_a_class() {
        let counts = Counts::default();
        for status in [101, 200, 204, 302, 404, 503, 600, 999] {
            counts.http.up(StatusCode::from_u16(status).unwrap());
        }
        let of = |class| value(&counts, "topsail_http_requests_total", class);
        assert_eq!(["1xx", "2xx", "3xx", "4xx", "5xx"].map(of), [1, 2, 1, 1, 3]);
    }

    #[test]
    fn whoever_has_entered_is_counted_until_dropped() {
        let gauge = Gauge::default();
        let (a, b) = (gauge.enter(), gauge.enter());
        assert_eq!(gauge.read(), 2);
        drop(a);
        assert_eq!(gauge.read(), 1);
        drop(b);
        assert_eq!(gauge.read(), 0);
    }
}
