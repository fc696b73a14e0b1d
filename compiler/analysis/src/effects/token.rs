//! What a job's token must be allowed: the least that its steps and bindings declare.

use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Step, facts};
use crate::db::{Db, Def, DefKind};
use crate::infer::binding;
use crate::permission::Access;
use crate::place::{Finding, Place};

/// A permission of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// As GitHub writes it: `pull-requests`.
    pub scope: SmolStr,
    /// How much.
    pub access: Access,
    /// Which step needs it, for a comment.
    pub reason: String,
}

/// What steps need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Needs {
    /// What bindings declare, each with the way to it.
    known: Vec<Need>,
    /// Something uses the token in a way that cannot be told.
    unknown: bool,
    /// Scripts run, which can ask the platform who they are without the token.
    scripts: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    scope: SmolStr,
    access: Access,
    /// Who needs it.
    by: SmolStr,
    way: Vec<Step>,
}

/// What the steps of a job or an action need, with what it calls. Must not change when nothing of this
/// does.
#[salsa::tracked(returns(ref), cycle_result = nothing)]
fn needs(db: &dyn Db, def: Def) -> Needs {
    let mut needs = Needs::default();
    if def.kind(db) == DefKind::Extern {
        let Some(binding) = binding(db, def) else { return needs };
        needs.known = binding
            .permissions
            .iter()
            .filter(|it| it.access != Access::None)
            .map(|it| Need {
                scope: it.scope.clone(),
                access: it.access,
                by: def.name(db).clone(),
                way: vec![(Place::new(def, it.span), "declared here".to_owned())],
            })
            .collect();
        return needs;
    }
    let facts = facts(db, def);
    needs.unknown = !facts.foreign.is_empty() || !facts.raw.is_empty() || facts.ctx.iter().any(|(it, _)| it == "token");
    needs.scripts = facts.scripts;
    // What an action says that its scripts need.
    for it in facts.permissions.iter().filter(|_| def.kind(db) == DefKind::Action).flat_map(|block| &block.granted) {
        if it.access != Access::None {
            needs.known.push(Need {
                scope: it.scope.clone(),
                access: it.access,
                by: def.name(db).clone(),
                way: vec![(Place::new(def, it.span), "declared here".to_owned())],
            });
        }
    }
    for call in &facts.calls {
        let inner = self::needs(db, call.def);
        needs.unknown |= inner.unknown;
        needs.scripts |= inner.scripts;
        let step = (Place::new(def, call.span), format!("`{}` is called here", call.def.name(db)));
        for need in &inner.known {
            if needs.known.iter().any(|it| it.scope == need.scope && it.access >= need.access) {
                continue;
            }
            let way = super::longer(&step, &need.way);
            needs.known.push(Need { way, ..need.clone() });
        }
    }
    needs
}

fn nothing(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Needs {
    Needs::default()
}

/// What the token of a job is allowed, each with the reason, in the order of the names.
#[salsa::tracked(returns(ref))]
pub fn permissions(db: &dyn Db, job: Def) -> Vec<Permission> {
    super::bottom_up(db, job, |def| {
        needs(db, def);
    });
    let facts = facts(db, job);
    let mut all: Vec<Permission> = Vec::new();
    let mut add = |scope: &SmolStr, access: Access, reason: String| match all.iter_mut().find(|it| it.scope == *scope) {
        Some(it) if it.access < access => *it = Permission { scope: scope.clone(), access, reason },
        Some(_) => {}
        None => all.push(Permission { scope: scope.clone(), access, reason }),
    };
    for need in &needs(db, job).known {
        add(&need.scope, need.access, format!("for {}", need.by));
    }
    if facts.no_checkout.is_none() {
        add(&SmolStr::new_static("contents"), Access::Read, "to check out the sources".to_owned());
    }
    if let Some(block) = &facts.permissions {
        for granted in block.granted.iter().filter(|it| it.access != Access::None) {
            add(&granted.scope, granted.access, "as the job asks".to_owned());
        }
    }
    all.sort_by(|a, b| a.scope.cmp(&b.scope));
    all
}

/// What a job's `permissions` lack, and what nothing needs of them.
pub(super) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    if def.kind(db) != DefKind::Job {
        return Vec::new();
    }
    let facts = facts(db, def);
    let Some(block) = &facts.permissions else { return Vec::new() };
    super::bottom_up(db, def, |def| {
        self::needs(db, def);
    });
    let at = |span: Span| Place::new(def, span);
    let needs = needs(db, def);
    let contents = SmolStr::new_static("contents");
    let mut found = Vec::new();
    let granted = |scope: &str| block.granted.iter().find(|it| it.scope == scope);
    let asked = |scope: &SmolStr| {
        let known = needs.known.iter().filter(|it| it.scope == *scope).map(|it| it.access).max();
        let checkout = (*scope == contents && facts.no_checkout.is_none()).then_some(Access::Read);
        known.max(checkout)
    };
    for need in &needs.known {
        let has = granted(&need.scope);
        if has.is_some_and(|it| it.access >= need.access)
            || need.scope == contents && need.access == Access::Read && has.is_none() && facts.no_checkout.is_none()
        {
            continue;
        }
        let Some((place, _)) = need.way.first() else { continue };
        let line = format!("{} = {}", need.scope, need.access.word());
        let mut finding = Finding::new(
            Code::PermissionMissing,
            *place,
            format!("`{}` needs the permission `{line}`, which the job does not have", need.by),
        )
        .label("cannot do what it is for")
        .related(at(block.span), "what the job's token may do");
        for (place, text) in need.way.iter().skip(1) {
            finding = finding.related(*place, text.clone());
        }
        let entry = block.entries.iter().find(|(key, ..)| crate::permission::scope(key) == Some(need.scope.as_str()));
        finding = match entry {
            Some((_, _, value)) => {
                finding.help(format!("write `{line}`")).fix(format!("write `{line}`"), at(*value), need.access.word())
            }
            None => {
                let end = Span::empty(block.span.end.saturating_sub(1));
                let comma = if block.entries.is_empty() { " " } else { ", " };
                let from = block.entries.last().map_or(end, |(_, entry, _)| Span::empty(entry.end));
                finding.help(format!("add `{line}`")).fix(format!("add `{line}`"), at(from), format!("{comma}{line} "))
            }
        };
        found.push(finding);
    }
    if let (Some(it), None) = (granted("contents"), facts.no_checkout)
        && it.access == Access::None
    {
        found.push(
            Finding::new(Code::PermissionMissing, at(it.span), "the checkout needs the permission `contents = read`")
                .label("takes it away")
                .note("every job fetches the sources unless it says `checkout = none`")
                .help("remove it, or write `checkout = none`"),
        );
    }
    if needs.unknown {
        return found;
    }
    for (index, it) in block.granted.iter().enumerate() {
        let needed = asked(&it.scope).unwrap_or(Access::None);
        if it.access <= needed
            || (it.scope == "id-token" && needs.scripts)
            || block.granted.iter().take(index).any(|other| other.scope == it.scope)
        {
            continue;
        }
        let has = format!("{} = {}", it.scope, it.access.word());
        let finding = Finding::new(Code::PermissionUnneeded, at(it.span), format!("nothing in this job needs `{has}`"))
            .note("a token that may do less can do less harm when it leaks");
        let Some(position) = block.entries.iter().position(|(_, entry, _)| entry.start == it.span.start) else {
            continue;
        };
        let Some((_, entry, value)) = block.entries.get(position) else { continue };
        found.push(if needed == Access::None {
            let before = position.checked_sub(1).and_then(|before| block.entries.get(before));
            let span = match (before, block.entries.get(position + 1)) {
                (Some((_, before, _)), _) => Span::new(before.end, entry.end),
                (None, Some((_, next, _))) => Span::new(entry.start, next.start),
                (None, None) => *entry,
            };
            finding.label("not needed").help("remove it").fix("remove it", at(span), "")
        } else {
            finding.label("more than is needed").help("`read` is enough").fix("change it to `read`", at(*value), "read")
        });
    }
    found
}
