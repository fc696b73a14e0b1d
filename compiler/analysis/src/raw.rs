//! `raw` blocks: the keys of a backend's files that the compiler owns. Everything else in them is the
//! backend's business.

use crate::settings::Where;

/// A key that the compiler owns, and what to write instead.
pub type Owned = (&'static str, &'static str);

const ORDER: &str = "the order of jobs follows from the values that they pass; `call() after other` adds to it";
const IF: &str = "put it into an `if`";
const ENV: &str = "write `env { NAME = value }`";
const TIMEOUT: &str = "write `timeout = 30min`";
const TOLERATED: &str = "write `continue_on_error = true`";
const STEPS: &str = "write scripts, `uses` and `task` as statements";
const RUNNER: &str = "say it after the job's signature: `on linux`";
const DISPLAY: &str = "write `display = \"…\"`";
const TITLE: &str = "it is the title of the `step`";
const LOOP: &str = "call the job in a `for`";
const CONTAINER: &str = "write `container = \"image\"`";
const SERVICE: &str = "write `service name { image = \"…\" }`";
const ENVIRONMENT: &str = "write `environment = \"name\"`";
const WORKDIR: &str = "write `workdir = \"folder\"`";
const TRIGGER: &str = "write `on push`, `on pull_request` and the like";
const PARAM: &str = "write `param name: type = default`";
const JOBS: &str = "declare jobs with `job` and call them in the pipeline";

const GITHUB_PIPELINE: &[Owned] = &[
    ("name", DISPLAY),
    ("run-name", "write `run_name = \"…\"`"),
    ("on", TRIGGER),
    ("env", ENV),
    ("jobs", JOBS),
    ("permissions", "write `permissions { … }` in the job that needs them"),
    ("concurrency", "write `concurrency { group = \"…\" }`"),
];

const GITHUB_JOB: &[Owned] = &[
    ("name", DISPLAY),
    ("needs", ORDER),
    ("runs-on", RUNNER),
    ("if", IF),
    ("outputs", "declare them in the job's signature"),
    ("env", ENV),
    ("steps", STEPS),
    ("permissions", "write `permissions { contents = read }`"),
    ("environment", ENVIRONMENT),
    ("concurrency", "write `concurrency { group = \"…\" }`"),
    ("timeout-minutes", TIMEOUT),
    ("continue-on-error", TOLERATED),
    ("container", CONTAINER),
    ("services", SERVICE),
    ("strategy", LOOP),
    ("defaults", WORKDIR),
    ("uses", "bind the workflow with `extern job` and call it"),
    ("with", "bind the workflow with `extern job` and call it"),
    ("secrets", "bind the workflow with `extern job` and call it"),
];

const GITHUB_STEP: &[Owned] = &[
    ("id", "steps need no ids: `let` binds what one gives"),
    ("name", TITLE),
    ("if", IF),
    ("run", STEPS),
    ("shell", "begin the script with its shell: `bash \"…\"`"),
    ("uses", STEPS),
    ("with", "give the inputs to `uses`"),
    ("env", ENV),
    ("working-directory", WORKDIR),
    ("timeout-minutes", TIMEOUT),
    ("continue-on-error", TOLERATED),
];

const ADO_PIPELINE: &[Owned] = &[
    ("name", "write `run_name = \"…\"`"),
    ("trigger", TRIGGER),
    ("pr", TRIGGER),
    ("schedules", TRIGGER),
    ("parameters", PARAM),
    ("variables", ENV),
    ("stages", JOBS),
    ("jobs", JOBS),
    ("steps", JOBS),
    ("pool", RUNNER),
    ("extends", "write `extends ado { … }`"),
];

const ADO_JOB: &[Owned] = &[
    ("job", "the name comes from the job's"),
    ("deployment", ENVIRONMENT),
    ("template", "bind the template with `extern job` and call it"),
    ("displayName", DISPLAY),
    ("dependsOn", ORDER),
    ("condition", IF),
    ("pool", RUNNER),
    ("variables", ENV),
    ("steps", STEPS),
    ("environment", ENVIRONMENT),
    ("strategy", LOOP),
    ("timeoutInMinutes", TIMEOUT),
    ("continueOnError", TOLERATED),
    ("container", CONTAINER),
    ("services", SERVICE),
];

const ADO_STEP: &[Owned] = &[
    ("name", "steps need no names: `let` binds what one gives"),
    ("displayName", TITLE),
    ("condition", IF),
    ("script", STEPS),
    ("bash", STEPS),
    ("pwsh", STEPS),
    ("powershell", STEPS),
    ("task", STEPS),
    ("inputs", "give the inputs to `task`"),
    ("template", "bind the template with `extern job` and call it"),
    ("env", ENV),
    ("workingDirectory", WORKDIR),
    ("timeoutInMinutes", TIMEOUT),
    ("continueOnError", TOLERATED),
    ("retryCountOnTaskFailure", "write `retry = 2`"),
];

/// The backends that have files of their own, so that `raw` has a meaning.
pub const BACKENDS: [&str; 2] = ["github", "ado"];

/// Where `raw` may stand.
pub const PLACES: [Where; 3] = [Where::Job, Where::Step, Where::Pipeline];

/// The keys that the compiler owns in a `raw` of `backend` in a body of kind `place`.
pub fn owned(backend: &str, place: Where) -> &'static [Owned] {
    match (backend, place) {
        ("github", Where::Pipeline) => GITHUB_PIPELINE,
        ("github", Where::Job) => GITHUB_JOB,
        ("github", Where::Step) => GITHUB_STEP,
        ("ado", Where::Pipeline) => ADO_PIPELINE,
        ("ado", Where::Job) => ADO_JOB,
        ("ado", Where::Step) => ADO_STEP,
        _ => &[],
    }
}

/// The keys of a text of YAML at its outermost level, each with the byte where it begins; `None` where
/// the text is no mapping. Deeper structure is the backend's business.
pub fn yaml_keys(text: &str) -> Option<Vec<(usize, &str)>> {
    let mut keys = Vec::new();
    let mut start = 0;
    let mut indent = None;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        let content = content.trim_end();
        if content.is_empty() || content.starts_with('#') || content == "---" {
            continue;
        }
        let outermost = *indent.get_or_insert(depth);
        if depth > outermost || (depth == outermost && content.starts_with("- ") && !keys.is_empty()) {
            continue;
        }
        let (key, rest) = content.split_once(':')?;
        if depth < outermost || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
            return None;
        }
        let bare = key.trim().trim_matches(['"', '\'']);
        if bare.is_empty() || key.starts_with(['[', '{', '-']) {
            return None;
        }
        keys.push((at + depth, bare));
    }
    Some(keys)
}
