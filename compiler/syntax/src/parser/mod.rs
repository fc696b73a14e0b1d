//! The parser: the balanced tokens of an item to its tree. Predictive throughout: one token, with
//! the kind of the next one, decides every choice. Knows nothing of names or types, and does not
//! look at other items.

mod base;
mod expr;
mod fields;
mod item;
mod problem;
mod report;
mod stmt;
mod text;
mod types;

use chumsky::inspector::SimpleState;
use chumsky::prelude::*;

use base::{Rule, View};

use crate::token::{Kind, Token};
use crate::tree::{Docs, Item, ItemKind, Placed};
use crate::{Diagnostic, Span};

/// The parser of items, ready for those of one file.
pub(crate) struct ItemParser<'s> {
    rule: Rule<'s, (ItemKind, usize)>,
    text: &'s str,
    docs: &'s [Span],
}

impl<'s> ItemParser<'s> {
    /// Builds it for a file.
    pub(crate) fn new(text: &'s str, docs: &'s [Span]) -> Self {
        let item = item::item().map_with(|kind, e| (kind, e.span().end));
        let rule = item.then_ignore(any().repeated()).boxed();
        Self { rule, text, docs }
    }

    /// Parses the tokens of an item; what follows it there becomes a hole of its own. The item's
    /// documentation stands after `above`.
    pub(crate) fn parse(
        &self,
        above: u32,
        tokens: &'s [Token],
        items: &mut Vec<Placed>,
        errors: &mut Vec<Diagnostic<Span>>,
    ) {
        let Some(first) = tokens.first() else { return };
        let source = View { text: self.text, tokens, base: first.start, docs: self.docs };
        let (parsed, mut problems) = self.rule.parse_with_state(tokens, &mut SimpleState(source)).into_output_errors();
        let end = match parsed {
            Some((kind, end)) => {
                let docs = source.docs_above(*first, above);
                let item = Item { span: source.span(0, end), docs, kind };
                items.push(Placed { start: first.start, item: item.into() });
                end
            }
            None => {
                problems.clear();
                0
            }
        };
        if let (Some(junk), Some(last)) = (tokens.get(end), tokens.last()) {
            problems.push(problem::Problem::expected(end, problem::Want::Item));
            let span = Span::new(0, last.end.saturating_sub(junk.start));
            let item = Item { span, docs: Docs::default(), kind: ItemKind::Hole };
            items.push(Placed { start: junk.start, item: item.into() });
        }
        report::report(&source, problems, errors);
    }
}

/// Whether a token can be passed over in silence, since it was reported before.
fn is_reported(token: Token) -> bool {
    token.kind == Kind::Error || token.is_virtual()
}
