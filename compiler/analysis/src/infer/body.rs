//! Bodies of jobs, actions, steps and pipelines, statement by statement.

use flow_syntax::tree::{self, Body, Expr, ExprKind, Name, Place, Source, Stmt, StmtKind};
use flow_syntax::{Code, Edit, Fix, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::assign::Target;
use super::sink::Sink;
use super::trace::Event;
use super::{Infer, Local, LocalKind, Phase, Signature, Val, Where};
use crate::db::DefKind;
use crate::db::placements;
use crate::label::Labels;
use crate::settings::settings_of;
use crate::ty::Ty;

impl Infer<'_> {
    pub(super) fn job(&mut self, job: &tree::Job, signature: &Signature) {
        self.steps_body(&job.body, signature);
    }

    pub(super) fn action(&mut self, action: &tree::Action, signature: &Signature) {
        self.steps_body(&action.body, signature);
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
        // Outputs of an empty body are reported as never written.
        if signature.outputs.is_empty() && !signature.params.iter().any(|it| it.mode == tree::ParamMode::Out) {
            self.not_empty(body, "body");
        }
        self.body(body);
        self.check_takes(&body.stmts);
        let mut written = signature.outputs.clone();
        // An `out` parameter is a promise to the caller, as an output is.
        written.extend(signature.params.iter().filter(|param| param.mode == tree::ParamMode::Out).map(|param| {
            super::OutputSig { name: param.name.clone(), span: param.span, ty: param.ty.clone(), always: false }
        }));
        self.judge(&written);
        self.report_unused();
    }

    /// The settings and statements of a body.
    pub(super) fn body(&mut self, body: &Body) {
        self.body_value(body, None);
    }

    /// The same. With `wanted`, the last statement gives the value, of that type if it says one.
    pub(super) fn body_value(&mut self, body: &Body, wanted: Option<Option<&Ty>>) -> Val {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        let mut first_stmt: Option<Span> = None;
        let mut cleanup: Vec<(&'static str, Span)> = Vec::new();
        let mut told = false;
        let mut value = Val::unit();
        let last = body.stmts.len().saturating_sub(1);
        for (index, stmt) in body.stmts.iter().enumerate() {
            match &stmt.kind {
                StmtKind::Setting(setting) => {
                    let known = first_stmt.is_none_or(|first| self.late_setting(stmt, setting, first));
                    if known {
                        self.setting(setting, stmt.span, self.place, &mut seen);
                    }
                }
                StmtKind::Checkout(map) if first_stmt.is_none() && self.place == Where::Job => {
                    let name = Name {
                        text: SmolStr::new_static("checkout"),
                        span: Span::new(stmt.span.start, stmt.span.start + 8),
                    };
                    let setting = tree::Setting::Map { name, map: map.clone() };
                    self.setting(&setting, stmt.span, self.place, &mut seen);
                }
                StmtKind::Finally(inner) | StmtKind::OnFailure(inner) => {
                    first_stmt.get_or_insert(stmt.span);
                    let word = cleanup_word(&stmt.kind);
                    if self.place != Where::Flow {
                        self.cleanup_order(word, stmt.span, &mut cleanup);
                    }
                    self.cleanup(inner, word, stmt.span);
                }
                StmtKind::Hole => {}
                _ => {
                    first_stmt.get_or_insert(stmt.span);
                    // Whoever moves the clean-up down has mended all that stand below it.
                    if let Some((word, at)) = cleanup.last().copied()
                        && !std::mem::replace(&mut told, true)
                    {
                        self.after_cleanup(stmt.span, word, at);
                    }
                    match (&stmt.kind, wanted) {
                        (StmtKind::Source(source), Some(expected)) if index == last => {
                            value = self.source(source, expected);
                        }
                        _ => self.stmt(stmt),
                    }
                }
            }
        }
        value
    }

    /// Reports a setting below a statement; whether it is worth checking as a setting.
    fn late_setting(&mut self, stmt: &Stmt, setting: &tree::Setting, first: Span) -> bool {
        use tree::Setting;
        let name = match setting {
            Setting::Value { name, .. } | Setting::Map { name, .. } => {
                if self.is_output(&name.text) || settings_of(self.place).all(|info| info.name != name.text) {
                    self.unknown_late(name, setting);
                    return false;
                }
                format!("`{}`", name.text)
            }
            Setting::Trigger { .. } => "a trigger".to_owned(),
            Setting::Param { name, .. } => format!("the parameter `{}`", name.text),
            Setting::Service { name, .. } => format!("the service `{}`", name.text),
            Setting::Cache { name, .. } => format!("the cache `{}`", name.text),
            Setting::Raw { .. } => "`raw`".to_owned(),
            Setting::Extends { .. } => "`extends`".to_owned(),
        };
        let mut finding = self
            .finding(Code::LateSetting, stmt.span, format!("{name} stands after a statement"))
            .label("a setting")
            .related(self.at(first), "the first statement")
            .note("settings hold for the whole body, so they stand at its top")
            .help("move it above the first statement");
        if let Some((text, indent, whole)) = self.source_of(stmt.span) {
            finding.fix = Some(Fix {
                title: "move it above the first statement".to_owned(),
                edits: vec![
                    Edit { place: self.at(Span::empty(first.start)), text: format!("{text}\n{indent}") },
                    Edit { place: self.at(whole), text: String::new() },
                ],
            });
        }
        self.report(finding);
        true
    }

    /// `x = 4` in the middle of a body: a value to bind, more likely than a setting.
    fn unknown_late(&mut self, name: &Name, setting: &tree::Setting) {
        let word = name.text.as_str();
        let close = crate::suggest::nearest(word, settings_of(self.place).map(|info| info.name));
        let known = crate::settings::ELSEWHERE.iter().any(|(key, ..)| *key == word);
        let plain = !word.contains('-') && !name.is_missing();
        match setting {
            tree::Setting::Value { value, .. } if plain && close.is_none() && !known && !self.is_output(word) => {
                crate::walk::names(value, &mut |name, _| {
                    self.read_local(name);
                });
                let finding = self
                    .finding(
                        Code::UnknownSetting,
                        name.span,
                        format!("there is no assignment, and no setting `{word}`"),
                    )
                    .label("not a setting")
                    .help(format!("to bind a value, write `let {word} = …`"))
                    .fix("put `let` before it", self.at(Span::empty(name.span.start)), "let ");
                self.report(finding);
            }
            _ => self.unknown_setting(name, self.place),
        }
    }

    /// The text of a statement, the indentation of its line, and the whole of its lines. Only for a fix:
    /// what reads it depends on the whole file.
    fn source_of(&self, span: Span) -> Option<(String, String, Span)> {
        let start = placements(self.db, self.file).get(&self.def)?.start;
        let text = self.file.text(self.db).as_ref().ok()?;
        let placed = span.shift(start);
        let (from, to) = (placed.start as usize, placed.end as usize);
        let line = text.get(..from)?.rfind('\n').map_or(0, |at| at + 1);
        let indent = text.get(line..from)?;
        let own = indent.chars().all(char::is_whitespace);
        let rest = text.get(to..)?;
        let alone = own && rest.starts_with(['\n', '\r']);
        // Its line goes with it.
        let whole = if alone {
            let lead = u32::try_from(from - line).ok()? + u32::from(line > 0);
            Span::new(span.start.checked_sub(lead)?, span.end)
        } else {
            span
        };
        Some((text.get(from..to)?.to_owned(), if own { indent.to_owned() } else { String::new() }, whole))
    }

    /// A statement that is not a setting of the body's top.
    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        let steps = self.place.has_steps();
        let graph = self.place.is_graph();
        match &stmt.kind {
            StmtKind::Hole => {}
            StmtKind::Setting(setting) => self.setting_in_block(setting, stmt.span),
            StmtKind::Let { name, ty, value } => {
                self.let_stmt(name, ty.as_ref(), value.as_ref());
                if let Some(value) = value {
                    self.note_act(name, Span::new(stmt.span.start, value.span().start));
                }
            }
            StmtKind::Out { place, value } if steps => self.out_stmt(place, value),
            StmtKind::Out { place, value } => self.graph_out(place, value),
            StmtKind::Source(source) => self.source_stmt(source),
            StmtKind::Expose { .. } if self.place == Where::Step => {
                self.misplaced(stmt.span, "`expose`", "in the job, beside the step");
            }
            StmtKind::Expose { value, title, options } if graph => {
                self.expose(value, title.as_ref(), options.as_ref());
            }
            StmtKind::Expose { value, title, options } => self.expose_of_job(value, title.as_ref(), options.as_ref()),
            StmtKind::After { after, body } if graph => self.after_block(after, body),
            StmtKind::Stage { title, body } if graph => self.stage(title, body),
            StmtKind::Gate { title, after } if self.place == Where::Pipeline => {
                self.gate(stmt.span, title, after.as_ref());
            }
            StmtKind::After { .. } => self.misplaced(stmt.span, "`after`", "in a pipeline"),
            StmtKind::Stage { .. } => self.misplaced(stmt.span, "a `stage`", "in a pipeline"),
            StmtKind::Gate { .. } => self.misplaced(stmt.span, "a `gate`", "in a pipeline"),
            StmtKind::Finally(_) | StmtKind::OnFailure(_) => self.nested_cleanup(cleanup_word(&stmt.kind), stmt.span),
            StmtKind::Export { .. } | StmtKind::AddPath(_) | StmtKind::Summary(_) | StmtKind::Checkout(_) => {
                self.step_stmt(stmt);
            }
        }
    }

    fn setting_in_block(&mut self, setting: &tree::Setting, span: Span) {
        // `x = 4` in a block is hardly a setting.
        if let tree::Setting::Value { name, .. } = setting
            && (self.is_output(&name.text) || settings_of(self.place).all(|info| info.name != name.text))
        {
            self.unknown_late(name, setting);
            return;
        }
        let finding = self
            .finding(Code::NotAllowedHere, span, "a setting cannot stand in a block")
            .label("a setting")
            .note("settings hold for the whole body")
            .help("move it to the top of the body");
        self.report(finding);
    }

    pub(super) fn misplaced(&mut self, span: Span, what: &str, where_: &str) {
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
                self.declare(name, Val::error(), LocalKind::Slot, None);
                return;
            }
            let ty = lowered.unwrap_or(Ty::Error);
            if !self.place.has_steps() {
                self.misplaced(name.span, "a `let` without value", "in a job, where a script writes it");
                self.declare(name, Val::error(), LocalKind::Slot, None);
                return;
            }
            if self.refuse_in_cleanup(name.span) {
                self.declare(name, Val::error(), LocalKind::Slot, None);
                return;
            }
            let ty = self.slot_type(name, ty);
            if !ty.is_error() {
                self.trace.push(Event::Declare { name: name.text.clone(), ty: ty.clone(), span: name.span });
            }
            let val = Val::new(ty, Phase::Run);
            let late = Some(format!("`{}` is written by a script", name.text));
            // Like an output it is written by a claim; unlike one it may be unused.
            self.declare(name, val, LocalKind::Slot, late);
            return;
        };
        let val = match (value, &lowered) {
            (Source::Expr(e), Some(ty)) => {
                let val = self.check_expr(e, ty, &format!("`{}` is", name.text));
                Val { ty: ty.clone(), ..val }
            }
            (source, ty) => {
                let val = self.source(source, ty.as_ref());
                if !matches!(source, Source::Expr(_)) {
                    self.out.types.insert(source.span(), val.clone());
                }
                val
            }
        };
        if val.ty == Ty::Unit {
            let finding = self
                .finding(Code::NoValue, value.span(), format!("`{}` would have no value", name.text))
                .label("gives no value");
            self.report(finding);
        }
        let late = late_reason(&name.text, value, val.phase);
        let chain = if val.phase == Phase::Const { Vec::new() } else { self.chain_of(value) };
        let mut val = if val.ty == Ty::Unit { Val::error() } else { val };
        if let (Phase::Const, Source::Expr(e)) = (val.phase, value)
            && self.place.has_steps()
        {
            self.trace.push(Event::Bind { name: name.text.clone(), value: e.clone() });
        }
        // A failing step in a clean-up does not stop the next one.
        let made = !matches!(value, Source::Expr(_)) || matches!(val.ty, Ty::Call(_));
        if self.cleanup.is_some() && made && self.place.has_steps() {
            val.ty = val.ty.optional();
        }
        self.declare(name, val, LocalKind::Let, late);
        self.chains.insert(name.span, chain);
    }

    /// Notes that what was bound last does something, so that it stays when its name goes. `bound` is
    /// what stands before it.
    fn note_act(&mut self, name: &Name, bound: Span) {
        let Some(val) = self.out.types.get(&name.span) else { return };
        if acts(&val.ty) {
            self.acts.insert(name.span, bound);
        }
    }

    /// What a script can write besides outputs: the type of a `let` without value.
    fn slot_type(&mut self, name: &Name, ty: Ty) -> Ty {
        let fits = match ty.present() {
            Ty::Done | Ty::None | Ty::Unit | Ty::Call(_) | Ty::Family(_) => false,
            Ty::List(inner) => !super::assign::is_files(inner),
            _ => true,
        };
        if fits {
            return ty;
        }
        let shown = self.show(&ty);
        let finding = self
            .finding(Code::TypeMismatch, name.span, format!("no script can write {a}", a = super::article(&shown)))
            .label(format!("`{}` is {a}", name.text, a = super::article(&shown)))
            .help("declare one value, one file or one directory");
        self.report(finding);
        Ty::Error
    }

    fn out_stmt(&mut self, place: &Place, value: &Source) {
        if self.refuse_in_cleanup(place.span) {
            self.mistaken.push(place.root.text.clone());
            self.source(value, None);
            return;
        }
        let Some(target) = self.target(place) else {
            self.source(value, None);
            return;
        };
        let ty = match &target {
            Target::Leaf(ty) | Target::Whole(ty) => ty.clone(),
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
                self.give(place, &val);
                self.note_take(e);
            }
            source => {
                let val = self.source(source, Some(&ty));
                self.give(place, &val);
                if !matches!(source, Source::Script(_)) {
                    self.expect(source.span(), &val.ty, &ty, &because);
                }
            }
        }
        self.out.types.insert(place.span, Val::new(ty, Phase::Run));
        self.write(place);
    }

    /// Keeps what is written to `place`.
    fn give(&mut self, place: &Place, val: &Val) {
        self.taint(&place.root.text, val.labels);
    }

    /// What is written to the output or slot `name` is made of what carries `labels`. A secret is refused there.
    pub(super) fn taint(&mut self, name: &str, labels: Labels) {
        let mut locals = self.frames.iter_mut().rev().flat_map(|frame| frame.iter_mut().rev());
        if let Some(local) = locals.find(|local| local.name == name) {
            local.val.labels = local.val.labels.join(Labels { secret: false, ..labels });
            self.out.gives_untrusted |= labels.untrusted && local.kind == LocalKind::Output;
        }
    }

    /// A source in a place that takes its value.
    pub(super) fn source(&mut self, source: &Source, expected: Option<&Ty>) -> Val {
        match source {
            Source::Expr(e) => self.expr(e, expected),
            Source::Script(script) => {
                if !self.require_steps(script.span, "a script") {
                    self.script_reads(script);
                    return Val::error();
                }
                self.script_value(script, expected)
            }
            Source::Step(step) => self.step(step, Some(expected)),
            Source::Foreign(foreign) => self.foreign(foreign),
        }
    }

    /// Whether scripts may stand here, which is reported if not.
    pub(super) fn require_steps(&mut self, span: Span, what: &str) -> bool {
        if !self.place.has_steps() {
            self.misplaced(span, what, "in a job");
        }
        self.place.has_steps()
    }

    /// Counts what a script reads that has no meaning where it stands.
    fn script_reads(&mut self, script: &tree::Script) {
        for part in &script.text.parts {
            if let tree::TextPart::Hole(tree::Hole { kind: tree::HoleKind::Read { value, .. }, .. }) = part {
                crate::walk::names(value, &mut |name, _| {
                    self.read_local(name);
                });
            }
        }
    }

    pub(super) fn source_stmt(&mut self, source: &Source) {
        match source {
            Source::Script(script) => {
                if self.require_steps(script.span, "a script") {
                    self.script(script);
                } else {
                    self.script_reads(script);
                }
            }
            Source::Step(step) => {
                self.step(step, None);
            }
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
}

const fn cleanup_word(kind: &StmtKind) -> &'static str {
    if matches!(kind, StmtKind::Finally(_)) { "finally" } else { "on_failure" }
}

/// Why a bound value is known as late as it is.
fn late_reason(name: &str, source: &Source, phase: Phase) -> Option<String> {
    match (source, phase) {
        (_, Phase::Const) => None,
        (Source::Script(_) | Source::Step(_), _) => Some(format!("`{name}` is what a script prints")),
        (Source::Expr(e), _) if matches!(e.kind, ExprKind::Call { .. } | ExprKind::Ordered { .. }) => {
            Some(format!("`{name}` is the result of this call"))
        }
        (_, phase) => Some(format!("`{name}` is known {}", phase.when())),
    }
}

/// Whether a value is what calls gave.
fn acts(ty: &Ty) -> bool {
    match ty {
        Ty::Call(_) => true,
        Ty::Optional(inner) | Ty::List(inner) => acts(inner),
        Ty::Family(family) => acts(&family.member),
        _ => false,
    }
}
