//! Repeated measurements, and what they say.

use std::time::{Duration, Instant};

/// How long `work` takes, and what it gives.
pub fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let value = std::hint::black_box(work());
    (start.elapsed(), value)
}

/// Measurements of one thing, sorted.
#[derive(Clone, Debug)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Measures `work` so many times, after one time that does not count.
    pub fn of<T>(times: usize, mut work: impl FnMut() -> T) -> Self {
        work();
        let mut all: Vec<_> = (0..times.max(1)).map(|_| time(&mut work).0).collect();
        all.sort_unstable();
        Self(all)
    }

    /// The fastest: what the work costs when nothing else is in its way.
    pub fn best(&self) -> Duration {
        self.0[0]
    }

    /// Half are faster.
    pub fn p50(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    /// All but one in a hundred are faster.
    pub fn p99(&self) -> Duration {
        self.0[(self.0.len() * 99).div_ceil(100).saturating_sub(1)]
    }
}
