//! What a flow or a called pipeline gives: `out x = …` in a graph.

use flow_syntax::tree::{self, Output, Place, Setting, Source, StmtKind};
use flow_syntax::{Code, Span};

use super::super::assign::Target;
use super::super::{Infer, Local, LocalKind, OutputSig, Phase, Signature, Val, Where};
use super::Around;
use crate::ty::Ty;

impl Infer<'_> {
    /// Binds the outputs of a graph, which `out` writes.
    pub(super) fn declare_outputs(&mut self, signature: &Signature) {
        for output in &signature.outputs {
            let val = Val::new(output.ty.clone(), Phase::Run);
            let late = Some(format!("`{}` is an output", output.name));
            let (name, span) = (output.name.clone(), output.span);
            self.bind(Local { name, span, val, kind: LocalKind::Output, used: true, late });
        }
    }

    /// The outputs of a flow or a pipeline, which pass on what their jobs made.
    pub(in super::super) fn graph_outputs(&mut self, outputs: &[Output]) -> Vec<OutputSig> {
        let mut sigs = self.outputs_of(outputs, Self::graph_output);
        for (sig, output) in sigs.iter_mut().zip(outputs) {
            let called = self.place == Where::Pipeline;
            if *sig.ty.present() == Ty::Secret || (called && !self.called_output(output, &sig.ty)) {
                sig.ty = Ty::Error;
            }
        }
        sigs
    }

    fn graph_output(&mut self, output: &Output, ty: &Ty) -> bool {
        let name = &output.name.text;
        if let Some(path) = &output.path {
            let finding = self
                .finding(Code::BadPath, path.span, format!("the output `{name}` of {} has no path", self.place.noun()))
                .label("not written by a script")
                .note("it passes on what a job made, and that job says where it lies")
                .help("remove the path")
                .fix("remove the path", self.at(Span::new(output.ty.span.end, path.span.end)), "");
            self.report(finding);
        }
        if *ty.present() == Ty::Secret {
            let finding = self
                .finding(Code::TypeMismatch, output.ty.span, format!("the output `{name}` cannot be a `secret`"))
                .label("would be shown")
                .note("no backend passes a secret from job to job")
                .help("let the job that needs it read the secret by its name");
            self.report(finding);
            return false;
        }
        true
    }

    /// What a pipeline gives to the one that called it travels as text.
    fn called_output(&mut self, output: &Output, ty: &Ty) -> bool {
        if self.is_data(ty.present()) {
            return true;
        }
        let shown = self.show(ty);
        let finding = self
            .finding(
                Code::TypeMismatch,
                output.ty.span,
                format!("the output `{}` of a pipeline cannot be {}", output.name.text, super::super::article(&shown)),
            )
            .label("not a value that travels as text")
            .note(
                "what a called pipeline gives are texts, numbers, truth values, enums, and lists and structs of these",
            )
            .help("give files to others by `expose`");
        self.report(finding);
        false
    }

    /// Outputs of a pipeline mean something to its caller only.
    pub(super) fn outputs_need_call(&mut self, pipeline: &tree::Pipeline) {
        let Some(first) = pipeline.outputs.as_ref().and_then(|outputs| outputs.first()) else { return };
        let called = pipeline.body.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Setting(Setting::Trigger { event, .. }) => {
                matches!(event.segments.as_slice(), [name] if name.text == "call")
            }
            _ => false,
        });
        if called {
            return;
        }
        let top = Span::empty(pipeline.body.span.start + 1);
        let name = &pipeline.name.text;
        let finding = self
            .finding(Code::OutputsWithoutCall, first.name.span, format!("nobody gets the outputs of `{name}`"))
            .label("an output")
            .note("a pipeline gives its outputs to the one that calls it")
            .help("let it be called: `on call`; or give files to people by `expose`")
            .fix("add `on call`", self.at(top), "\n    on call");
        self.report(finding);
    }

    /// `out x = …`.
    pub(in super::super) fn graph_out(&mut self, place: &Place, value: &Source) {
        if self.graph.around.contains(&Around::Tail) {
            let finding = self
                .finding(Code::NotAllowedHere, place.span, "no output is written in `on_failure` or `finally`")
                .label("too late")
                .note("they run when it is decided what the body gives")
                .help("write it in the body");
            self.report(finding);
            self.mistaken(&place.root.text);
            self.source(value, None);
            return;
        }
        if let Some(step) = place.steps.first().filter(|_| self.is_output(&place.root.text)) {
            let span = match step {
                tree::PlaceStep::Field(name) => name.span,
                tree::PlaceStep::Index(index) => index.span,
            };
            let root = &place.root.text;
            let finding = self
                .finding(Code::NotClaimable, span, format!("{} passes on an output whole", self.place.noun()))
                .label(format!("a part of `{root}`"))
                .note("no job of its own runs here that could put parts together")
                .help(format!(
                    "write it at once: `out {root} = …`; for a family, `out {root} = for k in keys {{ … }}`"
                ));
            self.mistaken(root);
            self.report(finding);
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
        match value {
            Source::Expr(e) => {
                self.check_expr(e, &ty, &format!("`{}` is", place.root.text));
            }
            source => {
                self.source(source, Some(&ty));
            }
        }
        self.write(place);
    }
}

/// Whether values of a type are texts, numbers and the like, which every backend can pass on.
pub(in super::super) fn is_plain(ty: &Ty) -> bool {
    matches!(ty, Ty::Error | Ty::Bool | Ty::Int | Ty::String | Ty::Duration | Ty::Enum(_))
}
