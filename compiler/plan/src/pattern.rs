//! Patterns of paths, the same wherever they are looked at: `*` stands for any text without `/`, `?`
//! for one character but `/`, `**` for any number of whole folders; all else for itself.

/// Whether `path`, relative and with `/`, is matched as a whole.
pub fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    folders(&pattern, &path)
}

fn folders(pattern: &[&str], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        // At the end it stands for all that lies below, which is at least a name.
        Some((&"**", [])) => !path.is_empty(),
        Some((&"**", rest)) => (0..=path.len()).any(|skipped| path.get(skipped..).is_some_and(|it| folders(rest, it))),
        Some((first, rest)) => path.split_first().is_some_and(|(name, below)| one(first, name) && folders(rest, below)),
    }
}

/// One name. Of the ways to read several `*`, only the last one has to be tried again.
fn one(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let rest = name.clone();
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                name = rest;
                retry = Some((pattern.clone(), name.clone()));
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((after, from)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                pattern = after.clone();
                name = from.clone();
            }
        }
    }
}

/// A character of a pattern, or what stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This character.
    Plain(char),
    /// One character but `/`.
    Any,
    /// Any text without `/`.
    Name,
    /// Any number of folders, each with the `/` after it.
    Folders,
    /// All that lies below: any text but the empty one.
    Below,
}

/// The pattern in pieces, for who writes it in another language.
pub fn pieces(pattern: &str) -> Vec<Piece> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let mut all = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        if *part == "**" {
            all.push(if last { Piece::Below } else { Piece::Folders });
            continue;
        }
        all.extend(part.chars().map(|it| match it {
            '*' => Piece::Name,
            '?' => Piece::Any,
            it => Piece::Plain(it),
        }));
        if !last {
            all.push(Piece::Plain('/'));
        }
    }
    all
}

/// The folders of a pattern above its first `*` or `?`, and the rest; the first is empty where there
/// are none.
pub fn split(pattern: &str) -> (&str, &str) {
    let special = pattern.find(['*', '?']).unwrap_or(pattern.len());
    match pattern.get(..special).and_then(|plain| plain.rfind('/')) {
        Some(end) => (pattern.get(..end).unwrap_or_default(), pattern.get(end + 1..).unwrap_or_default()),
        None => ("", pattern),
    }
}

/// The folder that all of these paths lie in; a pattern lies where its own folders end.
pub fn common_folder<'a>(paths: impl IntoIterator<Item = &'a str>) -> String {
    let mut common: Option<Vec<&str>> = None;
    for path in paths {
        let folder =
            if path.contains(['*', '?']) { split(path).0 } else { path.rsplit_once('/').map_or("", |it| it.0) };
        let parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
        let shared = match common {
            None => parts,
            Some(common) => common.into_iter().zip(parts).take_while(|(a, b)| a == b).map(|it| it.0).collect(),
        };
        common = Some(shared);
    }
    common.unwrap_or_default().join("/")
}

#[cfg(test)]
mod tests {
    use super::{common_folder, matches, split};

    #[test]
    fn a_pattern_has_folders_above_it() {
        assert_eq!(split("dist/*.whl"), ("dist", "*.whl"));
        assert_eq!(split("a/b?/c"), ("a", "b?/c"));
        assert_eq!(split("**/x"), ("", "**/x"));
        assert_eq!(split("x-*"), ("", "x-*"));
    }

    #[test]
    fn files_lie_in_one_folder() {
        assert_eq!(common_folder(["a/b/c", "a/b/d/e", "a/bc"]), "a");
        assert_eq!(common_folder(["a/b/*.x", "a/b/y"]), "a/b");
        assert_eq!(common_folder(["a", "b/c"]), "");
    }

    #[test]
    fn each_sign_has_its_meaning() {
        for (pattern, yes, no) in [
            ("*.so", &["a.so", ".so", "ü.so"][..], &["x/a.so", "a.so.1", "a_so"][..]),
            ("**/*.so", &["a.so", "x/a.so", "x/.y/a.so"], &["a.s", "x/a.so/b"]),
            ("lib/**", &["lib/a", "lib/x/y"], &["lib", "libs/a"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb", "a/b/c"]),
            ("**", &["a", "a/b"], &[]),
            ("?.txt", &["a.txt", "ü.txt", "🦀.txt"], &["ab.txt", "/.txt", ".txt"]),
            ("a*b*c", &["abc", "aXbXc", "abbcc"], &["ab", "acb", "a/b/c"]),
            ("a.b+(c)[d]{e}^$|", &["a.b+(c)[d]{e}^$|"], &["aXb+(c)[d]{e}^$|"]),
        ] {
            for path in yes {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in no {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
    }
}
