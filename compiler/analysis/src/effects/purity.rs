//! Whether a job's result depends on its inputs alone, which a job with `inputs` promises
//! (docs/design/semantics.md 6.1).

use flow_syntax::Code;
use flow_syntax::Span;

use super::{Step, facts};
use crate::db::{Db, Def, DefKind};
use crate::infer::{binding, signature};
use crate::permission::Access;
use crate::place::{Finding, Place};
use crate::ty::Ty;

/// Members of `ctx` that differ from run to run of the same sources.
const IMPURE: [&str; 9] = ["sha", "short_sha", "run_id", "run_number", "attempt", "token", "actor", "github", "ado"];

/// What a result would depend on.
const OTHER: &str = "not among its inputs";

/// What runs there may be other than what ran before.
const CHANGES: &str = "may change while the inputs stay the same";

/// What a job does beside making its result.
const ACTS: &str = "would not happen when the result is reused";

/// Something that a result depends on beside the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Impurity {
    /// A clause: "reads the secret `TOKEN`".
    what: String,
    help: &'static str,
    /// Why it must not be.
    label: &'static str,
    /// From the item inwards; the last one is the place.
    way: Vec<Step>,
}

/// What a body does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Purity {
    impure: Vec<Impurity>,
    /// Where it runs `git`.
    git: Vec<Vec<Step>>,
}

/// What makes a job or an action impure, with what it calls. Must not change when nothing of this does.
#[salsa::tracked(returns(ref), cycle_result = pure)]
fn purity(db: &dyn Db, def: Def) -> Purity {
    let mut purity = Purity::default();
    let mut impure = |span: Span, what: String, help: &'static str, label: &'static str| {
        let way = vec![(Place::new(def, span), what.clone())];
        purity.impure.push(Impurity { what, help, label, way });
    };
    let unpinned = "name a commit, whose 40 digits always lead to the same content";
    if def.kind(db) == DefKind::Extern {
        if let Some(binding) = binding(db, def) {
            let span = crate::scope::name_place(db, def).span;
            // Its own table says which commit a version of the standard library is.
            let standard = db.project().std(db).values().any(|file| *file == def.file(db));
            if !binding.names.pinned && !standard {
                impure(span, format!("runs `{}`, which may change", binding.reference), unpinned, CHANGES);
            }
            if let Some(it) = binding.permissions.iter().find(|it| it.access == Access::Write) {
                impure(
                    it.span,
                    format!("may write `{}`", it.scope),
                    "do what changes something in a job without `inputs`",
                    ACTS,
                );
            }
        }
        return purity;
    }
    let facts = facts(db, def);
    let secret = "read it in a job without `inputs`";
    for (name, span) in &facts.secrets {
        impure(*span, format!("reads the secret `{name}`"), secret, OTHER);
    }
    for param in &signature(db, def).params {
        if *param.ty.present() == Ty::Secret {
            impure(param.span, format!("takes the secret `{}`", param.name), secret, OTHER);
        }
    }
    for (name, span) in &facts.settings {
        match name.as_str() {
            "environment" => {
                impure(*span, "deploys to an environment".to_owned(), "deploy in a job without `inputs`", ACTS);
            }
            "continue_on_error" => impure(
                *span,
                "goes on after a failure".to_owned(),
                "let a failure fail the job: the result of half a job must not be reused",
                "half a result would be reused",
            ),
            _ => {}
        }
    }
    for it in facts.permissions.iter().flat_map(|block| &block.granted) {
        if it.access == Access::Write {
            let help = "do what changes something in a job without `inputs`";
            impure(it.span, format!("may write `{}`", it.scope), help, ACTS);
        }
    }
    for it in &facts.foreign {
        if it.names.is_some_and(|names| !names.pinned) {
            impure(it.span, format!("runs `{}`, which may change", it.reference), unpinned, CHANGES);
        }
    }
    for (member, span) in &facts.ctx {
        if IMPURE.contains(&member.as_str()) {
            impure(
                *span,
                format!("reads `ctx.{member}`"),
                "take what differs from run to run in a job without `inputs`",
                OTHER,
            );
        }
    }
    purity.git = facts.git.iter().map(|span| vec![(Place::new(def, *span), "reads the history".to_owned())]).collect();
    for call in &facts.calls {
        let step = (Place::new(def, call.span), format!("`{}` is called here", call.def.name(db)));
        let inner = self::purity(db, call.def);
        let longer = |way: &[Step]| super::longer(&step, way);
        // One finding for each call and kind is enough.
        for it in &inner.impure {
            let seen = purity.impure.iter().any(|other| other.what == it.what && other.way.last() == it.way.last());
            if !seen {
                purity.impure.push(Impurity { way: longer(&it.way), ..it.clone() });
            }
        }
        for way in &inner.git {
            if !purity.git.iter().any(|other| other.last() == way.last()) {
                purity.git.push(longer(way));
            }
        }
    }
    purity
}

fn pure(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Purity {
    Purity::default()
}

/// What a reusable job must not do.
pub(super) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    if def.kind(db) != DefKind::Job {
        return Vec::new();
    }
    let Some((_, inputs)) = facts(db, def).settings.iter().find(|(name, _)| name == "inputs") else {
        return Vec::new();
    };
    let inputs = Place::new(def, *inputs);
    super::bottom_up(db, def, |def| {
        self::purity(db, def);
    });
    let purity = purity(db, def);
    let mut found = Vec::new();
    for it in &purity.impure {
        let Some((place, _)) = it.way.first() else { continue };
        let mut finding = Finding::new(Code::Impure, *place, format!("a job with `inputs` {}", it.what))
            .label(it.label)
            .related(inputs, "makes the job reusable");
        for (place, text) in it.way.iter().skip(1) {
            finding = finding.related(*place, text.clone());
        }
        found.push(
            finding
                .note("its result is taken from an earlier run whenever these files, its arguments and what it consumes are the same")
                .help(format!("{}; or remove `inputs`", it.help)),
        );
    }
    for way in &purity.git {
        let Some((place, _)) = way.first() else { continue };
        let mut finding = Finding::new(Code::ReadsHistory, *place, "a job with `inputs` runs `git`")
            .label("the history is not among its inputs")
            .related(inputs, "makes the job reusable");
        for (place, text) in way.iter().skip(1) {
            finding = finding.related(*place, text.clone());
        }
        found.push(
            finding
                .note("the job sees only the files that `inputs` names, without the history; a result that depends on a commit would be reused for others")
                .help("ask in a job of its own, and take what it finds as a parameter"),
        );
    }
    found
}
