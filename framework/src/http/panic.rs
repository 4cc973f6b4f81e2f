//! A panic in an action: one 500, logged once; the process and the other requests go on.

use pin_project_lite::pin_project;
use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind},
    pin::Pin,
    sync::Once,
    task::{Context, Poll},
};

/// Something that ran for a request has panicked.
#[derive(Debug, thiserror::Error)]
#[error("an action panicked: {0}")]
pub(crate) struct Panicked(String);

thread_local! {
    /// Does this thread run [`caught`] code?
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs something for a request, whatever happens in it. Its panic is in the log already.
pub(crate) fn caught<F: Future>(work: F) -> Caught<F> {
    log_panics();
    Caught { work }
}

pin_project! {
    /// The future of [`caught`]. Written by hand: an `async fn` would hold the work twice, and it is large.
    pub(crate) struct Caught<F> {
        #[pin]
        work: F,
    }
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let work = self.project().work;
        let before = CAUGHT.replace(true);
        let polled = catch_unwind(AssertUnwindSafe(|| work.poll(cx)));
        CAUGHT.set(before);
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(Panicked(text(&*panic)))),
        }
    }
}

/// Makes panics that are caught lines of the log, with their place and inside their request's span; all others are told
/// as before.
fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
            if !CAUGHT.get() {
                return others(panic);
            }
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "an action panicked: {}", text(panic.payload()));
        }));
    });
}

fn text(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (None, Some(text)) => (*text).to_owned(),
        (None, None) => "with a value that is no text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_panic_is_one_line_of_the_log_that_names_its_place() {
        let lines = Lines::default();
        let made = lines.clone();
        let log = tracing_subscriber::fmt().with_writer(move || made.clone()).with_ansi(false).finish();
        let _log = tracing::subscriber::set_default(log);
        let panicked =
            caught(async { panic!("on {}", "purpose") }).await.map(|()| unreachable!()).unwrap_err();
        assert_eq!(panicked.to_string(), "an action panicked: on purpose");
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("on purpose").count(), 1, "{text}");
        assert!(text.contains("panic.rs:"), "{text}");
        assert!(!CAUGHT.get());
    }
}
