//! Sinks: places that a value flows into and that do not take every value. Each says by when the value
//! must be known and which labels it refuses, so that every room of the checker words these errors alike.

use flow_syntax::tree::{Expr, ExprKind, Text};
use flow_syntax::{Code, Span};

use super::{Demand, Infer, Phase, Val, article};
use crate::place::Finding;
use crate::ty::{Ty, converts};

/// What takes a value. The text is its noun for a sentence, as in ``"the title of a job"``.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sink<'a> {
    /// A setting that must be known while compiling: `inputs`, a trigger's filter, a cache's paths.
    Const(&'a str),
    /// A title or name that people see: `as`, a step's, a stage's, a gate's, `display`, what is exposed.
    Title(&'a str),
    /// The name of a run.
    RunName(&'a str),
    /// What decides whether something runs.
    Condition(&'a str),
    /// The list that a loop runs over.
    Loop(&'a str),
    /// A concurrency group.
    Group(&'a str),
    /// The name of an environment.
    Environment(&'a str),
    /// The key of a cache.
    Key(&'a str),
    /// A folder, a path, a search path.
    Path(&'a str),
    /// A commit, branch or repository that is fetched.
    Revision(&'a str),
    /// An output of a job.
    Output(&'a str),
    /// An argument or an input that is not declared `secret`.
    Argument(&'a str),
    /// An argument or an input that is declared `secret`; a step's `env`; a credential.
    Confidential(&'a str),
    /// An input whose text is run as a script.
    Code(&'a str),
    /// Text for the run's page, and what else people read.
    Page(&'a str),
    /// A variable of the steps that follow.
    Export(&'a str),
    /// A variable of all jobs of a pipeline.
    Shared(&'a str),
}

impl<'a> Sink<'a> {
    /// For a sentence.
    const fn noun(self) -> &'a str {
        match self {
            Self::Const(noun)
            | Self::Title(noun)
            | Self::RunName(noun)
            | Self::Condition(noun)
            | Self::Loop(noun)
            | Self::Group(noun)
            | Self::Environment(noun)
            | Self::Key(noun)
            | Self::Path(noun)
            | Self::Revision(noun)
            | Self::Output(noun)
            | Self::Argument(noun)
            | Self::Confidential(noun)
            | Self::Code(noun)
            | Self::Page(noun)
            | Self::Export(noun)
            | Self::Shared(noun) => noun,
        }
    }

    /// The latest phase that it takes.
    const fn wanted(self) -> Phase {
        match self {
            Self::Const(_) | Self::Title(_) => Phase::Const,
            Self::RunName(_) | Self::Group(_) | Self::Environment(_) | Self::Shared(_) => Phase::Plan,
            _ => Phase::Run,
        }
    }

    /// Why it refuses a secret, and what to do instead; `None`: it takes one.
    const fn refuses_secret(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Const(_) | Self::Path(_) | Self::Revision(_) => {
                ("it is written into emitted files, logs and records", "use a value that is not secret")
            }
            Self::Title(_) | Self::RunName(_) => {
                ("names and titles are shown to everybody who sees the run", "name it by something that is not secret")
            }
            Self::Condition(_) => (
                "whether something ran is visible, so it would tell what the secret is",
                "ask only whether it is there, `NAME != none`, or decide in a script",
            ),
            Self::Loop(_) => ("how many times something ran is visible", "use a list that is not secret"),
            Self::Group(_) | Self::Environment(_) | Self::Key(_) => {
                ("keys and groups are stored and shown", "use a value that is not secret")
            }
            Self::Output(_) => (
                "outputs of jobs are stored, shown, and dropped by a backend where they hold a secret",
                "let the job that needs the secret read it itself: any job may read a declared secret by its name",
            ),
            Self::Argument(_) => (
                "a secret goes only where it is declared to go",
                "declare the parameter as `secret`, or, if what is passed is harmless, say so: `declassify(…, \"why\")`",
            ),
            Self::Code(_) => (
                "text that is run as a script can be printed by it",
                "pass the secret by `env`, and read the variable in the script",
            ),
            Self::Page(_) => ("people read it", "leave the secret out"),
            Self::Export(_) => (
                "all steps that follow would have it, foreign ones included",
                "give it to the steps that need it, by their `env`",
            ),
            Self::Shared(_) => (
                "all jobs would have it, foreign steps in them included",
                "give it to the steps that need it, by their `env`: any job may read a declared secret by its name",
            ),
            Self::Confidential(_) => return None,
        })
    }

    /// Why it refuses text of outsiders, and what to do instead; `None`: it takes that.
    const fn refuses_untrusted(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Group(_) => (
                "outsiders could join, and cancel, the runs of a protected branch",
                "use what outsiders cannot choose: `ctx.ref`, or `ctx.pull_request?.number`",
            ),
            Self::Environment(_) => (
                "outsiders would choose which credentials the job gets",
                "choose among const names: `match` on the value, or `if`",
            ),
            Self::Key(_) => (
                "outsiders could place or read the entries of others",
                "use what outsiders cannot choose: `ctx.ref`, or a digest of files",
            ),
            Self::Path(_) => {
                ("outsiders could point it anywhere in the machine", "use a const path, or check the value in a script")
            }
            Self::Revision(_) => (
                "code of outsiders would run with the rights of this job",
                "fetch what the event stands for: `ctx.sha`, which is the default",
            ),
            Self::Shared(_) => (
                "every script of every job would have it, and what a job makes of it could not be told from the rest",
                "give it to the job that needs it: as an argument, or by the `env` of a step",
            ),
            Self::Code(_) => ("the text would run as code", "pass it by `env`, and read the variable in the script"),
            _ => return None,
        })
    }
}

impl Infer<'_> {
    /// Infers `e`, a value of type `to` for `sink`: its type, when it is known, what it carries. One
    /// error at most.
    pub(super) fn sink_expr(&mut self, e: &Expr, to: &Ty, sink: Sink<'_>) -> Val {
        let before = self.out.findings.len();
        let val = self.expr(e, Some(to));
        if self.refused_as_element(e, before, sink) {
            return val;
        }
        // That a secret has another type is a consequence of its being one.
        if !self.carries_refused(e.span, &val, sink) && self.expect(e.span, &val.ty, to, &format!("{} is", sink.noun()))
        {
            self.sink_phase(e, &val, sink);
        }
        val
    }

    /// A secret in a list that `sink` does not take has been refused as an element of another type, since
    /// `before`: it says more to name the sink. Whether there is one.
    fn refused_as_element(&mut self, e: &Expr, before: usize, sink: Sink<'_>) -> bool {
        let (ExprKind::List(elements), Some((note, help))) = (&e.kind, sink.refuses_secret()) else { return false };
        let of_element = |finding: &Finding| {
            finding.code == Code::SecretRefused
                && elements.iter().any(|element| finding.primary.place == self.at(element.value.span))
        };
        let new = self.out.findings.get(before..).unwrap_or_default();
        let Some(place) = new.iter().find(|it| of_element(it)).map(|it| it.primary.place) else { return false };
        let kept: Vec<_> = new.iter().filter(|it| !of_element(it)).cloned().collect();
        let finding = Finding::new(Code::SecretRefused, place, format!("{} cannot hold a secret", sink.noun()))
            .label("this is secret")
            .note(note)
            .help(help);
        self.out.findings.truncate(before);
        self.out.findings.extend(kept);
        self.report(finding);
        true
    }

    /// Infers a text that is part of the grammar, not an expression, for `sink`.
    pub(super) fn sink_text(&mut self, text: &Text, sink: Sink<'_>) -> Val {
        let val = self.text_val(text);
        if !self.carries_refused(text.span, &val, sink) {
            let e = Expr { kind: ExprKind::Text(text.clone()), span: text.span };
            self.sink_phase(&e, &val, sink);
        }
        val
    }

    /// Checks a value, inferred already, that flows into `sink`; whether it may.
    pub(super) fn sink(&mut self, e: &Expr, val: &Val, sink: Sink<'_>) -> bool {
        !self.carries_refused(e.span, val, sink) && self.sink_phase(e, val, sink)
    }

    /// Reports a label that `sink` refuses; whether there is one.
    fn carries_refused(&mut self, span: Span, val: &Val, sink: Sink<'_>) -> bool {
        if val.ty.is_error() {
            return false;
        }
        let noun = sink.noun();
        let (code, headline, label, (note, help)) = if val.labels.secret
            && let Some(why) = sink.refuses_secret()
        {
            let label = if *val.ty.present() == Ty::Secret {
                "this is secret".to_owned()
            } else {
                format!("{} that is computed from a secret", article(&self.show(&val.ty)))
            };
            (Code::SecretRefused, format!("{noun} cannot hold a secret"), label, why)
        } else if val.labels.untrusted
            && let Some(why) = sink.refuses_untrusted()
        {
            let label = "outsiders control this text".to_owned();
            (Code::UntrustedRefused, format!("{noun} cannot come from outsiders"), label, why)
        } else {
            if let (1.., Some(why)) = (val.labels.params, sink.refuses_untrusted()) {
                self.out.demands.push(Demand { params: val.labels.params, span, noun: noun.to_owned(), why });
            }
            return false;
        };
        let mut finding = self.finding(code, span, headline).label(label).note(note).help(help);
        for (place, reason) in self.origin(span, code == Code::SecretRefused) {
            finding = finding.related(self.at(place), reason);
        }
        self.report(finding);
        true
    }

    /// The names within `span` that bring a label, with where they are bound.
    fn origin(&self, span: Span, secret: bool) -> Vec<(Span, String)> {
        let mut found: Vec<(Span, String)> = Vec::new();
        for (at, res) in &self.out.names {
            let crate::scope::Res::Local(name) = res else { continue };
            if at.start < span.start || at.end > span.end {
                continue;
            }
            let Some(local) = self.local(name) else { continue };
            let carries = if secret { local.val.labels.secret } else { local.val.labels.untrusted };
            if carries && !found.iter().any(|(place, _)| *place == local.span) {
                let what = if secret { "is computed from a secret" } else { "is text of outsiders" };
                found.push((local.span, format!("`{name}` {what}")));
            }
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        found
    }

    fn sink_phase(&mut self, e: &Expr, val: &Val, sink: Sink<'_>) -> bool {
        match sink.wanted() {
            _ if val.ty.is_error() => true,
            Phase::Const => {
                self.require_const(e, val, sink.noun());
                val.phase == Phase::Const
            }
            Phase::Plan if val.phase > Phase::Plan => {
                if let Some(params) = self.late_by_params(e) {
                    // Whoever calls it gives them in time.
                    self.out.planned.extend(params.into_iter().map(|it| (it, e.span, sink.noun().to_owned())));
                    return true;
                }
                let mut finding = self
                    .finding(Code::TooLate, e.span, format!("{} must be known when a run is planned", sink.noun()))
                    .label(format!("this is known {}", val.phase.when()))
                    .help("give what is known before any job runs: a constant, a `param`, a member of `ctx`");
                for (span, reason) in self.why_late(e, Phase::Plan) {
                    finding = finding.related(self.at(span), reason);
                }
                self.report(finding);
                false
            }
            Phase::Plan | Phase::Run => true,
        }
    }

    /// Reports a secret that stands where a value of type `to` is wanted; whether it does.
    pub(super) fn secret_as_plain(&mut self, span: Span, from: &Ty, to: &Ty, because: &str) -> bool {
        if *from.single().present() != Ty::Secret || !plain(to) {
            return false;
        }
        let shown = self.show(to);
        let finding = self
            .finding(Code::SecretRefused, span, format!("{because} {}, not a `secret`", article(&shown)))
            .label("this is secret")
            .note("a value of a plain type can be shown, logged and stored; a secret must not")
            .help(if converts(self.db, &Ty::String, to) {
                "use the type `secret`, or, if this is harmless, say so: `declassify(…, \"why\")`"
            } else {
                "use the type `secret`"
            });
        self.report(finding);
        true
    }
}

/// Whether a value of this type can be shown.
fn plain(ty: &Ty) -> bool {
    matches!(ty.present(), Ty::String | Ty::Path | Ty::Bool | Ty::Int | Ty::Duration | Ty::Enum(_))
}
