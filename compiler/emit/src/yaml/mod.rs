//! An ordered YAML document with what people need to read one: comments above and beside entries,
//! blank lines between them, and scripts as blocks. [`print()`] turns it into text.
//!
//! It knows nothing of workflows: any other document could be made of it.

mod print;
mod scalar;

pub use print::print;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Nothing: the key stands alone.
    Null,
    /// Text as it is, for what must not be quoted: numbers and truth values.
    Plain(String),
    /// A text; quoted if any reader would take it for something else.
    Text(String),
    /// A text that reads best as a block of lines: a script.
    Block(String),
    /// A sequence.
    Seq(Vec<Item>),
    /// A mapping.
    Map(Map),
}

/// What stands around an entry or item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// A blank line comes before it.
    pub blank: bool,
    /// Lines of comment above it.
    pub above: Vec<String>,
    /// A comment on its own line, after the value.
    pub beside: Option<String>,
}

/// An item of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub value: Node,
    /// Comments and blank lines.
    pub around: Around,
}

/// An entry of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
    /// Comments and blank lines.
    pub around: Around,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Quoted if need be.
    Text(String),
    /// Never quoted: GitHub's `on`, which readers of YAML 1.1 take for `true` and GitHub does not.
    Plain(&'static str),
}

/// A mapping, in the order in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// Its entries.
    pub entries: Vec<Entry>,
}

impl Key {
    /// Whether it is this text.
    pub fn is(&self, other: &str) -> bool {
        match self {
            Self::Text(text) => text == other,
            Self::Plain(text) => *text == other,
        }
    }
}

impl Map {
    /// Without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn push(&mut self, key: impl Into<String>, value: impl Into<Node>) {
        self.push_around(key, value, Around::default());
    }

    /// Adds an entry with comments or a blank line.
    pub fn push_around(&mut self, key: impl Into<String>, value: impl Into<Node>, around: Around) {
        self.entries.push(Entry { key: Key::Text(key.into()), value: value.into(), around });
    }

    /// The value of an entry.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|it| it.key.is(key)).map(|it| &it.value)
    }

    /// The same with an entry more.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Node>) -> Self {
        self.push(key, value);
        self
    }

    /// The same with an entry more, if there is something to write.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }
}

impl Around {
    /// Only a blank line.
    pub fn blank() -> Self {
        Self { blank: true, ..Self::default() }
    }

    /// Only a comment beside.
    pub fn beside(comment: impl Into<String>) -> Self {
        Self { beside: Some(comment.into()), ..Self::default() }
    }

    /// The same with lines of comment above: each line of the text is one.
    #[must_use]
    pub fn above(mut self, comment: Option<&str>) -> Self {
        self.above.extend(comment.into_iter().flat_map(str::lines).map(str::to_owned));
        self
    }
}

impl Item {
    /// An item with nothing around it.
    pub fn bare(value: impl Into<Node>) -> Self {
        Self { value: value.into(), around: Around::default() }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Plain(value.to_string())
    }
}

impl From<u64> for Node {
    fn from(value: u64) -> Self {
        Self::Plain(value.to_string())
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Vec<Item>> for Node {
    fn from(items: Vec<Item>) -> Self {
        Self::Seq(items)
    }
}

/// A sequence of texts.
pub fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Node {
    Node::Seq(items.into_iter().map(|it| Item::bare(it.into())).collect())
}
