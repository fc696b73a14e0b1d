//! `flowc plan`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use flow_analysis::effects::unsupported;
use flow_plan::model::Backend;
use flow_plan::{elaborate, render};

use super::{FINE, FOUND, find, plan_of, require_sound};
use crate::args::{AnyBackend, PlanArgs, PlanFormat};
use crate::project::Project;
use crate::terminal::Terminal;

pub(crate) fn main(args: &PlanArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let project = Project::load(start)?;
    let pipeline = match find(&project, &args.pipeline, terminal) {
        Ok(pipeline) => pipeline,
        Err(code) => return Ok(code),
    };
    if let Err(code) = require_sound(&project, terminal) {
        return Ok(code);
    }
    let supported = elaborate::backends(&project.db, pipeline);
    let backend = match args.backend {
        Some(AnyBackend::Local) => Backend::Local,
        Some(AnyBackend::Github) => Backend::Github,
        Some(AnyBackend::Ado) => Backend::Ado,
        None if supported.contains(&Backend::Local) => Backend::Local,
        None => supported.first().copied().unwrap_or(Backend::Local),
    };
    if let Some(finding) = unsupported(&project.db, pipeline, backend.name()) {
        terminal.findings(&project.db, &[finding.map(|place| place.in_file(&project.db))]);
        return Ok(ExitCode::from(FOUND));
    }
    let plan = match plan_of(&project, pipeline, backend, terminal) {
        Ok(plan) => plan,
        Err(code) => return Ok(code),
    };
    let text = match args.format {
        PlanFormat::Text => render::text(&plan),
        PlanFormat::Dot => render::dot(&plan),
        PlanFormat::Json => {
            let mut json = serde_json::to_string_pretty(&*plan).context("the plan cannot be written as JSON")?;
            json.push('\n');
            json
        }
    };
    terminal.output(&text)?;
    Ok(ExitCode::from(FINE))
}
