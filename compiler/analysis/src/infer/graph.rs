//! Bodies of pipelines: what starts them, what they ask for, what they give to people.

use flow_syntax::tree::{self, Expr, Map, Name, Stmt, StmtKind, Text};
use flow_syntax::{Code, Span};

use super::Infer;
use super::sink::Sink;
use crate::ty::Ty;

impl Infer<'_> {
    pub(super) fn pipeline(&mut self, pipeline: &tree::Pipeline) {
        if let Some(outputs) = &pipeline.outputs
            && let Some(first) = outputs.first()
        {
            self.not_built(first.span, "an output of a pipeline");
        }
        self.body(&pipeline.body);
        let triggers = pipeline
            .body
            .stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Setting(tree::Setting::Trigger { event, .. }) => event.segments.first(),
                _ => None,
            })
            .find(|event| !matches!(event.text.as_str(), "manual" | "call"))
            .cloned();
        let is_trigger = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Setting(tree::Setting::Trigger { .. }));
        if !pipeline.body.stmts.iter().any(is_trigger) {
            let top = Span::empty(pipeline.body.span.start + 1);
            let name = &pipeline.name;
            let finding = self
                .finding(
                    Code::NoTrigger,
                    name.span,
                    format!("the pipeline `{}` does not say what starts it", name.text),
                )
                .label("no `on`")
                .help("say it at the top of the body: `on manual` for a person, `on push` for a change")
                .fix("let a person start it", self.at(top), "\n    on manual");
            self.report(finding);
        }
        if let Some(trigger) = triggers {
            self.require_defaults(pipeline, &trigger);
        }
        self.report_unused();
    }

    /// A parameter without default can be given on manual runs only.
    fn require_defaults(&mut self, pipeline: &tree::Pipeline, trigger: &Name) {
        for stmt in &pipeline.body.stmts {
            let StmtKind::Setting(tree::Setting::Param { name, ty, default: None }) = &stmt.kind else { continue };
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

    /// `expose value as "name" { retention = 30d }` in a pipeline.
    pub(super) fn expose(&mut self, value: &Expr, title: Option<&Text>, options: Option<&Map>) {
        let val = self.expr(value, None);
        let ty = val.ty.single().clone();
        if !matches!(ty, Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Error) {
            let shown = self.show(&ty);
            let finding = self
                .finding(Code::TypeMismatch, value.span, "only files can be exposed")
                .label(format!("this is {a}", a = super::article(&shown)))
                .help("expose an artifact, a `file` or an `opaque` directory");
            self.report(finding);
        }
        if let Some(title) = title {
            self.sink_text(title, Sink::Title("the name of what is exposed"));
            if let Some(plain) = title.plain()
                && let Some(problem) = name_problem(&plain)
            {
                let finding = self
                    .finding(Code::BadTitle, title.span, format!("`{plain}` {problem}"))
                    .label("cannot be the name of a download");
                self.report(finding);
            }
        }
        if let Some(options) = options {
            self.entries(options, "`expose`", &[("retention", Ty::Duration)]);
        }
    }
}

/// What is wrong with a name under which files are given to people: the characters that the stores of
/// hosted CI refuse.
fn name_problem(name: &str) -> Option<&'static str> {
    const REFUSED: [char; 11] = ['"', ':', '<', '>', '|', '*', '?', '\r', '\n', '\\', '/'];
    if name.trim().is_empty() {
        return Some("is empty");
    }
    if name.contains(REFUSED) {
        return Some("holds one of the characters `\" : < > | * ? \\ /`, which no backend takes");
    }
    (name.len() > 100).then_some("is longer than 100 bytes")
}
