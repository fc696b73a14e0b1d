//! What git knows about the sources, and private repositories in which its commands answer as they
//! do in the user's own.
//!
//! A private repository is a handful of small files: HEAD, the references in packed form, a copy of
//! the index, the settings, and a pointer to the user's objects. Nothing is fetched, nothing written
//! to the user's repository; commits that a job makes stay in its own. (Git renews the time of an object
//! file that a job writes once more, there as in every shared clone.) The index is believed without
//! reading all files again, because copies keep sizes and times and `core.checkStat` is `minimal`.
//! Reflogs, hooks and credentials are not copied.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::RunError;
use crate::files::{self, FileError, With};
use crate::system;

/// The variables that git runs with.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// Runs git in `folder` and returns what it prints. Variables that a surrounding git, such as one
/// that runs a hook, sets to point at a repository are not passed on.
pub(crate) fn git(folder: &Path, arguments: &[&str], variables: &Variables) -> Result<Vec<u8>, RunError> {
    let failed = |message: String| RunError::Git {
        command: arguments.join(" "),
        folder: folder.to_owned(),
        message: message.trim_end().to_owned(),
    };
    let points_at_repository = |name: &OsStr| {
        let names = [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_PREFIX",
            "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_NAMESPACE",
        ];
        names.iter().any(|it| name == *it)
    };
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(arguments)
        .env_clear()
        .envs(variables.iter().filter(|(name, _)| !points_at_repository(name)))
        // Nothing is refreshed on the way, and messages are in one language.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    let output = {
        let _guard = files::starting_process();
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    };
    let output = output.and_then(std::process::Child::wait_with_output).map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// What git prints, as text, without the last line break.
pub(crate) fn git_text(folder: &Path, arguments: &[&str], variables: &Variables) -> Result<String, RunError> {
    let output = git(folder, arguments, variables)?;
    Ok(String::from_utf8_lossy(&output).trim_end_matches('\n').to_owned())
}

/// Where a repository is.
#[derive(Debug)]
pub(super) struct Found {
    /// Its work tree.
    pub(super) root: PathBuf,
    /// The project in it, relative.
    pub(super) project: PathBuf,
}

/// The repository that `project` lies in.
pub(super) fn find(project: &Path, variables: &Variables) -> Result<Found, RunError> {
    let root = git(project, &["rev-parse", "--show-toplevel"], variables)?;
    let root = path_line(root).canonicalize().with("find the repository of", project)?;
    let relative = project.strip_prefix(&root).unwrap_or(Path::new("")).to_owned();
    Ok(Found { root, project: relative })
}

fn path_line(mut line: Vec<u8>) -> PathBuf {
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    system::path_from_bytes(line)
}

/// The files of the sources.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Relative to the repository.
    pub(super) files: BTreeSet<PathBuf>,
    /// The submodules whose files are among them.
    pub(super) submodules: Vec<PathBuf>,
    /// Things that a person should know.
    pub(super) notes: Vec<String>,
}

/// Lists the files of the sources, those of submodules if wanted.
pub(super) fn list(found: &Found, submodules: bool, variables: &Variables) -> Result<Listed, RunError> {
    let mut result = Listed::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let listed = git(&found.root.join(&folder), &["ls-files", "-z", "-co", "--exclude-standard"], variables)?;
        for name in listed.split(|byte| *byte == 0).filter(|it| !it.is_empty()) {
            let path = folder.join(system::path_from_bytes(name.to_vec()));
            let full = found.root.join(&path);
            if name.ends_with(b"/") {
                result
                    .notes
                    .push(format!("the repository `{}` inside the sources is not part of them", path.display()));
            } else if submodules && full.join(".git").exists() {
                folders.push(path.clone());
                result.submodules.push(path);
            } else {
                result.files.insert(path);
            }
        }
    }
    Ok(result)
}

/// Makes `folder` a `.git` in which git answers as it does in the user's repository. Copies of it are
/// as good.
pub(super) fn make_private(found: &Found, folder: &Path, variables: &Variables) -> Result<(), RunError> {
    let ask = |arguments: &[&str]| git(&found.root, arguments, variables);
    for name in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
        files::make_folder(&folder.join(name))?;
    }
    let write = |name: &str, text: &[u8]| -> Result<(), FileError> {
        let path = folder.join(name);
        files::make_folder(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, text).with("write", &path)
    };
    let head = match ask(&["symbolic-ref", "-q", "HEAD"]) {
        Ok(branch) => [b"ref: ".as_slice(), &branch].concat(),
        // It is detached: the commit itself.
        Err(_) => ask(&["rev-parse", "HEAD"])?,
    };
    write("HEAD", &head)?;
    let references = ask(&["for-each-ref", "--format=%(objectname) %(refname) %(symref)"])?;
    let (packed, others) = sort_references(&String::from_utf8_lossy(&references));
    write("packed-refs", packed.as_bytes())?;
    for (name, text) in others {
        write(&name, text.as_bytes())?;
    }
    let settings = ask(&["config", "--list", "-z", "--includes", "--show-scope"])?;
    write("config", settings_file(&String::from_utf8_lossy(&settings)).as_bytes())?;

    let copied = ["index", "shallow", "info/exclude", "info/attributes", "info/sparse-checkout"];
    let mut question = vec!["rev-parse", "--path-format=absolute", "--git-path", "objects"];
    question.extend(copied.iter().flat_map(|name| ["--git-path", name]));
    let answer = ask(&question)?;
    let mut paths = answer.split(|byte| *byte == b'\n').map(|it| system::path_from_bytes(it.to_vec()));
    let objects = paths.next().unwrap_or_default();
    write("objects/info/alternates", &[objects.as_os_str().as_encoded_bytes(), b"\n"].concat())?;
    for (name, from) in copied.iter().zip(paths) {
        files::copy_entry(&from, &folder.join(name))?;
        // A split index keeps most of itself in a second file.
        if *name == "index"
            && let Some(entries) = from.parent().and_then(|it| std::fs::read_dir(it).ok())
        {
            for entry in entries.flatten().filter(|it| it.file_name().to_string_lossy().starts_with("sharedindex.")) {
                files::copy_entry(&entry.path(), &folder.join(entry.file_name()))?;
            }
        }
    }
    Ok(())
}

/// References as git packs them; and those that stand for others, which are files of their own.
fn sort_references(listed: &str) -> (String, Vec<(String, String)>) {
    let (mut packed, mut others) = (String::new(), Vec::new());
    for line in listed.lines() {
        let mut words = line.splitn(3, ' ');
        if let (Some(object), Some(name), Some(stands_for)) = (words.next(), words.next(), words.next()) {
            if stands_for.is_empty() {
                // Writing to a string cannot fail.
                let _ = writeln!(packed, "{object} {name}");
            } else {
                others.push((name.to_owned(), format!("ref: {stands_for}\n")));
            }
        }
    }
    (packed, others)
}

/// The repository's own settings as a file, without what names folders, hooks or secrets, and with
/// what makes the copied index believed.
fn settings_file(listed: &str) -> String {
    let mut file = String::new();
    let mut words = listed.split('\0');
    while let (Some(scope), Some(setting)) = (words.next(), words.next()) {
        let (key, value) = setting.split_once('\n').unwrap_or((setting, "true"));
        if matches!(scope, "local" | "worktree") && is_wanted(key) {
            add_setting(&mut file, key, value);
        }
    }
    let own = [
        ("core.bare", "false"),
        ("core.checkstat", "minimal"),
        ("core.trustctime", "false"),
        ("core.fsmonitor", "false"),
        ("core.untrackedcache", "false"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
    ];
    for (key, value) in own {
        add_setting(&mut file, key, value);
    }
    file
}

fn is_wanted(key: &str) -> bool {
    let unwanted = ["core.worktree", "core.hookspath", "extensions.worktreeconfig", "extensions.refstorage"];
    let sections = ["credential.", "http.", "include.", "includeif.", "alias."];
    !unwanted.contains(&key) && !sections.iter().any(|it| key.starts_with(it))
}

fn add_setting(file: &mut String, key: &str, value: &str) {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let Some((section, name)) = key.rsplit_once('.') else { return };
    let header = match section.split_once('.') {
        Some((section, sub)) => format!("{section} \"{}\"", escaped(sub)),
        None => section.to_owned(),
    };
    let value = escaped(value).replace('\n', "\\n").replace('\t', "\\t");
    // Writing to a string cannot fail.
    let _ = writeln!(file, "[{header}]\n\t{name} = \"{value}\"");
}
