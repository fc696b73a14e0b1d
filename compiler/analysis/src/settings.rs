//! Settings: which there are, where they stand and what they take. One table, read by the checker and
//! the editor.

use self::SettingForm::{Backends, Checkout, Duration, Env, NotBuilt, Text, Texts};
use self::Where::{Action, Job, Pipeline, Step};

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
}

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingForm {
    /// `name = "text"`.
    Text,
    /// `name = ["text"]`.
    Texts,
    /// `name = 30min`.
    Duration,
    /// `name { VARIABLE = value }`.
    Env,
    /// `checkout = none`, `checkout { depth = 0 }`.
    Checkout,
    /// `backends = [github, local]`.
    Backends,
    /// Parsed, without effect so far.
    NotBuilt,
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

/// All settings.
#[rustfmt::skip]
pub const SETTINGS: &[SettingInfo] = &[
    setting("inputs", Texts, &[Job], "The source files that the result depends on, as patterns. The job sees only these."),
    setting("checkout", Checkout, &[Job], "How the sources are fetched: `none`, or `{ depth, tags, submodules, lfs }`. Default: the latest commit."),
    setting("timeout", Duration, &[Job, Step], "After how long it is stopped. Default for a job: 60 minutes."),
    setting("env", Env, &[Job, Step, Action, Pipeline], "Environment variables of all scripts in it."),
    setting("workdir", Text, &[Job, Step], "The folder that scripts run in, relative to the sources."),
    setting("display", Text, &[Job, Pipeline], "How it is shown to people."),
    setting("backends", Backends, &[Pipeline], "The backends that the pipeline supports. Default: all."),
    setting("continue_on_error", NotBuilt, &[Job, Step], "Its failure does not fail what holds it."),
    setting("environment", NotBuilt, &[Job], "The environment that it deploys to."),
    setting("container", NotBuilt, &[Job], "The image that its steps run in."),
    setting("permissions", NotBuilt, &[Job], "What its token may do."),
    setting("concurrency", NotBuilt, &[Job, Pipeline], "Which runs exclude each other."),
    setting("advisory", NotBuilt, &[Job], "Gates do not cover it."),
    setting("always", NotBuilt, &[Job], "Its results are never reused."),
    setting("retry", NotBuilt, &[Step], "How often it is tried."),
    setting("run_name", NotBuilt, &[Pipeline], "How its runs are shown to people."),
    setting("reuse", NotBuilt, &[Pipeline], "How old a reused result may be."),
];

/// The settings that may stand in `place`.
pub fn settings_of(place: Where) -> impl Iterator<Item = &'static SettingInfo> {
    SETTINGS.iter().filter(move |setting| setting.places.contains(&place))
}
