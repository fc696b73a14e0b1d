//! What GitHub's expressions say with the language's meaning (docs/design/semantics.md 5.6).

use flow_plan::model::{Job, Value};

use super::values::Github;
use crate::facts::Facts;
use crate::lower::{Native, Site};

/// GitHub's words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words;

impl Native for Words {
    fn says(&self, facts: &Facts<'_>, job: Option<&Job>, value: &Value, site: Site) -> bool {
        match (job, site) {
            (Some(job), Site::Step | Site::End | Site::JobEnv) => Github { facts }.text(job, value).is_ok(),
            _ => false,
        }
    }
}
