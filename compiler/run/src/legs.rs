//! A job that runs for each element of lists: for which elements, and what it is as a whole when all have ended.

use std::collections::BTreeMap;
use std::time::Duration;

use flow_plan::model::{Const, Job, OutputKind};
use flow_plan::outcome::conjuncts;

use crate::compute::list;
use crate::event::{Cause, Outcome, Skip};
use crate::job::{JobEnd, Task};
use crate::scope::{Ended, Scope};
use crate::settle::has_items;
use crate::store::{Manifest, Store};

/// How many there may be: hosted CI takes no more, and a pipeline is the same everywhere.
const MOST: usize = 256;

/// The elements that a job runs for, by the names of its loops.
pub(crate) type Items = Vec<(String, Const)>;

/// All of them, in order, each with whether the job's guard holds for it.
pub(crate) fn all(job: &Job, scope: &Scope<'_>) -> Result<Vec<(Items, bool)>, Cause> {
    let failed = |what: &str, why| Cause::Compute { what: what.to_owned(), why };
    let mut all: Vec<Items> = vec![Vec::new()];
    for each in &job.each {
        let mut next = Vec::new();
        for items in all {
            let outer = Scope { items: &items, ..*scope };
            let found = outer.eval(&each.list).map_err(|why| failed("the list that the job runs for", why))?;
            for item in list(&found).map_err(|why| failed("the list that the job runs for", why))? {
                let items = [items.as_slice(), &[(each.name.clone(), item.clone())]].concat();
                let inner = Scope { items: &items, ..*scope };
                let wanted = each.filter.as_ref().map_or(Ok(true), |filter| inner.truth(filter));
                if wanted.map_err(|why| failed("which elements the job runs for", why))? {
                    next.push(items);
                }
            }
        }
        all = next;
    }
    if all.len() > MOST {
        return Err(Cause::Legs(all.len()));
    }
    let guards: Vec<_> = conjuncts(job.guard.as_ref()).into_iter().filter(|it| has_items(job, it)).collect();
    let guarded = all.into_iter().map(|items| {
        let inner = Scope { items: &items, ..*scope };
        for guard in &guards {
            if !inner.truth(guard).map_err(|why| failed("the condition of the job", why))? {
                return Ok((items, false));
            }
        }
        Ok((items, true))
    });
    guarded.collect()
}

/// What runs for one element.
pub(crate) fn task(index: usize, job: &Job, title: &str, number: usize, items: Items) -> Task {
    const LONGEST: usize = 40;
    let texts: Vec<String> = items.iter().map(|(_, value)| value.text()).collect();
    let text: String = texts.join(", ").chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    Task { index, id: format!("{}.{number}", job.id).into(), title: format!("{title} [{text}]").into(), items }
}

/// One whose guard does not hold.
pub(crate) fn skipped() -> JobEnd {
    JobEnd {
        outcome: Outcome::Skipped(Skip::Condition),
        tolerated: false,
        ended: Ended::default(),
        exposed: Vec::new(),
        elapsed: Duration::ZERO,
        span: None,
        steps: Vec::new(),
    }
}

/// What all of them are together.
pub(crate) fn whole(job: &Job, legs: &[(Task, JobEnd)], store: &Store) -> JobEnd {
    let find = |wanted: &dyn Fn(&JobEnd) -> bool| legs.iter().map(|(_, end)| end).find(|end| wanted(end));
    let bad = find(&|end| matches!(end.outcome, Outcome::Failed(_)) && !end.tolerated)
        .or_else(|| find(&|end| matches!(end.outcome, Outcome::Cancelled)))
        .or_else(|| find(&|end| matches!(end.outcome, Outcome::NotStarted)))
        .or_else(|| find(&|end| matches!(end.outcome, Outcome::Failed(_))));
    let (outcome, tolerated) = match bad {
        Some(end) => (end.outcome.clone(), end.tolerated),
        None if legs.is_empty() => (Outcome::Skipped(Skip::NoElements), false),
        None if legs.iter().all(|(_, end)| !end.outcome.succeeded()) => (Outcome::Skipped(Skip::All), false),
        None => (Outcome::Succeeded, false),
    };
    let (mut values, mut artifacts) = (BTreeMap::new(), BTreeMap::new());
    for output in &job.outputs {
        match &output.kind {
            OutputKind::Value { .. } => {
                let of = |(_, end): &(Task, JobEnd)| end.ended.values.get(&output.name).cloned();
                let all = legs.iter().map(|leg| of(leg).unwrap_or(Const::None)).collect();
                values.insert(output.name.clone(), Const::List(all));
            }
            OutputKind::Artifact(_) => {
                // A folder for each.
                let mut manifest = Manifest::default();
                for (number, (_, end)) in legs.iter().enumerate() {
                    let digest = end.ended.artifacts.get(&output.name);
                    let entries = digest.and_then(|it| store.manifest(it).ok()).map(|it| it.entries);
                    manifest.entries.extend(entries.into_iter().flatten().map(|entry| {
                        let path = format!("{number}/{}", entry.path());
                        entry.moved(path.trim_end_matches('/').to_owned())
                    }));
                }
                if let Ok(digest) = store.add_manifest(&manifest) {
                    artifacts.insert(output.name.clone(), digest);
                }
            }
        }
    }
    let begun = legs.iter().filter_map(|(_, end)| end.span);
    let span = begun.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let succeeded = matches!(outcome, Outcome::Succeeded | Outcome::Skipped(Skip::NoElements));
    JobEnd {
        outcome,
        tolerated,
        ended: Ended { succeeded, values, artifacts },
        exposed: Vec::new(),
        elapsed: legs.iter().map(|(_, end)| end.elapsed).max().unwrap_or_default(),
        span,
        steps: Vec::new(),
    }
}
