//! Tokens: what the lexer makes and every later step reads. Small `Copy` values; what a token says
//! is read back from the text by its span. Knows no grammar beyond the classes of words.

use logos::Logos;

use crate::Span;

/// The kinds of tokens. The order matters: words first, the soft ones before the hard ones.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[logos(skip r"[ \t\r\x0C]+")]
#[repr(u8)]
pub(crate) enum Kind {
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Ident,

    // Soft keywords.
    #[token("secret")]
    Secret,
    #[token("test")]
    Test,
    #[token("once")]
    Once,
    #[token("by")]
    By,
    #[token("always")]
    Always,
    #[token("on")]
    On,
    #[token("finished")]
    Finished,
    #[token("param")]
    Param,
    #[token("sh")]
    Sh,
    #[token("bash")]
    Bash,
    #[token("pwsh")]
    Pwsh,
    #[token("cmd")]
    Cmd,
    #[token("python")]
    Python,
    #[token("step")]
    Step,
    #[token("uses")]
    Uses,
    #[token("task")]
    Task,
    #[token("gate")]
    Gate,
    #[token("stage")]
    Stage,
    #[token("raw")]
    Raw,
    #[token("service")]
    Service,
    #[token("cache")]
    Cache,
    #[token("export")]
    Export,
    #[token("finally")]
    Finally,
    #[token("on_failure")]
    OnFailure,
    #[token("checkout")]
    Checkout,
    #[token("expose")]
    Expose,
    #[token("add_path")]
    AddPath,
    #[token("summary")]
    Summary,
    #[token("extends")]
    Extends,
    #[token("merge")]
    Merge,
    #[token("joined")]
    Joined,
    #[token("permissions")]
    Permissions,

    // Hard keywords.
    #[token("use")]
    Use,
    #[token("const")]
    Const,
    #[token("fn")]
    Fn,
    #[token("enum")]
    Enum,
    #[token("struct")]
    Struct,
    #[token("artifact")]
    Artifact,
    #[token("extern")]
    Extern,
    #[token("action")]
    Action,
    #[token("job")]
    Job,
    #[token("flow")]
    Flow,
    #[token("pipeline")]
    Pipeline,
    #[token("let")]
    Let,
    #[token("out")]
    Out,
    #[token("if")]
    If,
    #[token("else")]
    Else,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("match")]
    Match,
    #[token("after")]
    After,
    #[token("as")]
    As,
    #[token("none")]
    None,
    #[token("true")]
    True,
    #[token("false")]
    False,

    #[token("_", priority = 10)]
    Underscore,
    #[regex("[0-9][0-9A-Za-z_]*")]
    Int,
    Duration,

    // Texts. A `Chunk` is a stretch of literal text; in block text there is one at least a line.
    TextOpen,
    TextClose,
    BlockOpen,
    BlockClose,
    Chunk,
    HoleOpen,
    HoleClose,

    #[token("(")]
    LParen,
    #[token(")")]
    RParen,
    #[token("[")]
    LBracket,
    #[token("]")]
    RBracket,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("=")]
    Assign,
    #[token("=>")]
    FatArrow,
    #[token("->")]
    Arrow,
    #[token(".")]
    Dot,
    #[token("?.")]
    QuestionDot,
    #[token("...")]
    Ellipsis,
    #[token("?")]
    Question,
    #[token("??")]
    Coalesce,
    #[token("==")]
    EqEq,
    #[token("!=")]
    Ne,
    #[token("<")]
    Lt,
    #[token("<=")]
    Le,
    #[token(">")]
    Gt,
    #[token(">=")]
    Ge,
    #[token("&&")]
    AndAnd,
    #[token("||")]
    OrOr,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("!")]
    Bang,
    #[token("&")]
    Amp,
    #[token("|")]
    Pipe,

    /// Stands for anything: what was here is reported already.
    Error,
    /// No token.
    Eof,

    // These never leave the lexer.
    #[token("\n")]
    LineBreak,
    #[regex("//[^\n]*", allow_greedy = true)]
    Comment,
    #[token("\"")]
    Quote,
    #[regex("\"\"\"\"*")]
    Fence,
    #[token("${{")]
    Dollar,
    #[regex("(<<<<<<<|>>>>>>>|\\|\\|\\|\\|\\|\\|\\||=======)")]
    Conflict,
}

impl Kind {
    /// An identifier, soft keywords among them.
    pub(crate) fn is_ident(self) -> bool {
        self <= Self::Permissions
    }

    /// A hard keyword or one of the literals that are words.
    pub(crate) fn is_hard(self) -> bool {
        self >= Self::Use && self <= Self::False
    }

    /// An identifier or any keyword.
    pub(crate) fn is_word(self) -> bool {
        self <= Self::False
    }

    /// A hard keyword that begins an item.
    pub(crate) fn is_item(self) -> bool {
        self >= Self::Use && self <= Self::Pipeline
    }

    /// The beginning of a text.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::TextOpen | Self::BlockOpen)
    }

    /// What a token that opens something is closed by.
    pub(crate) fn closer(self) -> Option<Self> {
        Some(match self {
            Self::LParen => Self::RParen,
            Self::LBracket => Self::RBracket,
            Self::LBrace => Self::RBrace,
            Self::HoleOpen => Self::HoleClose,
            _ => return None,
        })
    }

    /// A bracket or the end of a hole.
    pub(crate) fn is_closer(self) -> bool {
        matches!(self, Self::RParen | Self::RBracket | Self::RBrace | Self::HoleClose)
    }

    /// Whether an expression may begin with it.
    pub(crate) fn starts_expr(self) -> bool {
        self.starts_primary() || matches!(self, Self::Bang | Self::Minus)
    }

    /// Whether an operand may begin with it.
    pub(crate) fn starts_primary(self) -> bool {
        self.is_ident()
            || matches!(
                self,
                Self::Int
                    | Self::Duration
                    | Self::True
                    | Self::False
                    | Self::None
                    | Self::TextOpen
                    | Self::BlockOpen
                    | Self::LBracket
                    | Self::LParen
                    | Self::If
                    | Self::For
                    | Self::Match
                    | Self::Error
            )
    }
}

/// A token and the class of the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Its first byte, in the file.
    pub(crate) start: u32,
    /// The byte after its last one.
    pub(crate) end: u32,
    /// What it is.
    pub(crate) kind: Kind,
    /// What follows it in its item.
    pub(crate) next: Kind,
    flags: u8,
}

impl Token {
    const LINE: u8 = 1;
    const NEXT_LINE: u8 = 2;
    const DOCS: u8 = 4;
    const VIRTUAL: u8 = 8;

    /// A token that nothing is known of but what it is.
    pub(crate) fn new(kind: Kind, start: u32, end: u32) -> Self {
        Self { start, end, kind, next: Kind::Eof, flags: 0 }
    }

    fn with(mut self, flag: u8, set: bool) -> Self {
        self.flags = if set { self.flags | flag } else { self.flags & !flag };
        self
    }

    /// Marks it as the first one on its line.
    pub(crate) fn with_line(self, set: bool) -> Self {
        self.with(Self::LINE, set)
    }

    /// Marks it as preceded by documentation.
    pub(crate) fn with_docs(self, set: bool) -> Self {
        self.with(Self::DOCS, set)
    }

    /// Marks it as inserted by a repair.
    pub(crate) fn with_virtual(self) -> Self {
        self.with(Self::VIRTUAL, true)
    }

    /// The same token, knowing what comes next.
    pub(crate) fn before(mut self, next: Option<&Self>) -> Self {
        self.next = next.map_or(Kind::Eof, |it| it.kind);
        self.with(Self::NEXT_LINE, next.is_none_or(|it| it.line()))
    }

    /// Whether a line break stands between it and the token before it.
    pub(crate) fn line(self) -> bool {
        self.flags & Self::LINE != 0
    }

    /// Whether documentation stands before it.
    pub(crate) fn has_docs(self) -> bool {
        self.flags & Self::DOCS != 0
    }

    /// Whether a repair has inserted it.
    pub(crate) fn is_virtual(self) -> bool {
        self.flags & Self::VIRTUAL != 0
    }

    /// The kind of the next token, if that stands on the same line.
    pub(crate) fn next_here(self) -> Kind {
        if self.flags & Self::NEXT_LINE != 0 { Kind::Eof } else { self.next }
    }

    /// Where it stands in the file.
    pub(crate) fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}
