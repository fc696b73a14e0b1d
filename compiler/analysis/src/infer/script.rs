//! Scripts: what they read and claim, and whether the shell expands it where it stands.

use flow_syntax::tree::{ExprKind, HoleKind, Place, PlaceStep, Script, Shell, TextPart};
use flow_syntax::{Code, Span};

use super::assign::Target;
use super::expr::is_text;
use super::{Infer, Phase, Val};
use crate::label::Labels;
use crate::script::{Spot, spots};
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
        let fits = match ty {
            Ty::Error | Ty::Bool | Ty::Int | Ty::String | Ty::Enum(_) => true,
            Ty::List(inner) => matches!(**inner, Ty::Bool | Ty::Int | Ty::String | Ty::Enum(_)),
            Ty::Optional(inner) => matches!(**inner, Ty::String | Ty::Int | Ty::Bool | Ty::Enum(_)),
            _ => false,
        };
        if !fits {
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
                    .note("what a script prints can be read as `string`, `int`, `bool`, an enum or a list of these"),
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
        let spots = spots(script.shell, &script.text);
        let mut claimed: Vec<&Place> = Vec::new();
        let holes = script.text.parts.iter().filter_map(|part| match part {
            TextPart::Hole(hole) => Some(hole),
            TextPart::Literal { .. } => None,
        });
        let (claims, reads): (Vec<_>, Vec<_>) =
            holes.zip(spots).partition(|(hole, _)| matches!(hole.kind, HoleKind::Claim(_)));
        if claims.is_empty() && reads.is_empty() && script.text.plain().is_some_and(|text| text.trim().is_empty()) {
            let finding = self
                .finding(Code::ValueUnused, script.span, "this script does nothing")
                .label("empty")
                .help("write a command, or remove it");
            self.report(finding);
        }
        // What a script claims is written when it has ended: nothing in it reads that.
        for (hole, spot) in reads.into_iter().chain(claims) {
            let expands = self.spot(script.shell, hole.span, spot);
            match &hole.kind {
                HoleKind::Claim(place) => {
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
                    if expands {
                        self.readable(script.shell, value.span, &val.ty, *spread, spot);
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

    /// Reports a hole that the shell would not expand; whether it does.
    fn spot(&mut self, shell: Shell, span: Span, spot: Spot) -> bool {
        let word = shell.word();
        let (headline, help) = match spot {
            Spot::Bare | Spot::Quoted => return true,
            Spot::SingleQuoted => (
                "an interpolation inside single quotes is not expanded",
                "use double quotes, or close the quotes before it: `'text '#{x}' more'`",
            ),
            Spot::QuotedHereDoc => (
                "an interpolation inside a quoted here-document is not expanded",
                "remove the quotes around the here-document's delimiter",
            ),
            Spot::Comment => (
                "an interpolation inside a comment is read by nothing",
                "remove it, or write `\\#{` for the characters themselves",
            ),
            Spot::Escaped => (
                "a backslash before an interpolation would change how it is quoted",
                "for a backslash before the value write `#{\"\\\\\"}#{x}`",
            ),
            Spot::InString => {
                ("an interpolation inside a string is not expanded", "close the string before it: `\"text \" + #{x}`")
            }
            Spot::Unclear => (
                "it is not clear how to quote an interpolation here",
                "bind it to a variable of the shell first: `value=#{x}`",
            ),
        };
        let finding = self
            .finding(Code::ReadNotExpanded, span, headline)
            .label(format!("`{word}` takes this as it stands"))
            .note("a value travels in an environment variable, so it has to stand where the shell reads variables")
            .help(help);
        self.report(finding);
        false
    }

    /// Whether a value of type `ty` may be read in a script.
    fn readable(&mut self, shell: Shell, span: Span, ty: &Ty, spread: bool, spot: Spot) {
        let shown = self.show(ty);
        let single = |ty: &Ty| is_text(ty) || matches!(ty, Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_) | Ty::Secret);
        let ty = ty.single();
        if spread {
            let inner = match ty {
                // A pattern that nothing has to match.
                Ty::Optional(list) if matches!(&**list, Ty::List(_)) => match &**list {
                    Ty::List(inner) => Some(Ty::clone(inner)),
                    _ => None,
                },
                Ty::List(inner) | Ty::Optional(inner) => Some(Ty::clone(inner)),
                Ty::Family(family) => Some(family.member.clone()),
                Ty::Error => return,
                _ => None,
            };
            let finding = match inner {
                Some(inner) if single(&inner) && spot == Spot::Quoted => self
                    .finding(Code::ReadNotExpanded, span, "a list inside quotes would be one word")
                    .label("inside double quotes")
                    .help("move it out of the quotes, or join it: `#{xs.join(\" \")}`"),
                Some(inner) if single(&inner) => return,
                _ => self
                    .finding(
                        Code::NotText,
                        span,
                        format!("{a} cannot be spread into words", a = super::article(&shown)),
                    )
                    .label("not a list of values or files")
                    .help("remove the `...`"),
            };
            self.report(finding);
            return;
        }
        if single(ty) {
            if shell == Shell::Cmd && matches!(ty, Ty::String | Ty::Path | Ty::Secret) {
                let finding = self
                    .finding(Code::NotText, span, "`cmd` cannot quote a text safely")
                    .label("a text, which may hold any character")
                    .help("use `pwsh` or `bash`; `cmd` takes numbers, booleans, enums and files");
                self.report(finding);
            }
            return;
        }
        let finding = self
            .finding(Code::NotText, span, format!("a script cannot read {a} as one word", a = super::article(&shown)))
            .label(format!("this is {a}", a = super::article(&shown)));
        let finding = match ty {
            Ty::List(_) | Ty::Family(_) => finding.help("spread it into words with `...`, as in `#{xs...}`"),
            Ty::Optional(_) => finding
                .help("say what to use when it is missing, `#{x ?? \"\"}`, or leave the word out then, `#{x...}`"),
            Ty::Artifact(def, args) => {
                let fields = self.fields_of(*def, args);
                let names = crate::suggest::list(fields.iter().map(|field| field.name.as_str()));
                finding.help(format!("name one of its files: {names}"))
            }
            _ => finding,
        };
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
