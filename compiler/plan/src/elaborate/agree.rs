//! Plans of one pipeline for several backends: what they have in common must be the same.

use flow_analysis::{Finding, Place};
use flow_syntax::Code;
use rustc_hash::FxHashMap;

use crate::model::{Edge, EdgeKind, Job, Output, OutputKind, Plan};

/// What two plans do not agree on: of jobs that both have the outputs, and what orders them. `places`
/// are those of the first plan's jobs.
pub(super) fn differences(first: &Plan, places: &[Place], second: &Plan, pipeline: Place) -> Vec<Finding> {
    let others: FxHashMap<&str, &Job> = second.jobs.iter().map(|job| (job.id.as_str(), job)).collect();
    let own: FxHashMap<&str, &Job> = first.jobs.iter().map(|job| (job.id.as_str(), job)).collect();
    let (a, b) = (first.backend.name(), second.backend.name());
    let finding = |place: Place, what: String| {
        Finding::new(Code::PlansDiffer, place, what).label("not the same on every backend").note(
            "a program gives the same values, files and order on each backend; only how a job makes them may differ",
        )
    };
    let mut found = Vec::new();
    for (job, place) in first.jobs.iter().zip(places) {
        let Some(other) = others.get(job.id.as_str()) else { continue };
        for output in &job.outputs {
            let twin = other.outputs.iter().find(|it| it.name == output.name);
            let Some(twin) = twin else {
                let what = format!("`{}` has the output `{}` for {a}, but not for {b}", job.title, output.name);
                found.push(finding(*place, what).help("give it in every arm of `match ctx.backend`"));
                continue;
            };
            if let Some(how) = difference(output, twin) {
                let what = format!("the output `{}` of `{}` is {how} for {b}", output.name, job.title);
                found.push(
                    finding(*place, format!("{what}, not as for {a}"))
                        .help("make it the same in every arm of `match ctx.backend`"),
                );
            }
        }
        let both = |edge: &&Edge| own.contains_key(edge.job.as_str()) && others.contains_key(edge.job.as_str());
        let missing = |from: &Job, to: &Job| -> Option<Edge> {
            from.needs.iter().filter(both).find(|edge| !to.needs.contains(edge)).cloned()
        };
        let edge =
            missing(job, other).map(|edge| (edge, a, b)).or_else(|| missing(other, job).map(|edge| (edge, b, a)));
        if let Some((edge, has, lacks)) = edge {
            let why = match &edge.kind {
                EdgeKind::Artifact(output) => format!("takes the files `{output}` of `{}`", edge.job),
                EdgeKind::Value(output) => format!("takes the value `{output}` of `{}`", edge.job),
                EdgeKind::Outcome => format!("asks how `{}` ended", edge.job),
                EdgeKind::Order => format!("comes after `{}`", edge.job),
            };
            let what = format!("`{}` {why} for {has}, but not for {lacks}", job.title);
            found.push(finding(*place, what).help("make the call the same in every arm of `match ctx.backend`"));
        }
    }
    for output in &first.outputs {
        if !second.outputs.iter().any(|it| it.name == output.name) {
            found.push(finding(
                pipeline,
                format!("the pipeline has the output `{}` for {a}, but not for {b}", output.name),
            ));
        }
    }
    found
}

/// How the second of two outputs is another than the first.
fn difference(first: &Output, second: &Output) -> Option<String> {
    match (&first.kind, &second.kind) {
        (OutputKind::Value { ty, .. }, OutputKind::Value { ty: other, .. }) => {
            (ty != other).then(|| "of another type".to_owned())
        }
        (OutputKind::Artifact(schema), OutputKind::Artifact(other)) => (schema != other).then(|| {
            if schema.name == other.name {
                "of other files".to_owned()
            } else {
                format!("of the type `{}`", other.name)
            }
        }),
        (OutputKind::Value { .. }, OutputKind::Artifact(_)) => Some("made of files".to_owned()),
        (OutputKind::Artifact(_), OutputKind::Value { .. }) => Some("a value".to_owned()),
    }
}
