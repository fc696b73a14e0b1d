//! Text to tree: the lexer, the delimiter pass and the parser of Flow.
//!
//! [`parse`] is total: any text gives a tree, perhaps with holes, and a list of errors. This crate
//! knows nothing of names, types, files or terminals.

mod code;
mod delimiters;
mod diagnostic;
mod foreign;
mod format;
mod lexer;
mod limits;
mod number;
mod parser;
mod span;
mod split;
mod text;
mod token;
pub mod tree;

pub use code::Code;
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use format::format;
pub use span::Span;
pub use tree::Placed;

/// What a text parses to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parse {
    /// In the order of the source.
    pub items: Vec<Placed>,
    /// Every `//` and `///` comment, with its slashes, in the order of the source; spans of the file.
    pub comments: Vec<Span>,
    /// What is wrong with the text; spans of the file.
    pub errors: Vec<Diagnostic<Span>>,
}

/// Parses a file. Never fails: what is wrong is in [`Parse::errors`], in the order of the text.
pub fn parse(text: &str) -> Parse {
    if text.len() >= MAX_LENGTH {
        let headline = "the file is larger than 2 GiB";
        let error = Diagnostic::new(Code::FileTooLarge, Span::default(), headline);
        return Parse { errors: vec![error], ..Parse::default() };
    }
    if let Some(error) = foreign::yaml(text) {
        return Parse { errors: vec![error], ..Parse::default() };
    }
    let lexer::Lexed { tokens, comments, docs, mut errors } = lexer::lex(text);
    let tokens = delimiters::repair(text, tokens, &mut errors);
    let mut tokens = limits::enforce(tokens, &mut errors);
    let ranges = split::split(&mut tokens);
    let mut items = Vec::with_capacity(ranges.len());
    let parser = parser::ItemParser::new(text, &docs);
    for range in ranges {
        let above = range.start.checked_sub(1).and_then(|it| tokens.get(it)).map_or(0, |it| it.end);
        parser.parse(above, tokens.get(range).unwrap_or_default(), &mut items, &mut errors);
    }
    late_uses(&items, &mut errors);
    errors.sort_by_key(|it| it.primary.place.start);
    drop_consequences(&items, &mut errors);
    errors.truncate(MAX_ERRORS);
    Parse { items, comments, errors }
}

/// Offsets are 32 bits wide, and some arithmetic on them must not overflow.
const MAX_LENGTH: usize = 1 << 31;

/// Who has more errors than this in one file has another problem.
const MAX_ERRORS: usize = 1_000;

/// An item that cannot be read to its end, as one whose `{` is missing, leaves brackets and statements
/// behind that belong to nothing. They are not mistakes of their own.
fn drop_consequences(items: &[Placed], errors: &mut Vec<Diagnostic<Span>>) {
    let is_hole = |placed: &Placed| matches!(placed.item.kind, tree::ItemKind::Hole);
    let mut unread: Option<u32> = None;
    errors.retain(|error| {
        let at = error.primary.place.start;
        let owner = items.partition_point(|placed| placed.start <= at).checked_sub(1).and_then(|it| items.get(it));
        let begins = items.iter().filter(|it| !is_hole(it)).map(|it| it.start).take_while(|start| *start <= at).last();
        if unread.is_some_and(|from| begins.is_none_or(|begin| begin <= from))
            && (error.code == Code::StrayDelimiter || owner.is_some_and(is_hole))
        {
            return false;
        }
        if error.code == Code::Expected {
            unread = Some(at);
        }
        true
    });
}

fn late_uses(items: &[Placed], errors: &mut Vec<Diagnostic<Span>>) {
    let is_use = |it: &&Placed| matches!(it.item.kind, tree::ItemKind::Use(_));
    let mut declared = false;
    for placed in items {
        if !is_use(&placed) {
            declared |= !matches!(placed.item.kind, tree::ItemKind::Hole);
        } else if declared {
            let place = placed.item.span.shift(placed.start);
            errors.push(
                Diagnostic::new(Code::LateUse, place, "a `use` stands before all other declarations")
                    .help("move it to the top of the file"),
            );
        }
    }
}
