//! Bodies of jobs, actions, steps and pipelines, statement by statement.

use flow_syntax::tree::{self, Body, Expr, ExprKind, Name, Place, Source, Step, Stmt, StmtKind};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::assign::Target;
use super::sink::Sink;
use super::{Infer, Local, LocalKind, Phase, Signature, Val, Where};
use crate::db::DefKind;
use crate::ty::Ty;

impl Infer<'_> {
    pub(super) fn job(&mut self, job: &tree::Job, signature: &Signature) {
        self.steps_body(&job.body, signature);
    }

    pub(super) fn action(&mut self, action: &tree::Action, signature: &Signature) {
        self.steps_body(&action.body, signature);
        self.require_out_params(signature);
        self.once_outputs(action, signature);
    }

    fn steps_body(&mut self, body: &Body, signature: &Signature) {
        self.declare_params(signature);
        for output in &signature.outputs {
            let val = Val::new(output.ty.clone(), Phase::Run);
            let late = Some(format!("`{}` is an output, written while the job runs", output.name));
            let (name, span) = (output.name.clone(), output.span);
            self.bind(Local { name, span, val, kind: LocalKind::Output, used: true, late });
        }
        self.body(body);
        self.check_takes(&body.stmts);
        self.require_outputs(&signature.outputs);
        self.report_unused();
    }

    /// The settings and statements of a body.
    pub(super) fn body(&mut self, body: &Body) {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        let mut first_stmt: Option<Span> = None;
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Setting(setting) => {
                    if let Some(first) = first_stmt {
                        self.late_setting(stmt, first);
                    }
                    self.setting(setting, stmt.span, self.place, &mut seen);
                }
                StmtKind::Checkout(map) if first_stmt.is_none() && self.place == Where::Job => {
                    let name = Name {
                        text: SmolStr::new_static("checkout"),
                        span: Span::new(stmt.span.start, stmt.span.start + 8),
                    };
                    let setting = tree::Setting::Map { name, map: map.clone() };
                    self.setting(&setting, stmt.span, self.place, &mut seen);
                }
                _ => {
                    first_stmt.get_or_insert(stmt.span);
                    self.stmt(stmt);
                }
            }
        }
    }

    fn late_setting(&mut self, stmt: &Stmt, first: Span) {
        let name = match &stmt.kind {
            StmtKind::Setting(tree::Setting::Value { name, .. } | tree::Setting::Map { name, .. }) => {
                format!("`{}`", name.text)
            }
            StmtKind::Setting(tree::Setting::Trigger { .. }) => "a trigger".to_owned(),
            StmtKind::Setting(tree::Setting::Param { name, .. }) => format!("the parameter `{}`", name.text),
            _ => "a setting".to_owned(),
        };
        let finding = self
            .finding(Code::LateSetting, stmt.span, format!("{name} stands after a statement"))
            .label("a setting")
            .related(self.at(first), "the first statement")
            .note("settings hold for the whole body, so they stand at its top")
            .help("move it above the first statement");
        self.report(finding);
    }

    /// A statement that is not a setting of the body's top.
    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        let steps = matches!(self.place, Where::Job | Where::Action | Where::Step);
        let graph = matches!(self.place, Where::Pipeline | Where::Flow);
        match &stmt.kind {
            StmtKind::Hole => {}
            StmtKind::Setting(_) => {
                let finding = self
                    .finding(Code::NotAllowedHere, stmt.span, "a setting cannot stand in a block")
                    .label("a setting")
                    .note("settings hold for the whole body")
                    .help("move it to the top of the body");
                self.report(finding);
            }
            StmtKind::Let { name, ty, value } => self.let_stmt(name, ty.as_ref(), value.as_ref()),
            StmtKind::Out { place, value } if steps => self.out_stmt(place, value),
            StmtKind::Out { place, value } => self.graph_out(place, value),
            StmtKind::Source(source) => self.source_stmt(source),
            StmtKind::Expose { value, title, options } if graph => {
                self.expose(value, title.as_ref(), options.as_ref());
            }
            StmtKind::Expose { value, .. } => self.not_built(value.span, "`expose` in a job"),
            StmtKind::After { after, body } if graph => self.after_block(after, body),
            StmtKind::Stage { title, body } if graph => self.stage(title, body),
            StmtKind::Gate { title, after } if self.place == Where::Pipeline => {
                self.gate(stmt.span, title, after.as_ref());
            }
            StmtKind::After { .. } => self.misplaced(stmt.span, "`after`", "in a pipeline"),
            StmtKind::Stage { .. } => self.misplaced(stmt.span, "a `stage`", "in a pipeline"),
            StmtKind::Gate { .. } => self.misplaced(stmt.span, "a `gate`", "in a pipeline"),
            StmtKind::Finally(body) | StmtKind::OnFailure(body) if graph => self.graph_tail(stmt, body),
            StmtKind::Finally(_) | StmtKind::OnFailure(_) => {
                let word = if matches!(stmt.kind, StmtKind::Finally(_)) { "`finally`" } else { "`on_failure`" };
                self.not_built(Span::new(stmt.span.start, stmt.span.start + 7), word);
            }
            StmtKind::Export { .. } | StmtKind::AddPath(_) | StmtKind::Summary(_) | StmtKind::Checkout(_) => {
                let word = match &stmt.kind {
                    StmtKind::Export { .. } => "`export`",
                    StmtKind::AddPath(_) => "`add_path`",
                    StmtKind::Summary(_) => "`summary`",
                    _ => "`checkout` as a statement",
                };
                if steps {
                    self.not_built(stmt.span, word);
                } else {
                    self.misplaced(stmt.span, word, "in a job");
                }
            }
        }
    }

    fn misplaced(&mut self, span: Span, what: &str, where_: &str) {
        let finding = self
            .finding(Code::NotAllowedHere, span, format!("{what} has no meaning in {}", self.place.noun()))
            .label("not here")
            .help(format!("it belongs {where_}"));
        self.report(finding);
    }

    fn let_stmt(&mut self, name: &Name, ty: Option<&tree::Type>, value: Option<&Source>) {
        let lowered = ty.map(|ty| self.lower_closed(ty));
        let Some(value) = value else {
            if ty.is_none() {
                // The parser has complained of what is missing; the name is known all the same.
                self.declare(name, Val::error(), LocalKind::Output, None);
                return;
            }
            if !matches!(self.place, Where::Job | Where::Action | Where::Step) {
                self.misplaced(name.span, "a `let` without value", "in a job, where a script writes it");
                return;
            }
            let val = Val::new(lowered.unwrap_or(Ty::Error), Phase::Run);
            let late = Some(format!("`{}` is written by a script", name.text));
            // Like an output it is written by a claim; unlike one it may be unused.
            self.declare(name, val, LocalKind::Output, late);
            return;
        };
        let val = match (value, &lowered) {
            (Source::Expr(e), Some(ty)) => {
                let val = self.check_expr(e, ty, &format!("`{}` is", name.text));
                Val { ty: ty.clone(), ..val }
            }
            (source, ty) => self.source(source, ty.as_ref()),
        };
        if val.ty == Ty::Unit {
            let finding = self
                .finding(Code::NoValue, value.span(), format!("`{}` would have no value", name.text))
                .label("gives no value");
            self.report(finding);
        }
        let late = late_reason(&name.text, value, val.phase);
        let chain = if val.phase == Phase::Const { Vec::new() } else { self.chain_of(value) };
        let val = if val.ty == Ty::Unit { Val::error() } else { val };
        self.declare(name, val, LocalKind::Let, late);
        self.chains.insert(name.span, chain);
    }

    fn out_stmt(&mut self, place: &Place, value: &Source) {
        let Some(target) = self.target(place) else {
            self.source(value, None);
            return;
        };
        let ty = match &target {
            Target::Leaf(ty) | Target::Whole(ty, _) => ty.clone(),
        };
        let because = format!("`{}` is", place.root.text);
        match value {
            Source::Expr(e) => {
                let val = match self.place {
                    Where::Job if *ty.present() != Ty::Secret => {
                        self.sink_expr(e, &ty, Sink::Output(&format!("`{}`", place.root.text)))
                    }
                    _ => self.check_expr(e, &ty, &because),
                };
                self.out.gives_untrusted |= val.labels.untrusted;
                self.note_take(e);
            }
            source => {
                self.source(source, Some(&ty));
            }
        }
        self.write(place, &target);
    }

    /// A source in a place that takes its value.
    pub(super) fn source(&mut self, source: &Source, expected: Option<&Ty>) -> Val {
        match source {
            Source::Expr(e) => self.expr(e, expected),
            Source::Script(script) => {
                self.require_steps(script.span, "a script");
                self.script_value(script, expected)
            }
            Source::Step(step) => {
                self.not_built(step.title.span, "the value of a `step`");
                Val::error()
            }
            Source::Foreign(foreign) => self.foreign(foreign),
        }
    }

    pub(super) fn require_steps(&mut self, span: Span, what: &str) {
        if !matches!(self.place, Where::Job | Where::Action | Where::Step) {
            self.misplaced(span, what, "in a job");
        }
    }

    pub(super) fn source_stmt(&mut self, source: &Source) {
        match source {
            Source::Script(script) => {
                self.require_steps(script.span, "a script");
                self.script(script);
            }
            Source::Step(step) => self.step(step),
            Source::Foreign(foreign) => {
                self.foreign(foreign);
            }
            Source::Expr(e) => self.expr_stmt(e),
        }
    }

    fn expr_stmt(&mut self, e: &Expr) {
        let call = match &e.kind {
            ExprKind::Hole => return,
            ExprKind::If(_) | ExprKind::For(_) | ExprKind::Match(_) => {
                self.discard = true;
                self.expr(e, None);
                return;
            }
            ExprKind::Ordered { base, .. } => matches!(base.kind, ExprKind::Call { .. }),
            ExprKind::Call { .. } => true,
            _ => false,
        };
        let val = self.expr(e, None);
        if val.ty.is_error() {
            return;
        }
        if !call {
            let finding = self
                .finding(Code::ValueUnused, e.span, "this value is not used")
                .label("has no effect by itself")
                .help("bind it with `let`, or remove it");
            self.report(finding);
        } else if !matches!(&val.ty, Ty::Call(call) if call.def.kind(self.db) != DefKind::Pipeline) {
            let finding = self
                .finding(Code::ValueUnused, e.span, "what this call gives is not used")
                .label("a function has no effect but its value")
                .help("bind it with `let`, or remove it");
            self.report(finding);
        }
    }

    fn step(&mut self, step: &Step) {
        if self.place == Where::Step {
            self.misplaced(step.title.span, "a `step`", "in a job");
            return;
        }
        self.require_steps(step.title.span, "a `step`");
        self.sink_text(&step.title, Sink::Title("the title of a step"));
        if step.title.plain().is_some_and(|title| title.trim().is_empty()) {
            let finding = self
                .finding(Code::BadTitle, step.title.span, "the title of a step is empty")
                .label("no title")
                .help("say what the step does, or write its script without `step`");
            self.report(finding);
        }
        // Not a scope: what it binds is visible after it.
        let outer = std::mem::replace(&mut self.place, Where::Step);
        let secrets = self.secrets.len();
        self.body(&step.body);
        self.place = outer;
        self.secrets.truncate(secrets);
        let runs = step.body.stmts.iter().any(|stmt| !matches!(stmt.kind, StmtKind::Setting(_)));
        if !runs {
            let finding = self
                .finding(Code::ValueUnused, step.title.span, "this step does nothing")
                .label("no script in it")
                .help("add a script, or remove the step");
            self.report(finding);
        }
    }
}

/// Why a bound value is known as late as it is.
fn late_reason(name: &str, source: &Source, phase: Phase) -> Option<String> {
    match (source, phase) {
        (_, Phase::Const) => None,
        (Source::Script(_), _) => Some(format!("`{name}` is what a script prints")),
        (Source::Expr(e), _) if matches!(e.kind, ExprKind::Call { .. } | ExprKind::Ordered { .. }) => {
            Some(format!("`{name}` is the result of this call"))
        }
        (_, phase) => Some(format!("`{name}` is known {}", phase.when())),
    }
}
