//! Sealed directories, as scripts look at them: which content is refused, and the manifest.
//!
//! A manifest, version 1: a line `kind mode size sha256 path[ -> target]` per entry, sorted by
//! bytes. Kind `f`: a file, mode 0755 if executable, else 0644. Kind `d`, empty directories only:
//! mode 0755, size 0, digest `-`. Kind `l`, links: mode 0644, size and digest of the target's text.

use flow_plan::model::Os;

use super::sha256;

/// Who is at the ends of an artifact's way.
#[derive(Clone, Copy, Debug)]
pub struct Systems {
    /// The system of the job that the snippet runs in.
    pub here: Os,
    /// Some consumer runs on Windows, or the producer does.
    pub windows: bool,
}

/// The functions that say which content of a directory cannot be an artifact's.
pub(super) fn refuse_functions(systems: Systems) -> String {
    let links = if systems.windows { WINDOWS_LINKS } else { LINKS };
    format!("{}\nrefuse_links() (\n{links}\n)\n{REFUSE}", refuse_names(systems))
}

/// The one that looks at names alone.
pub(super) fn refuse_names(systems: Systems) -> String {
    let names = if systems.windows { WINDOWS_NAMES } else { "" };
    // Elsewhere the file system takes no others.
    let unicode = if systems.here == Os::Linux { UNICODE } else { "" };
    format!("refuse_names() {{\n{NAMES}{unicode}{names}\n}}")
}

/// The line that refuses names in the working folder which no store of plain files takes.
pub(super) fn refuse_plain(what: &str) -> Vec<String> {
    let wrong = super::message(&format!("{what}: artifacts of files take no name with one of \" : < > | * ?"));
    vec![
        format!("refuse_names . {}", super::message(what)),
        format!("if find . -name '*[\":<>|*?]*' | grep .; then fail {wrong}; fi"),
    ]
}

const REFUSE: &str = r#"refuse() {
  refuse_names "$1" "$2"
  refuse_links "$1" "$2"
}"#;

/// A manifest holds a line per name.
const NAMES: &str = r#"  found=$(find "$1" -name '*[[:cntrl:]\\]*' | LC_ALL=C tr -c '[:graph:]' ' ')
  [ -z "$found" ] || fail "$2: a name holds a control character or a backslash: $found"
  found=$(find "$1" ! -type f ! -type d ! -type l | tr '\n' ' ')
  [ -z "$found" ] || fail "$2: neither a file nor a directory nor a link: $found""#;

const UNICODE: &str = r#"
  if command -v iconv > /dev/null && ! find "$1" | iconv -f UTF-8 -t UTF-8 > /dev/null 2>&1; then
    fail "$2: a name is not UTF-8"
  fi"#;

/// What Windows cannot hold.
const WINDOWS_NAMES: &str = r#"
  if find "$1" -mindepth 1 | grep -Ei '[<>:"|?*]|[. ]$|/(con|prn|aux|nul|com[0-9]|lpt[0-9])([.]|$)'; then
    fail "$2: Windows has no place for these names"
  fi
  if find "$1" -mindepth 1 | tr '[:upper:]' '[:lower:]' | sort | uniq -d | grep .; then
    fail "$2: these names differ only in case"
  fi"#;

/// Links need rights there that a job may lack.
const WINDOWS_LINKS: &str = r#"  if find "$1" -type l | grep .; then
    fail "$2: links cannot go to or come from Windows"
  fi"#;

/// Elsewhere, links may lead to where their directory goes with them.
pub(super) const LINKS: &str = r#"  cd "$1"
  top=$(pwd -P)
  set -f
  find . -type l | while IFS= read -r path; do
    target=$(readlink "$path")
    case $target in /* | *[[:cntrl:]\\]*) fail "$2: the link $path leads outside, or to no plain name" ;; esac
    # Neither by its text, nor through other links.
    depth=0
    whole=${path%/*}/$target
    IFS=/
    for part in $whole; do
      case $part in '' | .) ;; ..) depth=$((depth - 1)) ;; *) depth=$((depth + 1)) ;; esac
      [ "$depth" -ge 0 ] || fail "$2: the link $path leads outside"
    done
    unset IFS
    end=$top
    if [ -d "$path" ]; then
      end=$(cd "$path" && pwd -P)
    elif [ -e "$path" ]; then
      end=$(cd "$(dirname "$path")" && cd "$(dirname "$target")" && pwd -P)
    fi
    case $end/ in "$top"/*) ;; *) fail "$2: the link $path leads outside" ;; esac
  done"#;

/// The command that prints a folder's manifest. Where Windows is at either end, modes say nothing.
pub(super) fn manifest_of(systems: Systems, folder: &str) -> String {
    let modes = if systems.windows { " | sed 's/^f 0755/f 0644/' | LC_ALL=C sort" } else { "" };
    format!("manifest {folder}{modes}")
}

pub(super) fn manifest_function(here: Os) -> String {
    format!(
        r#"# A line per entry of a folder: kind, mode, size, SHA-256, path.
manifest() (
  cd "$1"
  {{
    find . -type f -exec {} {{}} + | while IFS= read -r line; do
      path=${{line#*./}}
      if [ -x "$path" ]; then mode=0755; else mode=0644; fi
      echo "f $mode $(($(wc -c < "$path"))) ${{line%% *}} $path"
    done
    find . -type d -empty ! -name . | sed 's,^\./,d 0755 0 - ,'
    find . -type l | while IFS= read -r path; do
      target=$(readlink "$path")
      digest=$(printf %s "$target" | {})
      echo "l 0644 $(($(printf %s "$target" | wc -c))) ${{digest%% *}} ${{path#./}} -> $target"
    done
  }} | LC_ALL=C sort
)"#,
        sha256(here),
        sha256(here)
    )
}
