//! Jobs that run once for each element of a list that is known later: GitHub's matrix.

use flow_plan::model::{Each, Job};

use super::expr::Expr;
use super::values::Github;

/// That a loop has something to run for: GitHub takes no empty matrix.
pub(super) fn is_not_empty(_github: &Github<'_>, _job: &Job, _each: &Each) -> Result<Expr, String> {
    Err(crate::NOT_LOWERED.to_owned())
}
