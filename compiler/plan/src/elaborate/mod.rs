//! Elaboration: a pipeline is carried out with what is known while compiling. Calls become job
//! instances, const loops are unrolled, const conditions decide; what is known later stays a
//! reference to who makes it.

mod action;
mod agree;
mod call;
mod claim;
mod compute;
mod consume;
mod control;
mod expose;
mod expr;
mod fold;
mod function;
mod graph;
mod job;
mod member;
mod name;
mod pipeline;
mod reads;
mod runner;
mod scope;
mod settings;
mod steps;
mod titled;
mod trace;
mod value;
mod view;

use std::sync::Arc;

use flow_analysis::db::{defs, syntax};
use flow_analysis::diagnostics::line_index;
use flow_analysis::{Database, Db, Def, DefKind, File, Finding};
use flow_syntax::tree::ItemKind;
use flow_syntax::{Severity, Span};

use crate::model::{Backend, Place, Plan};

/// How many job instances a plan may have.
pub const MAX_INSTANCES: usize = 10_000;

/// How often a job may run for the elements of lists known later: what GitHub takes of a matrix.
pub const MAX_LEGS: usize = 256;

/// How many steps a job may have.
pub const MAX_STEPS: usize = 1_000;

/// How many steps all jobs of a plan may have.
pub const MAX_PLAN_STEPS: usize = 200_000;

/// How many turns the loops of a plan may take.
pub const MAX_TURNS: usize = 200_000;

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
pub fn plan(db: &dyn Db, pipeline: Def, backend: Backend) -> Result<Arc<Plan>, Vec<Finding>> {
    elaborated(db, pipeline, backend).map(|it| it.plan)
}

/// A plan, and where the calls of its jobs stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Elaborated {
    plan: Arc<Plan>,
    places: Arc<[flow_analysis::Place]>,
}

#[salsa::tracked(returns(clone))]
fn elaborated(db: &dyn Db, pipeline: Def, backend: Backend) -> Result<Elaborated, Vec<Finding>> {
    let item = syntax(db, pipeline);
    let ItemKind::Pipeline(tree) = &item.kind else { return Err(Vec::new()) };
    let (plan, places) = graph::Graph::new(db, pipeline, backend).elaborate(tree, item.docs.text())?;
    Ok(Elaborated { plan: Arc::new(plan), places: places.into() })
}

/// What only the plans of a pipeline show: what is wrong in each, and what they do not agree on. Each
/// finding once. Asks for a checked program, as [`plan`] does.
pub fn findings(db: &dyn Db, pipeline: Def) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut plans: Vec<Elaborated> = Vec::new();
    for backend in backends(db, pipeline) {
        match elaborated(db, pipeline, backend) {
            Ok(it) => plans.push(it),
            Err(findings) => {
                for finding in findings {
                    if !found.contains(&finding) {
                        found.push(finding);
                    }
                }
            }
        }
    }
    if let [first, others @ ..] = plans.as_slice() {
        let place = flow_analysis::scope::name_place(db, pipeline);
        for other in others {
            let before = found.len();
            found.extend(agree::differences(&first.plan, &first.places, &other.plan, place));
            if found.len() > before {
                break;
            }
        }
    }
    found
}

/// The backends that support a pipeline: those that it says, else those that nothing in it excludes.
pub fn backends(db: &dyn Db, pipeline: Def) -> Vec<Backend> {
    let supported = flow_analysis::effects::backends(db, pipeline);
    [Backend::Github, Backend::Ado, Backend::Local].into_iter().filter(|it| supported.has(it.name())).collect()
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
