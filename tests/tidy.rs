//! What the repository promises of itself, read from its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use flow_syntax::Code;

/// Folders that hold nothing of ours.
const FOREIGN: &[&str] = &["target", "node_modules", ".git", ".flow", "out", ".vscode-test"];

/// How long a file of Rust may be, in lines.
const MAX_LINES: usize = 600;

/// All files of the repository that git does not ignore, relative to it, with `/`.
fn files() -> Vec<(String, PathBuf)> {
    let root = flow_tests::repository();
    let listed = Command::new("git")
        .current_dir(&root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output();
    let mut files: Vec<(String, PathBuf)> = match listed {
        Ok(listed) if listed.status.success() => String::from_utf8(listed.stdout)
            .unwrap()
            .split_terminator('\0')
            .map(|name| (name.to_owned(), root.join(name)))
            .filter(|(_, path)| path.is_file())
            .collect(),
        // An unpacked archive has no git.
        _ => Vec::new(),
    };
    if files.is_empty() {
        walk(&root, &root, &mut files);
    }
    files.sort();
    assert!(files.len() > 100, "the repository was not found");
    files
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !FOREIGN.contains(&name.as_str()) {
                walk(root, &path, files);
            }
        } else {
            files.push((path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"), path));
        }
    }
}

fn rust() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".rs") && !name.starts_with("examples/"))
        .map(|(name, path)| (name, std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}\n", found.join("\n  "));
}

#[test]
fn every_file_says_what_it_is() {
    let found: Vec<String> =
        rust().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(name, _)| name).collect();
    none("files of Rust that do not begin with `//! `", &found);
}

#[test]
fn no_file_is_too_long() {
    let found: Vec<String> = rust()
        .into_iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    none(&format!("files of more than {MAX_LINES} lines: split them by what they are about"), &found);
}

#[test]
fn nothing_is_left_to_do() {
    // In parts, so that this file does not hold them.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    let mut found = Vec::new();
    for (name, path) in files() {
        let source = [".rs", ".flow", ".md", ".ts", ".toml", ".sh", ".yml"].iter().any(|it| name.ends_with(it));
        if !source {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let word = |word: &&str| {
                line.match_indices(*word)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            };
            if words.iter().any(word) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("left for later", &found);
}

/// Which crate may depend on which of ours, itself left out.
const EDGES: &[(&str, &[&str])] = &[
    ("flow-syntax", &[]),
    ("flow-stdlib", &[]),
    ("flow-analysis", &["flow-syntax", "flow-stdlib"]),
    ("flow-project", &["flow-analysis"]),
    ("flow-plan", &["flow-syntax", "flow-analysis"]),
    ("flow-emit", &["flow-plan", "flow-stdlib"]),
    ("flow-run", &["flow-plan"]),
    ("flow-lsp", &["flow-syntax", "flow-analysis", "flow-plan", "flow-project", "flow-stdlib"]),
    (
        "flowc",
        &[
            "flow-syntax",
            "flow-analysis",
            "flow-plan",
            "flow-emit",
            "flow-run",
            "flow-lsp",
            "flow-project",
            "flow-stdlib",
        ],
    ),
];

/// Crates that measure and test the others.
const OUTSIDE: &[&str] = &["flow-tests", "flow-benches"];

#[test]
fn crates_depend_in_one_direction() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for (name, path) in files().into_iter().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
        let text = std::fs::read_to_string(path).unwrap();
        let (package, dependencies) = manifest(&text);
        if OUTSIDE.contains(&package.as_str()) {
            continue;
        }
        let Some(allowed) = allowed.get(package.as_str()) else {
            panic!("{name}: the crate {package} is new: say what it may depend on")
        };
        for dependency in dependencies {
            assert!(allowed.contains(&dependency.as_str()), "{name}: {package} must not depend on {dependency}");
        }
        seen.insert(package);
    }
    assert_eq!(seen.len(), EDGES.len(), "{seen:?}");
    for (package, allowed) in EDGES {
        for dependency in *allowed {
            let back = EDGES.iter().find(|(it, _)| it == dependency).unwrap().1;
            assert!(!back.contains(package), "{package} and {dependency} depend on each other");
        }
    }
}

/// The name of a package and those of its dependencies that are ours; for tests and builds they count too.
fn manifest(text: &str) -> (String, Vec<String>) {
    let (mut section, mut name, mut dependencies) = ("", String::new(), Vec::new());
    for line in text.lines() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if section == "package" && line.starts_with("name") {
            name = line.split('"').nth(1).unwrap().to_owned();
        } else if section == "dependencies" || section == "build-dependencies" {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if key.starts_with("flow-") || key == "flowc" {
                dependencies.push(key.to_owned());
            }
        }
    }
    (name, dependencies)
}

#[test]
fn what_knows_no_files_has_none() {
    // clippy.toml forbids the calls; this forbids the crates.
    for package in ["syntax", "analysis", "plan", "emit"] {
        let text =
            std::fs::read_to_string(flow_tests::repository().join(format!("compiler/{package}/Cargo.toml"))).unwrap();
        let own = text.split("[dev-dependencies]").next().unwrap();
        for foreign in ["tokio", "ariadne", "clap", "tempfile", "ignore", "anyhow", "tower-lsp"] {
            assert!(!own.lines().any(|it| it.starts_with(foreign)), "compiler/{package} depends on {foreign}");
        }
    }
}

#[test]
fn every_code_is_raised_somewhere() {
    let sources: String = rust()
        .into_iter()
        .filter(|(name, _)| {
            name.starts_with("compiler/") && name.contains("/src/") && !name.ends_with("syntax/src/code.rs")
        })
        .map(|(_, text)| text)
        .collect();
    let found: Vec<String> = Code::ALL
        .iter()
        .filter(|code| !sources.contains(&format!("Code::{code:?}")))
        .map(|code| format!("{} {code:?}", code.id()))
        .collect();
    none("codes that nothing raises", &found);
}

#[test]
fn every_code_has_a_page() {
    let folder = flow_tests::repository().join("docs/errors");
    let found: Vec<String> =
        Code::ALL.iter().map(|code| format!("{}.md", code.id())).filter(|it| !folder.join(it).is_file()).collect();
    none("pages that are missing in docs/errors", &found);
}

#[test]
fn snapshots_are_accepted_and_used() {
    let pending: Vec<String> = files()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|it| it.ends_with(".snap.new") || it.ends_with(".pending-snap"))
        .collect();
    none("snapshots that nobody accepted", &pending);
    let root = flow_tests::repository();
    let orphans: Vec<String> = files()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".snap") && !name.starts_with("editors/"))
        .filter(|(_, path)| {
            let text = std::fs::read_to_string(path).unwrap();
            let source = text.lines().find_map(|it| it.strip_prefix("source: ")).unwrap_or_default();
            source.is_empty() || !root.join(source).is_file()
        })
        .map(|(name, _)| name)
        .collect();
    none("snapshots of tests that are gone", &orphans);
}

#[test]
fn no_path_of_a_machine_is_committed() {
    let machine = flow_tests::repository().display().to_string();
    let parts = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/"), concat!("C:\\Us", "ers\\")];
    let mut found = Vec::new();
    for (name, path) in files() {
        if name.ends_with(".lock") || name.ends_with("package-lock.json") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            // Hosted runners' folders, and those of people who do not exist.
            let line = ["runner", "vsts", "me"]
                .iter()
                .fold(line.to_owned(), |line, it| line.replace(&format!("{}{it}", parts[0]), ""));
            if line.contains(&machine) || parts.iter().any(|it| line.contains(it)) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("paths of one machine", &found);
}

#[test]
fn texts_end_with_one_line_break_and_have_no_trailing_space() {
    let mut found = Vec::new();
    for (name, path) in files() {
        let ours = [".rs", ".flow", ".md", ".toml", ".yml"].iter().any(|it| name.ends_with(it));
        // Half-typed programs.
        if !ours || name.contains("/test/grammar/") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            found.push(format!("{name}: its end"));
        }
        if text.contains('\r') {
            found.push(format!("{name}: a carriage return"));
        }
        for (number, line) in text.lines().enumerate() {
            if line.ends_with([' ', '\t']) {
                found.push(format!("{name}:{}: white space at the end", number + 1));
            }
        }
    }
    none("untidy texts", &found);
}

#[test]
fn every_member_takes_the_lints_of_the_workspace() {
    for (name, path) in files().into_iter().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
        let text = std::fs::read_to_string(path).unwrap();
        // The suites panic, print and index, so they have lints of their own.
        assert!(name == "tests/Cargo.toml" || text.contains("[lints]\nworkspace = true"), "{name}");
        assert!(text.contains("license.workspace = true"), "{name}");
    }
}
