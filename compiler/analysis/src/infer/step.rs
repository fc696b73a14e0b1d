//! Steps, and the statements that change what follows them: `export`, `add_path`, `summary`, `checkout`.

use flow_syntax::tree::{self, ArmValue, Body, Else, Expr, ExprKind, Name, Setting, Source, Step, Stmt, StmtKind};
use flow_syntax::{Code, Span};

use super::sink::Sink;
use super::trace::Event;
use super::{Infer, LocalKind, Phase, Val, Where};
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// What runs in a step.
#[derive(Default)]
struct Runs {
    scripts: usize,
    others: usize,
}

impl Runs {
    const fn all(&self) -> usize {
        self.scripts + self.others
    }

    fn plus(self, other: &Self) -> Self {
        Self { scripts: self.scripts + other.scripts, others: self.others + other.others }
    }

    /// Of two branches only one runs.
    fn or(self, other: &Self) -> Self {
        Self { scripts: self.scripts.max(other.scripts), others: self.others.max(other.others) }
    }
}

impl Infer<'_> {
    /// `step "Title" { … }`. With `wanted`, what its last statement gives is its value.
    pub(super) fn step(&mut self, step: &Step, wanted: Option<Option<&Ty>>) -> Val {
        if self.place == Where::Step {
            self.misplaced(step.title.span, "a `step`", "in a job");
            return Val::error();
        }
        if !self.require_steps(step.title.span, "a `step`") {
            return Val::error();
        }
        self.title(&step.title, "the title of a step");
        // Not a scope: what it binds is visible after it.
        let outer = std::mem::replace(&mut self.place, Where::Step);
        let env = self.env.len();
        let bound = self.frames.last().map_or(0, Vec::len);
        let before = self.writes.clone();
        let (mut value, events) = self.recorded(|infer| infer.body_value(&step.body, wanted));
        self.place = outer;
        self.env.truncate(env);
        if self.tolerates(&step.body) {
            // It may have failed before it bound or wrote anything.
            self.trace.push(Event::Tolerated(events));
            self.writes.doubt_since(&before);
            for local in self.frames.last_mut().into_iter().flatten().skip(bound) {
                if local.val.phase != Phase::Const && local.kind == LocalKind::Let {
                    local.val.ty = local.val.ty.clone().optional();
                }
            }
            value.ty = if value.ty == Ty::Unit { Ty::Unit } else { value.ty.optional() };
        } else {
            self.trace.extend(events);
        }
        let runs = self.step_runs(step);
        if wanted.is_some() && value.ty == Ty::Unit {
            if !runs {
                return Val::error();
            }
            let finding = self
                .finding(Code::NoValue, step.title.span, "this step gives no value")
                .label("its last statement gives none")
                .note("the value of a step is what its last script prints")
                .help("let its last statement be a script");
            self.report(finding);
            return Val::error();
        }
        self.out.types.insert(step.span, value.clone());
        value
    }

    /// Whether a failure of the step may be tolerated.
    fn tolerates(&self, body: &Body) -> bool {
        body.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Setting(Setting::Value { name, value }) if name.text == "continue_on_error" => {
                let norm = self.out.types.get(&value.span).map(|val| &val.norm);
                !matches!(norm, Some(Norm::Value(ConstValue::Bool(false))))
            }
            _ => false,
        })
    }

    /// Whether what a step holds goes with its settings. `false`: it does nothing, which is reported.
    fn step_runs(&mut self, step: &Step) -> bool {
        let runs = self.runs_in(&step.body);
        if runs.all() == 0 && !step.body.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Hole)) {
            let only_settings = step.body.stmts.iter().all(|stmt| matches!(stmt.kind, StmtKind::Setting(_)));
            let runs_nothing = only_settings
                || step.body.stmts.iter().all(|stmt| matches!(stmt.kind, StmtKind::Setting(_) | StmtKind::Let { .. }));
            if runs_nothing {
                let finding = self
                    .finding(Code::ValueUnused, step.title.span, "this step does nothing")
                    .label("no script in it")
                    .help("add a script, or remove the step");
                self.report(finding);
            }
            return !runs_nothing;
        }
        for stmt in &step.body.stmts {
            let (StmtKind::Setting(Setting::Value { name, .. }) | StmtKind::Setting(Setting::Map { name, .. })) =
                &stmt.kind
            else {
                continue;
            };
            let (problem, help) = match name.text.as_str() {
                "retry" if runs.scripts == 0 => (
                    "there is no script in this step to try again",
                    "only scripts can be tried again; what is called decides for itself",
                ),
                "retry" if runs.others > 0 => {
                    ("`retry` would try again what is not a script", "put the script into a step of its own")
                }
                "retry" | "timeout" if runs.all() > 1 => {
                    ("this step runs more than one script", "make a step of each, or write them as one script")
                }
                _ => continue,
            };
            let finding = self
                .finding(Code::SeveralSteps, name.span, format!("`{}` does not fit: {problem}", name.text))
                .label("for one script")
                .related(self.at(step.title.span), "the step")
                .help(help);
            self.report(finding);
        }
        true
    }

    /// What runs in a body, at the most.
    fn runs_in(&self, body: &Body) -> Runs {
        body.stmts.iter().fold(Runs::default(), |runs, stmt| {
            runs.plus(&match &stmt.kind {
                StmtKind::Let { value: Some(value), .. } | StmtKind::Out { value, .. } => self.runs_of(value),
                StmtKind::Source(source) => self.runs_of(source),
                _ => Runs::default(),
            })
        })
    }

    fn runs_of(&self, source: &Source) -> Runs {
        match source {
            Source::Script(_) => Runs { scripts: 1, others: 0 },
            Source::Step(step) => self.runs_in(&step.body),
            Source::Foreign(_) => Runs { scripts: 0, others: 1 },
            Source::Expr(e) => self.runs_of_expr(e),
        }
    }

    fn runs_of_expr(&self, e: &Expr) -> Runs {
        match &e.kind {
            ExprKind::Call { .. } if self.out.types.get(&e.span).is_some_and(|val| matches!(val.ty, Ty::Call(_))) => {
                Runs { scripts: 0, others: 1 }
            }
            ExprKind::If(it) => self.runs_of_if(it),
            ExprKind::Match(it) => it.arms.iter().fold(Runs::default(), |runs, arm| {
                runs.or(&match &arm.value {
                    ArmValue::Body(body) => self.runs_in(body),
                    ArmValue::Source(source) => self.runs_of(source),
                })
            }),
            ExprKind::For(it) => {
                let once = self.runs_in(&it.body);
                let keys = self.out.types.get(&it.iterable.span).and_then(|val| match &val.norm {
                    Norm::Value(ConstValue::List(items)) => Some(items.len()),
                    _ => None,
                });
                // Over what is not known here it runs as often as it likes.
                let times = keys.unwrap_or(2);
                Runs { scripts: once.scripts * times, others: once.others * times }
            }
            _ => Runs::default(),
        }
    }

    fn runs_of_if(&self, it: &tree::If) -> Runs {
        let then = self.runs_in(&it.then);
        match &it.otherwise {
            Some(Else::Body(body)) => then.or(&self.runs_in(body)),
            Some(Else::If(inner, _)) => then.or(&self.runs_of_if(inner)),
            None => then,
        }
    }

    /// `export`, `add_path`, `summary`, `checkout` as a statement.
    pub(super) fn step_stmt(&mut self, stmt: &Stmt) {
        let word = match &stmt.kind {
            StmtKind::Export { .. } => "export",
            StmtKind::AddPath(_) => "add_path",
            StmtKind::Summary(_) => "summary",
            _ => "checkout",
        };
        if !matches!(self.place, Where::Job | Where::Action) {
            let where_ = if self.place == Where::Step { "in the job, beside the step" } else { "in a job" };
            let as_ = if word == "checkout" { " as a statement" } else { "" };
            self.misplaced(stmt.span, &format!("`{word}`{as_}"), where_);
            return;
        }
        match &stmt.kind {
            StmtKind::Export { name, value } => self.export(name, value),
            StmtKind::AddPath(value) => self.add_path(value),
            StmtKind::Summary(value) => self.summary(value),
            StmtKind::Checkout(map) => {
                self.checkout(map, Span::new(stmt.span.start, stmt.span.start + 8));
                if self.place == Where::Job && self.cleanup.is_none() {
                    self.second_checkout(map, stmt.span);
                }
            }
            _ => {}
        }
    }

    /// `export NAME = e`: a variable of the steps that follow.
    fn export(&mut self, name: &Name, value: &Expr) {
        self.variable_name(name, true);
        let env = self.env.len();
        let val = self.variable_value(value);
        // The steps that follow have what may be exported; what is refused is reported once.
        if !self.sink(value, &val, Sink::Export("an exported variable")) {
            self.env.truncate(env);
        }
    }

    /// `add_path e`: a folder in which the steps that follow find programs.
    fn add_path(&mut self, value: &Expr) {
        let val = self.expr(value, None);
        if !self.sink(value, &val, Sink::Path("a folder of programs")) {
            return;
        }
        let fits = matches!(val.ty.single(), Ty::String | Ty::Path | Ty::Opaque | Ty::Error);
        if !fits {
            let shown = self.show(&val.ty);
            let finding = self
                .finding(Code::TypeMismatch, value.span, "`add_path` takes a folder")
                .label(format!("this is {a}", a = super::article(&shown)));
            let finding = match val.ty.single() {
                Ty::File | Ty::Exec => finding.help("give the folder that the program lies in, not the program"),
                Ty::Optional(_) => finding.help("say what to use when it is missing: `value ?? other`"),
                _ => finding.help("give its path, as in `add_path \"bin\"`, or an `opaque` directory"),
            };
            self.report(finding);
        } else if let Norm::Value(ConstValue::Text(text)) = &val.norm
            && text.trim().is_empty()
        {
            let finding = self
                .finding(Code::BadSetting, value.span, "`add_path` takes a folder, not an empty text")
                .label("no folder")
                .help("write `add_path \".\"` for the sources themselves");
            self.report(finding);
        }
    }

    /// `summary e`: a text, or a file, for the page of the run.
    fn summary(&mut self, value: &Expr) {
        let val = self.expr(value, None);
        if !self.sink(value, &val, Sink::Page("the summary of a run")) {
            return;
        }
        let ty = val.ty.single();
        if super::expr::is_text(ty) || matches!(ty, Ty::File | Ty::Json(_)) {
            return;
        }
        let shown = self.show(ty);
        let finding = self
            .finding(Code::NotText, value.span, "a summary is a text or a file")
            .label(format!("this is {a}", a = super::article(&shown)));
        let finding = match ty {
            Ty::Optional(_) => finding.help("say what to use when it is missing: `value ?? \"\"`"),
            Ty::Artifact(..) => finding.help("name one of its files"),
            Ty::List(_) => finding.help("join it: `xs.join(\"\\n\")`"),
            _ => finding,
        };
        self.report(finding);
    }

    /// A further checkout has to go to a place of its own.
    fn second_checkout(&mut self, map: &tree::Map, span: Span) {
        let has = |name: &str| map.entries.iter().any(|entry| entry.key.text == name);
        if has("repo") && !has("path") {
            let finding = self
                .finding(
                    Code::BadSetting,
                    Span::new(span.start, span.start + 8),
                    "another repository would overwrite the sources",
                )
                .label("no `path`")
                .help("say where to put it: `path = \"other\"`");
            self.report(finding);
        }
    }
}
