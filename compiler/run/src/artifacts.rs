//! What a job gets from others and hands on to them: consumed artifacts made visible, outputs sealed.
//!
//! It refuses to know steps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use flow_plan::model::{Assertion, Consume, Field, FieldKind, Files, Job, Output, OutputKind, Place, Role, Schema};
use flow_plan::origin::described;

use crate::event::{Cause, FieldProblem, FilesProblem};
use crate::fields;
use crate::job::Shared;
use crate::scope::Scope;
use crate::store::view::Find;
use crate::store::{Digest, SealError, seal};

/// What went wrong, and where that is said in the program.
pub(crate) type Misplaced = (Cause, Place);

/// What a job consumes, made visible.
#[derive(Default)]
pub(crate) struct Visible {
    /// The digests by id, in the plan's order.
    pub(crate) consumed: Vec<(String, Digest)>,
    /// The ids of what is not there.
    pub(crate) absent: BTreeSet<String>,
}

/// Makes what the job consumes visible below `flow`. Gives an assertion that does not hold, too.
pub(crate) fn consume(
    shared: &Shared,
    job: &Job,
    flow: &Path,
    scope: &Scope<'_>,
) -> Result<(Visible, Option<Misplaced>), Cause> {
    let mut visible = Visible::default();
    for consume in &job.consumes {
        let problem = |why| Cause::Compute { what: format!("which files `{}` is", consume.id), why };
        let may_be_absent = consume.optional || consume.id.contains('/') || job.role != Role::Normal;
        let taken = scope.taken(&consume.from, consume.optional).map_err(problem)?;
        let there = taken.as_ref().map_or(Ok(false), |files| scope.exists(files)).map_err(problem)?;
        let (Some(files), true) = (&taken, there || !may_be_absent) else {
            visible.absent.insert(consume.id.clone());
            continue;
        };
        let to = flow.join("in").join(&consume.id);
        let digest = make_visible(shared, scope, consume, files, &to)?;
        visible.consumed.push((consume.id.clone(), digest));
        if let Some(failed) = asserted(&consume.asserts, &consume.schema, &to, |field| {
            let id = [consume.id.as_str(), field].join(if field.is_empty() { "" } else { "." });
            format!("`{id}`, which is {}", described(files))
        }) {
            return Ok((visible, Some(failed)));
        }
    }
    Ok((visible, None))
}

/// What the job has made, sealed; then the files that are left out. Of a job that failed only what is handed on
/// however it ends, as far as it is there.
pub(crate) fn seal_all(
    shared: &Shared,
    job: &Job,
    flow: &Path,
    succeeded: bool,
) -> Result<(BTreeMap<String, Digest>, Vec<String>), Misplaced> {
    let (mut artifacts, mut strays) = (BTreeMap::new(), Vec::new());
    for Output { name, kind, place, asserts, always, .. } in &job.outputs {
        let OutputKind::Artifact(schema) = kind else { continue };
        let folder = flow.join("out").join(name);
        let mut schema = schema.clone();
        if !succeeded || *always {
            if !succeeded && !always {
                continue;
            }
            schema.fields.retain(|it| match fields::check(&folder, it) {
                Ok(()) => !is_empty(&folder.join(&it.path), it),
                Err(FieldProblem::Missing) => false,
                Err(FieldProblem::Files(problem)) if *problem == FilesProblem::None => false,
                // Of a job that failed, what is not as it should be was not made.
                Err(_) => succeeded,
            });
            if schema.fields.is_empty() {
                continue;
            }
        }
        let (digest, left_out) =
            seal(&shared.store, &schema, &folder).map_err(|problem| (seal_cause(name, problem), place.clone()))?;
        if succeeded
            && let Some(failed) = asserted(asserts, &schema, &folder, |field| {
                let name = [name.as_str(), field].join(if field.is_empty() { "" } else { "." });
                format!("`{name}` of job `{}`", job.id)
            })
        {
            return Err(failed);
        }
        artifacts.insert(name.clone(), digest);
        strays.extend(left_out.into_iter().map(|path| format!("{name}/{path}")));
    }
    Ok((artifacts, strays))
}

/// Whether a directory is still empty: then it was not made.
fn is_empty(path: &Path, field: &Field) -> bool {
    field.kind == FieldKind::Opaque && std::fs::read_dir(path).is_ok_and(|mut it| it.next().is_none())
}

/// Refuses what the job has changed of what it consumed.
pub(crate) fn unchanged(shared: &Shared, flow: &Path, consumed: &[(String, Digest)]) -> Result<(), Cause> {
    for (input, digest) in consumed {
        let changed = shared.store.changed(digest, &flow.join("in").join(input));
        if let Some((path, change)) = changed.map_err(|problem| Cause::Store(Arc::new(problem)))? {
            return Err(Cause::InputChanged { input: input.clone(), path, change });
        }
    }
    Ok(())
}

/// Makes an artifact visible as the folder `to`.
fn make_visible(
    shared: &Shared,
    scope: &Scope<'_>,
    consume: &Consume,
    files: &Files,
    to: &Path,
) -> Result<Digest, Cause> {
    let output = |job: &str, output: &str| scope.jobs.get(job)?.artifacts.get(output).cloned();
    let earlier = |files: &Files| scope.earlier(files).ok().flatten();
    let find = Find { output: &output, earlier: &earlier };
    let (id, store) = (&consume.id, &shared.store);
    let digest = store.gather(&shared.plan, files, &consume.schema, find);
    let digest = digest.map_err(|problem| Cause::View { input: id.clone(), problem: Arc::new(problem) })?;
    store.restore(&digest, to).map_err(|problem| Cause::Consume {
        input: id.clone(),
        of: described(files),
        problem: Arc::new(problem),
    })?;
    Ok(digest)
}

/// The first of these files that is not where it is said to be. Links to one will do.
fn asserted(
    asserts: &[Assertion],
    schema: &Schema,
    root: &Path,
    directory: impl Fn(&str) -> String,
) -> Option<Misplaced> {
    asserts.iter().find_map(|Assertion { field, path, place }| {
        let below = &schema.fields.iter().find(|it| it.name == *field)?.path;
        let problem = fields::check_path(&root.join(below).join(path), FieldKind::File).err()?;
        Some((Cause::Assertion { path: path.clone(), directory: directory(field), problem }, place.clone()))
    })
}

fn seal_cause(output: &str, problem: SealError) -> Cause {
    match problem {
        SealError::Field { field, path, problem } => Cause::Write { output: output.to_owned(), field, path, problem },
        problem => Cause::Seal { output: output.to_owned(), problem: Arc::new(problem) },
    }
}
