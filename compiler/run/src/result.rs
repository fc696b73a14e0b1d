//! The result of a run for programs, `result.json`: docs/reference/run.md describes it.

use flow_plan::model::Plan;
use serde_json::{Map, Value, json};

use crate::event::{Outcome, Skip};
use crate::summary::{JobSummary, Product, Summary};

/// The version of this form.
const FORMAT: u32 = 1;

/// The document.
pub fn json(plan: &Plan, summary: &Summary) -> String {
    let names = |all: &[(String, String)]| -> Map<String, Value> {
        all.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    };
    let gates: Vec<Value> = summary
        .gates
        .iter()
        .map(|it| json!({ "id": it.gate, "title": it.title, "green": it.red.is_empty(), "red": it.red }))
        .collect();
    let exposed: Vec<Value> = summary
        .exposed
        .iter()
        .map(|it| json!({ "name": it.name, "job": it.job, "path": it.path.to_string_lossy() }))
        .collect();
    let document = json!({
        "format": FORMAT,
        "run": summary.run,
        "name": summary.name,
        "pipeline": plan.pipeline,
        "outcome": summary.outcome.word(),
        "jobs": summary.jobs.iter().map(job).collect::<Vec<Value>>(),
        "gates": gates,
        "outputs": names(&summary.outputs),
        "exposed": exposed,
    });
    format!("{document:#}\n")
}

fn job(it: &JobSummary) -> Value {
    let mut outputs = Map::new();
    for output in &it.outputs {
        let product = match &output.product {
            Product::Value(value) => json!({ "value": value }),
            Product::Artifact { digest, manifest } => {
                json!({ "artifact": digest.as_str(), "manifest": manifest.to_string_lossy() })
            }
        };
        outputs.insert(output.name.clone(), product);
    }
    let steps: Vec<Value> = it
        .steps
        .iter()
        .map(|step| {
            json!({
                "id": &*step.step.id,
                "title": &*step.step.title,
                "outcome": step.outcome.word(),
                "begin": step.span.map(|it| it.0),
                "end": step.span.map(|it| it.1),
            })
        })
        .collect();
    json!({
        "id": it.job,
        "title": it.title,
        "outcome": it.outcome.word(),
        "tolerated": it.tolerated,
        "reason": reason(&it.outcome),
        "begin": it.span.map(|it| it.0),
        "end": it.span.map(|it| it.1),
        "outputs": outputs,
        "steps": steps,
        "legs": it.legs.iter().map(job).collect::<Vec<Value>>(),
        "log": it.log.as_ref().map(|it| it.to_string_lossy().into_owned()),
    })
}

/// Why it ended so, in words.
fn reason(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Succeeded | Outcome::Cancelled | Outcome::NotStarted => return None,
        Outcome::Skipped(Skip::Condition) => "its condition does not hold".to_owned(),
        Outcome::Skipped(Skip::NoElements) => "its list is empty".to_owned(),
        Outcome::Skipped(Skip::All) => "its condition holds for no element".to_owned(),
        Outcome::Skipped(Skip::NotMade(job, output)) => format!("`{output}` of `{job}` was not made"),
        Outcome::Blocked(by) => format!("it needs {}", crate::error::names(by)),
        Outcome::Failed(failure) => match &failure.step {
            Some(step) => format!("`{}` {}", step.title, failure.cause),
            None => failure.cause.to_string(),
        },
    })
}
