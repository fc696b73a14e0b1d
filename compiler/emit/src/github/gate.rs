//! Gates: jobs that say whether others did what they were meant to do.
//!
//! A job that is required and skipped counts as passed, so a gate always runs. It is red if one that
//! it covers has failed, ran out of time (which shows as cancelled), or was skipped though its
//! condition holds, which means that something before it has failed.

use flow_plan::model::{Gate, Job, Os};

use super::expr::Expr;
use super::outcome::{Graph, is_tolerated};
use super::steps::generated;
use super::values::{HOST, hosted, literal};
use crate::EmitError;
use crate::facts::Facts;
use crate::yaml::{Item, Map, Node, texts};

/// After how many minutes a gate is stopped.
const MINUTES: u64 = 5;

/// The gate's job.
pub(super) fn job<'a>(facts: &Facts<'a>, graph: &Graph<'a>, gate: &'a Gate) -> Result<Map, EmitError> {
    let mut needs = Vec::new();
    let mut lines = Vec::new();
    for job in gate.covers.iter().filter_map(|id| facts.job(id)) {
        let (sources, meant) = graph.meant(job).map_err(|why| {
            let message = format!("the gate `{}` cannot ask whether {} was meant to run: {why}", gate.title, job.id);
            EmitError::at(&gate.place, message, "cover other jobs by `after`, or leave this backend out")
        })?;
        needs.push(job.id.as_str());
        needs.extend(sources);
        lines.push(line(job, meant));
    }
    // Who knows conditions must not have failed; skipped, it knows that they do not hold.
    for id in graph.ordered(&needs) {
        if !gate.covers.iter().any(|it| it == id) {
            lines.push(format!("{id} ${{{{ needs.{id}.result }}}} false"));
        }
    }
    let needs = graph.ordered(&needs);
    let mut map = Map::new().with("name", literal(&gate.title));
    map.push("needs", texts(needs.iter().copied()));
    let always = Expr::one("always()");
    map.push("if", graph.first().into_iter().fold(always, Expr::and).condition());
    map.push("runs-on", hosted(Os::Linux, flow_plan::model::Arch::X64));
    map.push("timeout-minutes", MINUTES);
    let Item { value: Node::Map(step), .. } = generated("Check that all have succeeded", None, &script()) else {
        return Err(EmitError::at(&gate.place, crate::NOT_LOWERED, ""));
    };
    let mut with_env = Map::new();
    for entry in step.entries {
        if entry.key.is("run") {
            with_env.push("env", Map::new().with("RESULTS", Node::Block(lines.join("\n"))));
        }
        with_env.entries.push(entry);
    }
    map.push("steps", vec![Item::bare(with_env)]);
    Ok(map)
}

/// A job, how it ended, and whether it was meant to run.
fn line(job: &Job, meant: Option<Expr>) -> String {
    let id = &job.id;
    let result = if is_tolerated(job) {
        // Its failure is none.
        format!("${{{{ needs.{id}.result == 'skipped' && 'skipped' || 'success' }}}}")
    } else {
        format!("${{{{ needs.{id}.result }}}}")
    };
    match meant {
        None => format!("{id} {result}"),
        Some(meant) => format!("{id} {result} ${{{{ {} }}}}", meant.text),
    }
}

/// Reads the lines: a job that was skipped may be so if it was not meant to run.
fn script() -> String {
    format!(
        "code=0\nwhile read -r job result meant; do\n  case \"$result $meant\" in\n    \"success \"* | \"skipped false\") ;;\n    *)\n      echo \"{}$job: $result\"\n      code=1\n      ;;\n  esac\ndone <<< \"$RESULTS\"\nexit $code",
        HOST.error
    )
}
