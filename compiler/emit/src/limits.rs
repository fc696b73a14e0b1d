//! What platforms refuse, as data: one table per backend, since platforms move. A file is measured
//! before anyone pushes it: at 80 % of a limit there is a warning, beyond it an error.

use flow_plan::model::Plan;

use crate::yaml::{Map, Node, print};
use crate::{EmitError, Warning};

/// The limits of one backend.
#[derive(Debug)]
pub(crate) struct Limits {
    /// Bytes of a file. GitHub silently never runs a larger one.
    pub(crate) file_bytes: usize,
    /// Characters of a text that holds an expression.
    pub(crate) expression_chars: usize,
    /// Characters of an artifact's name.
    pub(crate) artifact_name_chars: usize,
    /// Artifacts of one job.
    pub(crate) artifacts_per_job: usize,
    /// Parameters of a manual run.
    pub(crate) params: usize,
    /// Characters of a job's id.
    pub(crate) job_id_chars: usize,
}

/// GitHub's.
pub(crate) const GITHUB: Limits = Limits {
    file_bytes: 512_000,
    expression_chars: 21_000,
    artifact_name_chars: 100,
    artifacts_per_job: 500,
    params: 25,
    job_id_chars: 100,
};

/// Azure's; of the file it limits what it expands to, 4 MB. Names grow by an attempt's numbers.
pub(crate) const ADO: Limits = Limits {
    file_bytes: 4_000_000,
    expression_chars: 21_000,
    artifact_name_chars: 90,
    artifacts_per_job: 500,
    params: 100,
    job_id_chars: 100,
};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<EmitError>,
    pub(crate) warnings: Vec<Warning>,
}

impl Findings {
    fn measure(&mut self, plan: &Plan, job: Option<&str>, what: &str, found: usize, limit: usize, help: &str) {
        if found * 5 <= limit * 4 {
            return;
        }
        let place = job.and_then(|id| plan.jobs.iter().find(|it| it.id == id)).map(|it| it.place.clone());
        if found > limit {
            let message = format!("{what}: {found}, and {} takes no more than {limit}", plan.backend.name());
            self.errors.push(EmitError { message, place, help: help.to_owned() });
        } else {
            let message = format!("{what}: {found} of the {limit} that {} takes", plan.backend.name());
            self.warnings.push(Warning { message, place, help: help.to_owned() });
        }
    }
}

/// Measures what was emitted: the whole text and each job's node, by the job's id in the plan.
pub(crate) fn check(plan: &Plan, limits: &Limits, text: &str, jobs: &[(&str, Node)]) -> Findings {
    let mut findings = Findings::default();
    // Measuring each job prints it once more: only where the file comes near the limit.
    if text.len() * 5 > limits.file_bytes * 4 {
        let sizes = jobs.iter().map(|(id, node)| (size(node), *id));
        let (bytes, job) = sizes.max().map_or((0, None), |(bytes, id)| (bytes, Some(id)));
        let help = match job {
            Some(id) => {
                format!("the biggest job is {id} with {bytes} bytes: split the pipeline, or move scripts to files")
            }
            None => "split the pipeline".to_owned(),
        };
        findings.measure(plan, job, "the file's length in bytes", text.len(), limits.file_bytes, &help);
    }
    findings.measure(plan, None, "the number of parameters", plan.params.len(), limits.params, "join some of them");
    for (id, node) in jobs {
        let (longest, artifacts) = (longest_expression(node), uploads(node));
        let help = "move the text to a file of the repository";
        findings.measure(
            plan,
            Some(id),
            &format!("the longest text with an expression in job {id}"),
            longest,
            limits.expression_chars,
            help,
        );
        findings.measure(
            plan,
            Some(id),
            &format!("the length of the job id {id}"),
            id.len(),
            limits.job_id_chars,
            "name the call with `as`",
        );
        findings.measure(
            plan,
            Some(id),
            &format!("the artifacts of job {id}"),
            artifacts.len(),
            limits.artifacts_per_job,
            "join some of them",
        );
        for name in artifacts {
            let what = format!("the length of the artifact name {name}");
            findings.measure(
                plan,
                Some(id),
                &what,
                name.chars().count(),
                limits.artifact_name_chars,
                "give the pipeline, the job or the output a shorter name",
            );
        }
    }
    findings
}

fn size(node: &Node) -> usize {
    print(&[], &Map::new().with("job", node.clone())).len()
}

/// The length of the longest text that the platform evaluates.
fn longest_expression(node: &Node) -> usize {
    match node {
        Node::Text(text) | Node::Block(text) if text.contains("${{") => text.chars().count(),
        Node::Null | Node::Plain(_) | Node::Text(_) | Node::Block(_) => 0,
        Node::Seq(items) => items.iter().map(|it| longest_expression(&it.value)).max().unwrap_or(0),
        Node::Map(map) => map.entries.iter().map(|it| longest_expression(&it.value)).max().unwrap_or(0),
    }
}

/// The names of the artifacts that a job uploads.
fn uploads(node: &Node) -> Vec<&str> {
    let Node::Map(job) = node else {
        return Vec::new();
    };
    let Some(Node::Seq(steps)) = job.get("steps") else {
        return Vec::new();
    };
    steps.iter().filter_map(|it| upload(&it.value)).collect()
}

fn upload(step: &Node) -> Option<&str> {
    let Node::Map(step) = step else { return None };
    if step.get("publish").is_some() {
        return text(step.get("artifact")?);
    }
    if !text(step.get("uses")?)?.contains("/upload-artifact@") {
        return None;
    }
    let Node::Map(with) = step.get("with")? else {
        return None;
    };
    text(with.get("name")?)
}

fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Text(it) | Node::Block(it) | Node::Plain(it) => Some(it),
        Node::Null | Node::Seq(_) | Node::Map(_) => None,
    }
}
