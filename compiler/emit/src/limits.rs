//! What platforms refuse, as data: one table per backend, since platforms move. A file is measured
//! before anyone pushes it: at 80 % of a limit there is a warning, beyond it an error.

use flow_plan::model::{Job, Output, OutputKind, Plan, ValueType};

use crate::shell::values::LONGEST;
use crate::yaml::{Entry, Key, Map, Node, print};
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
    /// Instances of one job.
    pub(crate) matrix_legs: usize,
    /// Characters of the name of a group of which one runs at a time.
    pub(crate) group_chars: usize,
    /// Characters of a cache's key.
    pub(crate) cache_key_chars: usize,
    /// Bytes of all that a job hands on.
    pub(crate) output_bytes: usize,
}

/// GitHub's.
pub(crate) const GITHUB: Limits = Limits {
    file_bytes: 512_000,
    expression_chars: 21_000,
    artifact_name_chars: 100,
    artifacts_per_job: 500,
    params: 25,
    job_id_chars: 100,
    matrix_legs: 256,
    group_chars: 400,
    cache_key_chars: 512,
    output_bytes: 1_048_576,
};

/// Azure's; of the file it limits what it expands to, 4 MB. Names grow by an attempt's numbers.
pub(crate) const ADO: Limits = Limits {
    file_bytes: 4_000_000,
    expression_chars: 21_000,
    artifact_name_chars: 90,
    artifacts_per_job: 500,
    params: 100,
    job_id_chars: 100,
    matrix_legs: 256,
    group_chars: 400,
    cache_key_chars: 512,
    output_bytes: 1_048_576,
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
        // What is written as a matrix has the name of the declared job.
        let of =
            |id: &str| plan.jobs.iter().find(|it| it.id == id).or_else(|| plan.jobs.iter().find(|it| it.name == id));
        let place = job.and_then(of).map(|it| it.place.clone());
        if found > limit {
            let message = format!("{what}: {found}, and {} takes no more than {limit}", plan.backend.name());
            self.errors.push(EmitError { message, place, help: help.to_owned() });
        } else {
            let message = format!("{what}: {found} of the {limit} that {} takes", plan.backend.name());
            self.warnings.push(Warning { message, place, help: help.to_owned() });
        }
    }
}

/// Measures what was emitted: the whole text and each job, whose ids in the plan are `ids`.
pub(crate) fn check(plan: &Plan, limits: &Limits, text: &str, ids: &[&str], root: &Map) -> Findings {
    let mut findings = Findings::default();
    let nodes: Vec<&Node> = match root.get("jobs") {
        Some(Node::Map(jobs)) => jobs.entries.iter().map(|it| &it.value).collect(),
        Some(Node::Seq(jobs)) => jobs.iter().map(|it| &it.value).collect(),
        _ => Vec::new(),
    };
    let jobs: Vec<(&str, &Node)> = ids.iter().copied().zip(nodes).collect();
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
    for (id, node) in &jobs {
        job(&mut findings, plan, limits, id, node);
    }
    findings
}

fn job(findings: &mut Findings, plan: &Plan, limits: &Limits, id: &str, node: &Node) {
    let mut measure = |what: &str, found: usize, limit: usize, help: &str| {
        findings.measure(plan, Some(id), what, found, limit, help);
    };
    let (longest, artifacts) = (longest_expression(node), uploads(node));
    let what = format!("the longest text with an expression in job {id}");
    measure(&what, longest, limits.expression_chars, "move the text to a file of the repository");
    measure(&format!("the length of the job id {id}"), id.len(), limits.job_id_chars, "name the call with `as`");
    measure(&format!("the artifacts of job {id}"), artifacts.len(), limits.artifacts_per_job, "join some of them");
    let help = "split the list, or loop in a script";
    measure(&format!("the instances of job {id}"), legs(node), limits.matrix_legs, help);
    if let Some(group) = at(node, &["concurrency", "group"]).and_then(text) {
        let what = format!("the length of the concurrency group of job {id}");
        measure(&what, group.chars().count(), limits.group_chars, "give it a shorter name");
    }
    for key in cache_keys(node) {
        let what = format!("the length of a cache's key in job {id}");
        measure(&what, key.chars().count(), limits.cache_key_chars, "make it of fewer parts");
    }
    // Each text may be as long as a value gets; most are not.
    if let Some(Node::Map(outputs)) = at(node, &["outputs"]) {
        let short = plan.jobs.iter().find(|it| it.id == id).map_or(0, short_outputs);
        let bytes = outputs
            .entries
            .len()
            .saturating_sub(short)
            .saturating_mul(usize::try_from(LONGEST).unwrap_or(usize::MAX))
            .min(limits.output_bytes);
        let what = format!("the bytes that the outputs of job {id} may come to");
        measure(&what, bytes, limits.output_bytes, "hand on files instead of many texts");
    }
    for name in artifacts {
        let what = format!("the length of the artifact name {name}");
        let help = "give the pipeline, the job or the output a shorter name";
        measure(&what, name.chars().count(), limits.artifact_name_chars, help);
    }
}

/// How many outputs of a job are of a type whose texts are a few bytes.
fn short_outputs(job: &Job) -> usize {
    let is_short = |it: &&Output| match &it.kind {
        OutputKind::Value { ty, .. } => {
            matches!(ty.present(), ValueType::Bool | ValueType::Int | ValueType::Duration | ValueType::Enum { .. })
        }
        _ => false,
    };
    job.outputs.iter().filter(is_short).count()
}

/// What stands below these keys.
fn at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| match node {
        Node::Map(map) => map.get(key),
        _ => None,
    })
}

/// How many instances of a job a matrix names.
fn legs(job: &Node) -> usize {
    let Some(Node::Map(matrix)) = at(job, &["strategy", "matrix"]) else { return 0 };
    let len = |node: &Node| match node {
        Node::Seq(items) => items.len(),
        _ => 1,
    };
    let mut product = 1;
    let mut included = 0;
    for entry in &matrix.entries {
        match &entry.key {
            Key::Text(key) if key == "include" => included = len(&entry.value),
            _ => product *= len(&entry.value),
        }
    }
    if matrix.entries.len() == 1 && included > 0 { included } else { product + included }
}

fn steps(job: &Node) -> impl Iterator<Item = &Node> {
    let items = match at(job, &["steps"]) {
        Some(Node::Seq(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().map(|it| &it.value)
}

fn cache_keys(job: &Node) -> impl Iterator<Item = &str> {
    let caches = steps(job).filter(|step| {
        let uses = at(step, &["uses"]).and_then(text);
        uses.is_some_and(|it| it.contains("actions/cache"))
    });
    caches.filter_map(|step| at(step, &["with", "key"]).and_then(text))
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
        Node::Map(map) => map.entries.iter().map(in_entry).max().unwrap_or(0),
    }
}

/// A condition is an expression without saying so.
fn in_entry(entry: &Entry) -> usize {
    match (&entry.key, &entry.value) {
        (Key::Text(key), Node::Text(text)) if key == "if" => text.chars().count(),
        (_, node) => longest_expression(node),
    }
}

/// The names of the artifacts that a job uploads.
fn uploads(job: &Node) -> Vec<&str> {
    steps(job).filter_map(upload).collect()
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

#[cfg(test)]
mod tests {
    use super::{legs, longest_expression};
    use crate::yaml::{Map, Node, texts};

    #[test]
    fn expressions() {
        let of = |key: &str, text: &str| longest_expression(&Node::Map(Map::new().with(key, text)));
        assert_eq!(of("run", "no expression"), 0);
        assert_eq!(of("env", "${{ a }}"), 8);
        assert_eq!(of("if", "a && b"), 6, "a condition is one without saying so");
    }

    #[test]
    fn instances() {
        let job = |matrix: Map| Node::Map(Map::new().with("strategy", Map::new().with("matrix", matrix)));
        let list = |len: usize| texts((0..len).map(|it| it.to_string()));
        assert_eq!(legs(&job(Map::new().with("os", list(3)).with("n", list(4)))), 12);
        assert_eq!(legs(&job(Map::new().with("include", list(7)))), 7);
        assert_eq!(legs(&job(Map::new().with("n", "${{ fromJSON(x) }}"))), 1);
    }
}
