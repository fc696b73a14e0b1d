//! Elaboration: a pipeline is carried out with what is known while compiling. Calls become job
//! instances, const loops are unrolled, const conditions decide; what is known later stays a
//! reference to who makes it.

mod graph;
mod job;
mod name;
mod reads;
mod scope;
mod steps;
mod value;

use std::sync::Arc;

use flow_analysis::db::{defs, syntax};
use flow_analysis::diagnostics::line_index;
use flow_analysis::{Database, Db, Def, DefKind, File, Finding};
use flow_syntax::tree::{ItemKind, Pipeline, Setting, StmtKind};
use flow_syntax::{Severity, Span};

use crate::model::{Backend, Place, Plan};

/// How many job instances a plan may have.
pub const MAX_INSTANCES: usize = 10_000;

/// All pipelines of the project, in the order of files and of the source.
pub fn pipelines(db: &Database) -> Vec<Def> {
    db.files()
        .values()
        .flat_map(|file| defs(db, *file).iter().copied())
        .filter(|def| def.kind(db) == DefKind::Pipeline)
        .collect()
}

/// The plan of a pipeline for a backend, or what stands in its way. Asks for a checked program: where
/// the pipeline or what it calls has errors, the plan has no findings of its own.
#[salsa::tracked(returns(clone))]
pub fn plan(db: &dyn Db, pipeline: Def, backend: Backend) -> Result<Arc<Plan>, Vec<Finding>> {
    let item = syntax(db, pipeline);
    let ItemKind::Pipeline(tree) = &item.kind else { return Err(Vec::new()) };
    graph::Graph::new(db, pipeline, backend).elaborate(tree, item.docs.text()).map(Arc::new)
}

/// The backends that support a pipeline: those that it says, else those that nothing in it excludes.
pub fn backends(db: &dyn Db, pipeline: Def) -> Vec<Backend> {
    let supported = flow_analysis::effects::backends(db, pipeline);
    [Backend::Github, Backend::Ado, Backend::Local].into_iter().filter(|it| supported.has(it.name())).collect()
}

fn setting<'a>(pipeline: &'a Pipeline, name: &str) -> Option<&'a flow_syntax::tree::Expr> {
    pipeline.body.stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Setting(Setting::Value { name: it, value }) if it.text == name => Some(value),
        _ => None,
    })
}

/// Whether a file has errors, so that nothing of it can be planned.
pub fn has_errors(db: &dyn Db, file: File) -> bool {
    flow_analysis::diagnostics(db, file).iter().any(|finding| finding.severity == Severity::Error)
}

/// A place for people.
fn place(db: &dyn Db, def: Def, span: Span) -> Place {
    let at = flow_analysis::Place::new(def, span).in_file(db);
    let (line, start) = line_index(db, at.file).line(at.span.start);
    let text = at.file.text(db).as_ref().map_or("", |text| text);
    let before = Span::new(start, at.span.start).text(text);
    let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
    Place { file: at.file.path(db).to_string(), line: line + 1, column: column + 1 }
}
