//! The shell snippets that stand in emitted files, the same for every backend: what is checked, how
//! files are packed, how a script's output is kept. A backend says only where the job's private
//! folder lies and how an error is shown.
//!
//! Everything here runs in bash 3.2 with the tools of Linux, macOS and Git for Windows, most of it in
//! any POSIX shell. No line holds `$(word)`: Azure's agent would take it for a variable.

pub mod artifacts;
pub(crate) mod compute;
mod json;
pub mod manifest;
pub mod patterns;
pub mod reads;
pub mod retry;
pub mod seal;
pub(crate) mod spread;
pub mod values;
pub mod views;

use flow_plan::model::Os;

/// What differs between the platforms, as far as a shell can see.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The environment variable that holds the folder for a job's temporary files.
    pub temp: &'static str,
    /// What an error's line begins with, so that the platform shows it as one.
    pub error: &'static str,
}

/// Where a job's private folder lies below the folder for temporary files.
pub const FOLDER: &str = "/flow";

impl Host {
    /// What [`flow_plan::script::render`] wants to know.
    pub fn root(self) -> (&'static str, &'static str) {
        (self.temp, FOLDER)
    }

    /// A path below the job's private folder, as one word.
    pub fn path(self, below: &str) -> String {
        format!("\"${}{FOLDER}/{}\"", self.temp, escape(below))
    }

    /// The function that every check ends in.
    pub fn fail(self) -> String {
        format!("fail() {{ echo \"{}$1\"; exit 1; }}", self.error)
    }
}

/// A text as one word of a shell, as plain as it can be.
pub fn word(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-./+:@%,".contains(it);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A text between double quotes. For messages: what a platform could take for a command is gone.
pub fn message(text: &str) -> String {
    let tame: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    format!("\"{}\"", escape(&tame))
}

/// What stands for the text between double quotes.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for it in text.chars() {
        if matches!(it, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(it);
    }
    out
}

/// A relative path that no command takes for an option.
pub fn relative(path: &str) -> String {
    if path.starts_with('-') { word(&format!("./{path}")) } else { word(path) }
}

/// The part of a path before its last `/`.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The command that prints SHA-256 digests.
pub(crate) fn sha256(os: Os) -> &'static str {
    match os {
        Os::Macos => "shasum -a 256",
        Os::Linux | Os::Windows => "sha256sum",
    }
}

/// A command that makes these folders, all below the job's private one. A folder that another one
/// lies in is made along with it.
pub fn make_folders(host: Host, folders: &[String]) -> Option<String> {
    let mut needed: Vec<&String> = Vec::new();
    for folder in folders {
        let covered = folders.iter().any(|it| it.starts_with(&format!("{folder}/")));
        if !covered && !needed.contains(&folder) {
            needed.push(folder);
        }
    }
    let words: Vec<_> = needed.iter().map(|it| host.path(it)).collect();
    (!words.is_empty()).then(|| format!("mkdir -p {}", words.join(" ")))
}

/// The longer functions of the snippets, each with a name; a text that holds another one comes first.
/// A platform that can say a text once for all jobs says these once.
pub(crate) fn functions() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let hosts = [Os::Linux, Os::Macos, Os::Windows];
    for (here, windows) in hosts.into_iter().flat_map(|here| [(here, false), (here, true)]) {
        let systems = manifest::Systems { here, windows };
        all.push(("refuse", manifest::refuse_functions(systems)));
    }
    for (here, windows) in hosts.into_iter().flat_map(|here| [(here, false), (here, true)]) {
        all.push(("refuse_names", manifest::refuse_names(manifest::Systems { here, windows })));
    }
    all.extend(hosts.map(|here| ("manifest", manifest::manifest_function(here))));
    all.push(("matching", patterns::MATCHING.to_owned()));
    all.extend(views::functions());
    all
}
