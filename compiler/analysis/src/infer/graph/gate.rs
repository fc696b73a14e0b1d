//! `gate "title" [after jobs]`: the one job to require in branch protection.

use flow_syntax::tree::{Expr, ItemKind, Pipeline, Setting, StmtKind, Text};
use flow_syntax::{Code, Span};

use super::super::{Infer, check};
use crate::db::{Db, Def, DefKind, syntax};
use crate::value::ConstValue;

impl Infer<'_> {
    pub(in super::super) fn gate(&mut self, span: Span, title: &Text, after: Option<&Expr>) {
        let top = self.only_at_top(
            Span::new(span.start, title.span.end),
            "a `gate`",
            "write it in the body of the pipeline itself, below what it covers: it always runs",
        );
        if let Some(name) = self.title_of(title, "gate")
            && let Some(first) = self.graph.gates.insert(name.to_lowercase(), title.span)
        {
            let finding = self
                .finding(Code::BadTitle, title.span, format!("two gates are called `{name}`"))
                .label("the second one")
                .related(self.at(first), "the first one")
                .note("branch protection requires a check by its name alone")
                .help("give one of them another title");
            self.report(finding);
        }
        if let Some(after) = after {
            self.order(after);
            return;
        }
        let covered = self.graph.calls.iter().any(|def| !is_advisory(self.db, *def));
        if covered || !top {
            return;
        }
        let advisory = !self.graph.calls.is_empty();
        let finding = self
            .finding(Code::NoCalls, title.span, "this gate covers no job, so it would always be green")
            .label(if advisory { "all jobs before it are advisory" } else { "no call stands before it" })
            .note("a gate covers the jobs that are called before it in the body, those with `advisory = true` left out")
            .help("move it below the calls that it covers");
        self.report(finding);
    }

    /// A required check that a filter of paths leaves out stays pending: the pull request waits for ever.
    pub(super) fn gate_not_reached(&mut self, pipeline: &Pipeline) {
        let stmts = &pipeline.body.stmts;
        let Some(gate) = stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Gate { title, .. } => Some(title.span),
            _ => None,
        }) else {
            return;
        };
        let paths = stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Setting(Setting::Trigger { event, filters: Some(filters), .. })
                if event.segments.first().is_some_and(|name| name.text == "pull_request") =>
            {
                filters.entries.iter().find(|entry| entry.key.text == "paths")
            }
            _ => None,
        });
        let Some(paths) = paths else { return };
        let finding = self
            .finding(
                Code::GateNotReached,
                paths.key.span,
                "a pull request outside of these paths would wait for the gate for ever",
            )
            .label("the pipeline does not start for all pull requests")
            .related(self.at(gate), "the gate")
            .note("a required check that never starts stays pending, and the pull request cannot be merged")
            .help("start it always, and guard the calls: `if changed([\"src/**\"]) { … }`");
        self.report(finding);
    }
}

/// Whether a job says that gates do not cover it. A query of its own, so that other edits in the job
/// leave the pipelines that call it alone.
#[salsa::tracked(returns(copy))]
fn is_advisory(db: &dyn Db, def: Def) -> bool {
    if def.kind(db) != DefKind::Job {
        return false;
    }
    let item = syntax(db, def);
    let ItemKind::Job(job) = &item.kind else { return false };
    let value = job.body.stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Setting(Setting::Value { name, value }) if name.text == "advisory" => Some(value),
        _ => None,
    });
    let Some(value) = value else { return false };
    let names = &check(db, def).names;
    crate::eval::Eval::new(db, def, names).expr(value, &[]) == Ok(ConstValue::Bool(true))
}
