//! Which backends can carry out a pipeline, and which step keeps the others from it.

use flow_syntax::Code;
use flow_syntax::tree::{ItemKind, Setting, StmtKind};

use super::{Step, facts};
use crate::db::{Db, Def, DefKind, syntax};
use crate::eval::Eval;
use crate::infer::{binding, check};
use crate::place::{Finding, Place};
use crate::reference::Names;
use crate::scope::name_place;
use crate::suggest::list;
use crate::value::ConstValue;

/// A set of backends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Backends(u8);

impl Backends {
    /// None.
    pub const NONE: Self = Self(0);
    /// GitHub Actions.
    pub const GITHUB: Self = Self(1);
    /// Azure Pipelines.
    pub const ADO: Self = Self(2);
    /// `flowc run`.
    pub const LOCAL: Self = Self(4);
    /// All of them.
    pub const ALL: Self = Self(7);
    /// The names of all, as the variants of `Backend`.
    pub const NAMES: [&'static str; 3] = ["github", "ado", "local"];

    /// The backend of a name; none for any other text.
    pub fn named(name: &str) -> Self {
        match name {
            "github" => Self::GITHUB,
            "ado" => Self::ADO,
            "local" => Self::LOCAL,
            _ => Self::NONE,
        }
    }

    /// Those in either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it has none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it has that of `name`.
    pub fn has(self, name: &str) -> bool {
        !self.and(Self::named(name)).is_empty()
    }

    /// Those that `keep` keeps.
    #[must_use]
    pub fn filter(self, keep: impl Fn(&'static str) -> bool) -> Self {
        self.names().filter(|name| keep(name)).fold(Self::NONE, |all, name| all.with(Self::named(name)))
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |name| self.has(name))
    }
}

/// What keeps some backends from an item, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Obstacle {
    not: Backends,
    why: String,
    /// From the item inwards; the last one is the step.
    way: Vec<Step>,
}

/// The obstacles of an item, the first for each backend. Must not change when nothing of this does.
#[salsa::tracked(returns(ref), cycle_result = none)]
fn obstacles(db: &dyn Db, def: Def) -> Vec<Obstacle> {
    if def.kind(db) == DefKind::Extern {
        return foreign(db, def);
    }
    let facts = facts(db, def);
    let mut all: Vec<(flow_syntax::Span, Obstacle)> = Vec::new();
    for exclusion in &facts.excludes {
        let way = vec![(Place::new(def, exclusion.span), exclusion.why.clone())];
        all.push((exclusion.span, Obstacle { not: exclusion.not, why: exclusion.why.clone(), way }));
    }
    for call in &facts.calls {
        let step = (Place::new(def, call.span), format!("`{}` is called here", call.def.name(db)));
        for obstacle in obstacles(db, call.def) {
            let not = obstacle.not.and(call.on);
            if !not.is_empty() {
                let way = super::longer(&step, &obstacle.way);
                all.push((call.span, Obstacle { not, why: obstacle.why.clone(), way }));
            }
        }
        // A deployment job of Azure Pipelines has no matrix.
        let deploys = || super::facts(db, call.def).settings.iter().find(|(name, _)| name == "environment").cloned();
        if call.looped
            && call.on.has("ado")
            && let Some((_, span)) = deploys()
        {
            let why = "on Azure Pipelines a job with an environment cannot run once per element of a list that is known later";
            let way = vec![step, (Place::new(call.def, span), "the environment".to_owned())];
            all.push((call.span, Obstacle { not: Backends::ADO, why: why.to_owned(), way }));
        }
    }
    if let Some(trigger) = triggers(db, def) {
        all.push(trigger);
    }
    all.sort_by_key(|(span, _)| *span);
    // The first one for each backend is enough.
    let mut seen = Backends::NONE;
    let mut first = Vec::new();
    for (_, obstacle) in all {
        let new = obstacle.not.without(seen);
        if !new.is_empty() {
            seen = seen.with(new);
            first.push(Obstacle { not: new, ..obstacle });
        }
    }
    first
}

fn none(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Vec<Obstacle> {
    Vec::new()
}

fn foreign(db: &dyn Db, def: Def) -> Vec<Obstacle> {
    let Some(binding) = binding(db, def) else { return Vec::new() };
    let (only, where_) = match binding.names.names {
        Names::Task | Names::Template => (Backends::ADO, "Azure Pipelines"),
        Names::Action | Names::Image | Names::LocalAction | Names::Workflow => (Backends::GITHUB, "GitHub"),
    };
    let why = format!("`{}` runs on {where_} only", binding.reference);
    let item = syntax(db, def);
    let ItemKind::Extern(it) = &item.kind else { return Vec::new() };
    let way = vec![(Place::new(def, it.reference.span), why.clone())];
    vec![Obstacle { not: Backends::ALL.without(only), why, way }]
}

/// A pipeline that only events of one backend start: nothing would start it on the others. A person
/// can start any pipeline locally.
fn triggers(db: &dyn Db, def: Def) -> Option<(flow_syntax::Span, Obstacle)> {
    let item = syntax(db, def);
    let ItemKind::Pipeline(it) = &item.kind else { return None };
    let mut started = Backends::NONE;
    let mut first = None;
    for stmt in &it.body.stmts {
        let StmtKind::Setting(Setting::Trigger { event, .. }) = &stmt.kind else { continue };
        let names: Vec<&str> = event.segments.iter().map(|name| name.text.as_str()).collect();
        let (on, what) = match names.as_slice() {
            ["github", ..] | ["merge_queue"] => (Backends::GITHUB, "GitHub"),
            ["ado", ..] => (Backends::ADO, "Azure Pipelines"),
            _ => return None,
        };
        started = started.with(on);
        first.get_or_insert((event.span, format!("`on {}` is an event of {what} only", names.join("."))));
    }
    let (span, why) = first?;
    let not = Backends::ALL.without(started).without(Backends::LOCAL);
    (!not.is_empty()).then(|| (span, Obstacle { not, why: why.clone(), way: vec![(Place::new(def, span), why)] }))
}

/// The backends that a pipeline asserts, with where.
fn asserted(db: &dyn Db, def: Def) -> Option<(Backends, Place)> {
    let item = syntax(db, def);
    let ItemKind::Pipeline(it) = &item.kind else { return None };
    let value = it.body.stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Setting(Setting::Value { name, value }) if name.text == "backends" => Some(value),
        _ => None,
    })?;
    match Eval::new(db, def, &check(db, def).names).expr(value, &[]).ok()? {
        ConstValue::List(items) => {
            let all = items.iter().filter_map(ConstValue::text);
            let all = all.fold(Backends::NONE, |all, name| all.with(Backends::named(&name)));
            Some((all, Place::new(def, value.span)))
        }
        _ => None,
    }
}

/// The backends that support a pipeline: those that it asserts, else all that nothing keeps from it.
#[salsa::tracked(returns(copy))]
pub fn backends(db: &dyn Db, pipeline: Def) -> Backends {
    super::bottom_up(db, pipeline, |def| {
        obstacles(db, def);
    });
    match asserted(db, pipeline) {
        Some((all, _)) => all,
        None => obstacles(db, pipeline).iter().fold(Backends::ALL, |all, obstacle| all.without(obstacle.not)),
    }
}

/// Why a backend does not support a pipeline; `None` where it does.
pub fn unsupported(db: &dyn Db, pipeline: Def, backend: &str) -> Option<Finding> {
    if backends(db, pipeline).has(backend) {
        return None;
    }
    let title = format!("`{}` does not support {backend}", pipeline.name(db));
    if let Some((_, place)) = asserted(db, pipeline) {
        return Some(
            Finding::new(Code::BackendExcluded, place, title)
                .label(format!("{backend} is not among these"))
                .help(format!("add {backend} to `backends`, or name another backend")),
        );
    }
    let obstacle = obstacles(db, pipeline).iter().find(|obstacle| obstacle.not.has(backend))?;
    let (at, others) = shown(db, pipeline, &obstacle.way)?;
    let mut finding = Finding::new(Code::BackendExcluded, at, format!("{title}: {}", obstacle.why))
        .label(format!("excludes {backend}"));
    for (place, text) in others {
        finding = finding.related(place, text);
    }
    Some(
        finding
            .help(format!("say what to do instead, `match ctx.backend {{ {backend} => … }}`, or name another backend")),
    )
}

/// What is wrong with the backends of a pipeline.
pub(super) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    if def.kind(db) != DefKind::Pipeline {
        return Vec::new();
    }
    super::bottom_up(db, def, |def| {
        obstacles(db, def);
    });
    let obstacles = obstacles(db, def);
    let Some((all, place)) = asserted(db, def) else {
        return no_backend(db, def, obstacles).into_iter().collect();
    };
    obstacles
        .iter()
        .filter_map(|obstacle| {
            let broken = obstacle.not.and(all);
            if broken.is_empty() {
                return None;
            }
            let names = list(broken.names());
            let (at, others) = shown(db, def, &obstacle.way)?;
            let mut finding =
                Finding::new(Code::BackendExcluded, at, format!("{}, but the pipeline supports {names}", obstacle.why))
                    .label(format!("excludes {names}"))
                    .related(place, format!("`{}` says that it supports {names}", def.name(db)));
            for (place, text) in others {
                finding = finding.related(place, text);
            }
            let other = obstacle.not.names().next().unwrap_or_default();
            Some(finding.note("a step that a backend cannot carry out would be missing there without a word").help(
                format!(
                    "say what to do instead, `match ctx.backend {{ {other} => … }}`, or take {names} out of `backends`"
                ),
            ))
        })
        .collect()
}

/// The last place of a way that is in the file of `def`, and the other places.
fn shown(db: &dyn Db, def: Def, way: &[Step]) -> Option<(Place, Vec<Step>)> {
    let index = way.iter().rposition(|(place, _)| place.def.file(db) == def.file(db))?;
    let (at, _) = way.get(index)?;
    let others = way.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, step)| step.clone()).collect();
    Some((*at, others))
}

/// A pipeline that no backend can carry out.
fn no_backend(db: &dyn Db, def: Def, obstacles: &[Obstacle]) -> Option<Finding> {
    let left = obstacles.iter().fold(Backends::ALL, |all, obstacle| all.without(obstacle.not));
    if !left.is_empty() {
        return None;
    }
    let mut finding =
        Finding::new(Code::NoBackend, name_place(db, def), format!("no backend can carry out `{}`", def.name(db)))
            .label("its steps exclude each other");
    for obstacle in obstacles {
        if let Some((place, _)) = obstacle.way.last() {
            finding = finding.related(*place, format!("{}, so not on {}", obstacle.why, list(obstacle.not.names())));
        }
    }
    Some(
        finding
            .note("every backend is kept from some step")
            .help("put what is special to a backend into its arm: `match ctx.backend { github => …, ado => … }`"),
    )
}
