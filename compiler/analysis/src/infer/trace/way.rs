//! One way through a body: its events carried out for certain values of the const parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flow_syntax::Span;
use flow_syntax::tree::Expr;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::super::Infer;
use super::{Decision, Event, Loop, Spot, SpotStep};
use crate::db::broken;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// How many events are carried out in all: a loop in a loop in a loop over long lists is judged as a whole.
const STEPS: usize = 200_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    Maybe,
    Yes,
}

#[derive(Clone, Copy)]
pub(super) struct Written {
    pub sure: Sure,
    pub span: Span,
    /// The element of the loop that wrote it.
    pub element: Option<Span>,
}

pub(super) type State = BTreeMap<String, Written>;
pub(super) type Env = Vec<(SmolStr, ConstValue)>;

/// All that is written by itself of an output, and whether it must be.
pub(super) type Places = Arc<Vec<(String, bool)>>;

/// A second write by a loop: its variable, what it runs over, and two of its elements.
pub(super) type Again = (SmolStr, Span, Option<(Span, Span)>);

/// What is wrong in one way through the body.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Issue {
    Twice { span: Span, place: String, first: Span, maybe: bool, loop_: Option<Again> },
    Early { span: Span, place: String, root: SmolStr, maybe: bool },
    Absent { span: Span, place: String },
}

/// One way through the body.
pub(super) struct Way<'a, 'db> {
    pub infer: &'a Infer<'db>,
    pub env: Env,
    /// Loop variables that stand for elements that are not known.
    pub any: FxHashSet<SmolStr>,
    /// The types of the roots.
    pub roots: FxHashMap<SmolStr, Ty>,
    /// Where `let`s without value stand, by name.
    pub declared: FxHashMap<SmolStr, Span>,
    pub written_lets: BTreeSet<Span>,
    pub all_lets: BTreeMap<Span, SmolStr>,
    pub loops: Vec<(SmolStr, Span, Option<Span>)>,
    pub issues: Vec<Issue>,
    pub steps: usize,
    pub cache: FxHashMap<SmolStr, Places>,
}

impl Way<'_, '_> {
    fn value(&self, e: &Expr) -> Option<ConstValue> {
        crate::eval::Eval::new(self.infer.db, self.infer.def, &self.infer.out.names).expr(e, &self.env).ok()
    }

    fn name(&self, spot: &Spot) -> String {
        let mut name = spot.root.to_string();
        for step in &spot.steps {
            match step {
                SpotStep::Field(field) => {
                    name.push('.');
                    name.push_str(field);
                }
                SpotStep::Key(key, norm) => {
                    let shown = match &key.kind {
                        flow_syntax::tree::ExprKind::Name(word) if self.any.contains(word) => "*".to_owned(),
                        _ => self
                            .value(key)
                            .map_or_else(|| norm.display(self.infer.db), |value| value.display(self.infer.db)),
                    };
                    name.push_str(&format!("[{shown}]"));
                }
            }
        }
        name
    }

    /// All that is written by itself of a root, and whether it must be.
    pub(super) fn places(&mut self, root: &SmolStr) -> Places {
        if let Some(known) = self.cache.get(root) {
            return Arc::clone(known);
        }
        let mut out = Vec::new();
        if let Some(ty) = self.roots.get(root) {
            expand(self.infer, root, ty, &self.env, true, &mut out);
        }
        let out = Arc::new(out);
        self.cache.insert(root.clone(), Arc::clone(&out));
        out
    }

    /// What `name` stands for: itself, or all that is below it.
    fn below(&mut self, root: &SmolStr, name: &str) -> Vec<(String, bool)> {
        self.places(root).iter().filter(|(place, _)| inside(name, place)).cloned().collect()
    }

    pub(super) fn run(&mut self, events: &[Event], state: &mut State) {
        for event in events {
            self.steps += 1;
            if self.steps > STEPS {
                return;
            }
            match event {
                Event::Write { spot, span } => self.write(spot, *span, state),
                Event::Read { spot, span } => self.read(spot, *span, state),
                Event::Declare { name, ty, span } => {
                    state.retain(|place, _| !inside(name, place));
                    self.roots.insert(name.clone(), ty.clone());
                    self.cache.remove(name);
                    self.declared.insert(name.clone(), *span);
                    self.all_lets.insert(*span, name.clone());
                }
                Event::Bind { name, value } => {
                    if let Some(value) = self.value(value) {
                        self.env.push((name.clone(), value));
                    }
                }
                Event::Branch { on, arms } => self.branch(on, arms, state),
                Event::Loop(it) => self.repeat(it, state),
                Event::Tolerated(inner) => {
                    let before = state.clone();
                    self.run(inner, state);
                    for (place, written) in state.iter_mut() {
                        if !before.contains_key(place) {
                            written.sure = Sure::Maybe;
                        }
                    }
                }
            }
        }
    }

    /// Carries out with what is bound inside forgotten at its end.
    fn nested(&mut self, events: &[Event], state: &mut State) {
        let bound = self.env.len();
        self.run(events, state);
        self.env.truncate(bound);
    }

    fn branch(&mut self, on: &Decision, arms: &[Vec<Event>], state: &mut State) {
        if let Some(taken) = self.taken(on) {
            if let Some(arm) = arms.get(taken) {
                self.nested(arm, state);
            }
            return;
        }
        let before = state.clone();
        let mut joined: Option<State> = None;
        for arm in arms {
            let mut after = before.clone();
            self.nested(arm, &mut after);
            joined = Some(match joined {
                None => after,
                Some(other) => join(other, after),
            });
        }
        *state = joined.unwrap_or(before);
    }

    /// The arm that is taken, where that can be told.
    fn taken(&self, on: &Decision) -> Option<usize> {
        match on {
            Decision::Late => None,
            Decision::If(condition) => match self.value(condition)? {
                ConstValue::Bool(holds) => Some(usize::from(!holds)),
                _ => None,
            },
            Decision::Match(subject, arms) => {
                let value = self.value(subject)?;
                let takes = |pattern: &Option<ConstValue>| pattern.as_ref().is_none_or(|it| *it == value);
                Some(arms.iter().position(|arm| arm.iter().any(takes)).unwrap_or(arms.len()))
            }
        }
    }

    fn repeat(&mut self, it: &Loop, state: &mut State) {
        let known = match self.value(&it.iterable) {
            Some(ConstValue::List(items)) => Some(items),
            _ => it.keys.clone(),
        };
        let Some(keys) = known else {
            // It stands for all of them: what it writes by its own name is all members, else a second
            // element writes it again.
            let added = self.any.insert(it.name.clone());
            let before = state.clone();
            self.loops.push((it.name.clone(), it.span, None));
            self.nested(&it.body, state);
            self.loops.pop();
            if added {
                self.any.remove(&it.name);
            }
            let again: Vec<(String, Span)> = state
                .iter()
                .filter(|(place, _)| !before.contains_key(*place) && !place.contains("[*]"))
                .map(|(place, written)| (place.clone(), written.span))
                .collect();
            for (place, span) in again {
                let loop_ = Some((it.name.clone(), it.span, None));
                self.issues.push(Issue::Twice { span, place, first: span, maybe: false, loop_ });
            }
            return;
        };
        for (index, key) in keys.iter().enumerate() {
            if self.steps > STEPS {
                return;
            }
            self.env.push((it.name.clone(), key.clone()));
            let taken = it.filter.as_ref().map(|filter| self.taken(filter));
            let element = it.elements.get(index).copied();
            self.loops.push((it.name.clone(), it.span, element));
            match taken {
                None | Some(Some(0)) => self.nested(&it.body, state),
                Some(Some(_)) => {}
                Some(None) => {
                    let before = state.clone();
                    self.nested(&it.body, state);
                    *state = join(before, std::mem::take(state));
                }
            }
            self.loops.pop();
            self.env.pop();
        }
    }

    fn write(&mut self, spot: &Spot, span: Span, state: &mut State) {
        let name = self.name(spot);
        if let Some(declared) = self.declared.get(&spot.root) {
            self.written_lets.insert(*declared);
        }
        let places = self.below(&spot.root, &name);
        if places.is_empty() {
            if !self.places(&spot.root).is_empty() {
                self.issues.push(Issue::Absent { span, place: name });
            }
            return;
        }
        let element = self.loops.iter().rev().find_map(|(_, _, element)| *element);
        for (place, _) in places {
            // What stands for all members counts for each of them.
            let earlier = state.get(&place).copied().or_else(|| {
                let all = state.iter().find(|(other, _)| same_member(other, &place));
                all.map(|(_, written)| *written)
            });
            if let Some(first) = earlier {
                let again = first.span == span;
                let loop_ = again
                    .then(|| self.loops.last().cloned())
                    .flatten()
                    .map(|(name, at, _)| (name, at, first.element.zip(element)));
                let maybe = first.sure == Sure::Maybe;
                self.issues.push(Issue::Twice { span, place: place.clone(), first: first.span, maybe, loop_ });
            }
            state.insert(place, Written { sure: Sure::Yes, span, element });
        }
    }

    fn read(&mut self, spot: &Spot, span: Span, state: &State) {
        let name = self.name(spot);
        let places = self.below(&spot.root, &name);
        let written = |place: &str| {
            state.get(place).or_else(|| state.iter().find(|(other, _)| same_member(other, place)).map(|(_, it)| it))
        };
        let root = spot.root.clone();
        if places.is_empty() {
            return;
        }
        if places.iter().all(|(place, _)| written(place).is_none()) {
            self.issues.push(Issue::Early { span, place: name, root, maybe: false });
        } else if let [_, _, ..] = places.as_slice() {
            let open = places
                .iter()
                .find(|(place, required)| *required && written(place).is_none_or(|it| it.sure == Sure::Maybe));
            if let Some((place, _)) = open {
                let maybe = written(place).is_some();
                self.issues.push(Issue::Early { span, place: place.clone(), root, maybe });
            }
        }
    }
}

/// After either of two branches.
fn join(mut one: State, other: State) -> State {
    for (place, written) in &mut one {
        if other.get(place).is_none_or(|other| other.sure == Sure::Maybe) {
            written.sure = Sure::Maybe;
        }
    }
    for (place, written) in other {
        one.entry(place).or_insert(Written { sure: Sure::Maybe, ..written });
    }
    one
}

/// Whether `place` is `outer` or below it.
pub(super) fn inside(outer: &str, place: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether one of two places stands for any member, and the other for one of these.
pub(super) fn same_member(one: &str, other: &str) -> bool {
    let shape = |place: &str| {
        let (before, rest) = place.split_once('[')?;
        let (_, after) = rest.split_once(']')?;
        Some((before.to_owned(), after.to_owned()))
    };
    (one.contains("[*]") != other.contains("[*]")) && shape(one).is_some() && shape(one) == shape(other)
}

/// All that is written by itself of `name`, and whether it must be.
fn expand(infer: &Infer<'_>, name: &str, ty: &Ty, env: &Env, required: bool, out: &mut Vec<(String, bool)>) {
    let with =
        |symbol: &str| env.iter().rev().find(|(name, _)| name == symbol).map(|(_, value)| Norm::Value(value.clone()));
    match ty {
        Ty::Error => {}
        Ty::Optional(inner) => expand(infer, name, inner, env, false, out),
        Ty::Artifact(def, _) if broken(infer.db, *def) => {}
        Ty::Artifact(def, _) => {
            let Ty::Artifact(_, args) = ty.substitute(&with).folded(infer.db) else { return };
            for leaf in infer.leaves_of(*def, &args) {
                // A field of no kind has been refused where it is declared.
                let needed = required && !leaf.optional && leaf.always && !leaf.ty.present().is_error();
                out.push((format!("{name}.{}", leaf.name), needed));
            }
        }
        Ty::Family(family) => match &family.keys {
            Some(keys) => {
                for key in keys.iter() {
                    let member = family.at(&Norm::Value(key.clone()));
                    let name = format!("{name}[{}]", key.display(infer.db));
                    expand(infer, &name, &member, env, required, out);
                }
            }
            None => expand(infer, &format!("{name}[*]"), &family.member, env, required, out),
        },
        _ => out.push((name.to_owned(), required)),
    }
}
