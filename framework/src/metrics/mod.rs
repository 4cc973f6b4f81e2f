//! What an app counts of itself, and the page that shows it.
//!
//! Each app has its own counters, because several apps can live in one process; so no global recorder is asked. To
//! count something is one relaxed addition. Whoever collects numbers otherwise feeds them from [`App::metrics`].

mod config;
mod count;
mod page;
mod sample;

pub use config::MetricsConfig;
pub(crate) use config::{NO_PATH, is_path};
pub(crate) use count::{Counts, Limit, Refusal};
pub(crate) use page::answer;
pub use sample::{Kind, Sample};

use crate::App;

impl App {
    /// What the app has counted since its lift, and how much of everything there is now.
    ///
    /// For exporters of your own: read it as often as you collect. The rooms of all sockets are counted for it, which
    /// takes milliseconds where there are many.
    ///
    /// ```no_run
    /// # async fn f(app: topsail::App) {
    /// for sample in app.metrics().await {
    ///     println!("{} {:?} {}", sample.name, sample.label, sample.value);
    /// }
    /// # }
    /// ```
    pub async fn metrics(&self) -> Vec<Sample> {
        let mut samples = self.counts().samples();
        let mut now = |name, help, value: usize| {
            samples.push(Sample { name, help, kind: Kind::Gauge, label: None, value: value as u64 });
        };
        now("topsail_sockets", "Sockets that are connected to this node.", self.sockets.count());
        now(
            "topsail_rooms",
            "Rooms that have members on this node, beside the own room of each socket.",
            self.sockets.room_count().await,
        );
        if let Some(count) = self.sessions().count() {
            now("topsail_sessions", "Sessions that are kept in this process.", count);
        }
        now(
            "topsail_nodes_cut_off",
            "1 while the other nodes are out of reach.",
            usize::from(self.sockets.is_cut_off()),
        );
        samples
    }
}
