//! Azure Pipelines.
use flow_plan::model::Plan;
use crate::{EmitError, Emitted, Options};
pub(crate) fn emit(_: &Plan, _: &Options) -> Result<Emitted, Vec<EmitError>> { Err(vec![]) }
