//! The type of a value that one of two calls gives.

use std::sync::Arc;

use smol_str::SmolStr;

use super::Infer;
use crate::ty::{Call, Ty, converts};

impl Infer<'_> {
    /// What two calls have in common, of which one is made: the outputs that both have, and order.
    /// `None`: two variants of what one job makes, of which nobody could tell which it is.
    pub(super) fn joined_calls(&self, first: &Call, second: &Call) -> Option<Ty> {
        if first.job != second.job {
            return Some(Ty::Unit);
        }
        if let ([(name, one)], [(other, two)]) = (first.outputs.as_slice(), second.outputs.as_slice()) {
            return match self.common(one, two) {
                Some(ty) => Some(joined_call(first, second, vec![(name.clone(), ty)], std::slice::from_ref(other))),
                None => (first.def != second.def).then(|| joined_call(first, second, Vec::new(), &[])),
            };
        }
        let both: Vec<(SmolStr, Ty)> = first
            .outputs
            .iter()
            .filter_map(|(name, one)| {
                let (_, two) = second.outputs.iter().find(|(other, _)| other == name)?;
                Some((name.clone(), self.common(one, two)?))
            })
            .collect();
        let names: Vec<SmolStr> = both.iter().map(|(name, _)| name.clone()).collect();
        Some(joined_call(first, second, both, &names))
    }

    /// The type that both convert to, of the two.
    fn common(&self, first: &Ty, second: &Ty) -> Option<Ty> {
        if converts(self.db, second, first) {
            return Some(first.clone());
        }
        converts(self.db, first, second).then(|| second.clone())
    }
}

/// A call of one of two, with these outputs; `names` are those that they have in the second.
fn joined_call(first: &Call, second: &Call, outputs: Vec<(SmolStr, Ty)>, names: &[SmolStr]) -> Ty {
    let kept = |all: &[(SmolStr, Ty)]| -> Vec<bool> {
        all.iter().map(|(name, _)| outputs.iter().any(|(kept, _)| kept == name)).collect()
    };
    let of_first = kept(&first.outputs);
    let mut also: Vec<(crate::db::Def, Vec<SmolStr>)> = first
        .also
        .iter()
        .map(|(def, names)| {
            let names = names.iter().zip(&of_first).filter(|(_, kept)| **kept).map(|(name, _)| name.clone());
            (*def, names.collect())
        })
        .collect();
    also.push((second.def, names.to_vec()));
    // What stands in for the second one has its outputs under other names.
    for (def, others) in &second.also {
        let own = |wanted: &SmolStr| {
            let at = second.outputs.iter().position(|(name, _)| name == wanted)?;
            others.get(at).cloned()
        };
        also.push((*def, names.iter().filter_map(own).collect()));
    }
    Ty::Call(Arc::new(Call { outputs, also, ..Call::clone(first) }))
}
