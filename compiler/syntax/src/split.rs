//! Cuts the tokens of a file into those of its items, so that each is parsed on its own: what is
//! broken in one leaves the others alone, and an edit above an item changes nothing in it. Knows the
//! words that begin items and nothing of what follows them.

use crate::token::{Kind, Token};

/// The ranges of the tokens that belong together: an item and the junk after it, or the junk before
/// the first item. Fills in what each token is followed by in its range.
pub(crate) fn split(tokens: &mut [Token]) -> Vec<std::ops::Range<usize>> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    let mut before: [Option<Token>; 2] = [None, None];
    for (index, token) in tokens.iter().enumerate() {
        if depth == 0 && (index == 0 || begins_item(*token, tokens.get(index + 1).copied(), before)) {
            starts.push(index);
        }
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::TextOpen | Kind::BlockOpen => depth += 1,
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::TextClose | Kind::BlockClose => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        before = [before[1], Some(*token)];
    }
    let ends = starts.iter().copied().skip(1).chain([tokens.len()]);
    let ranges: Vec<_> = starts.iter().zip(ends).map(|(start, end)| *start..end).collect();
    for range in &ranges {
        let Some(own) = tokens.get_mut(range.clone()) else { continue };
        let mut next = None;
        for token in own.iter_mut().rev() {
            *token = token.before(next.as_ref());
            next = Some(*token);
        }
    }
    ranges
}

fn begins_item(token: Token, next: Option<Token>, before: [Option<Token>; 2]) -> bool {
    let next_here = next.filter(|it| !it.line()).map_or(Kind::Eof, |it| it.kind);
    let [_, last] = before;
    let last = last.filter(|it| token.kind.is_item() || !it.is_virtual());
    let last_kind = last.map_or(Kind::Eof, |it| it.kind);
    let here = !token.line();
    match token.kind {
        Kind::Secret => next_here.is_ident() && !(here && names_follow(last_kind)),
        Kind::Test => next_here.is_text(),
        Kind::Once => next_here == Kind::Action,
        _ if !token.kind.is_item() => false,
        _ if matches!(last_kind, Kind::Dot | Kind::QuestionDot) => false,
        Kind::Action if last_kind == Kind::Once && here => false,
        Kind::Action | Kind::Job if last_kind == Kind::Extern && here => false,
        // `job job(…)`: a reserved word where a name belongs.
        _ => !(here && names_follow(last_kind) && !next_here.is_word()),
    }
}

/// Whether a name stands after this word.
fn names_follow(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Const
            | Kind::Fn
            | Kind::Enum
            | Kind::Struct
            | Kind::Artifact
            | Kind::Secret
            | Kind::Action
            | Kind::Job
            | Kind::Flow
            | Kind::Pipeline
    )
}
