//! What values of a plan are, at some point of a run: looked up, or computed of others.
//!
//! It refuses to know when that point is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_plan::model::{Compute, Const, Earlier, Files, Location, Op, Value};

use crate::compute::{self, is_there, list, truth};
use crate::store::Digest;
use crate::store::earlier::{Wanted, recall};
use crate::values;

/// Where values are looked up. What is not there was not made, and is `none`.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// What is known when the run begins.
    pub(crate) run: &'a Known,
    /// Members of `ctx` that jobs differ in.
    pub(crate) context: &'a BTreeMap<String, Const>,
    /// What the job's steps have published, by step and name.
    pub(crate) published: &'a BTreeMap<(String, String), Const>,
    /// The jobs that ended before.
    pub(crate) jobs: &'a BTreeMap<String, Arc<Ended>>,
    /// Elements of the lists that are gone through, innermost last.
    pub(crate) items: &'a [(String, Const)],
    /// The job's private folder; `None`: outside of jobs.
    pub(crate) temp: Option<&'a Path>,
    /// What the job consumes and is not there, by id.
    pub(crate) absent: &'a BTreeSet<String>,
}

/// What is known when a run begins.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The pipeline's parameters.
    pub(crate) params: BTreeMap<String, Const>,
    /// Secrets by name.
    pub(crate) secrets: BTreeMap<String, String>,
    /// Members of `ctx`.
    pub(crate) context: BTreeMap<String, Const>,
    /// Where the store keeps what earlier runs of the project have exposed.
    pub(crate) exposed: PathBuf,
    /// The files that count as changed; `None`: all do.
    pub(crate) changed: Option<Vec<String>>,
}

/// A job that has ended, for those that read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    /// It has succeeded.
    pub(crate) succeeded: bool,
    /// The values that it hands on.
    pub(crate) values: BTreeMap<String, Const>,
    /// The artifacts that it hands on.
    pub(crate) artifacts: BTreeMap<String, Digest>,
}

/// Why a value is not there.
pub(crate) type Problem = String;

impl Known {
    /// Where nothing else is known yet.
    pub(crate) fn scope(&self) -> Scope<'_> {
        static NO_CONTEXT: BTreeMap<String, Const> = BTreeMap::new();
        static NOTHING: BTreeMap<(String, String), Const> = BTreeMap::new();
        static NO_JOBS: BTreeMap<String, Arc<Ended>> = BTreeMap::new();
        static NOTHING_ABSENT: BTreeSet<String> = BTreeSet::new();
        Scope {
            run: self,
            context: &NO_CONTEXT,
            published: &NOTHING,
            jobs: &NO_JOBS,
            items: &[],
            temp: None,
            absent: &NOTHING_ABSENT,
        }
    }
}

impl Scope<'_> {
    /// The value as text.
    pub(crate) fn text(&self, value: &Value) -> Result<String, Problem> {
        self.eval(value).map(|it| it.text())
    }

    /// A truth value.
    pub(crate) fn truth(&self, value: &Value) -> Result<bool, Problem> {
        truth(&self.eval(value)?)
    }

    /// The value.
    pub(crate) fn eval(&self, value: &Value) -> Result<Const, Problem> {
        let run = self.run;
        Ok(match value {
            Value::Const(it) => it.clone(),
            Value::Param(name) => known(run.params.get(name)),
            Value::Ctx(name) => known(self.context.get(name).or_else(|| run.context.get(name))),
            Value::Secret(name) => run.secrets.get(name).map_or(Const::None, |it| Const::Text(it.clone())),
            Value::Step { step, name } => known(self.published.get(&(step.clone(), name.clone()))),
            Value::Output { job, output } => known(self.jobs.get(job).and_then(|it| it.values.get(output))),
            Value::Path(location) if location.is_pattern() => Const::List(self.matching(location)?),
            Value::Path(location) => Const::Text(self.below(location)?.to_string_lossy().into_owned()),
            Value::Join(parts) => {
                let parts: Result<Vec<String>, Problem> = parts.iter().map(|it| self.text(it)).collect();
                Const::Text(parts?.concat())
            }
            Value::Item { name, .. } => {
                let item = self.items.iter().rev().find(|(it, _)| it == name);
                item.map(|(_, value)| value.clone()).ok_or_else(|| format!("there is no element `{name}` here"))?
            }
            Value::Changed(patterns) => Const::Bool(match &run.changed {
                None => true,
                Some(files) => files.iter().any(|file| changed(patterns, file)),
            }),
            Value::Json { file, path } => self.json(file, path)?,
            Value::Present(location) if location.is_pattern() => Const::Bool(!self.matching(location)?.is_empty()),
            Value::Present(location) => Const::Bool(self.below(location)?.symlink_metadata().is_ok()),
            Value::Exists(files) => Const::Bool(self.exists(files)?),
            Value::Succeeded(job) => Const::Bool(self.jobs.get(job).is_some_and(|it| it.succeeded)),
            Value::Declassified { value, .. } => self.eval(value)?,
            Value::Compute(it) => self.compute(it)?,
        })
    }

    fn compute(&self, it: &Compute) -> Result<Const, Problem> {
        let arg = |index: usize| match it.args.get(index) {
            Some(arg) => self.eval(&arg.value),
            None => Err(format!("`{:?}` has too few operands", it.op)),
        };
        match &it.op {
            Op::And | Op::Or => {
                let decides = it.op == Op::Or;
                for arg in &it.args {
                    if self.truth(&arg.value)? == decides {
                        return Ok(Const::Bool(decides));
                    }
                }
                Ok(Const::Bool(!decides))
            }
            Op::If => {
                if truth(&arg(0)?)? {
                    arg(1)
                } else {
                    arg(2)
                }
            }
            Op::Coalesce => match arg(0)? {
                first if is_there(&first) => Ok(first),
                _ => arg(1),
            },
            Op::Map(name) => {
                let mut mapped = Vec::new();
                for item in list(&arg(0)?)? {
                    let items = [self.items, &[(name.clone(), item.clone())]].concat();
                    let inner = Scope { items: &items, ..*self };
                    if let Some(filter) = it.args.get(2)
                        && !inner.truth(&filter.value)?
                    {
                        continue;
                    }
                    if let Some(to) = it.args.get(1) {
                        mapped.push(inner.eval(&to.value)?);
                    }
                }
                Ok(Const::List(mapped))
            }
            // The names of its fields are its type's.
            Op::Record => {
                let names: Vec<&String> = match &it.ty {
                    flow_plan::model::ValueType::Record { fields, .. } => fields.iter().map(|(name, _)| name).collect(),
                    _ => Vec::new(),
                };
                let fields = names.into_iter().zip(&it.args);
                let fields: Result<_, Problem> =
                    fields.map(|(name, arg)| Ok((name.clone(), self.eval(&arg.value)?))).collect();
                Ok(Const::Record(fields?))
            }
            op => {
                let args: Result<Vec<Const>, Problem> = it.args.iter().map(|arg| self.eval(&arg.value)).collect();
                compute::apply(op, &args?)
            }
        }
    }

    fn below(&self, location: &Location) -> Result<PathBuf, Problem> {
        let temp = self.temp.ok_or_else(|| "a file of a job is asked for outside of jobs".to_owned())?;
        Ok(temp.join(flow_plan::script::path(location)))
    }

    /// The paths of all files that a location with a pattern stands for.
    pub(crate) fn matching(&self, location: &Location) -> Result<Vec<Const>, Problem> {
        let temp = self.temp.ok_or_else(|| "files of a job are asked for outside of jobs".to_owned())?;
        let found = crate::found::matching(temp, &flow_plan::script::path(location));
        let found = found.map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|it| Const::Text(temp.join(it).to_string_lossy().into_owned())).collect())
    }

    fn json(&self, file: &Location, path: &[String]) -> Result<Const, Problem> {
        let file = self.below(file)?;
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Const::None),
            Err(error) => return Err(format!("{} cannot be read: {error}", file.display())),
        };
        let mut json: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| format!("{} is not JSON: {error}", file.display()))?;
        for name in path {
            json = json.get_mut(name).map(serde_json::Value::take).unwrap_or_default();
        }
        Ok(values::untyped(json))
    }

    /// The files that a job gets: of two the taken ones, of several laid over one another those that were
    /// made where some may lack; `None`: none.
    pub(crate) fn taken(&self, files: &Files, lacking: bool) -> Result<Option<Files>, Problem> {
        let inner = |of: &Files| self.taken(of, lacking);
        Ok(match files {
            Files::Either { condition, then, otherwise } => {
                let taken = if self.truth(condition)? { then } else { otherwise };
                match taken {
                    Some(files) => inner(files)?,
                    None => None,
                }
            }
            Files::Part { of, field } => inner(of)?.map(|of| Files::Part { of: Box::new(of), field: field.clone() }),
            Files::Subtree { of, path } => inner(of)?.map(|of| Files::Subtree { of: Box::new(of), path: path.clone() }),
            Files::Filter { of, pattern } => {
                inner(of)?.map(|of| Files::Filter { of: Box::new(of), pattern: pattern.clone() })
            }
            Files::Merge { of, identical } => {
                let mut all = Vec::new();
                for one in of {
                    match inner(one)? {
                        Some(files) if !lacking || self.exists(&files)? => all.push(files),
                        None if !lacking => return Ok(None),
                        _ => {}
                    }
                }
                Some(Files::Merge { of: all, identical: *identical })
            }
            other => Some(other.clone()),
        })
    }

    /// The folder that an earlier run exposed.
    pub(crate) fn earlier(&self, files: &Files) -> Result<Option<Digest>, Problem> {
        let Files::Earlier { pipeline, run, name, .. } = files else { return Ok(None) };
        let wanted = match run {
            Earlier::Latest { branch: Some(branch) } => Wanted::Branch(self.text(branch)?),
            Earlier::Latest { branch: None } => Wanted::Branch(self.text(&Value::Ctx("branch".to_owned()))?),
            Earlier::Run { id } => Wanted::Run(self.text(id)?),
        };
        Ok(recall(&self.run.exposed, pipeline, &wanted, name))
    }

    /// Whether files of other jobs are there.
    pub(crate) fn exists(&self, files: &Files) -> Result<bool, Problem> {
        match files {
            Files::Output { job, output } => Ok(self.jobs.get(job).is_some_and(|it| it.artifacts.contains_key(output))),
            Files::Earlier { .. } => Ok(self.earlier(files)?.is_some()),
            Files::Part { of, .. } | Files::Subtree { of, .. } | Files::Filter { of, .. } => self.exists(of),
            Files::Either { .. } => self.taken(files, false)?.map_or(Ok(false), |files| self.exists(&files)),
            Files::Merge { of, .. } => {
                for files in of {
                    if !self.exists(files)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

fn known(value: Option<&Const>) -> Const {
    value.cloned().unwrap_or(Const::None)
}

/// Whether one of the patterns matches the file and none that begins with `!` does.
fn changed(patterns: &[String], file: &str) -> bool {
    let matches = |pattern: &str| flow_plan::pattern::matches(pattern, file);
    let (excluding, including): (Vec<&String>, Vec<&String>) = patterns.iter().partition(|it| it.starts_with('!'));
    including.iter().any(|it| matches(it)) && !excluding.iter().any(|it| matches(it.trim_start_matches('!')))
}
