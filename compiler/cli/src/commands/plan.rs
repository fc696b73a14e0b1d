//! `flowc plan`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use flow_plan::model::Backend;
use flow_plan::render;

use super::{FINE, find, plan_of, require_sound};
use crate::args::{AnyBackend, PlanArgs, PlanFormat};
use crate::project::Project;
use crate::terminal::Terminal;

pub(crate) fn main(args: &PlanArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let project = Project::load(start)?;
    let backend = match args.backend {
        AnyBackend::Local => Backend::Local,
        AnyBackend::Github => Backend::Github,
        AnyBackend::Ado => Backend::Ado,
    };
    let pipeline = match find(&project, &args.pipeline, terminal) {
        Ok(pipeline) => pipeline,
        Err(code) => return Ok(code),
    };
    if let Err(code) = require_sound(&project, terminal) {
        return Ok(code);
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
