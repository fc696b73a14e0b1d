//! When a job runs: its `needs` and its `if`, by the law of [`flow_plan::outcome`].
//!
//! GitHub shows *skipped* for a job whose condition was false and for one whose predecessors failed.
//! So a job that comes after one which may be skipped asks that one's condition again: skipped though
//! it holds is blocked. Where nothing can be skipped by its condition there is none here: what GitHub
//! does by itself, to run a job when all before it have succeeded, is right.

use flow_plan::model::{Files, Job, Op, Role, Value};
use flow_plan::outcome::{Ended, Tie, conjuncts, is_meant, ties};
use rustc_hash::{FxHashMap, FxHashSet};

use super::expr::{Expr, Scope};
use super::triggers;
use super::values::Github;
use crate::facts::Facts;
use crate::lower::Site;
use crate::lower::conditions::{conjuncts as parts, not};

/// The graph of a plan's jobs.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    github: Github<'a>,
    facts: &'a Facts<'a>,
    ties: FxHashMap<&'a str, Vec<Tie<'a>>>,
    /// The jobs that run when all before them have succeeded, and before these, in whatever depth.
    plain: FxHashSet<&'a str>,
}

/// When a job runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome<'a> {
    /// The jobs that it waits for, in the plan's order.
    pub(super) needs: Vec<&'a str>,
    /// Its condition.
    pub(super) condition: Option<String>,
}

/// What has to hold, joined by `&&`.
#[derive(Default)]
struct Clauses<'a> {
    needs: Vec<&'a str>,
    all: Vec<Expr>,
    /// One of them fails where all that comes first was skipped.
    firm: bool,
}

impl Clauses<'_> {
    fn push(&mut self, clause: Expr) {
        if !self.all.contains(&clause) {
            self.all.push(clause);
        }
    }

    /// All of them, as a value of YAML.
    fn condition(self) -> Option<String> {
        self.all.into_iter().reduce(Expr::and).map(|it| it.condition())
    }
}

/// What need not be asked.
enum Known<'a> {
    /// Nothing.
    Nothing,
    /// Whether what the job takes was made.
    Made,
    /// The job's guard.
    Guard,
    /// These.
    Conditions(Vec<&'a Value>),
}

impl Known<'_> {
    fn holds(&self, condition: &Value) -> bool {
        match self {
            Self::Nothing | Self::Made => false,
            Self::Guard => true,
            Self::Conditions(all) => all.contains(&condition),
        }
    }
}

impl<'a> Graph<'a> {
    pub(super) fn new(github: Github<'a>) -> Self {
        let facts = github.facts;
        let mut graph = Self { github, facts, ties: FxHashMap::default(), plain: FxHashSet::default() };
        for job in &facts.plan.jobs {
            let ties = ties(job, |id| facts.job(id));
            if job.role == Role::Normal && ties.iter().all(|it| graph.is_implied(job, it)) {
                graph.plain.insert(&job.id);
            }
            graph.ties.insert(&job.id, ties);
        }
        graph
    }

    fn ties(&self, job: &Job) -> &[Tie<'a>] {
        self.ties.get(job.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Whether GitHub's own rule says what the tie does.
    fn is_implied(&self, job: &Job, tie: &Tie<'a>) -> bool {
        let Some(before) = self.facts.job(tie.job) else { return false };
        tie.ended != Ended::Somehow
            && tie.made.is_empty()
            && self.plain.contains(tie.job)
            && !is_tolerated(before)
            && (before.each.is_empty() || before.each == job.each)
            && is_within(before, job)
    }

    /// When a job runs.
    pub(super) fn of(&self, job: &'a Job) -> Result<Outcome<'a>, String> {
        let mut clauses = Clauses::default();
        clauses.needs.extend(self.facts.needs(job));
        let own = self.guard(job, &Known::Made, job, &mut clauses)?;
        match job.role {
            Role::Normal if self.plain.contains(job.id.as_str()) => {
                clauses.firm = !clauses.needs.is_empty();
            }
            Role::Normal => {
                clauses.push(Expr::one("!cancelled()"));
                self.law(job, &mut clauses)?;
            }
            Role::OnFailure => {
                clauses.push(Expr::one("!cancelled()"));
                clauses.push(self.failed(&clauses.needs));
                clauses.firm = true;
            }
            Role::Finally => clauses.push(Expr::one("always()")),
        }
        if !clauses.firm {
            self.first().into_iter().for_each(|it| clauses.push(it));
        }
        own.into_iter().for_each(|it| clauses.push(it));
        Ok(Outcome { needs: self.ordered(&clauses.needs), condition: clauses.condition() })
    }

    /// What the law asks of all before a job.
    fn law(&self, job: &'a Job, clauses: &mut Clauses<'a>) -> Result<(), String> {
        let phis = self.phis(job);
        for phi in &phis {
            if let Some(one) = phi.iter().map(|id| succeeded(id)).reduce(Expr::or) {
                clauses.push(one);
                clauses.firm = true;
            }
        }
        for tie in self.ties(job) {
            if !phis.iter().flatten().any(|it| *it == tie.job) {
                self.passed(job, tie.job, tie.ended, clauses)?;
            }
            tie.made.iter().for_each(|output| clauses.push(there(tie.job, output)));
        }
        Ok(())
    }

    /// Whether a job was meant to run, and the jobs that know; `None`: in any case.
    pub(super) fn meant(&self, job: &'a Job) -> Result<(Vec<&'a str>, Option<Expr>), String> {
        let mut clauses = Clauses::default();
        let all = self.guard(job, &Known::Nothing, job, &mut clauses)?;
        Ok((clauses.needs, all))
    }

    /// What decides whether a job is meant to run, without what is `known` to hold.
    fn guard(
        &self,
        job: &'a Job,
        known: &Known<'_>,
        reader: &'a Job,
        clauses: &mut Clauses<'a>,
    ) -> Result<Option<Expr>, String> {
        let mut all = Vec::new();
        let conditions = conjuncts(job.guard.as_ref());
        conditions.iter().filter(|it| !known.holds(it)).for_each(|it| self.sources(it, clauses));
        let scope = Scope::new(self.facts, Some(job), Site::Guard);
        let open = scope.beyond(&conditions, &|it| known.holds(it));
        all.extend(open.ok_or("GitHub has no words for its condition")?);
        // A later job of the same loop runs only where there is something to run for.
        let same = !std::ptr::eq(job, reader) && job.each == reader.each;
        for each in job.each.iter().filter(|_| !same) {
            self.sources(&each.list, clauses);
            all.push(super::matrix::is_not_empty(&self.github, job, each)?);
        }
        if !matches!(known, Known::Made) {
            for tie in self.ties(job) {
                for output in &tie.made {
                    clauses.needs.push(tie.job);
                    all.push(there(tie.job, output));
                }
            }
        }
        Ok(all.into_iter().reduce(Expr::and))
    }

    /// Waits for all that know a condition.
    fn sources(&self, condition: &'a Value, clauses: &mut Clauses<'a>) {
        condition.each(&mut |value| match value {
            Value::Output { job, output } if self.facts.early(job, output).is_none() => clauses.needs.push(job),
            Value::Succeeded(job) => clauses.needs.push(job),
            Value::Exists(files) => files.outputs(&mut |job, _| clauses.needs.push(job)),
            _ => {}
        });
    }

    /// That a job has ended as it must have for `reader` to run.
    fn passed(&self, reader: &'a Job, id: &'a str, ended: Ended, clauses: &mut Clauses<'a>) -> Result<(), String> {
        let Some(before) = self.facts.job(id) else { return Err(format!("there is no job {id}")) };
        if ended == Ended::Somehow {
            return Ok(());
        }
        let first = clauses.needs.len();
        let known = match is_meant(before, reader) {
            true => Known::Guard,
            false => Known::Conditions(conjuncts(reader.guard.as_ref())),
        };
        let open = self.guard(before, &known, reader, clauses)?;
        let sources: Vec<&str> = clauses.needs.get(first..).unwrap_or_default().to_vec();
        clauses.firm |= open.is_none();
        let result = |name: &str| (result(id), Expr::text(name));
        let (is, skipped) = result("skipped");
        clauses.push(match (open, is_tolerated(before)) {
            (None, false) => succeeded(id),
            (None, true) => is.differs(skipped),
            (Some(open), false) => succeeded(id).or(is.equals(skipped).and(open.not())),
            (Some(open), true) => is.differs(skipped).or(open.not()),
        });
        // A condition is known only if all that it asks have passed.
        for source in sources {
            self.passed(reader, source, Ended::Passed, clauses)?;
        }
        Ok(())
    }

    /// The groups of jobs of which exactly one is meant to run, and whose outputs the job takes from
    /// whichever has run.
    fn phis(&self, job: &'a Job) -> Vec<Vec<&'a str>> {
        let mut phis: Vec<Vec<&str>> = Vec::new();
        let mut add = |found: Option<Vec<&'a str>>| {
            if let Some(mut found) = found
                && found.len() > 1
            {
                found.sort_unstable();
                if !phis.contains(&found) {
                    phis.push(found);
                }
            }
        };
        for consume in &job.consumes {
            add(self.phi_of_files(job, &consume.from, &mut Vec::new()));
        }
        job.values_inside(&mut |value| add(self.phi_of_value(job, value, &mut Vec::new())));
        // One that is a part of another says nothing more.
        let all = phis.clone();
        phis.retain(|phi| !all.iter().any(|it| it.len() > phi.len() && phi.iter().all(|id| it.contains(id))));
        phis.iter_mut().for_each(|phi| *phi = self.ordered(phi));
        phis
    }

    fn phi_of_files(&self, job: &Job, files: &'a Files, path: &mut Vec<Value>) -> Option<Vec<&'a str>> {
        match files {
            Files::Output { job: id, .. } => self.phi_of(job, id, path),
            Files::Part { of, .. } | Files::Subtree { of, .. } | Files::Filter { of, .. } => {
                self.phi_of_files(job, of, path)
            }
            Files::Either { condition, then, otherwise } => {
                let (then, otherwise) = (then.as_deref()?, otherwise.as_deref()?);
                self.split(condition, path, |graph, first, path| {
                    graph.phi_of_files(job, if first { then } else { otherwise }, path)
                })
            }
            Files::Earlier { .. } | Files::Merge { .. } => None,
        }
    }

    fn phi_of_value(&self, job: &Job, value: &'a Value, path: &mut Vec<Value>) -> Option<Vec<&'a str>> {
        match value {
            Value::Output { job: id, .. } => self.phi_of(job, id, path),
            Value::Compute(it) if it.op == Op::If => {
                let [condition, then, otherwise] = it.args.as_slice() else { return None };
                self.split(&condition.value, path, |graph, first, path| {
                    graph.phi_of_value(job, if first { &then.value } else { &otherwise.value }, path)
                })
            }
            _ => None,
        }
    }

    fn split(
        &self,
        condition: &Value,
        path: &mut Vec<Value>,
        side: impl Fn(&Self, bool, &mut Vec<Value>) -> Option<Vec<&'a str>>,
    ) -> Option<Vec<&'a str>> {
        let mut all = Vec::new();
        for first in [true, false] {
            let depth = path.len();
            path.push(if first { condition.clone() } else { not(condition.clone()) });
            let found = side(self, first, path);
            path.truncate(depth);
            all.extend(found?);
        }
        Some(all)
    }

    /// A job that runs exactly where all of `path` holds, as far as `job` does.
    fn phi_of(&self, job: &Job, id: &'a str, path: &[Value]) -> Option<Vec<&'a str>> {
        let made = self.facts.job(id)?;
        let (own, known) = (self.facts.conditions(made), self.facts.conditions(job));
        let parts: Vec<&Value> = path.iter().flat_map(parts).collect();
        let exact =
            own.iter().all(|it| parts.contains(&it) || known.contains(it)) && parts.iter().all(|it| own.contains(it));
        let simple = made.each.is_empty() && !is_tolerated(made) && made.role == Role::Normal;
        (exact && simple).then(|| vec![made.id.as_str()])
    }

    /// That one of these has failed. One that ran out of time counts as cancelled.
    fn failed(&self, needs: &[&str]) -> Expr {
        let tolerated = |id: &&&str| self.facts.job(id).is_some_and(is_tolerated);
        let ended = |of: Expr| of.clone().equals(Expr::text("failure")).or(of.equals(Expr::text("cancelled")));
        if needs.iter().any(|it| tolerated(&it)) {
            let all = needs.iter().filter(|it| !tolerated(it)).map(|id| ended(result(id)));
            return all.reduce(Expr::or).unwrap_or_else(|| Expr::truth(false));
        }
        let any = |result: &str| Expr::one(format!("contains(needs.*.result, '{result}')"));
        any("failure").or(any("cancelled"))
    }

    /// What a job asks of the event that comes first, or runs though others were skipped.
    pub(super) fn first(&self) -> Option<Expr> {
        triggers::condition(self.facts.plan).map(Expr::one)
    }

    /// Each once, in the plan's order.
    pub(super) fn ordered(&self, ids: &[&'a str]) -> Vec<&'a str> {
        self.facts.ordered(ids.iter().copied())
    }
}

/// Whether all that decides on a job decides on a later one too.
fn is_within(before: &Job, job: &Job) -> bool {
    let own = conjuncts(job.guard.as_ref());
    conjuncts(before.guard.as_ref()).iter().all(|it| own.contains(it))
}

/// Whether a job's failure may be none. Nobody has said what `needs` shows of such a job that failed;
/// so nothing asks for that.
pub(super) fn is_tolerated(job: &Job) -> bool {
    job.continue_on_error.is_some()
}

fn result(id: &str) -> Expr {
    Expr::one(format!("needs.{id}.result"))
}

fn succeeded(id: &str) -> Expr {
    result(id).equals(Expr::text("success"))
}

/// That an output of a job is there, where the job has ended; `None`: nobody can tell.
pub(super) fn made(facts: &Facts<'_>, job: &str, output: &str) -> Option<Expr> {
    let maker = facts.job(job)?;
    let declared = maker.outputs.iter().find(|it| it.name == output)?;
    if declared.always {
        return Some(there(job, output));
    }
    Some(has_succeeded(facts, job))
}

/// That a job has succeeded. One whose failure is none says so itself.
pub(super) fn has_succeeded(facts: &Facts<'_>, id: &str) -> Expr {
    match facts.job(id) {
        Some(job) if is_tolerated(job) => {
            Expr::one(format!("needs.{id}.outputs.{SUCCEEDED}")).equals(Expr::text("true"))
        }
        _ => succeeded(id),
    }
}

/// What a job says of itself whose failure is none, if somebody asks: whether it has succeeded.
pub(super) const SUCCEEDED: &str = "flow_succeeded";

/// That an output which is there however its job ends was made.
fn there(job: &str, output: &str) -> Expr {
    Expr::one(format!("needs.{job}.outputs.{output}")).differs(Expr::text(""))
}
