//! Patterns of `inputs`, meaning what git's `:(glob)` means, since that is how a hosted run looks at
//! the same pattern: `*` and `?` stay within one folder, `**` spans folders, braces are plain
//! characters, and a pattern without wildcards also names all that lies below it.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// A pattern, relative to the project.
pub(super) enum Pattern {
    /// A file, or a folder and all below it.
    Plain(PathBuf),
    Glob(GlobMatcher),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, globset::Error> {
        let text = text.strip_prefix("./").unwrap_or(text);
        if !text.contains(['*', '?', '[', '\\']) {
            return Ok(Self::Plain(text.trim_end_matches('/').into()));
        }
        let braces_are_plain = text.replace('{', "[{]").replace('}', "[}]");
        let glob = GlobBuilder::new(&braces_are_plain).literal_separator(true).backslash_escape(true).build()?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    pub(super) fn matches(&self, path: &Path) -> bool {
        match self {
            Self::Plain(plain) => path.starts_with(plain),
            Self::Glob(glob) => glob.is_match(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Pattern;

    fn matching(pattern: &str, paths: &[&str]) -> String {
        let pattern = Pattern::new(pattern);
        let hits = paths.iter().filter(|path| pattern.as_ref().is_ok_and(|it| it.matches(Path::new(path))));
        hits.copied().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn means_what_git_means() {
        let paths = ["a.rs", "src/b.rs", "src/deep/c.rs", "src/.hidden", "srcs/d.rs", "{x}/e"];
        assert_eq!(matching("*.rs", &paths), "a.rs");
        assert_eq!(matching("src/*", &paths), "src/b.rs src/.hidden");
        assert_eq!(matching("src/**", &paths), "src/b.rs src/deep/c.rs src/.hidden");
        assert_eq!(matching("**/*.rs", &paths), "a.rs src/b.rs src/deep/c.rs srcs/d.rs");
        assert_eq!(matching("src", &paths), "src/b.rs src/deep/c.rs src/.hidden");
        assert_eq!(matching("./src/deep/", &paths), "src/deep/c.rs");
        assert_eq!(matching("{x}/*", &paths), "{x}/e");
        assert_eq!(matching("src/[bc].rs", &paths), "src/b.rs");
    }
}
