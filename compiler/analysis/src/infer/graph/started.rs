//! What starts a pipeline, against what its conditions ask for.

use flow_syntax::Code;
use flow_syntax::tree::{self, BinaryOp, Expr};
use smol_str::SmolStr;

use super::super::Infer;
use crate::scope::Res;

impl Infer<'_> {
    /// Warns of `ctx.event == x` in a pipeline that no `x` starts. Whoever runs a pipeline on his own
    /// machine starts it by hand, whatever its triggers.
    pub(in super::super) fn event_never(&mut self, op: BinaryOp, event: &Expr, variant: &Expr) {
        if self.graph.events.is_empty() || !self.is_event(event) {
            return;
        }
        let Some(Res::Variant(_, name)) = self.out.names.get(&variant.span) else { return };
        if name == "manual" || self.graph.events.contains(name) {
            return;
        }
        let result = if op == BinaryOp::Ne { "always true" } else { "never true" };
        let trigger = match name.as_str() {
            "other" => "on github.…".to_owned(),
            "finished" => "on finished …".to_owned(),
            name => format!("on {name}"),
        };
        let finding = self
            .finding(Code::NeverStarted, variant.span, format!("nothing starts this pipeline on `{name}`"))
            .label(result)
            .help(format!("add the trigger `{trigger}`, or drop the condition"));
        self.report(finding);
    }
}

/// The events that start a pipeline, as `ctx.event` calls them; none where any may.
pub(super) fn events_of(triggers: &[&tree::Path]) -> Vec<SmolStr> {
    let mut events = Vec::new();
    for trigger in triggers {
        match trigger.segments.as_slice() {
            // What calls a pipeline may have been started by anything.
            [name] if name.text == "call" || name.is_missing() => return Vec::new(),
            [name] => events.push(name.text.clone()),
            _ => events.push(SmolStr::new_static("other")),
        }
    }
    events
}
