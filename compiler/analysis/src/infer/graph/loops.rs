//! Loops over calls: which instances there are has to be known, or a list has to say it as a matrix.

use std::sync::Arc;

use flow_syntax::Code;
use flow_syntax::tree::For;
use smol_str::SmolStr;

use super::super::{Infer, Phase};
use crate::ty::Ty;
use crate::value::ConstValue;

/// What a loop runs over.
pub(in super::super) struct Over {
    /// The type of its variable.
    pub element: Ty,
    /// The type of the keys of the family that it gives.
    pub key: Ty,
    /// The keys, where they are known.
    pub keys: Option<Arc<[ConstValue]>>,
    /// What stands for the key in the types of a family's members.
    pub binder: Option<SmolStr>,
    /// When it is known how many elements there are.
    pub length: Phase,
    /// When they are known.
    pub phase: Phase,
}

impl Infer<'_> {
    /// Checks a loop that calls jobs or flows.
    pub(in super::super) fn calls_in_loop(&mut self, it: &For, over: &Over, filter: Phase) {
        if let Some(e) = &it.filter
            && filter != Phase::Const
        {
            let finding = self
                .finding(Code::LateFilter, e.span, "which calls a loop makes must be known while compiling")
                .label(format!("this is known {}", filter.when()))
                .related(self.at(it.iterable.span), "the loop runs over this")
                .help("put an `if` around the call instead: `for x in xs { if c { a(x) } }`, or filter the list before the loop");
            self.report(finding);
        }
        if over.length != Phase::Const && !self.is_data(&over.element) {
            let shown = self.show(&over.element);
            let finding = self
                .finding(
                    Code::LateLoop,
                    it.iterable.span,
                    format!("a loop of calls over a list that is known later cannot run over {}", plural(&shown)),
                )
                .label(format!("known {}", over.length.when()))
                .note("such a loop becomes a matrix of the backend, whose entries are texts and numbers")
                .help("run over the const list or the family that they come from, or over values");
            self.report(finding);
        }
        if over.length == Phase::Const && over.phase == Phase::Const {
            self.distinct_keys(it, over);
        }
    }

    /// The elements of a const list are the keys of its calls.
    fn distinct_keys(&mut self, it: &For, over: &Over) {
        let Some(keys) = &over.keys else { return };
        let mut seen = rustc_hash::FxHashSet::default();
        let Some(twice) = keys.iter().find(|key| !seen.insert(*key)) else { return };
        let shown = twice.display(self.db);
        let finding = self
            .finding(Code::DuplicateInstance, it.iterable.span, format!("the list has `{shown}` twice"))
            .label("its elements are the keys of a family")
            .help("remove one of the two");
        self.report(finding);
    }
}

fn plural(shown: &str) -> String {
    format!("values of type `{shown}`")
}
