//! Scripts: what they read and claim, and whether the shell expands it where it stands.

use flow_syntax::tree::{ExprKind, HoleKind, Place, PlaceStep, Script, TextPart};
use flow_syntax::{Code, Span};

use super::assign::Target;
use super::expr::is_text;
use super::hole::Standing;
use super::{Infer, Phase, Val, signature};
use crate::db::Db;
use crate::label::Labels;
use crate::script::{Units, read_units};
use crate::ty::Ty;

impl Infer<'_> {
    /// A script that is bound or assigned as a value of type `ty`.
    pub(super) fn script_value(&mut self, script: &Script, ty: Option<&Ty>) -> Val {
        self.script(script);
        let labels = self.script_labels(script);
        let ty = match ty {
            // What a script makes of a secret is secret.
            None if labels.secret => return Val { labels, ..Val::new(Ty::Secret, Phase::Run) },
            None => &Ty::String,
            Some(ty) if *ty.present() == Ty::Secret => {
                return Val { labels: Labels { secret: true, ..labels }, ..Val::new(ty.clone(), Phase::Run) };
            }
            Some(ty) => ty,
        };
        self.refuse_leak(script, script.shell_span, "what this script prints");
        if !is_printed(self.db, ty, 0) {
            let shown = self.show(ty);
            let span = script.shell_span;
            let finding = match ty {
                Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_) => self
                    .finding(
                        Code::WrongTextType,
                        span,
                        format!("the output of a script is a text, not {a}", a = super::article(&shown)),
                    )
                    .label("gives a text")
                    .help("let the script write the file: `#{out name}` in its text is the path"),
                _ => self
                    .finding(Code::WrongTextType, span, format!("a script cannot give {a}", a = super::article(&shown)))
                    .label("gives a text")
                    .note("what a script prints can be read as `string`, `int`, `bool`, `duration`, an enum, and as JSON a list or a struct of these"),
            };
            self.report(finding);
        }
        Val { labels: Labels { secret: false, ..labels }, ..Val::new(ty.clone(), Phase::Run) }
    }

    /// What the environment carries that scripts, actions and foreign steps have at this point.
    pub(super) fn env_labels(&self) -> Labels {
        self.env.iter().fold(Labels::PLAIN, |all, (_, labels)| all.join(*labels))
    }

    /// What the values carry that a script, inferred already, can read: by interpolation and by its
    /// environment.
    fn script_labels(&self, script: &Script) -> Labels {
        script.text.parts.iter().fold(self.env_labels(), |labels, part| match part {
            TextPart::Hole(hole) => match &hole.kind {
                HoleKind::Read { value, .. } => {
                    self.out.types.get(&value.span).map_or(labels, |val| labels.join(val.labels))
                }
                HoleKind::Claim(_) => labels,
            },
            TextPart::Literal { .. } => labels,
        })
    }

    /// The holes of a script.
    pub(super) fn script(&mut self, script: &Script) {
        let units = Units::of(&script.text);
        let readings = read_units(script.shell, &units);
        let mut claimed: Vec<&Place> = Vec::new();
        let holes = script.text.parts.iter().filter_map(|part| match part {
            TextPart::Hole(hole) => Some(hole),
            TextPart::Literal { .. } => None,
        });
        let (claims, reads): (Vec<_>, Vec<_>) =
            holes.zip(readings).partition(|(hole, _)| matches!(hole.kind, HoleKind::Claim(_)));
        if claims.is_empty() && reads.is_empty() && script.text.plain().is_some_and(|text| text.trim().is_empty()) {
            let finding = self
                .finding(Code::ValueUnused, script.span, "this script does nothing")
                .label("empty")
                .help("write a command, or remove it");
            self.report(finding);
        }
        // What a script claims is written when it has ended: nothing in it reads that.
        for (hole, reading) in reads.into_iter().chain(claims) {
            let at = Standing { shell: script.shell, block: script.text.block, units: &units, hole, reading: &reading };
            match &hole.kind {
                HoleKind::Claim(place) => {
                    self.expands(&at, None);
                    if self.refuse_in_cleanup(place.span) {
                        self.mistaken.push(place.root.text.clone());
                        continue;
                    }
                    let Some(target) = self.target(place) else { continue };
                    self.taint(&place.root.text, self.script_labels(script));
                    match &target {
                        Target::Leaf(ty) => {
                            if is_text(ty.present()) || matches!(ty.present(), Ty::List(_) | Ty::Struct(_)) {
                                self.refuse_leak(script, place.span, &format!("`{}`", place.root.text));
                            }
                            self.out.types.insert(place.span, Val::new(ty.clone(), Phase::Run));
                        }
                        Target::Whole(ty) => {
                            self.claim_of_many(place, ty);
                            // What it was meant to write is not missing, nor written again.
                            self.mistaken.push(place.root.text.clone());
                            continue;
                        }
                    }
                    // Several claims of one place in one script are one.
                    if !claimed.iter().any(|other| same_place(other, place)) {
                        claimed.push(place);
                        self.write(place);
                    }
                }
                HoleKind::Read { value, spread } => {
                    let val = self.expr(value, None);
                    if self.expands(&at, Some(&val.ty)) {
                        self.readable(&at, value.span, &val, *spread);
                    }
                }
            }
        }
    }

    /// A claim of what is more than one file.
    fn claim_of_many(&mut self, place: &Place, ty: &Ty) {
        let shown = self.show(ty);
        let root = &place.root.text;
        let (what, label, help) = match ty.present() {
            Ty::Artifact(def, args) => {
                let leaves = self.leaves_of(*def, args);
                let first = leaves.first().map_or("", |leaf| leaf.name.as_str());
                (
                    "which is more than one file",
                    "which of its files?",
                    format!("claim its fields one by one: `#{{out {root}.{first}}}`"),
                )
            }
            _ => (
                "which has a member for each key",
                "which of its members?",
                format!("claim its members one by one, `#{{out {root}[key]}}`, or give the whole: `out {root} = …`"),
            ),
        };
        let finding = self
            .finding(Code::NotClaimable, place.span, format!("`{root}` is {a}, {what}", a = super::article(&shown)))
            .label(label)
            .help(help);
        self.report(finding);
    }

    /// What a script makes of a secret is secret, so it cannot become a plain value.
    fn refuse_leak(&mut self, script: &Script, span: Span, what: &str) {
        let read = script.text.parts.iter().find_map(|part| match part {
            TextPart::Hole(hole) => match &hole.kind {
                HoleKind::Read { value, .. } => {
                    let val = self.out.types.get(&value.span)?;
                    val.labels.secret.then_some(value.span)
                }
                HoleKind::Claim(_) => None,
            },
            TextPart::Literal { .. } => None,
        });
        let env = || self.env.iter().find(|(_, labels)| labels.secret).map(|(span, _)| *span);
        let Some(secret) = read.or_else(env) else { return };
        let finding = self
            .finding(Code::SecretLeak, span, format!("{what} may hold a secret, and would be stored and shown"))
            .label("becomes a plain value")
            .related(self.at(secret), "the script can read this secret")
            .note("a value goes into logs, job outputs and records; a secret must not")
            .help("make the value in a step that does not have the secret");
        self.report(finding);
    }
}

/// Whether two claims are written alike.
fn same_place(one: &Place, other: &Place) -> bool {
    one.root.text == other.root.text
        && one.steps.len() == other.steps.len()
        && one.steps.iter().zip(&other.steps).all(|steps| match steps {
            (PlaceStep::Field(one), PlaceStep::Field(other)) => one.text == other.text,
            (PlaceStep::Index(one), PlaceStep::Index(other)) => same_key(&one.kind, &other.kind),
            _ => false,
        })
}

fn same_key(one: &ExprKind, other: &ExprKind) -> bool {
    match (one, other) {
        (ExprKind::Field { base: one, name, .. }, ExprKind::Field { base: other, name: field, .. }) => {
            name.text == field.text && same_key(&one.kind, &other.kind)
        }
        (ExprKind::Text(one), ExprKind::Text(other)) => one.plain().is_some() && one.plain() == other.plain(),
        (one, other) => one == other,
    }
}

/// Whether a value of the type can be read from what a script prints.
fn is_printed(db: &dyn Db, ty: &Ty, depth: usize) -> bool {
    // A struct that holds itself has been reported.
    const DEEPEST: usize = 16;
    match ty {
        Ty::Error | Ty::Bool | Ty::Int | Ty::String | Ty::Duration | Ty::Enum(_) => true,
        Ty::List(inner) => !matches!(**inner, Ty::Error) && is_printed(db, inner, depth),
        Ty::Optional(inner) => is_printed(db, inner, depth),
        Ty::Struct(def) => {
            depth < DEEPEST && signature(db, *def).params.iter().all(|field| is_printed(db, &field.ty, depth + 1))
        }
        _ => false,
    }
}
