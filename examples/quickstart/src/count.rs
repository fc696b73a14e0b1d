//! The counting itself.

/// How much is in a text.
pub struct Count {
    lines: usize,
    words: usize,
    characters: usize,
}

/// Counts `text`.
pub fn of(text: &str) -> Count {
    Count {
        lines: text.lines().count(),
        words: text.split_whitespace().count(),
        characters: text.chars().count(),
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.lines, self.words, self.characters)
    }
}
