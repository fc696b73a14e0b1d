//! Whether what is in a bracket fits on its line.

use super::layout::Open;
use super::pieces::{Piece, Role};
use crate::token::Kind;

/// Whether the inside of the bracket at `open` has room, up to where a line break in it is sure, else
/// with what follows it up to where the next line break can be. `around` are the brackets around it.
pub(super) fn fits(pieces: &[Piece<'_>], open: usize, room: usize, around: &[Open]) -> bool {
    let Some(opener) = pieces.get(open) else { return true };
    // Outputs are not broken before parameters are.
    let signature = pieces.get(opener.close + 1).is_some_and(|it| it.kind == Kind::Arrow);
    let mut left = room;
    // The brackets that are open in what is measured, and those that are open around it.
    let mut inside = vec![opener];
    let mut around = around.iter().rev().peekable();
    let mut before = opener;
    for (index, piece) in pieces.iter().enumerate().skip(open + 1) {
        let mut role = inside.last().map(|it| it.role);
        if role.is_none() {
            if let Some(bracket) = around.next_if(|it| it.close == index) {
                if bracket.broken {
                    // Its last element has a comma.
                    return bracket.role != Role::List || left > 0;
                }
            } else if begins_line(piece, around.peek().copied()) {
                return true;
            }
            role = around.peek().map(|it| it.role);
        }
        let space = match role {
            Some(role) if piece.member => Piece::separator(role).len(),
            _ => usize::from(piece.spaced_after(before)),
        };
        let text = piece.text.split('\n').next().unwrap_or_default();
        match left.checked_sub(space + text.chars().count()) {
            Some(rest) => left = rest,
            None => return false,
        }
        if piece.block.is_some() || text.len() < piece.text.len() {
            return true;
        }
        if piece.kind.closer().is_some() {
            let can_break = inside.is_empty() && piece.role != Role::Plain && piece.close > index + 1;
            if piece.hard || (can_break && (!signature || piece.kind == Kind::LBrace)) {
                return true;
            }
            inside.push(piece);
        } else if piece.kind.is_closer() {
            inside.pop();
        }
        before = piece;
    }
    true
}

/// Whether a line begins with a piece that stands directly in `bracket`.
fn begins_line(piece: &Piece<'_>, bracket: Option<&Open>) -> bool {
    let (broken, joined) = bracket.map_or((true, false), |it| (it.broken, it.joined));
    piece.kind == Kind::Eof
        || (piece.member && broken)
        || !piece.comments.is_empty()
        || (piece.breaks > 0 && piece.may_begin_line() && !joined)
}
