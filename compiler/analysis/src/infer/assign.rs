//! Places: what can be written, and what a read of it gives. Whether each is written exactly once on every
//! path is [judged](super::trace) when the body has been walked.

use std::collections::BTreeMap;

use flow_syntax::tree::{Expr, ExprKind, Name, Place, PlaceStep};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::trace::{Event, Spot, SpotStep};
use super::{Infer, LocalKind, Val};
use crate::db::broken;
use crate::suggest::{list, nearest};
use crate::ty::Ty;
use crate::value::Norm;

/// Whether a place has been written, as far as the type of what reads it depends on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Perhaps, which only the run decides.
    Maybe,
    /// Where it is read, it has been, or [`judge`](Infer::judge) reports it.
    Yes,
}

/// What has been written so far. A place that is not listed has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Writes {
    places: BTreeMap<SmolStr, State>,
}

impl Writes {
    fn any_of(&self, root: &str) -> bool {
        self.places.keys().any(|place| inside(root, place))
    }

    /// Whether what is at or below `name` may be missing.
    fn perhaps(&self, name: &str) -> bool {
        self.places.iter().any(|(place, state)| *state == State::Maybe && inside(name, place))
    }

    /// After either of two branches, of which the program (`fixed`) or the run decides which is taken.
    pub(super) fn join(mut self, other: Self, fixed: bool) -> Self {
        if !fixed {
            for (place, state) in &mut self.places {
                if other.places.get(place).is_none_or(|other| *other == State::Maybe) {
                    *state = State::Maybe;
                }
            }
        }
        for (place, state) in other.places {
            self.places.entry(place).or_insert(if fixed { state } else { State::Maybe });
        }
        self
    }

    /// What was written since it was `before` may not have been.
    pub(super) fn doubt_since(&mut self, before: &Self) {
        for (place, state) in &mut self.places {
            if !before.places.contains_key(place) {
                *state = State::Maybe;
            }
        }
    }
}

/// Whether `place` is `outer` or below it.
fn inside(outer: &str, place: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What a place leads to.
pub(super) enum Target {
    /// One thing that is written: its type.
    Leaf(Ty),
    /// A whole artifact or family.
    Whole(Ty),
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
        let mut ty = ty;
        let mut name = root.to_string();
        for step in &place.steps {
            ty = match step {
                PlaceStep::Field(field) if field.is_missing() => return None,
                PlaceStep::Field(field) => {
                    let inner = self.place_field(&ty, &name, field, &root)?;
                    name.push('.');
                    name.push_str(&field.text);
                    inner
                }
                PlaceStep::Index(index) => {
                    let inner = self.place_member(&ty, &name, index, &root)?;
                    name.push_str("[…]");
                    inner
                }
            };
        }
        match ty.present() {
            Ty::Error => None,
            Ty::Artifact(..) | Ty::Family(_) => Some(Target::Whole(ty)),
            _ => Some(Target::Leaf(ty)),
        }
    }

    /// The type of the field that a place names.
    fn place_field(&mut self, ty: &Ty, name: &str, field: &Name, root: &SmolStr) -> Option<Ty> {
        let Ty::Artifact(def, args) = ty.present() else {
            if ty.is_error() {
                return None;
            }
            self.mistaken.push(root.clone());
            let shown = self.show(ty);
            let finding = self
                .finding(
                    Code::NotClaimable,
                    field.span,
                    format!("`{name}` is {a} and has no `{}` to write", field.text, a = super::article(&shown)),
                )
                .label("no such part")
                .help(match ty {
                    Ty::Family(_) => format!("name a member first: `{name}[key].{}`", field.text),
                    _ => format!("write `#{{out {name}}}`"),
                });
            self.report(finding);
            return None;
        };
        let fields = self.fields_of(*def, args);
        if let Some(found) = fields.iter().find(|it| it.name == field.text) {
            if !self.named_field_is_sure(*def, args, found, &format!("{name}.{}", field.text), field.span) {
                self.mistaken.push(root.clone());
                return None;
            }
            return Some(found.ty.clone());
        }
        self.mistaken.push(root.clone());
        if broken(self.db, *def) {
            return None;
        }
        let shown = self.show(ty.present());
        let known = || fields.iter().map(|field| field.name.as_str());
        let finding = self
            .finding(Code::UnknownField, field.span, format!("{a} has no `{}`", field.text, a = super::article(&shown)))
            .label("no such field")
            .related(crate::scope::name_place(self.db, *def), "declared here");
        let finding = match nearest(&field.text, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(field.span),
                near,
            ),
            None => finding.help(format!("it has {}", list(known()))),
        };
        self.report(finding);
        None
    }

    /// The type of the member that a place names.
    fn place_member(&mut self, ty: &Ty, name: &str, index: &Expr, root: &SmolStr) -> Option<Ty> {
        let Ty::Family(family) = ty.present() else {
            self.expr(index, None);
            if ty.is_error() {
                return None;
            }
            self.mistaken.push(root.clone());
            let shown = self.show(ty);
            let finding = self
                .finding(
                    Code::NotClaimable,
                    index.span,
                    format!("`{name}` is {a} and has no members to write one by one", a = super::article(&shown)),
                )
                .label("not a family")
                .help(format!("write the whole, `#{{out {name}}}`, or declare a family, `[K: T]`"));
            self.report(finding);
            return None;
        };
        let key = self.check_expr(index, &family.key, &format!("the key of `{name}` is"));
        if key.ty.is_error() || !crate::ty::converts(self.db, &key.ty, &family.key) {
            self.mistaken.push(root.clone());
            return None;
        }
        if key.phase != super::Phase::Const {
            self.mistaken.push(root.clone());
            self.require_const(index, &key, "the key of a member that is written");
            return None;
        }
        if let (Norm::Value(value), Some(keys)) = (&key.norm, &family.keys)
            && !keys.contains(value)
        {
            self.mistaken.push(root.clone());
            self.unknown_key(index.span, value, keys);
            return None;
        }
        Some(family.at(&key.norm))
    }

    /// Whether `name` is an output, or a `let` that a script writes.
    pub(super) fn is_output(&self, name: &str) -> bool {
        self.local(name).is_some_and(writable)
    }

    /// Something was meant to write `name` that is wrong and has been reported.
    pub(super) fn mistaken(&mut self, name: &SmolStr) {
        self.mistaken.push(name.clone());
    }

    /// `version = …` for `out version = …`.
    pub(super) fn missing_out(&mut self, name: &flow_syntax::tree::Name) {
        self.mistaken.push(name.text.clone());
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
        self.mistaken.extend(meant);
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
    pub(super) fn write(&mut self, place: &Place) {
        let mut name = place.root.text.to_string();
        let mut steps = Vec::with_capacity(place.steps.len());
        for step in &place.steps {
            match step {
                PlaceStep::Field(field) => {
                    name.push('.');
                    name.push_str(&field.text);
                    steps.push(SpotStep::Field(field.text.clone()));
                }
                PlaceStep::Index(index) => {
                    let norm = self.out.types.get(&index.span).map_or(Norm::Unknown, |val| val.norm.clone());
                    name.push_str(&format!("[{}]", norm.display(self.db)));
                    steps.push(SpotStep::Key(index.clone(), norm));
                }
            }
        }
        self.writes.places.insert(SmolStr::from(name), State::Yes);
        let spot = Spot { root: place.root.text.clone(), steps };
        self.trace.push(Event::Write { spot, span: place.span });
    }

    /// Whether this is a `finally` or an `on_failure`, where nothing is written, which is reported.
    pub(super) fn refuse_in_cleanup(&mut self, span: Span) -> bool {
        let Some(word) = self.cleanup else { return false };
        let finding = self
            .finding(Code::CleanupWrites, span, format!("nothing is written in `{word}`"))
            .label("writes")
            .note("it runs after what the body made has been decided on, also when the body never got to its end")
            .help("write it in the body, and read it here; for people, `expose` it");
        self.report(finding);
        true
    }

    /// A read of an output or of a `let` that a script writes; its type there.
    pub(super) fn read_written(&mut self, name: &str, span: Span, val: Val) -> Val {
        let Some(local) = self.local(name) else { return val };
        let (kind, late) = (local.kind, local.val.phase != super::Phase::Const);
        if self.cleanup.is_some() && late && matches!(kind, LocalKind::Output | LocalKind::Slot | LocalKind::Let) {
            // Whatever the body bound: it may have ended before.
            return Val { ty: val.ty.optional(), ..val };
        }
        if !matches!(kind, LocalKind::Output | LocalKind::Slot) || val.ty.is_error() {
            return val;
        }
        self.trace.push(Event::Read { spot: Spot { root: SmolStr::from(name), steps: Vec::new() }, span });
        if self.writes.perhaps(name) && !matches!(val.ty, Ty::Artifact(..) | Ty::Family(_)) {
            return Val { ty: val.ty.optional(), ..val };
        }
        val
    }

    /// `e` is a field or a member of what was read right before it: that alone is read.
    pub(super) fn narrow_read(&mut self, e: &Expr, val: Val) -> Val {
        let (base, step) = match &e.kind {
            ExprKind::Field { base, name, .. } if !name.is_missing() => (base, SpotStep::Field(name.text.clone())),
            ExprKind::Index { base, index } => {
                let norm = self.out.types.get(&index.span).map_or(Norm::Unknown, |val| val.norm.clone());
                (base, SpotStep::Key(Expr::clone(index), norm))
            }
            _ => return val,
        };
        let found = self.trace.iter_mut().rev().take(NEAR).find_map(|event| match event {
            Event::Read { spot, span } if *span == base.span => Some((spot, span)),
            _ => None,
        });
        let Some((spot, span)) = found else { return val };
        spot.steps.push(step);
        *span = e.span;
        let mut name = spot.root.to_string();
        for step in &spot.steps {
            match step {
                SpotStep::Field(field) => name.push_str(&format!(".{field}")),
                SpotStep::Key(_, norm) => name.push_str(&format!("[{}]", norm.display(self.db))),
            }
        }
        if self.writes.perhaps(&name) && !matches!(val.ty, Ty::Artifact(..) | Ty::Family(_)) {
            return Val { ty: val.ty.optional(), ..val };
        }
        val
    }

    /// Whether any of it has been written so far.
    pub(super) fn is_written(&self, name: &str) -> bool {
        self.writes.any_of(name)
    }
}

/// How many events a key between brackets may add.
const NEAR: usize = 8;

/// Whether a script may claim it.
fn writable(local: &super::Local) -> bool {
    matches!(local.kind, LocalKind::Output | LocalKind::Slot)
}

/// Whether it lies on disk.
pub(super) const fn is_files(ty: &Ty) -> bool {
    matches!(ty, Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_))
}
