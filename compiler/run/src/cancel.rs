//! How a run is asked to end before its time: shared by who asks and all who have to obey.
//!
//! It refuses to know where the wish comes from (a signal, a closed window, a test).

use std::sync::Arc;

use tokio::sync::watch;

/// A wish to end. Clones are the same wish.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<Urgency>>);

/// How urgent the wish is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// There is none.
    None,
    /// Processes are asked to end and get time for it.
    Gently,
    /// Processes are killed.
    AtOnce,
}

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Urgency::None)))
    }
}

impl Cancel {
    /// No wish yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first call asks running processes to end (SIGTERM, and SIGKILL after
    /// [`Options::grace`](crate::Options::grace)); the second kills them at once. No new job starts.
    pub fn cancel(&self) {
        self.0.send_modify(|urgency| {
            *urgency = match urgency {
                Urgency::None => Urgency::Gently,
                Urgency::Gently | Urgency::AtOnce => Urgency::AtOnce,
            };
        });
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow() > Urgency::None
    }

    /// Waits until the wish is at least this urgent.
    pub(crate) async fn reached(&self, urgency: Urgency) {
        // The sender lives as long as `self`, so this ends only by being reached.
        let _ = self.0.subscribe().wait_for(|now| *now >= urgency).await;
    }
}
