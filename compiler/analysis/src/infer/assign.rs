//! Definite assignment: each output, and each field of an artifact output, is written exactly once
//! on every path (docs/design/semantics.md 3.4).

use std::collections::BTreeMap;

use flow_syntax::tree::{Expr, ExprKind, Name, Place, PlaceStep};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Infer, LocalKind, OutputSig};
use crate::db::broken;
use crate::schema::Leaf;
use crate::suggest::{list, nearest};
use crate::ty::Ty;

/// Whether a place has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// On some paths.
    Maybe,
    /// On all.
    Yes,
}

/// What has been written so far, and where. A place that is not listed has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Writes {
    places: BTreeMap<SmolStr, (State, Span)>,
    /// Outputs that a claim was meant for which is wrong and has been reported: nothing is missing of
    /// them that would be worth a second finding.
    mistaken: Vec<SmolStr>,
}

impl Writes {
    fn get(&self, place: &str) -> Option<(State, Span)> {
        self.places.get(place).copied()
    }

    fn any_of(&self, root: &str) -> bool {
        self.places
            .keys()
            .any(|place| place.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// A claim that is wrong, and reported, was meant for `root`.
    pub(super) fn mistake(&mut self, root: SmolStr) {
        self.mistaken.push(root);
    }

    /// After either of two branches.
    pub(super) fn join(mut self, other: Self) -> Self {
        for (place, (state, _)) in &mut self.places {
            if other.places.get(place).is_none_or(|(other, _)| *other == State::Maybe) {
                *state = State::Maybe;
            }
        }
        for (place, (_, span)) in other.places {
            self.places.entry(place).or_insert((State::Maybe, span));
        }
        self.mistaken.extend(other.mistaken);
        self
    }

    /// Whether `self` has written `place` since it was `before`.
    pub(super) fn written_since(&self, before: &Self, place: &Place) -> bool {
        let name = place_name(place);
        self.places.contains_key(name.as_str()) && !before.places.contains_key(name.as_str())
    }

    /// What `self` has written since it was `before`.
    pub(super) fn new_since(&self, before: &Self) -> Vec<(SmolStr, Span)> {
        self.places
            .iter()
            .filter(|(place, _)| !before.places.contains_key(*place))
            .map(|(place, (_, span))| (place.clone(), *span))
            .collect()
    }
}

/// What a place leads to.
pub(super) enum Target {
    /// One thing that is written: its type.
    Leaf(Ty),
    /// A whole artifact.
    Whole(Ty, Vec<Leaf>),
}

impl Infer<'_> {
    /// What `place` names among the outputs and unwritten `let`s, if that can be written.
    pub(super) fn target(&mut self, place: &Place) -> Option<Target> {
        if place.root.is_missing() {
            return None;
        }
        let root = place.root.text.clone();
        let found = self.local(&root).filter(|local| writable(local)).map(|local| self.narrowed_ty(&local.val.ty));
        let Some(ty) = found else {
            self.unknown_place(place);
            return None;
        };
        self.note(place.root.span, crate::scope::Res::Local(root.clone()));
        let mut name = String::new();
        for step in &place.steps {
            match step {
                PlaceStep::Field(field) if field.is_missing() => return None,
                PlaceStep::Field(field) => {
                    if !name.is_empty() {
                        name.push('.');
                    }
                    name.push_str(&field.text);
                }
                PlaceStep::Index(index) => {
                    self.not_built(index.span, "writing one member of a family");
                    return None;
                }
            }
        }
        let Ty::Artifact(def, args) = &ty else {
            return match place.steps.last() {
                _ if ty.is_error() => None,
                None => Some(Target::Leaf(ty)),
                Some(PlaceStep::Field(field)) => {
                    let shown = self.show(&ty);
                    let span = field.span;
                    let finding = self
                        .finding(
                            Code::NotClaimable,
                            span,
                            format!("`{root}` is {a} and has no `{name}` to write", a = super::article(&shown)),
                        )
                        .label("no such part")
                        .help(format!("write `#{{out {root}}}`"));
                    self.report(finding);
                    None
                }
                Some(PlaceStep::Index(_)) => None,
            };
        };
        let leaves = self.leaves_of(*def, args);
        if name.is_empty() {
            return Some(Target::Whole(ty.clone(), leaves));
        }
        if let Some(leaf) = leaves.iter().find(|leaf| leaf.name == name) {
            if !self.leaf_is_sure(*def, args, &root, leaf, place.span) {
                self.writes.mistaken.push(root);
                return None;
            }
            return Some(Target::Leaf(leaf.ty.clone()));
        }
        let shown = self.show(&ty);
        self.writes.mistaken.push(root);
        if broken(self.db, *def) {
            return None;
        }
        let known = || leaves.iter().map(|leaf| leaf.name.as_str());
        let span = match place.steps.last() {
            Some(PlaceStep::Field(field)) => field.span,
            _ => place.span,
        };
        let finding = self
            .finding(Code::UnknownField, span, format!("{a} has no `{name}`", a = super::article(&shown)))
            .label("no such field")
            .related(crate::scope::name_place(self.db, *def), "declared here");
        let finding = match nearest(&name, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(span),
                near,
            ),
            None => finding.help(format!("it has {}", list(known()))),
        };
        self.report(finding);
        None
    }

    /// Whether `name` is an output, or a `let` that a script writes.
    pub(super) fn is_output(&self, name: &str) -> bool {
        self.local(name).is_some_and(writable)
    }

    /// Something was meant to write `name` that is wrong and has been reported.
    pub(super) fn mistaken(&mut self, name: &SmolStr) {
        self.writes.mistaken.push(name.clone());
    }

    /// `version = …` for `out version = …`.
    pub(super) fn missing_out(&mut self, name: &flow_syntax::tree::Name) {
        self.writes.mistaken.push(name.text.clone());
        let finding = self
            .finding(Code::UnknownSetting, name.span, format!("`{}` is an output, not a setting", name.text))
            .label("written like a setting")
            .help(format!("put `out` before it: `out {} = …`", name.text))
            .fix("put `out` before it", self.at(Span::empty(name.span.start)), "out ");
        self.report(finding);
    }

    fn unknown_place(&mut self, place: &Place) {
        let root = &place.root;
        let outputs: Vec<SmolStr> =
            self.frames.iter().flatten().filter(|local| writable(local)).map(|local| local.name.clone()).collect();
        let finding = match self.local(&root.text) {
            Some(local) => self
                .finding(
                    Code::UnknownPlace,
                    root.span,
                    format!("`{}` is not an output, so nothing can write it", root.text),
                )
                .label("not an output")
                .related(self.at(local.span), "bound here"),
            None => self
                .finding(Code::UnknownPlace, root.span, format!("there is no output `{}`", root.text))
                .label("not an output"),
        };
        let near = nearest(&root.text, outputs.iter().map(SmolStr::as_str)).map(SmolStr::from);
        // With one output only, that one was meant.
        let meant = near.clone().or_else(|| <[SmolStr; 1]>::try_from(outputs.clone()).ok().map(|[only]| only));
        self.writes.mistaken.extend(meant);
        let finding = match near.as_deref() {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(root.span),
                near,
            ),
            None if outputs.is_empty() => {
                finding.help(format!("declare it in the signature: `-> ({}: file = \"…\")`", root.text))
            }
            None => finding.help(format!("the outputs are {}", list(outputs.iter().map(SmolStr::as_str)))),
        };
        self.report(finding);
    }

    /// Counts a write of `place`; a whole artifact is a write of each of its fields.
    pub(super) fn write(&mut self, place: &Place, target: &Target) {
        let name = place_name(place);
        match target {
            Target::Leaf(_) => self.write_leaf(&name, place.span),
            Target::Whole(_, leaves) => {
                for leaf in leaves {
                    self.write_leaf(&format!("{name}.{}", leaf.name), place.span);
                }
            }
        }
    }

    fn write_leaf(&mut self, name: &str, span: Span) {
        if let Some((state, first)) = self.writes.get(name) {
            let finding = self
                .finding(Code::WrittenTwice, span, format!("`{name}` is written twice"))
                .label("again here")
                .related(
                    self.at(first),
                    if state == State::Yes { "first written here" } else { "written here on some paths" },
                )
                .note("every output is written exactly once, so that a reader knows where it comes from")
                .help("remove one of the two, or write to two outputs");
            self.report(finding);
        }
        self.writes.places.insert(SmolStr::from(name), (State::Yes, span));
    }

    /// Reports a read of something that has to be written first.
    pub(super) fn read_before_write(&mut self, name: &str, span: Span) {
        let Some(local) = self.local(name).filter(|local| writable(local)) else { return };
        if self.writes.any_of(name) || local.val.ty.is_error() {
            return;
        }
        let finding = self
            .finding(Code::ReadBeforeWrite, span, format!("`{name}` is read before it is written"))
            .label("not written yet")
            .related(self.at(local.span), "declared here")
            .help("move this below the step that writes it; within that step, `#{out …}` names it");
        self.report(finding);
    }

    /// The same for one field of an artifact: `app.symbols`.
    pub(super) fn field_before_write(&mut self, base: &Expr, field: &Name) {
        let Some((root, name)) = path_of(base) else { return };
        let Some(local) = self.local(&root).filter(|local| writable(local)) else { return };
        let name = format!("{name}.{}", field.text);
        let Ty::Artifact(def, args) = &local.val.ty else { return };
        let inside = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let root_leaves = self.leaves_of(*def, args);
        let known = root_leaves.iter().any(|leaf| inside(&name, &format!("{root}.{}", leaf.name)));
        // Where nothing at all is written, the output itself was reported.
        if !known || !self.writes.any_of(&root) || self.writes.any_of(&name) {
            return;
        }
        let finding = self
            .finding(Code::ReadBeforeWrite, field.span, format!("`{name}` is read before it is written"))
            .label("not written yet")
            .related(self.at(local.span), format!("`{root}` is declared here"))
            .help("move this below the step that writes it; within that step, `#{out …}` names it");
        self.report(finding);
    }

    /// Reports outputs that are not written on every path.
    pub(super) fn require_outputs(&mut self, outputs: &[OutputSig]) {
        for output in outputs {
            let (name, ty) = (&output.name, &output.ty);
            if self.writes.mistaken.contains(name) {
                continue;
            }
            let leaves = match ty {
                Ty::Error => continue,
                Ty::Artifact(def, _) if broken(self.db, *def) => continue,
                Ty::Artifact(def, args) => self.leaves_of(*def, args),
                Ty::Optional(_) => continue,
                other => vec![Leaf {
                    name: SmolStr::default(),
                    ty: other.clone(),
                    optional: false,
                    always: true,
                    differs: None,
                }],
            };
            let full =
                |leaf: &Leaf| if leaf.name.is_empty() { name.to_string() } else { format!("{name}.{}", leaf.name) };
            let required: Vec<String> = leaves.iter().filter(|leaf| !leaf.optional && leaf.always).map(full).collect();
            let never: Vec<&str> =
                required.iter().map(String::as_str).filter(|place| self.writes.get(place).is_none()).collect();
            if let [first, ..] = never.as_slice() {
                let all = list(never.iter().copied());
                let is = if never.len() == 1 { "is" } else { "are" };
                let value = !matches!(ty, Ty::Artifact(..) | Ty::File | Ty::Exec | Ty::Opaque);
                let graph = matches!(self.place, super::Where::Pipeline | super::Where::Flow);
                let help = if graph {
                    format!("pass on what a job makes: `out {name} = build()`")
                } else if value {
                    format!("write it: `out {first} = sh \"…\"`, or `#{{out {first}}}` in a script")
                } else {
                    format!(
                        "write it in a script, `#{{out {first}}}`, or take what a tool left: `out {first} = file(\"…\")`"
                    )
                };
                let finding = self
                    .finding(Code::NeverWritten, output.span, format!("{all} {is} never written"))
                    .label("declared here")
                    .help(help);
                self.report(finding);
            }
            for place in &required {
                if let Some((State::Maybe, span)) = self.writes.get(place) {
                    let finding = self
                        .finding(
                            Code::WrittenSometimes,
                            output.span,
                            format!("`{place}` is written on some paths only"),
                        )
                        .label("must be written on every path")
                        .related(self.at(span), "written here")
                        .help("write it on the other paths too, or make it optional with `?`");
                    self.report(finding);
                }
            }
        }
    }
}

/// Whether a script may claim it.
fn writable(local: &super::Local) -> bool {
    local.kind == LocalKind::Output
}

/// `server.binary`.
fn place_name(place: &Place) -> String {
    let mut name = place.root.text.to_string();
    for step in &place.steps {
        if let PlaceStep::Field(field) = step {
            name.push('.');
            name.push_str(&field.text);
        }
    }
    name
}

/// The root and the whole of `a.b.c`.
fn path_of(e: &Expr) -> Option<(SmolStr, String)> {
    match &e.kind {
        ExprKind::Name(name) => Some((name.clone(), name.to_string())),
        ExprKind::Field { base, name, .. } => {
            let (root, path) = path_of(base)?;
            Some((root, format!("{path}.{}", name.text)))
        }
        _ => None,
    }
}
