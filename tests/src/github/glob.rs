//! How GitHub's actions find files: lines of patterns, `!` excludes, a folder stands for all in it,
//! links are followed, hidden entries are left out unless they are asked for.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The files that were found, and where each pattern began to look.
pub(super) struct Found {
    pub(super) files: BTreeSet<PathBuf>,
    pub(super) roots: Vec<PathBuf>,
}

impl Found {
    /// What the paths of an upload are relative to.
    pub(super) fn top(&self) -> PathBuf {
        match (self.roots.as_slice(), self.files.first()) {
            ([root], Some(file)) if self.files.len() == 1 && root == file => {
                file.parent().unwrap_or(Path::new("/")).to_owned()
            }
            ([root], _) => root.clone(),
            (roots, _) => {
                let mut common: Vec<Component<'_>> =
                    roots.first().map(|it| it.components().collect()).unwrap_or_default();
                for root in roots {
                    let same = common.iter().zip(root.components()).take_while(|(a, b)| **a == *b).count();
                    common.truncate(same);
                }
                common.iter().collect()
            }
        }
    }
}

/// Looks for what `lines` say, relative to `folder`.
pub(super) fn find(lines: &str, folder: &Path, home: &Path, hidden: bool) -> Found {
    let mut found = Found { files: BTreeSet::new(), roots: Vec::new() };
    let lines: Vec<&str> = lines.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')).collect();
    for line in &lines {
        let (excludes, pattern) = line.strip_prefix('!').map_or((false, *line), |it| (true, it));
        let pattern = match pattern.strip_prefix('~') {
            Some(rest) => home.join(rest.trim_start_matches('/')),
            None => folder.join(pattern),
        };
        let pattern = plain(&pattern);
        let parts: Vec<&str> =
            pattern.to_str().expect("a pattern is a text").split('/').filter(|it| !it.is_empty()).collect();
        if excludes {
            found.files.retain(|file| !matches(&parts, file));
            continue;
        }
        let fixed = parts.iter().take_while(|it| !it.contains(['*', '?', '['])).count();
        let root: PathBuf = Path::new("/").join(parts[..fixed].iter().collect::<PathBuf>());
        walk(&root, hidden, &mut |file| {
            if matches(&parts, file) {
                found.files.insert(file.to_owned());
            }
        });
        if !found.roots.iter().any(|it| root.starts_with(it)) {
            found.roots.retain(|it| !it.starts_with(&root));
            found.roots.push(root);
        }
    }
    found
}

/// Without `.` and `..`.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

fn walk(path: &Path, hidden: bool, tell: &mut impl FnMut(&Path)) {
    // A link that leads nowhere is left out.
    let Ok(about) = std::fs::metadata(path) else { return };
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    if name.starts_with('.') && !hidden {
        return;
    }
    if about.is_dir() {
        let Ok(entries) = std::fs::read_dir(path) else { return };
        for entry in entries.flatten() {
            walk(&entry.path(), hidden, tell);
        }
    } else {
        tell(path);
    }
}

/// Whether a pattern finds a file, by itself or in a folder that it finds.
fn matches(pattern: &[&str], file: &Path) -> bool {
    let file: Vec<&str> = file.to_str().unwrap_or_default().split('/').filter(|it| !it.is_empty()).collect();
    below(pattern, &file)
}

fn below(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], _) => true,
        (["**", rest @ ..], path) => {
            (rest.is_empty() && !path.is_empty())
                || below(rest, path) && !rest.is_empty()
                || path.split_first().is_some_and(|(_, after)| below(pattern, after))
        }
        ([first, rest @ ..], [name, after @ ..]) => {
            word(&first.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>()) && below(rest, after)
        }
        _ => false,
    }
}

/// One name by `*`, `?` and `[…]`.
pub(super) fn word(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (['*', rest @ ..], name) => (0..=name.len()).any(|skip| word(rest, &name[skip..])),
        (['?', rest @ ..], [_, after @ ..]) => word(rest, after),
        (['[', rest @ ..], [c, after @ ..]) => {
            let Some(close) = rest.iter().position(|it| *it == ']').filter(|at| *at > 0) else {
                return *c == '[' && word(rest, after);
            };
            let (mut set, negated) = (&rest[..close], rest[0] == '!' || rest[0] == '^');
            if negated {
                set = &set[1..];
            }
            let mut found = false;
            while let [first, rest @ ..] = set {
                if let ['-', last, rest @ ..] = rest {
                    found |= first <= c && c <= last;
                    set = rest;
                } else {
                    found |= first == c;
                    set = rest;
                }
            }
            found != negated && word(&rest[close + 1..], after)
        }
        ([p, rest @ ..], [c, after @ ..]) => p == c && word(rest, after),
        _ => false,
    }
}
