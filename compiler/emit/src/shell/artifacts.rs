//! Artifacts: the check before one is published, and how a directory whose content nobody knows
//! (an *opaque* field) survives platforms that drop modes, links, empty and hidden entries: as one
//! tar, beside it a manifest that its consumer verifies.
//!
//! A manifest, version 1: a line `kind mode size sha256 path[ -> target]` per entry, sorted by
//! bytes. Kind `f`: a file, mode 0755 if executable, else 0644. Kind `d`, empty directories only:
//! mode 0755, size 0, digest `-`. Kind `l`, links: mode 0644, size and digest of the target's text.

use flow_plan::model::{Consume, Field, FieldKind, Os, Output, Plan, Schema};

use super::views::{Find, Views, asserted, assertions};
use super::{Host, make_folders, message, parent, relative, sha256, word};

/// How an artifact travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Its files as they are.
    Plain,
    /// Opaque fields as archives, next to the plain files.
    Packed,
}

/// How artifacts of this schema travel.
pub fn packing(schema: &Schema) -> Packing {
    if opaques(schema).next().is_some() { Packing::Packed } else { Packing::Plain }
}

/// Who is at the ends of an artifact's way.
#[derive(Clone, Copy, Debug)]
pub struct Systems {
    /// The system of the job that the snippet runs in.
    pub here: Os,
    /// Some consumer runs on Windows, or the producer does.
    pub windows: bool,
}

fn opaques(schema: &Schema) -> impl Iterator<Item = &Field> {
    schema.fields.iter().filter(|it| it.kind == FieldKind::Opaque)
}

fn plain(schema: &Schema) -> impl Iterator<Item = &Field> {
    schema.fields.iter().filter(|it| it.kind != FieldKind::Opaque)
}

/// `output.field`, or the output alone when it is bare.
fn shown(output: &str, field: &Field) -> String {
    if field.name.is_empty() { output.to_owned() } else { format!("{output}.{}", field.name) }
}

/// The files that an opaque field becomes: its archive and its manifest.
pub(super) fn packed(output: &str, field: &Field) -> (String, String) {
    let name = if field.name.is_empty() { output } else { &field.name };
    (format!("{name}.opaque.tar"), format!("{name}.opaque.manifest"))
}

/// A path inside an artifact, as a word; a bare opaque directory may be the artifact itself.
pub(super) fn inside(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { relative(path) }
}

/// A path below the private folder.
pub(super) fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        (folder, "" | ".") => folder.to_owned(),
        ("" | ".", path) => path.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

/// The folders, below the private one, that must be there before a job writes the output; those
/// that must be empty as well.
pub fn folders(output: &str, schema: &Schema) -> (Vec<String>, Vec<String>) {
    let base = format!("out/{output}");
    let mut made = vec![base.clone()];
    let mut emptied = Vec::new();
    for field in &schema.fields {
        let path = join(&base, &field.path);
        if field.kind == FieldKind::Opaque {
            made.push(path.clone());
            emptied.push(path);
        } else {
            made.push(parent(&path).to_owned());
        }
    }
    (made, emptied)
}

/// The script that checks what a job wrote and, if the artifact is packed and `travels`, packs it
/// to `pack/<output>`.
pub fn sealed(host: Host, systems: Systems, job: &str, made: &Output, schema: &Schema, travels: bool) -> String {
    let output = made.name.as_str();
    let mut lines = vec![host.fail()];
    let opaque = packing(schema) == Packing::Packed;
    let packs = travels && opaque;
    if opaque {
        lines.push(refuse_functions(systems));
    }
    if packs {
        lines.push(manifest_function(systems.here));
    }
    if opaque {
        lines.push(String::new());
    }
    lines.push(format!("cd {}", host.path(&format!("out/{output}"))));
    for field in &schema.fields {
        lines.extend(check(systems.here, job, output, field));
    }
    let directory = |field: &str| {
        let name = if field.is_empty() { output.to_owned() } else { format!("{output}.{field}") };
        format!("`{name}` of job `{job}`")
    };
    lines.extend(assertions(&made.asserts, schema, directory, relative));
    if !packs {
        return lines.join("\n");
    }
    lines.push(String::new());
    let pack = format!("pack/{output}");
    lines.push(format!("pack={}", host.path(&pack)));
    let mut wanted = vec!["\"$pack\"".to_owned()];
    for field in plain(schema) {
        let folder = format!("\"$pack\"/{}", word(parent(&field.path)));
        if !parent(&field.path).is_empty() && !wanted.contains(&folder) {
            wanted.push(folder);
        }
    }
    lines.push(format!("mkdir -p {}", wanted.join(" ")));
    for field in plain(schema) {
        let from = inside(&field.path);
        let copy = format!("cp {from} \"$pack\"/{from}");
        lines.push(if field.optional { format!("if [ -e {from} ]; then {copy}; fi") } else { copy });
    }
    for field in opaques(schema) {
        lines.extend(pack_one(systems, output, field));
    }
    lines.join("\n")
}

/// The lines that check one field.
fn check(here: Os, job: &str, output: &str, field: &Field) -> Vec<String> {
    let path = inside(&field.path);
    let what = shown(output, field);
    let (test, kind) = match field.kind {
        FieldKind::Opaque => ("-d", "directory"),
        FieldKind::File | FieldKind::Exec | FieldKind::Json => ("-f", "file"),
    };
    let missing = message(&format!("{what}: job {job} wrote no {kind} {}", field.path));
    // On Windows a file's name says whether it can be run.
    let refused = (field.kind == FieldKind::Opaque).then(|| format!("refuse {path} {}", message(&what)));
    let executable = (field.kind == FieldKind::Exec && here != Os::Windows).then(|| {
        format!("[ -x {path} ] || fail {}", message(&format!("{what}: {} of job {job} is not executable", field.path)))
    });
    if field.optional {
        let inner: Vec<_> =
            std::iter::once(format!("[ {test} {path} ] || fail {missing}")).chain(executable).chain(refused).collect();
        return vec![format!("if [ -e {path} ]; then\n  {}\nfi", inner.join("\n  "))];
    }
    std::iter::once(format!("[ {test} {path} ] || fail {missing}")).chain(executable).chain(refused).collect()
}

fn pack_one(systems: Systems, output: &str, field: &Field) -> Vec<String> {
    let path = inside(&field.path);
    let (archive, list) = packed(output, field);
    let (archive, list) = (format!("\"$pack\"/{}", word(&archive)), format!("\"$pack\"/{}", word(&list)));
    // macOS would add a file of its own for each one with attributes.
    let tar = if systems.here == Os::Macos { "COPYFILE_DISABLE=1 tar" } else { "tar" };
    let mut lines =
        vec![format!("(cd {path} && {tar} -cf - .) > {archive}"), format!("{} > {list}", manifest_of(systems, &path))];
    if field.optional {
        let body = lines.join("\n  ");
        lines = vec![format!("if [ -d {path} ]; then\n  {body}\nfi")];
    }
    lines
}

/// The functions that say which content of a directory cannot be an artifact's.
fn refuse_functions(systems: Systems) -> String {
    let (names, links) = if systems.windows { (WINDOWS_NAMES, WINDOWS_LINKS) } else { ("", LINKS) };
    // Elsewhere the file system takes no others.
    let unicode = if systems.here == Os::Linux { UNICODE } else { "" };
    format!("refuse_names() {{\n{NAMES}{unicode}{names}\n}}\nrefuse_links() (\n{links}\n)\n{REFUSE}")
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
fn manifest_of(systems: Systems, folder: &str) -> String {
    let modes = if systems.windows { " | sed 's/^f 0755/f 0644/' | LC_ALL=C sort" } else { "" };
    format!("manifest {folder}{modes}")
}

fn manifest_function(here: Os) -> String {
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

/// An artifact that a job downloaded: to `in/<id>`, a packed one to `pack/<id>`.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The consumer's name for it.
    pub id: &'a str,
    /// The producer's name for it.
    pub output: &'a str,
    /// What it holds.
    pub schema: &'a Schema,
    /// Who is at its ends.
    pub systems: Systems,
}

/// What a consumer does with the artifacts it downloaded: unpack, restore what the platform dropped,
/// make parts and views of them, and make all read-only. `inputs` are those that it sees as a whole.
pub fn received(host: Host, os: Os, inputs: &[Input<'_>], plan: &Plan, consumes: &[Consume], find: Find<'_>) -> String {
    let mut lines = Vec::new();
    let others = || consumes.iter().filter(|it| it.output().is_none());
    let mut views = Views::new(host, os, plan, find);
    others().for_each(|it| views.consume(it));
    let views = views.finish();
    let asserted: Vec<String> = consumes.iter().flat_map(|it| asserted(host, it)).collect();
    let unpacks = !views.is_empty() || inputs.iter().any(|it| packing(it.schema) == Packing::Packed);
    if unpacks || !asserted.is_empty() {
        lines.push(host.fail());
    }
    if unpacks {
        lines.push(manifest_function(os));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(views);
    for input in inputs.iter().filter(|it| packing(it.schema) == Packing::Packed) {
        lines.extend(unpack(host, input));
    }
    if os != Os::Windows {
        let wholes = inputs.iter().map(|it| (it.id, it.schema));
        for (id, schema) in wholes.chain(others().map(|it| (it.id.as_str(), &it.schema))) {
            for field in schema.fields.iter().filter(|it| it.kind == FieldKind::Exec) {
                let path = host.path(&join(&format!("in/{id}"), &field.path));
                let command = format!("chmod +x {path}");
                lines.push(if field.optional { format!("if [ -e {path} ]; then {command}; fi") } else { command });
            }
        }
    }
    lines.extend(asserted);
    lines.push(format!("chmod -R a-w {}", host.path("in")));
    lines.join("\n")
}

fn unpack(host: Host, input: &Input<'_>) -> Vec<String> {
    let Input { id, output, schema, systems } = *input;
    let into = format!("in/{id}");
    let mut lines = vec![format!("cd {}", host.path(&format!("pack/{id}")))];
    let mut wanted: Vec<_> = plain(schema).map(|it| parent(&join(&into, &it.path)).to_owned()).collect();
    wanted.extend(opaques(schema).map(|it| join(&into, &it.path)));
    lines.extend(make_folders(host, &wanted));
    for field in plain(schema) {
        let from = inside(&field.path);
        let command = format!("mv {from} {}", host.path(&join(&into, &field.path)));
        lines.push(if field.optional { format!("if [ -e {from} ]; then {command}; fi") } else { command });
    }
    for field in opaques(schema) {
        let (archive, list) = packed(output, field);
        let (archive, list) = (word(&archive), word(&list));
        let folder = host.path(&join(&into, &field.path));
        let differs = message(&format!("{}: not what was packed", shown(id, field)));
        let body = vec![
            format!("(cd {folder} && tar -xpof -) < {archive}"),
            format!("{} | diff {list} - || fail {differs}", manifest_of(systems, &folder)),
        ];
        if field.optional {
            lines.push(format!("if [ -e {archive} ]; then\n  {}\nelse\n  rmdir {folder}\nfi", body.join("\n  ")));
        } else {
            lines.extend(body);
        }
    }
    lines
}

/// The script that takes what a tool left in the sources to where an output's field lies.
pub fn taken(host: Host, from: &str, to: &str, kind: FieldKind) -> String {
    copied(&relative(from), &host.path(to), kind)
}

/// The script that passes on what was consumed or made, as a field of another output.
pub fn passed(host: Host, from: &str, to: &str, kind: FieldKind) -> String {
    let to = host.path(to);
    // What was consumed is read-only.
    format!("{}\nchmod -R u+w {to}", copied(&host.path(from), &to, kind))
}

fn copied(from: &str, to: &str, kind: FieldKind) -> String {
    match kind {
        FieldKind::File | FieldKind::Json => format!("cp {from} {to}"),
        FieldKind::Exec => format!("cp {from} {to}\nchmod +x {to}"),
        FieldKind::Opaque => format!("cp -RP {from}/. {to}"),
    }
}
