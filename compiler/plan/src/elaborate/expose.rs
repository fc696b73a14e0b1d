//! `expose` in a pipeline: files of jobs, given to people under a name.

use flow_analysis::Place;
use flow_analysis::infer::own_name;
use flow_syntax::Span;
use flow_syntax::tree::{Expr, Map, Text};

use super::claim::expose_options;
use super::compute::guard;
use super::consume::{ASSERTED, Needs, Traced};
use super::graph::{Graph, Instance};
use super::job::{Built, DEFAULT_TIMEOUT_SECONDS};
use super::name::slug;
use super::scope::{Result, Scope};
use super::value::{Choice, Made, Origin, Val, constant, schema};
use crate::model::{Consume, Expose, Found, Job, Location, When};

/// Under which name, and how.
struct Shown {
    name: Option<String>,
    when: When,
    retention_days: Option<u32>,
    place: crate::model::Place,
    at: Place,
}

impl<'db> Graph<'db> {
    pub(super) fn expose(
        &mut self,
        scope: &mut Scope<'db>,
        span: Span,
        value: &Expr,
        title: Option<&Text>,
        options: Option<&Map>,
    ) -> Result<()> {
        let val = scope.value(value, self)?;
        let (when, retention_days) = expose_options(scope, options)?;
        let name = title.map(|title| scope.title(title)).transpose()?;
        let name = name.or_else(|| own_name(value, &|span| scope.ty(span)).map(|name| name.to_string()));
        let shown = Shown { name, when, retention_days, place: scope.place(span), at: scope.at(span) };
        let val = self.received(&val);
        let mut named = Vec::new();
        self.show(scope, value.span, &val, &shown, &mut named)?;
        named.dedup();
        named.iter().try_for_each(|name| self.expose_name(name, shown.at))
    }

    fn show(
        &mut self,
        scope: &mut Scope<'db>,
        span: Span,
        val: &Val,
        shown: &Shown,
        named: &mut Vec<String>,
    ) -> Result<()> {
        let made = match val {
            Val::Made(made) => made,
            // One of two jobs runs, and what it makes has the name.
            Val::Choice(it) => {
                let Choice { then, otherwise, .. } = &**it;
                self.show(scope, span, then, shown, named)?;
                return self.show(scope, span, otherwise, shown, named);
            }
            Val::Const(_) => return Ok(()),
            Val::Family(members) => {
                for (key, val) in members.iter() {
                    let text = key.text().unwrap_or_else(|| key.display(self.db));
                    let name = shown.name.as_ref().map_or_else(|| text.clone(), |name| format!("{name} {text}"));
                    let place = shown.place.clone();
                    let one = Shown { name: Some(name), place, ..*shown };
                    self.show(scope, span, val, &one, named)?;
                }
                return Ok(());
            }
            _ => return scope.not_built(span, "exposing this"),
        };
        let Made { source: Origin::Output { job, output }, part, asserted: None } = &**made else {
            return self.show_apart(scope, span, made, shown, named);
        };
        let field = (!part.is_empty()).then(|| part.clone());
        let name = shown.name.clone().unwrap_or_else(|| field.clone().unwrap_or_else(|| output.to_string()));
        named.push(name.clone());
        let condition = guard(&self.guards);
        if let Some(instance) = self.jobs.get_mut(*job) {
            // The job's own condition decides already.
            let condition = condition.filter(|it| instance.job.guard.as_ref() != Some(it));
            instance.job.exposes.push(Expose {
                field,
                when: shown.when,
                guard: condition,
                retention_days: shown.retention_days,
                ..Expose::new(name, output.as_str(), shown.place.clone())
            });
        }
        Ok(())
    }

    /// What no job of this run makes as it is shown, a view or files of an earlier run, has a job of its
    /// own that gets it.
    fn show_apart(
        &mut self,
        scope: &mut Scope<'db>,
        span: Span,
        made: &Made,
        shown: &Shown,
        named: &mut Vec<String>,
    ) -> Result<()> {
        let Some(name) = shown.name.clone() else {
            return scope.not_built(span, "exposing this without a name");
        };
        let Some(Traced { from, ty, leaves, optional, asserts }) = self.trace(made) else { return Err(Vec::new()) };
        let mut needs = Needs::default();
        needs.files(&from);
        let title = format!("expose {name}");
        let id = slug(&title);
        self.take_id(scope, &id, span, "another name")?;
        let path = match (&*leaves, asserts.first()) {
            (_, Some(asserted)) => leaves.first().map(|dir| format!("{}/{}", dir.path, asserted.path)),
            ([only], None) if only.name.is_empty() => Some(only.path.clone()),
            _ => None,
        };
        let own: Vec<_> = leaves.iter().filter(|leaf| leaf.name != ASSERTED).cloned().collect();
        let input = "files".to_owned();
        let location = Location::Consumed { input: input.clone(), path: path.unwrap_or_default() };
        let consume = Consume { optional, asserts, ..Consume::new(input, from, schema(self.db, &ty, &own)) };
        let expose = Expose {
            found: Some(Found::Placed(location)),
            when: shown.when,
            retention_days: shown.retention_days,
            ..Expose::new(name.clone(), "", shown.place.clone())
        };
        let job = Job {
            id,
            name: "expose".to_owned(),
            title,
            keys: self.keys.iter().map(constant).collect(),
            guard: guard(&self.guards),
            stage: self.stage.clone(),
            role: self.role,
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
            consumes: vec![consume],
            exposes: vec![expose],
            needs: needs.edges,
            place: shown.place.clone(),
            ..Job::default()
        };
        named.push(name);
        self.jobs.push(Instance { job, built: Built { outputs: Vec::new() }, place: shown.at });
        Ok(())
    }
}
