//! The delimiter pass, before parsing: repairs brackets that do not match, so that the parser only
//! ever sees balanced ones. Recovery looks at the indentation and at hard item words in column 0,
//! but only where brackets do not match: valid text is never touched. Knows no grammar but which
//! words begin items.

use rustc_hash::FxHashMap;

use crate::token::{Kind, Token};
use crate::{Code, Diagnostic, Span};

/// Deeper nesting is refused; see [`limits`](crate::limits).
pub(crate) const MAX_DEPTH: usize = 128;

/// How far an odd closing bracket is searched the bracket that it may belong to.
const SEARCH: usize = 2 * MAX_DEPTH;

/// What becomes of a bracket that does not match.
#[derive(Clone, Copy)]
enum Fate {
    /// An opening one that is never closed; noticed at that token.
    Unclosed(usize),
    /// A closing one that closes nothing.
    Stray,
    /// A closing one of the wrong kind.
    Replaced(Kind),
}

struct Open {
    index: usize,
    kind: Kind,
    /// The indentation of the line it stands on.
    indent: usize,
}

/// Makes the brackets match.
pub(crate) fn repair(text: &str, tokens: Vec<Token>, errors: &mut Vec<Diagnostic<Span>>) -> Vec<Token> {
    if is_balanced(&tokens) {
        return tokens;
    }
    let fates = judge(text, &tokens, errors);
    rebuild(text, &tokens, &fates)
}

fn is_balanced(tokens: &[Token]) -> bool {
    let mut expected = Vec::with_capacity(32);
    for token in tokens {
        if let Some(closer) = token.kind.closer() {
            expected.push(closer);
        } else if token.kind.is_closer() && expected.pop() != Some(token.kind) {
            return false;
        }
    }
    expected.is_empty()
}

/// The bytes before `at` on its line.
fn column(text: &str, at: u32) -> usize {
    let before = text.get(..at as usize).unwrap_or_default();
    before.len() - before.rfind('\n').map_or(0, |it| it + 1)
}

/// Decides which brackets are to blame, and reports them.
fn judge(text: &str, tokens: &[Token], errors: &mut Vec<Diagnostic<Span>>) -> FxHashMap<usize, Fate> {
    let mut fates = FxHashMap::default();
    let mut stack: Vec<Open> = Vec::new();
    let mut indent = 0;
    let mut too_deep = false;
    for (index, token) in tokens.iter().enumerate() {
        if token.line() {
            indent = column(text, token.start);
            if indent == 0 && token.kind.is_item() && begins_item(tokens.get(index + 1)) {
                give_up(&mut stack, 0, index, &mut fates);
            }
        }
        if token.kind.closer().is_some() {
            stack.push(Open { index, kind: token.kind, indent });
            too_deep |= stack.len() > MAX_DEPTH;
            continue;
        }
        if !token.kind.is_closer() {
            continue;
        }
        // The lexer has matched holes; nothing else reaches out of one.
        let floor = stack.iter().rev().take(SEARCH).position(|it| it.kind == Kind::HoleOpen);
        let floor = floor.map_or(stack.len().saturating_sub(SEARCH), |it| stack.len() - it);
        if token.kind == Kind::HoleClose {
            let hole = stack.iter().rposition(|it| it.kind == Kind::HoleOpen).unwrap_or_default();
            give_up(&mut stack, hole + 1, index, &mut fates);
            stack.pop();
            continue;
        }
        if token.line() && token.kind == Kind::RBrace {
            let owner = stack.iter().enumerate().skip(floor).rev();
            let owner = owner
                .take_while(|(_, it)| it.indent >= indent)
                .find(|(_, it)| it.kind == Kind::LBrace && it.indent == indent);
            if let Some((owner, _)) = owner {
                give_up(&mut stack, owner + 1, index, &mut fates);
            }
        }
        let matching =
            stack.iter().skip(floor).rposition(|it| it.kind.closer() == Some(token.kind)).map(|it| it + floor);
        match (matching, stack.last().filter(|_| stack.len() > floor)) {
            (Some(matching), _) => {
                give_up(&mut stack, matching + 1, index, &mut fates);
                stack.pop();
            }
            (None, Some(top))
                if top.kind != Kind::LBrace && tokens.get(index + 1).map(|it| it.kind) != top.kind.closer() =>
            {
                let closer = top.kind.closer().unwrap_or(token.kind);
                fates.insert(index, Fate::Replaced(closer));
                errors.push(mismatched(text, tokens, top.index, *token, closer));
                stack.pop();
            }
            _ => {
                fates.insert(index, Fate::Stray);
                errors.push(stray(text, *token));
            }
        }
    }
    give_up(&mut stack, 0, tokens.len(), &mut fates);
    if !too_deep {
        report_unclosed(text, tokens, &fates, errors);
    }
    fates
}

fn begins_item(next: Option<&Token>) -> bool {
    next.is_none_or(|it| it.line() || it.kind.is_word() || it.kind.is_text())
}

/// Nothing closes what is open from `from` on; noticed at token `at`.
fn give_up(stack: &mut Vec<Open>, from: usize, at: usize, fates: &mut FxHashMap<usize, Fate>) {
    for open in stack.drain(from.min(stack.len())..) {
        fates.insert(open.index, Fate::Unclosed(at));
    }
}

fn mismatched(text: &str, tokens: &[Token], open: usize, closer: Token, right: Kind) -> Diagnostic<Span> {
    let opener = tokens.get(open).map_or(closer.span(), |it| it.span());
    let right = match right {
        Kind::RParen => ")",
        Kind::RBracket => "]",
        _ => "}",
    };
    let headline = format!("`{}` is closed by `{}`", opener.text(text), closer.span().text(text));
    Diagnostic::new(Code::MismatchedDelimiter, closer.span(), headline)
        .label(format!("`{right}` is expected here"))
        .related(opener, "it opens here")
        .fix(format!("write `{right}`"), closer.span(), right)
}

fn stray(text: &str, closer: Token) -> Diagnostic<Span> {
    Diagnostic::new(Code::StrayDelimiter, closer.span(), format!("this `{}` closes nothing", closer.span().text(text)))
        .fix("delete it", closer.span(), "")
}

/// One error for what stands on one line and is noticed at one place.
fn report_unclosed(text: &str, tokens: &[Token], fates: &FxHashMap<usize, Fate>, errors: &mut Vec<Diagnostic<Span>>) {
    let mut unclosed: Vec<(usize, usize)> = fates
        .iter()
        .filter_map(|(index, fate)| match fate {
            Fate::Unclosed(noticed) => Some((*index, *noticed)),
            _ => None,
        })
        .collect();
    unclosed.sort_unstable();
    let mut last: Option<(u32, usize)> = None;
    for (index, noticed) in unclosed {
        let Some(token) = tokens.get(index) else { continue };
        // The end of a hole that the lexer has reported.
        if tokens.get(noticed).is_some_and(|it| it.is_virtual()) {
            continue;
        }
        let same_line = |from: u32| !text.get(from as usize..token.start as usize).unwrap_or_default().contains('\n');
        if last.is_some_and(|(start, at)| at == noticed && same_line(start)) {
            continue;
        }
        last = Some((token.start, noticed));
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let (place, words) = match tokens.get(noticed) {
            Some(at) => (at.span(), "still open here"),
            None => (Span::empty(end), "still open at the end of the file"),
        };
        let headline = format!("this `{}` is never closed", token.span().text(text));
        errors.push(
            Diagnostic::new(Code::UnclosedDelimiter, token.span(), headline)
                .label("it opens here")
                .related(place, words)
                .help(match token.kind {
                    Kind::LParen => "close it with `)`",
                    Kind::LBracket => "close it with `]`",
                    _ => "close it with `}`",
                }),
        );
    }
}

/// A bracket while the tokens are put together again.
struct Pending {
    opener: Kind,
    /// The indentation of the line it stands on.
    indent: usize,
    /// The token at which the lack of its end was noticed, if it has none.
    noticed: Option<usize>,
    /// Braces may follow directly in it.
    braces: bool,
}

impl Pending {
    /// Whether it is best closed before this token.
    fn ends_before(&self, index: usize, token: Token, next: Option<&Token>, indent: usize) -> bool {
        let Some(noticed) = self.noticed else { return false };
        if noticed == index {
            return true;
        }
        let round = self.opener != Kind::LBrace;
        if round && token.kind == Kind::LBrace && !self.braces {
            return true;
        }
        if !token.line() {
            return false;
        }
        if round && begins_statement(token, next) {
            return true;
        }
        // Indentation says nothing in a program that has none.
        indent <= self.indent && (round || indent > 0 || begins_soft_item(token, next))
    }
}

fn begins_statement(token: Token, next: Option<&Token>) -> bool {
    let next = next.filter(|it| !it.line()).map_or(Kind::Eof, |it| it.kind);
    token.kind == Kind::Let
        || (token.kind.is_ident() && next == Kind::Assign)
        || (token.kind.is_ident() && token.kind != Kind::Ident && next.is_text())
}

fn begins_soft_item(token: Token, next: Option<&Token>) -> bool {
    let next = next.filter(|it| !it.line()).map_or(Kind::Eof, |it| it.kind);
    match token.kind {
        Kind::Secret => next.is_ident(),
        Kind::Test => next.is_text(),
        Kind::Once => next == Kind::Action,
        _ => false,
    }
}

/// The tokens with stray brackets left out and missing ones put in: where the line ends that the
/// bracket stands on, or before the first line that is indented no further.
fn rebuild(text: &str, tokens: &[Token], fates: &FxHashMap<usize, Fate>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len() + 16);
    let mut stack: Vec<Pending> = Vec::new();
    let mut indent = 0;
    let mut line = false;
    for (index, token) in tokens.iter().enumerate() {
        if token.line() {
            indent = column(text, token.start);
        }
        while let Some(top) = stack.pop_if(|it| it.ends_before(index, *token, tokens.get(index + 1), indent)) {
            close(&mut out, top.opener);
        }
        let mut token = *token;
        match fates.get(&index) {
            Some(Fate::Stray) => {
                line |= token.line();
                continue;
            }
            Some(Fate::Replaced(kind)) => token.kind = *kind,
            _ => {}
        }
        if token.kind.closer().is_some() {
            let noticed = match fates.get(&index) {
                Some(Fate::Unclosed(noticed)) => Some(*noticed),
                _ => None,
            };
            stack.push(Pending { opener: token.kind, indent, noticed, braces: false });
        } else if token.kind.is_closer() {
            stack.pop();
        } else if matches!(token.kind, Kind::If | Kind::For | Kind::Match)
            && let Some(top) = stack.last_mut()
        {
            top.braces = true;
        }
        out.push(token.with_line(token.line() || line));
        line = false;
    }
    while let Some(top) = stack.pop() {
        close(&mut out, top.opener);
    }
    out
}

fn close(out: &mut Vec<Token>, opener: Kind) {
    let at = out.last().map_or(0, |it| it.end);
    out.extend(opener.closer().map(|closer| Token::new(closer, at, at).with_virtual()));
}
