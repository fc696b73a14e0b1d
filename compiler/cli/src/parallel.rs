//! One question about many things, asked on all cores at once. The answers come in the order of the
//! things, so nobody can tell how many cores there were.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use flow_analysis::Database;

/// As on the main thread: trees are walked by recursion.
const STACK: usize = 8 << 20;

/// What `ask` answers for each of `items`. Only for what cannot lead back to itself: trees of files,
/// and plans of programs without errors; which part of a circle is told depends on who comes first.
pub(crate) fn each<T: Sync, R: Send>(db: &Database, items: &[T], ask: impl Fn(&Database, &T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let next = AtomicUsize::new(0);
    let work = |db: &Database| {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, ask(db, item)));
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads)
            .filter_map(|_| {
                let db = db.clone();
                // Where the system gives no thread the others do its share.
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || work(&{ db })).ok()
            })
            .collect();
        let mut all = work(db);
        for helper in helpers {
            all.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, answer)| answer).collect()
}
