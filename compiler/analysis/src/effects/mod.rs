//! Effects: what a body asks of whoever carries it out. Which backends can, what the job's token must
//! be allowed, whether a result can be reused. Never part of the inference of types: queries over
//! checked bodies, so that an edit asks again only for what it changes.

mod backend;
mod fact;
mod once;
mod outsiders;
mod planned;
mod purity;
mod token;

use rustc_hash::FxHashSet;

use crate::db::{Db, Def};
use crate::place::{Finding, Place};

pub use self::backend::{Backends, backends, unsupported};
pub use self::fact::{CallFact, Facts, facts};
pub use self::once::{OnceCall, once_calls};
pub use self::token::{Permission, permissions};

/// A place, and what is said of it.
pub type Step = (Place, String);

/// How many steps of a way are kept; of a longer one those at its end are the ones that say something.
const LONGEST: usize = 16;

/// `way`, with a step before it.
fn longer(step: &Step, way: &[Step]) -> Vec<Step> {
    let rest = if way.len() < LONGEST { way } else { way.get(1..).unwrap_or_default() };
    std::iter::once(step.clone()).chain(rest.iter().cloned()).collect()
}

/// Calls `f` for all that `def` calls, itself or through others, each after what it calls. A query that
/// asks itself for what is called is called by this, so that long chains do not nest.
fn bottom_up(db: &dyn Db, def: Def, f: impl Fn(Def)) {
    let mut seen: FxHashSet<Def> = FxHashSet::from_iter([def]);
    let mut open = vec![(def, 0)];
    while let Some((def, next)) = open.pop() {
        match facts(db, def).calls.get(next) {
            Some(call) => {
                open.push((def, next + 1));
                if seen.insert(call.def) {
                    open.push((call.def, 0));
                }
            }
            None => f(def),
        }
    }
}

/// What is wrong with the effects of an item.
pub(crate) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    let mut all = backend::findings(db, def);
    all.extend(token::findings(db, def));
    all.extend(purity::findings(db, def));
    all.extend(once::findings(db, def));
    all.extend(outsiders::findings(db, def));
    all.extend(planned::findings(db, def));
    all
}
