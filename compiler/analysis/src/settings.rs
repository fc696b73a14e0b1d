//! Settings: which there are, where they stand and what they take. One table, read by the checker and
//! the editor.

use self::EntryForm::{Block, Bool, Duration, Env, Int, Ports, Secret, Text, TextOr, Texts};
use self::SettingForm::{Backends, Checkout, Either, Entries, Patterns, Permissions, Value, Variables};
use self::Where::{Action, Job, Pipeline, Step};
use crate::infer::Phase;

/// The kinds of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// A job's.
    Job,
    /// An action's.
    Action,
    /// A step's.
    Step,
    /// A flow's.
    Flow,
    /// A pipeline's.
    Pipeline,
    /// None: a constant, a function, a signature.
    Expr,
}

impl Where {
    /// With its article, for a sentence.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Job => "a job",
            Self::Action => "an action",
            Self::Step => "a step",
            Self::Flow => "a flow",
            Self::Pipeline => "a pipeline",
            Self::Expr => "an expression",
        }
    }

    /// Whether it holds steps, so that scripts may stand in it.
    pub const fn has_steps(self) -> bool {
        matches!(self, Self::Job | Self::Action | Self::Step)
    }

    /// Whether it holds calls of jobs.
    pub const fn is_graph(self) -> bool {
        matches!(self, Self::Flow | Self::Pipeline)
    }
}

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingForm {
    /// `name = value`, known at the latest in this phase.
    Value(EntryForm, Phase),
    /// `name { entry = value }`.
    Entries(&'static [EntryInfo]),
    /// One of both.
    Either(EntryForm, Phase, &'static [EntryInfo]),
    /// `name = ["src/**"]`.
    Patterns,
    /// `name { VARIABLE = value }`.
    Variables(Phase),
    /// `checkout = none`, `checkout { depth = 0 }`.
    Checkout,
    /// `backends = [github, local]`.
    Backends,
    /// `permissions { contents = read }`.
    Permissions,
}

/// What an entry takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryForm {
    /// A text that is not empty.
    Text,
    /// A list of texts with at least one.
    Texts,
    /// An integer, not below this.
    Int(i64),
    /// `true` or `false`.
    Bool,
    /// A duration above zero.
    Duration,
    /// A secret.
    Secret,
    /// `[5432]`, `["5432:5432"]`.
    Ports,
    /// `{ VARIABLE = value }`.
    Env,
    /// `{ entry = value }`.
    Block(&'static [EntryInfo]),
    /// A text, or `{ entry = value }`.
    TextOr(&'static [EntryInfo]),
}

/// An entry of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryInfo {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub form: EntryForm,
    /// When it must be known.
    pub phase: Phase,
    /// It must be there.
    pub required: bool,
    /// What it does, for people.
    pub docs: &'static str,
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct SettingInfo {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub form: SettingForm,
    /// Where it may stand.
    pub places: &'static [Where],
    /// What it does, for people.
    pub docs: &'static str,
}

const fn setting(name: &'static str, form: SettingForm, places: &'static [Where], docs: &'static str) -> SettingInfo {
    SettingInfo { name, form, places, docs }
}

const fn entry(name: &'static str, form: EntryForm, phase: Phase, docs: &'static str) -> EntryInfo {
    EntryInfo { name, form, phase, required: false, docs }
}

const fn required(name: &'static str, form: EntryForm, phase: Phase, docs: &'static str) -> EntryInfo {
    EntryInfo { name, form, phase, required: true, docs }
}

/// All settings that are a name and a value or block.
#[rustfmt::skip]
pub const SETTINGS: &[SettingInfo] = &[
    setting("inputs", Patterns, &[Job], "The source files that the result depends on, as patterns. The job sees only these."),
    setting("checkout", Checkout, &[Job], "How the sources are fetched: `none`, or `{ depth, tags, submodules, lfs, path, repo, ref, token }`. Default: the latest commit."),
    setting("timeout", Value(Duration, Phase::Const), &[Job, Step], "After how long it is stopped. Default for a job: 60 minutes."),
    setting("env", Variables(Phase::Run), &[Job, Step, Action, Pipeline], "Environment variables of all scripts in it."),
    setting("workdir", Value(Text, Phase::Const), &[Job, Step, Action], "The folder that scripts run in, relative to the sources."),
    setting("display", Value(Text, Phase::Const), &[Job, Pipeline], "How it is shown to people."),
    setting("backends", Backends, &[Pipeline], "The backends that the pipeline supports. Default: all."),
    setting("continue_on_error", Value(Bool, Phase::Const), &[Job, Step], "Its failure does not fail what holds it."),
    setting("environment", Either(Text, Phase::Plan, ENVIRONMENT), &[Job], "The environment that it deploys to."),
    setting("container", Either(Text, Phase::Const, CONTAINER), &[Job], "The image that its steps run in."),
    setting("permissions", Permissions, &[Job, Action], "What its token may do."),
    setting("concurrency", Entries(CONCURRENCY), &[Job, Pipeline], "Which runs exclude each other."),
    setting("advisory", Value(Bool, Phase::Const), &[Job], "Gates do not cover it."),
    setting("always", Value(Bool, Phase::Const), &[Job], "Its results are never reused."),
    setting("retry", Either(Int(1), Phase::Const, RETRY), &[Step], "How often its script is tried again."),
    setting("run_name", Value(Text, Phase::Plan), &[Pipeline], "How its runs are shown to people."),
    setting("reuse", Entries(REUSE), &[Pipeline], "How old a reused result may be."),
];

/// `checkout { … }`.
#[rustfmt::skip]
pub const CHECKOUT: &[EntryInfo] = &[
    entry("depth", Int(0), Phase::Const, "How many commits; 0 for all. Default: 1."),
    entry("tags", Bool, Phase::Const, "Tags too."),
    entry("submodules", Bool, Phase::Const, "Submodules too, those in them as well."),
    entry("lfs", Bool, Phase::Const, "Files of Git LFS too."),
    entry("path", Text, Phase::Const, "The folder to put them in, relative to the sources."),
    entry("repo", Text, Phase::Const, "`owner/name` of another repository."),
    entry("ref", Text, Phase::Plan, "The branch, tag or commit. Default: what the run is about."),
    entry("token", Secret, Phase::Run, "What may fetch a repository that the job's own token may not. A local run fetches with what git knows."),
];

/// `cache NAME { … }`.
#[rustfmt::skip]
pub const CACHE: &[EntryInfo] = &[
    required("paths", Texts, Phase::Const, "What is kept."),
    required("key", Texts, Phase::Run, "What a kept state is good for: the parts of its key."),
    entry("fallback", Bool, Phase::Const, "A state whose key agrees in its first parts will do."),
];

/// `service NAME { … }`.
#[rustfmt::skip]
pub const SERVICE: &[EntryInfo] = &[
    required("image", Text, Phase::Const, "The image."),
    entry("ports", Ports, Phase::Const, "The ports that it serves: `5432`, or `\"15432:5432\"` for another one on the host."),
    entry("env", Env, Phase::Run, "Its environment variables."),
    entry("volumes", Texts, Phase::Const, "What is mounted, `\"/host:/inside\"`."),
    entry("options", Text, Phase::Const, "Further options of `docker create`."),
    entry("health", TextOr(HEALTH), Phase::Const, "The command that tells when it is ready; the job waits for it."),
    entry("credentials", Block(CREDENTIALS), Phase::Run, "Who may fetch the image."),
];

const HEALTH: &[EntryInfo] = &[
    required("command", Text, Phase::Const, "Succeeds when the service is ready."),
    entry("interval", Duration, Phase::Const, "How often it is run."),
    entry("timeout", Duration, Phase::Const, "How long it may take."),
    entry("retries", Int(1), Phase::Const, "How often it may fail."),
    entry("start_period", Duration, Phase::Const, "How long failures do not count at first."),
];

const CREDENTIALS: &[EntryInfo] = &[
    required("username", Text, Phase::Run, "The account."),
    required("password", Secret, Phase::Run, "Its password or token."),
];

const CONTAINER: &[EntryInfo] = &[
    required("image", Text, Phase::Const, "The image."),
    entry("env", Env, Phase::Run, "Environment variables of the container."),
    entry("ports", Ports, Phase::Const, "Ports that are opened on the host."),
    entry("volumes", Texts, Phase::Const, "What is mounted, `\"/host:/inside\"`."),
    entry("options", Text, Phase::Const, "Further options of `docker create`."),
    entry("credentials", Block(CREDENTIALS), Phase::Run, "Who may fetch the image."),
];

const ENVIRONMENT: &[EntryInfo] = &[
    required("name", Text, Phase::Plan, "The environment."),
    entry("url", Text, Phase::Run, "Where what was deployed can be seen."),
];

const CONCURRENCY: &[EntryInfo] = &[
    required("group", Text, Phase::Plan, "Of one group, one runs at a time."),
    entry("cancel", Bool, Phase::Plan, "A newer one stops the one that runs, instead of waiting."),
];

const RETRY: &[EntryInfo] = &[
    required("times", Int(1), Phase::Const, "How often it is tried again."),
    entry("delay", Duration, Phase::Const, "How long to wait before that."),
];

const REUSE: &[EntryInfo] = &[
    entry("max_age", Duration, Phase::Const, "Older results are made again. Default: 14 days."),
    entry("salt", Text, Phase::Const, "Another one makes every result again."),
];

/// What people write who know another CI system: the key, Flow's setting if it has one of the same form,
/// and what to do.
#[rustfmt::skip]
pub const ELSEWHERE: &[(&str, Option<&str>, &str)] = &[
    ("runs-on", None, "say where a job runs after its signature: `job name() on linux { … }`"),
    ("pool", None, "say where a job runs after its signature: `job name() on linux { … }`"),
    ("needs", None, "pass what the other job makes as an argument; the order follows from it. For order alone, write `call() after other`"),
    ("dependsOn", None, "pass what the other job makes as an argument; the order follows from it. For order alone, write `call() after other`"),
    ("condition", None, "put the statements, or the call of the job, into an `if`"),
    ("steps", None, "write the scripts into the body one after another: `sh \"make\"`"),
    ("run", None, "write the script as a statement: `sh \"make\"`"),
    ("script", None, "write the script as a statement: `sh \"make\"`"),
    ("shell", None, "begin each script with its shell: `bash \"make\"`"),
    ("defaults", None, "write `workdir = …` in the job, and begin each script with its shell"),
    ("outputs", None, "declare outputs in the signature: `job name() -> (version: string)`"),
    ("strategy", None, "call the job in a loop: `for os in [linux, windows] { build(os) }`"),
    ("matrix", None, "call the job in a loop: `for os in [linux, windows] { build(os) }`"),
    ("services", None, "write a block for each: `service db { image = \"postgres:16\" }`"),
    ("jobs", None, "declare each with `job`, and call it in the pipeline"),
    ("stages", None, "call the jobs in the pipeline's body; `stage \"Title\" { … }` groups them"),
    ("trigger", None, "write `on push { branches = [\"main\"] }`"),
    ("pr", None, "write `on pull_request`"),
    ("schedules", None, "write `on schedule { cron = \"0 4 * * *\" }`"),
    ("parameters", None, "write one `param name: type = default` for each"),
    ("secrets", None, "declare each at the top of the file: `secret NAME`"),
    ("variables", Some("env"), "the word is `env`"),
    ("environment-variables", Some("env"), "the word is `env`"),
    ("timeout-minutes", None, "the word is `timeout`, with a unit: `timeout = 30min`"),
    ("timeoutInMinutes", None, "the word is `timeout`, with a unit: `timeout = 30min`"),
    ("continue-on-error", Some("continue_on_error"), "the word is `continue_on_error`"),
    ("continueOnError", Some("continue_on_error"), "the word is `continue_on_error`"),
    ("allow_failure", Some("continue_on_error"), "the word is `continue_on_error`"),
    ("working-directory", Some("workdir"), "the word is `workdir`"),
    ("workingDirectory", Some("workdir"), "the word is `workdir`"),
    ("displayName", Some("display"), "the word is `display`"),
    ("name", Some("display"), "the word is `display`"),
    ("run-name", Some("run_name"), "the word is `run_name`"),
    ("image", Some("container"), "the word is `container`"),
    ("retryCountOnTaskFailure", Some("retry"), "the word is `retry`"),
    ("when", None, "put the statements, or the call of the job, into an `if`"),
];

/// The settings that may stand in `place`.
pub fn settings_of(place: Where) -> impl Iterator<Item = &'static SettingInfo> {
    SETTINGS.iter().filter(move |setting| setting.places.contains(&place))
}
