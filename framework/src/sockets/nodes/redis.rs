//! The line to the other nodes: one Redis channel, and what happens while Redis is away.

use crate::metrics::Counts;
use arc_swap::ArcSwapOption;
use futures_util::StreamExt;
use redis::{
    AsyncCommands, AsyncConnectionConfig, Client, RedisError, RedisResult,
    aio::{MultiplexedConnection, PubSub},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Redis must have answered a connection attempt within this time.
const CONNECT: Duration = Duration::from_secs(5);
/// Redis must have answered a message within this time, or it is taken to be gone.
const ANSWER: Duration = Duration::from_secs(2);
/// This often a message of our own must come back, or Redis is taken to be gone.
const BEAT: Duration = Duration::from_secs(5);
/// The pauses between attempts to reach it again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Messages, and bytes in them, that have come and wait to be handled; more are dropped.
const MAX_WAITING: usize = 16_384;
const MAX_WAITING_BYTES: usize = 64 << 20;

/// Where messages to the other nodes go in.
///
/// While Redis is away they are dropped and counted, so that nobody waits; the line mends itself.
pub(super) struct Line {
    channel: Arc<str>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Nothing while Redis is away.
    sender: ArcSwapOption<Sender>,
    lost: AtomicU64,
    counts: Arc<Counts>,
    is_up: watch::Sender<bool>,
}

impl State {
    /// A message to the other nodes is lost.
    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        self.counts.lost_to_nodes.up();
    }
}

struct Sender {
    connection: MultiplexedConnection,
    /// Cancelled by whoever finds that it does not work any more.
    cut: CancellationToken,
}

impl Sender {
    async fn publish(&self, channel: &str, bytes: &[u8]) -> RedisResult<()> {
        let sent = self.connection.clone().publish(channel, bytes).await;
        if let Err(error) = &sent
            && (error.is_io_error() || error.is_timeout() || error.is_connection_dropped())
        {
            self.cut.cancel();
        }
        sent
    }
}

/// Where messages of all nodes, this one included, come out.
pub(super) struct Inbox {
    messages: mpsc::Receiver<Vec<u8>>,
    bytes: Arc<AtomicUsize>,
}

impl Inbox {
    /// The next message; nothing once the line has been given up.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        let message = self.messages.recv().await?;
        self.bytes.fetch_sub(message.len(), Ordering::Relaxed);
        Some(message)
    }
}

impl Line {
    /// Opens the line; the future keeps it up until `stop`.
    pub(super) async fn open(
        client: Client,
        channel: &str,
        node: &str,
        counts: Arc<Counts>,
        stop: CancellationToken,
    ) -> RedisResult<(Self, Inbox, impl Future<Output = ()> + Send + 'static)> {
        let channel: Arc<str> = channel.into();
        let (put, messages) = mpsc::channel(MAX_WAITING);
        let bytes = Arc::new(AtomicUsize::new(0));
        let state = Arc::new(State { counts, ..State::default() });
        let keeper = Keeper {
            client,
            own: format!("{channel}:{node}"),
            channel: channel.clone(),
            state: state.clone(),
            put,
            bytes: bytes.clone(),
            overflown: 0,
            stop,
        };
        let first = keeper.connect().await?;
        let pubsub = keeper.take_up(first);
        Ok((Self { channel, state }, Inbox { messages, bytes }, keeper.keep(pubsub)))
    }

    /// Is Redis there, as far as is known?
    pub(super) fn is_up(&self) -> bool {
        self.state.sender.load().is_some()
    }

    /// Tells each time that Redis goes or comes back.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.state.is_up.subscribe()
    }

    /// Sends to all nodes. It cannot fail for the caller, whose own node has been served; what is lost is counted, and
    /// told when Redis is back.
    pub(super) async fn send(&self, bytes: &[u8]) {
        let sent = match self.state.sender.load_full() {
            Some(sender) => sender.publish(&self.channel, bytes).await,
            None => {
                self.state.lose();
                return;
            }
        };
        if let Err(error) = sent {
            self.state.lose();
            tracing::warn!("a message to the other nodes was lost: {error}");
        }
    }
}

/// Keeps the line up.
struct Keeper {
    client: Client,
    channel: Arc<str>,
    /// The channel that only this node hears.
    own: String,
    state: Arc<State>,
    put: mpsc::Sender<Vec<u8>>,
    bytes: Arc<AtomicUsize>,
    /// Messages dropped since there was room for one.
    overflown: u64,
    stop: CancellationToken,
}

impl Keeper {
    async fn connect(&self) -> RedisResult<(MultiplexedConnection, PubSub)> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        let both = async {
            let sender = self.client.get_multiplexed_async_connection_with_config(&config).await?;
            let mut pubsub = self.client.get_async_pubsub().await?;
            pubsub.subscribe(&[&*self.channel, &self.own]).await?;
            Ok((sender, pubsub))
        };
        let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "it does not answer");
        timeout(CONNECT, both).await.map_err(|_| RedisError::from(late()))?
    }

    fn take_up(&self, (connection, pubsub): (MultiplexedConnection, PubSub)) -> PubSub {
        let sender = Sender { connection, cut: CancellationToken::new() };
        self.state.sender.store(Some(Arc::new(sender)));
        self.state.is_up.send_replace(true);
        pubsub
    }

    async fn keep(mut self, mut pubsub: PubSub) {
        let stop = self.stop.clone();
        while let Some(why) = stop.run_until_cancelled(self.listen(pubsub)).await {
            self.state.sender.store(None);
            self.state.is_up.send_replace(false);
            let since = Instant::now();
            tracing::error!("Redis is away ({why}): until it is back, this node serves its own sockets only");
            let Some(connected) = stop.run_until_cancelled(self.reach_again()).await else { return };
            let lost = self.state.lost.swap(0, Ordering::Relaxed);
            pubsub = self.take_up(connected);
            let seconds = since.elapsed().as_secs_f32();
            tracing::warn!(
                "Redis is back after {seconds:.1} s: nodes hear each other again; {lost} messages of this one are lost"
            );
        }
    }

    async fn reach_again(&self) -> (MultiplexedConnection, PubSub) {
        let mut pause = FIRST_PAUSE;
        loop {
            // Not all nodes at the same moment.
            sleep(pause.mul_f32(rand::random_range(0.5..1.0))).await;
            match self.connect().await {
                Ok(connected) => return connected,
                Err(error) => tracing::debug!("Redis is still away: {error}"),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Takes in messages until the line is cut; says why it was.
    async fn listen(&mut self, pubsub: PubSub) -> &'static str {
        let Some(sender) = self.state.sender.load_full() else { return "there is no connection" };
        let mut messages = pubsub.into_on_message();
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = false;
        loop {
            tokio::select! {
                () = sender.cut.cancelled() => return "it does not take messages",
                message = messages.next() => match message {
                    None => return "it has closed the connection",
                    Some(message) if message.get_channel_name() == self.own => unanswered = false,
                    Some(message) => self.take_in(message.get_payload_bytes()),
                },
                _ = beat.tick() => {
                    if unanswered {
                        return "it does not answer";
                    }
                    unanswered = true;
                    let (sender, own) = (sender.clone(), self.own.clone());
                    tokio::spawn(async move { sender.publish(&own, b"").await });
                }
            }
        }
    }

    fn take_in(&mut self, message: &[u8]) {
        let waiting = self.bytes.fetch_add(message.len(), Ordering::Relaxed);
        // One that is larger than the limit by itself may pass alone.
        let fits = waiting == 0 || waiting + message.len() <= MAX_WAITING_BYTES;
        if fits && self.put.try_send(message.to_vec()).is_ok() {
            if self.overflown > 0 {
                tracing::error!("{} messages of other nodes are lost", std::mem::take(&mut self.overflown));
            }
            return;
        }
        self.bytes.fetch_sub(message.len(), Ordering::Relaxed);
        self.state.counts.lost_from_nodes.up();
        if self.overflown == 0 {
            tracing::error!("messages of other nodes come faster than they can be handled");
        }
        self.overflown += 1;
    }
}
