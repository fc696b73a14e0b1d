//! Why a value is known as late as it is: the chain from where it is used, over the names that it went
//! through, to the call, script, parameter or member of `ctx` that it began with.

use flow_syntax::Span;
use flow_syntax::tree::{Expr, ExprKind, Source};
use smol_str::SmolStr;

use super::{Infer, LocalKind, Phase, Val};
use crate::db::DefKind;
use crate::scope::Res;
use crate::ty::Ty;

/// Places in the item with what each adds, nearest first.
pub(super) type Chain = Vec<(Span, String)>;

/// How many links are shown.
const SHOWN: usize = 6;

impl Infer<'_> {
    /// What makes `e`, which has been inferred, known later than `wanted`.
    pub(super) fn why_late(&self, e: &Expr, wanted: Phase) -> Chain {
        let mut chain: Chain = Vec::new();
        crate::walk::parts(e, &mut |part| {
            let late = self.out.types.get(&part.span).is_some_and(|val| val.phase > wanted);
            if !late || chain.len() >= SHOWN {
                return;
            }
            let links = self.links(part, e.span);
            for link in links {
                if !chain.iter().any(|(span, _)| *span == link.0) && chain.len() < SHOWN {
                    chain.push(link);
                }
            }
        });
        chain
    }

    /// The parameters that `e`, which has been inferred, is made of, where nothing else makes it late.
    pub(super) fn late_by_params(&self, e: &Expr) -> Option<Vec<SmolStr>> {
        let late = |part: &Expr| self.out.types.get(&part.span).is_some_and(|val| val.phase > Phase::Plan);
        let mut params: Vec<SmolStr> = Vec::new();
        let mut other = false;
        crate::walk::deep(e, &mut |part| match &part.kind {
            ExprKind::Name(name) => match self.local(name) {
                Some(local) if local.kind == LocalKind::Param && is_value(&local.val.ty) => {
                    if local.val.phase > Phase::Plan && !params.contains(name) {
                        params.push(name.clone());
                    }
                }
                Some(local) => other |= local.val.phase > Phase::Plan,
                None => other |= late(part),
            },
            ExprKind::Field { base, .. } if self.out.names.get(&base.span) == Some(&Res::Ctx) => other |= late(part),
            ExprKind::Call { .. } => {
                other |= matches!(self.out.types.get(&part.span), Some(Val { ty: Ty::Call(_), .. }));
            }
            _ => {}
        });
        (!other && !params.is_empty()).then_some(params)
    }

    /// What one part of an expression adds.
    fn links(&self, part: &Expr, whole: Span) -> Chain {
        let known = |phase: Phase| format!("known {}", phase.when());
        let phase = self.out.types.get(&part.span).map_or(Phase::Run, |val| val.phase);
        let found = match &part.kind {
            ExprKind::Name(name) => match self.local(name) {
                Some(local) => {
                    let why = local.late.clone().unwrap_or_else(|| format!("`{name}` is {}", known(phase)));
                    return [(local.span, why)]
                        .into_iter()
                        .chain(self.chains.get(&local.span).into_iter().flatten().cloned())
                        .collect();
                }
                None => match self.out.names.get(&part.span) {
                    Some(Res::Def(def)) if def.kind(self.db) == DefKind::Secret => {
                        format!("the secret `{name}` is {}", known(phase))
                    }
                    _ => return Vec::new(),
                },
            },
            ExprKind::Field { base, name, .. } => match self.out.names.get(&base.span) {
                Some(Res::Ctx) => format!("`ctx.{}` is {}", name.text, known(phase)),
                _ => return Vec::new(),
            },
            ExprKind::Call { callee, .. } => match self.out.types.get(&part.span).map(|val| &val.ty) {
                Some(Ty::Call(call)) => {
                    let what = if call.job { "job" } else { "action" };
                    format!("what the {what} `{}` gives is {}", call.def.name(self.db), known(Phase::Run))
                }
                _ if matches!(&callee.kind, ExprKind::Name(name) if super::take::TAKES.contains(&name.as_str())) => {
                    format!("files are {}", known(Phase::Run))
                }
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        // The primary place says it already.
        if part.span == whole { Vec::new() } else { vec![(part.span, found)] }
    }

    /// The chain that a name bound to `source` takes over.
    pub(super) fn chain_of(&self, source: &Source) -> Chain {
        match source {
            Source::Expr(e) => {
                let mut chain = self.why_late(e, Phase::Const);
                if chain.is_empty()
                    && let Some(val) = self.out.types.get(&e.span)
                    && val.phase > Phase::Const
                    && matches!(e.kind, ExprKind::Call { .. } | ExprKind::Field { .. } | ExprKind::Ordered { .. })
                {
                    chain.push((e.span, format!("this is known {}", val.phase.when())));
                }
                chain
            }
            Source::Script(script) => vec![(script.shell_span, "this script runs in the job".to_owned())],
            Source::Step(_) | Source::Foreign(_) => Vec::new(),
        }
    }
}

/// Whether it is there as soon as its caller gives it: nothing has to be fetched and read.
fn is_value(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) | Ty::List(inner) => is_value(inner),
        Ty::Bool | Ty::Int | Ty::Duration | Ty::String | Ty::Path | Ty::Enum(_) | Ty::Struct(_) => true,
        _ => false,
    }
}
