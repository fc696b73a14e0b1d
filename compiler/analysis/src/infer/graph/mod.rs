//! Bodies of pipelines and flows: calls in an order, under guards and in loops, and what they give.

mod expose;
mod extends;
mod gate;
mod loops;
mod order;
mod other;
mod out;
mod param;
mod started;
mod tail;

use flow_syntax::tree::{self, Body, Name, Setting, StmtKind};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

pub use self::expose::{Exposed, exposed, own_name};
pub(super) use self::loops::Over;
pub(super) use self::out::is_plain;
use super::{Infer, Signature};
use crate::db::Def;

/// What a walk over a graph has seen so far, and what stands around its present place.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The calls of jobs and flows up to here.
    calls: Vec<Def>,
    /// The blocks around this place, outermost first.
    around: Vec<Around>,
    /// The loops around this place, outermost first.
    loops: Vec<Loop>,
    /// The events that start the pipeline, as `ctx.event` calls them; none where any may.
    events: Vec<SmolStr>,
    stages: FxHashMap<String, Span>,
    gates: FxHashMap<String, Span>,
    exposed: Vec<Exposed>,
    /// The names of what is exposed, in lower case.
    names: FxHashMap<String, Span>,
    /// Another pipeline asks for what this one exposes: what this one reads of others is left open, so
    /// that two that read each other do not wait for each other.
    pub alone: bool,
}

/// A block around a statement of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// `if`, `match`.
    Guard,
    /// `for`.
    Loop,
    /// `after x { … }`.
    After,
    /// `stage "…" { … }`.
    Stage,
    /// `on_failure { … }`, `finally { … }`.
    Tail,
}

impl Around {
    const fn noun(self) -> &'static str {
        match self {
            Self::Guard => "an `if` or a `match`",
            Self::Loop => "a `for`",
            Self::After => "an `after` block",
            Self::Stage => "a `stage`",
            Self::Tail => "`on_failure` or `finally`",
        }
    }
}

/// A loop around a statement of a graph.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    /// Its variable.
    pub name: SmolStr,
    /// Where what it runs over stands.
    pub over: Span,
    /// Its body stands for more than one instance.
    pub many: bool,
}

impl Infer<'_> {
    pub(super) fn flow(&mut self, flow: &tree::Flow, signature: &Signature) {
        self.declare_params(signature);
        self.declare_outputs(signature);
        self.body(&flow.body);
        self.judge(&signature.outputs);
        self.require_calls(&flow.name, &flow.body, "flow");
        self.report_unused();
    }

    pub(super) fn pipeline(&mut self, pipeline: &tree::Pipeline, signature: &Signature) {
        // What the signature found out of the parameters is what the body goes by.
        self.out.names.extend(signature.checked.names.clone());
        self.out.types.extend(signature.checked.types.clone());
        let triggers: Vec<&tree::Path> = pipeline
            .body
            .stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Setting(Setting::Trigger { event, .. }) => Some(event),
                _ => None,
            })
            .collect();
        self.graph.events = started::events_of(&triggers);
        let triggers: Vec<&Name> = triggers.iter().filter_map(|event| event.segments.first()).collect();
        self.declare_outputs(signature);
        // Where nothing else starts it, there is a pull request.
        if triggers.iter().all(|event| event.text == "pull_request") && !triggers.is_empty() {
            self.present.extend(super::refine::of_event("pull_request"));
        }
        self.body(&pipeline.body);
        self.judge(&signature.outputs);
        // One that is not known may have been meant for any.
        let known = self.out.findings.iter().all(|finding| finding.code != Code::UnknownTrigger);
        if known {
            self.outputs_need_call(pipeline);
        }
        if triggers.is_empty() {
            self.no_trigger(pipeline);
        }
        let asks = |event: &&&Name| matches!(event.text.as_str(), "manual" | "call");
        if let Some(trigger) = triggers.iter().find(|event| !asks(event)).filter(|_| known) {
            self.require_defaults(pipeline, trigger);
        }
        self.require_calls(&pipeline.name, &pipeline.body, "pipeline");
        self.gate_not_reached(pipeline);
        self.report_unused();
    }

    /// Infers with one more block around.
    pub(super) fn inside<T>(&mut self, around: Around, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.graph.around.push(around);
        let value = inner(self);
        self.graph.around.pop();
        value
    }

    /// Infers the body of a loop.
    pub(super) fn inside_loop<T>(&mut self, around: Loop, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.graph.loops.push(around);
        let value = self.inside(Around::Loop, inner);
        self.graph.loops.pop();
        value
    }

    /// How many calls there were up to here.
    pub(super) const fn calls_so_far(&self) -> usize {
        self.graph.calls.len()
    }

    /// Counts a call of a job or a flow.
    pub(super) fn note_call(&mut self, def: Def) {
        self.graph.calls.push(def);
    }

    fn no_trigger(&mut self, pipeline: &tree::Pipeline) {
        let top = Span::empty(pipeline.body.span.start + 1);
        let name = &pipeline.name;
        let finding = self
            .finding(Code::NoTrigger, name.span, format!("the pipeline `{}` does not say what starts it", name.text))
            .label("no `on`")
            .help("say it at the top of the body: `on manual` for a person, `on push` for a change")
            .fix("let a person start it", self.at(top), "\n    on manual");
        self.report(finding);
    }

    /// A graph that calls nothing does nothing.
    fn require_calls(&mut self, name: &Name, body: &Body, what: &str) {
        let wrong = self.out.findings.iter().any(|finding| finding.severity == flow_syntax::Severity::Error);
        if !self.graph.calls.is_empty() || wrong || body.stmts.iter().any(|stmt| stmt.kind == StmtKind::Hole) {
            return;
        }
        let finding = self
            .finding(Code::NoCalls, name.span, format!("the {what} `{}` calls no job", name.text))
            .label("does nothing")
            .note("what is done is done by jobs; a pipeline says which, and in which order")
            .help("declare a job, and call it in this body: `build()`");
        self.report(finding);
    }

    /// A parameter without default can be given on manual runs only.
    fn require_defaults(&mut self, pipeline: &tree::Pipeline, trigger: &Name) {
        for stmt in &pipeline.body.stmts {
            let StmtKind::Setting(Setting::Param { name, ty, default: None }) = &stmt.kind else { continue };
            if name.is_missing() || ty.kind == tree::TypeKind::Hole {
                continue;
            }
            let finding = self
                .finding(
                    Code::MissingArgument,
                    name.span,
                    format!("the parameter `{}` has no default, but nobody gives it on `{}`", name.text, trigger.text),
                )
                .label("no default")
                .related(self.at(trigger.span), "starts the pipeline without asking for parameters")
                .help("give it a default: `= …`");
            self.report(finding);
        }
    }

    /// The statements of a block that is no scope: what they bind is visible after it.
    fn open_block(&mut self, around: Around, body: &Body) {
        self.inside(around, |infer| {
            for stmt in &body.stmts {
                infer.stmt(stmt);
            }
        });
    }

    /// Reports a statement that must not stand within the blocks around it.
    fn only_at_top(&mut self, span: Span, what: &str, help: &str) -> bool {
        let Some(around) = self.graph.around.last().copied() else { return true };
        let finding = self
            .finding(Code::NotAllowedHere, span, format!("{what} cannot stand in {}", around.noun()))
            .label("not here")
            .help(help.to_owned());
        self.report(finding);
        false
    }
}
