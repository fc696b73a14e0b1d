//! Emission: from a [plan](flow_plan::model::Plan) to the file that a hosted platform runs.
//!
//! The plan is all that is known here: no syntax, no types. Nothing is read, written or asked of the
//! clock. What a platform cannot do is an [`EmitError`], never silence.

mod ado;
mod facts;
mod github;
mod limits;
mod lock;
mod lower;
mod pins;
pub mod shell;
mod stamp;
mod steps;
pub mod yaml;

use flow_plan::construct::refused;
use flow_plan::model::{Backend, Place, Plan};
pub use lock::{LOCK_FILE, Lock, LockError};
pub use pins::{Pin, Pins, compare_versions, references};
pub use stamp::{Made, Origin, PinLine, made, origin, pin_lines, plain};

/// What an emitted file depends on beside its plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The command that makes the file again, for its header.
    pub command: String,
    /// What foreign actions stand for.
    pub pins: Pins,
}

/// An emitted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// Where it belongs, relative to the project's folder.
    pub path: String,
    /// Its content.
    pub text: String,
    /// What its author should know.
    pub warnings: Vec<Warning>,
}

/// Something that is emitted, but not quite as the author may think.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub message: String,
    /// Where in the program; `None`: in general.
    pub place: Option<Place>,
    /// What to do.
    pub help: String,
}

/// Something that cannot be emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmitError {
    /// What.
    pub message: String,
    /// Where in the program; `None`: in general.
    pub place: Option<Place>,
    /// What to do.
    pub help: String,
}

impl EmitError {
    pub(crate) fn at(place: &Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), place: Some(place.clone()), help: help.into() }
    }

    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: help.into() }
    }
}

/// Only for what has been refused before.
pub(crate) const NOT_LOWERED: &str = "F0701: a part of the plan is not carried out by this backend yet";

/// What of the plan has no translation yet.
fn not_lowered(plan: &Plan) -> Vec<EmitError> {
    let backend = plan.backend.name();
    let lowered = match plan.backend {
        Backend::Github => github::LOWERED,
        Backend::Ado => ado::LOWERED,
        Backend::Local => return Vec::new(),
    };
    refused(plan, lowered)
        .into_iter()
        .map(|it| {
            let what = it.construct.noun();
            EmitError::at(
                &it.place,
                format!("F0701: {what} cannot be emitted for {backend} yet"),
                "leave it out, or leave this backend out with `backends`",
            )
        })
        .collect()
}

/// Where the file of a pipeline belongs, relative to the project's folder; a pipeline has none for
/// local runs.
pub fn path(backend: Backend, pipeline: &str) -> Option<String> {
    folder(backend).map(|folder| format!("{folder}/{pipeline}.yml"))
}

/// The folder of a backend's files.
pub fn folder(backend: Backend) -> Option<&'static str> {
    match backend {
        Backend::Github => Some(github::FOLDER),
        Backend::Ado => Some(ado::FOLDER),
        Backend::Local => None,
    }
}

/// Translates a plan for the backend that it was made for.
pub fn emit(plan: &Plan, options: &Options) -> Result<Emitted, Vec<EmitError>> {
    let refused = not_lowered(plan);
    if !refused.is_empty() {
        return Err(refused);
    }
    match plan.backend {
        Backend::Github => github::emit(plan, options),
        Backend::Ado => ado::emit(plan, options),
        Backend::Local => Err(vec![EmitError::new(
            "a plan for the local backend has no file: `flowc run` carries it out",
            "make the plan for github or ado",
        )]),
    }
}
