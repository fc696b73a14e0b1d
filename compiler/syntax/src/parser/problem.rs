//! The parser's own errors: cheap to make and to merge, since most of them are thrown away; words
//! are found for those that are left.

use chumsky::DefaultExpected;
use chumsky::error::{Error, LabelError};
use chumsky::span::SimpleSpan;
use chumsky::util::MaybeRef;

use super::base::Tokens;
use crate::token::Token;

macro_rules! wants {
    ($($name:ident $words:literal,)*) => {
        /// What the grammar may want at a place.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Want { $($name),* }

        impl Want {
            const ALL: &[Self] = &[$(Self::$name),*];

            /// In words.
            pub(super) const fn words(self) -> &'static str {
                match self { $(Self::$name => $words),* }
            }
        }
    };
}

wants! {
    Expr "an expression",
    Type "a type",
    Name "a name",
    Text "a text",
    Colon "`:`",
    Assign "`=`",
    Paren "`(`",
    Brace "`{`",
    Comma "`,`",
    CloseParen "`)`",
    CloseBracket "`]`",
    CloseBrace "`}`",
    Arrow "`->`",
    FatArrow "`=>`",
    In "`in`",
    Item "a declaration",
    Stmt "a setting or statement",
    Field "a field",
    Variant "a variant",
    Param "a parameter",
    Output "an output",
    Argument "an argument",
    Key "a key",
    Pattern "a pattern",
    Place "an output's name",
    Arm "an arm",
    Port "`in`, `out`, `secret` or `permissions`",
    ActionOrJob "`action` or `job`",
    Module "a module or a file",
    As "`as`",
    LineEnd "the end of the line",
}

/// A set of [`Want`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wants(u64);

impl Wants {
    /// Their words, in a fixed order.
    pub(super) fn words(self) -> Vec<&'static str> {
        Want::ALL.iter().filter(|it| self.0 & (1 << (**it as u8)) != 0).map(|it| it.words()).collect()
    }

    /// Whether it is among them.
    pub(super) fn has(self, want: Want) -> bool {
        self.0 & (1 << (want as u8)) != 0
    }

    /// Both.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl From<Want> for Wants {
    fn from(want: Want) -> Self {
        Self(1 << (want as u8))
    }
}

impl<const N: usize> From<[Want; N]> for Wants {
    fn from(wants: [Want; N]) -> Self {
        wants.into_iter().fold(Self::default(), |all, it| all.or(it.into()))
    }
}

/// The ways to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Something is missing or something else stands there.
    Expected,
    /// Nothing that may stand there begins so.
    Junk,
    /// The value stands there, but on the next line.
    NextLine,
    /// The bracket stands there, but on the next line.
    BracketOnNextLine,
    /// A keyword where a name is wanted.
    Reserved,
    /// `??` after a type.
    OptionalTwice,
    /// `&` or `|` for `&&` or `||`.
    SingleOperator,
    /// `and`, `or`, `not` for `&&`, `||`, `!`.
    WordOperator,
    /// `on ubuntu-latest`: a runner by its label.
    RunnerLabel,
    /// `on: push` for `on push`.
    TriggerColon,
    /// `a < b < c`.
    ChainedComparison,
    /// `=` for `==`.
    AssignForEquals,
    /// `out` in a hole outside of a script.
    StrayClaim,
    /// A text with holes where none may be.
    HoleInName,
    /// A name alone, and more on its line.
    LoneName,
}

/// Something wrong at a token of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The index of the token that is not right.
    pub(super) at: u32,
    pub(super) form: Form,
    pub(super) wants: Wants,
}

impl Problem {
    /// Something else is expected at token `at`.
    pub(super) fn expected(at: usize, wants: impl Into<Wants>) -> Self {
        Self::new(at, Form::Expected, wants)
    }

    /// Another problem.
    pub(super) fn new(at: usize, form: Form, wants: impl Into<Wants>) -> Self {
        Self { at: u32::try_from(at).unwrap_or(u32::MAX), form, wants: wants.into() }
    }
}

impl<'s> Error<'s, Tokens<'s>> for Problem {
    fn merge(mut self, other: Self) -> Self {
        self.wants = self.wants.or(other.wants);
        self
    }
}

impl<'s> LabelError<'s, Tokens<'s>, DefaultExpected<'s, Token>> for Problem {
    fn expected_found<E: IntoIterator<Item = DefaultExpected<'s, Token>>>(
        _: E,
        _: Option<MaybeRef<'s, Token>>,
        span: SimpleSpan,
    ) -> Self {
        Self::expected(span.start, Wants::default())
    }
}
