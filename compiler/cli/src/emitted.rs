//! What lies where emitted files belong.

use std::cmp::Ordering;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use flow_emit::{Emitted, Origin, PinLine, compare_versions, pin_lines};
use flow_plan::elaborate;
use flow_plan::model::Backend;

use crate::project::Project;

/// A file, as it is, beside the one that would be emitted.
pub(crate) struct There {
    /// What it holds; empty if it is not there.
    pub text: String,
    /// How the two compare.
    pub state: State,
}

/// How a file compares with the one that would be emitted.
pub(crate) enum State {
    /// They are the same.
    Same,
    /// There is none.
    Missing,
    /// It was emitted for an older program.
    OutOfDate,
    /// It was emitted, and then pins in it were made newer than those of the project.
    Newer(Vec<Version>),
    /// It was emitted, and then edited.
    Edited,
    /// Something else has written it.
    Foreign,
}

/// An action at a version.
pub(crate) struct Version(pub PinLine);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.version {
            Some(version) => write!(f, "{} {version}", self.0.action),
            None => write!(f, "{}@{}", self.0.action, self.0.commit),
        }
    }
}

/// What lies where a file is to be emitted.
pub(crate) fn there(folder: &Path, emitted: &Emitted) -> Result<There> {
    let path = folder.join(&emitted.path);
    let text = match std::fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(There { text: String::new(), state: State::Missing });
        }
        other => other.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let text = flow_emit::plain(&String::from_utf8_lossy(&text)).into_owned();
    if text == emitted.text {
        return Ok(There { text, state: State::Same });
    }
    let state = match flow_emit::origin(&text) {
        Origin::Foreign => State::Foreign,
        Origin::Edited => State::Edited,
        Origin::Emitted => {
            let newer: Vec<Version> = newer(&text, &emitted.text).into_iter().map(Version).collect();
            if newer.is_empty() { State::OutOfDate } else { State::Newer(newer) }
        }
    };
    Ok(There { text, state })
}

/// The pins of a file that are not older than those of another for the same action, and not the same.
fn newer(text: &str, than: &str) -> Vec<PinLine> {
    let known = pin_lines(than);
    let mut found: Vec<PinLine> = pin_lines(text)
        .into_iter()
        .filter(|pin| {
            let mut same = known.iter().filter(|it| it.action == pin.action).peekable();
            same.peek().is_some() && same.all(|it| it.commit != pin.commit && !is_older(pin, it.version.as_deref()))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether a pin is of a version before another; where that cannot be told it is not.
pub(crate) fn is_older(pin: &PinLine, than: Option<&str>) -> bool {
    let versions = pin.version.as_deref().zip(than);
    versions.is_some_and(|(one, other)| compare_versions(one, other) == Some(Ordering::Less))
}

/// Emitted files of pipelines that are no more, or that do not support the backend any more, each with
/// the command that made it.
pub(crate) fn stale(project: &Project, folder: &Path, backends: &[Backend]) -> Result<Vec<(String, String)>> {
    let mut wanted = Vec::new();
    for pipeline in elaborate::pipelines(&project.db) {
        let supported = elaborate::backends(&project.db, pipeline);
        wanted.extend(supported.into_iter().filter_map(|it| flow_emit::path(it, pipeline.name(&project.db))));
    }
    let mut stale = Vec::new();
    for below in backends.iter().filter_map(|it| flow_emit::folder(*it)) {
        let entries = match std::fs::read_dir(folder.join(below)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other.with_context(|| format!("{} cannot be read", folder.join(below).display()))?,
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let path = format!("{below}/{name}");
            if wanted.contains(&path) || !(name.ends_with(".yml") || name.ends_with(".yaml")) {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(folder.join(&path)) else { continue };
            stale.extend(flow_emit::made(&text).map(|it| (path, it.command)));
        }
    }
    stale.sort();
    Ok(stale)
}
