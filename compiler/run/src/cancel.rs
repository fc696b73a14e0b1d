//! How a run is asked to end before its time: shared by who asks and all who have to obey.
//!
//! It refuses to know where the wish comes from (a signal, a closed window, a test).

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;

/// A wish to end. Clones are the same wish.
#[derive(Clone, Debug)]
pub struct Cancel {
    own: Arc<watch::Sender<Urgency>>,
    /// A wish that counts as this one too.
    around: Option<Around>,
}

/// The wish around another one.
#[derive(Clone, Debug)]
struct Around {
    wish: Arc<Cancel>,
    /// Only the wish to end at once counts.
    patient: bool,
}

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
        Self { own: Arc::new(watch::Sender::new(Urgency::None)), around: None }
    }
}

impl Cancel {
    /// No wish yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first call asks running processes to end (SIGTERM, and SIGKILL after
    /// [`Options::grace`](crate::Options::grace)); what cleans up still runs. The second kills all of them at
    /// once. No new job starts.
    pub fn cancel(&self) {
        self.own.send_modify(|urgency| {
            *urgency = match urgency {
                Urgency::None => Urgency::Gently,
                Urgency::Gently | Urgency::AtOnce => Urgency::AtOnce,
            };
        });
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.urgency() > Urgency::None
    }

    /// A wish of its own, which this one brings along.
    pub(crate) fn inner(&self) -> Self {
        Self { around: Some(Around { wish: Arc::new(self.clone()), patient: false }), ..Self::default() }
    }

    /// For what cleans up: only the wish to end at once counts.
    pub(crate) fn patient(&self) -> Self {
        Self { around: Some(Around { wish: Arc::new(self.clone()), patient: true }), ..Self::default() }
    }

    fn urgency(&self) -> Urgency {
        let around = self.around.as_ref().map_or(Urgency::None, |it| match it.wish.urgency() {
            Urgency::Gently if it.patient => Urgency::None,
            urgency => urgency,
        });
        around.max(*self.own.borrow())
    }

    /// Waits until the wish is at least this urgent.
    pub(crate) fn reached(&self, urgency: Urgency) -> BoxFuture<'_> {
        Box::pin(async move {
            // The senders live as long as `self`, so these end only by being reached.
            let mut own = self.own.subscribe();
            let own = own.wait_for(|now| *now >= urgency);
            match &self.around {
                None => drop(own.await),
                Some(Around { wish, patient }) => {
                    let urgency = if *patient { Urgency::AtOnce } else { urgency };
                    tokio::select! {
                        _ = own => {}
                        () = wish.reached(urgency) => {}
                    }
                }
            }
        })
    }
}

type BoxFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
