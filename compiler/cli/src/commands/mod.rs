//! One file per command.

pub(crate) mod check;
pub(crate) mod emit;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod lock;
pub(crate) mod lsp;
pub(crate) mod plan;
pub(crate) mod run;

use std::path::Path;
use std::process::ExitCode;

use flow_analysis::{Def, Finding};
use flow_plan::elaborate;
use flow_plan::model::{Backend, Plan};

use crate::project::Project;
use crate::terminal::Terminal;

/// All is well.
pub(crate) const FINE: u8 = 0;
/// There are findings, or a run failed.
pub(crate) const FOUND: u8 = 1;
/// The command was used in a wrong way.
pub(crate) const WRONG_USE: u8 = 2;

/// Why a path that was named is none of a program, if it is not.
pub(crate) fn why_not_a_program(path: &Path) -> Option<&'static str> {
    if path.is_dir() {
        Some("is a folder; name files, or none for the whole project")
    } else if !path.exists() {
        Some("does not exist")
    } else if !flow_project::is_program(path) {
        Some("does not end in .flow")
    } else {
        None
    }
}

/// The pipeline called `name`, or the exit code after saying why there is none.
pub(crate) fn find(project: &Project, name: &str, terminal: &Terminal) -> Result<Def, ExitCode> {
    let db = &project.db;
    let all = elaborate::pipelines(db);
    let found: Vec<Def> = all.iter().copied().filter(|def| def.name(db) == name).collect();
    match found.as_slice() {
        [only] => Ok(*only),
        [] => {
            let names: Vec<&str> = all.iter().map(|def| def.name(db).as_str()).collect();
            terminal.error(&format!("there is no pipeline `{name}` in {}", project.root.display()));
            if let Some(near) = flow_analysis::suggest::nearest(name, names.iter().copied()) {
                terminal.help(&format!("did you mean `{near}`?"));
            } else if names.is_empty() {
                terminal.help(
                    "a pipeline is declared in a .flow file: `pipeline ci { … }`; `-C DIR` names another project",
                );
            } else {
                terminal.help(&format!("there is {}", flow_analysis::suggest::list(names)));
            }
            Err(ExitCode::from(WRONG_USE))
        }
        several => {
            let files: Vec<&str> = several.iter().map(|def| def.file(db).path(db).as_str()).collect();
            terminal.error(&format!("there are two pipelines `{name}`, in {}", flow_analysis::suggest::list(files)));
            terminal.help("rename one of them");
            Err(ExitCode::from(WRONG_USE))
        }
    }
}

/// Checks all files of the project, once per command; gives the exit code after showing their errors.
pub(crate) fn require_sound(project: &Project, terminal: &Terminal) -> Result<(), ExitCode> {
    let db = &project.db;
    let files = db.files();
    let found = files.values().flat_map(|file| flow_analysis::diagnostics(db, *file));
    let errors: Vec<_> = found.filter(|finding| finding.severity == flow_syntax::Severity::Error).collect();
    if errors.is_empty() {
        return Ok(());
    }
    terminal.findings(db, &errors);
    Err(ExitCode::from(FOUND))
}

/// The plan of a pipeline of a sound project, or the exit code after showing what stands in its way.
pub(crate) fn plan_of(
    project: &Project,
    pipeline: Def,
    backend: Backend,
    terminal: &Terminal,
) -> Result<std::sync::Arc<Plan>, ExitCode> {
    elaborate::plan(&project.db, pipeline, backend).map_err(|findings| {
        not_planned(project, pipeline, backend, findings, terminal);
        ExitCode::from(FOUND)
    })
}

/// Shows what stands in the way of a plan.
pub(crate) fn not_planned(
    project: &Project,
    pipeline: Def,
    backend: Backend,
    findings: Vec<Finding>,
    terminal: &Terminal,
) {
    let db = &project.db;
    let findings: Vec<_> = findings.into_iter().map(|finding| finding.map(|place| place.in_file(db))).collect();
    if findings.is_empty() {
        // Elaboration gives up silently only on what the checker has reported.
        terminal.error(&format!(
            "the pipeline `{}` cannot be planned for {}, and flowc cannot say why: this is a bug in flowc",
            pipeline.name(db),
            backend.name()
        ));
    }
    terminal.findings(db, &findings);
}
