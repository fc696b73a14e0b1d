//! Effects: what a body asks of whoever carries it out. Which backends can, what the job's token must
//! be allowed, whether a result can be reused. Never part of the inference of types: queries over
//! checked bodies, so that an edit asks again only for what it changes.

mod backend;
mod fact;
mod once;

mod purity;
mod token;

use crate::db::{Db, Def};
use crate::place::{Finding, Place};

pub use self::backend::{Backends, backends};
pub use self::fact::{CallFact, Facts, facts};
pub use self::once::{OnceCall, once_calls};
pub use self::token::{Permission, permissions};

/// A place, and what is said of it.
pub type Step = (Place, String);

/// What is wrong with the effects of an item.
pub(crate) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    let mut all = backend::findings(db, def);
    all.extend(token::findings(db, def));
    all.extend(purity::findings(db, def));
    all.extend(once::findings(db, def));
    all
}
