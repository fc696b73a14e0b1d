//! What a job made, before it is published: each field is there and is what the schema says. Then it
//! is packed where the platform would lose something of it: directories whose content nobody knows
//! (*opaque* fields) become a tar with a manifest beside it, what patterns match is gathered, and an
//! artifact that may hold nothing gets a mark, since platforms keep no empty ones.

use flow_plan::model::{Field, FieldKind, Os, Output, Schema};

use super::artifacts::{Packing, empty_mark, inside, join, opaques, packed, packing, plain, shown};
use super::manifest::{Systems, manifest_function, manifest_of, refuse_functions, refuse_names, refuse_plain};
use super::patterns::{MATCHING, copied, counted, regex};
use super::views::assertions;
use super::{Host, json, message, parent, relative, word};

/// An output that is sealed.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// It.
    pub output: &'a Output,
    /// What it holds.
    pub schema: &'a Schema,
    /// Who is at its ends.
    pub systems: Systems,
    /// Somebody consumes it.
    pub travels: bool,
}

impl Made<'_> {
    fn packs(&self) -> bool {
        self.travels && packing(self.output, self.schema) == Packing::Packed
    }

    /// Whether a field may be absent.
    fn lacking(&self, field: &Field) -> bool {
        field.optional || self.output.always
    }
}

/// The script that checks what a job wrote and packs what is packed to `pack/<output>`.
pub fn sealed(host: Host, job: &str, all: &[Made<'_>]) -> Result<String, &'static str> {
    let mut lines = vec![host.fail()];
    let mut functions = Vec::new();
    // What is refused is the same wherever it goes: the strictest of them decides.
    let windows = all.iter().any(|it| it.systems.windows);
    if let Some(first) = all.first() {
        let systems = Systems { windows, ..first.systems };
        let holds = |kind: fn(&Field) -> bool| all.iter().any(|it| it.schema.fields.iter().any(kind));
        if holds(|it| it.kind == FieldKind::Opaque) {
            functions.push(refuse_functions(systems));
        } else if holds(|it| it.matches.is_some()) {
            functions.push(refuse_names(systems));
        }
        if holds(|it| it.matches.is_some()) {
            functions.push(MATCHING.to_owned());
        }
        if all.iter().any(|it| it.packs() && opaques(it.schema).next().is_some()) {
            functions.push(manifest_function(systems.here));
        }
    }
    if !functions.is_empty() {
        lines.extend(functions);
        lines.push(String::new());
    }
    for (index, it) in all.iter().enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        lines.extend(one(host, job, it)?);
    }
    Ok(lines.join("\n"))
}

fn one(host: Host, job: &str, it: &Made<'_>) -> Result<Vec<String>, &'static str> {
    let output = it.output.name.as_str();
    let own = host.path(&format!("out/{output}"));
    let mut lines = Vec::new();
    if it.output.always {
        // The job may have failed before it made room for what it writes.
        lines.push(format!("mkdir -p {own}"));
    }
    lines.push(format!("cd {own}"));
    if it.schema.fields.iter().any(|field| field.matches.is_some()) {
        lines.extend(refuse_plain(output));
    }
    for field in &it.schema.fields {
        lines.extend(check(it, job, field)?);
    }
    let directory = |field: &str| {
        let name = if field.is_empty() { output.to_owned() } else { format!("{output}.{field}") };
        format!("`{name}` of job `{job}`")
    };
    lines.extend(assertions(&it.output.asserts, it.schema, directory, relative));
    if it.packs() {
        lines.push(String::new());
        lines.extend(pack(host, it));
    }
    Ok(lines)
}

/// The lines that check one field.
fn check(it: &Made<'_>, job: &str, field: &Field) -> Result<Vec<String>, &'static str> {
    let output = it.output.name.as_str();
    let what = shown(output, field);
    // On Windows a file's name says whether it can be run.
    let executable = field.kind == FieldKind::Exec && it.systems.here != Os::Windows;
    if let Some(matches) = field.matches {
        return Ok(counted(field, matches, &what, job, it.lacking(field), executable));
    }
    let path = inside(&field.path);
    let (test, kind) = match field.kind {
        FieldKind::Opaque => ("-d", "directory"),
        FieldKind::File | FieldKind::Exec | FieldKind::Json => ("-f", "file"),
    };
    let missing = message(&format!("{what}: job {job} wrote no {kind} {}", field.path));
    let mut lines = vec![format!("[ {test} {path} ] || fail {missing}")];
    if executable {
        let wrong = message(&format!("{what}: {} of job {job} is not executable", field.path));
        lines.push(format!("[ -x {path} ] || fail {wrong}"));
    }
    if let Some(ty) = &field.json {
        let wrong = message(&format!("{what}: {} of job {job} is not the JSON that is declared", field.path));
        lines.push(format!("{} || fail {wrong}", json::holds(ty, &path)));
    }
    if field.kind == FieldKind::Opaque {
        lines.push(format!("refuse {path} {}", message(&what)));
    }
    if it.lacking(field) {
        return Ok(vec![format!("if [ -e {path} ]; then\n  {}\nfi", lines.join("\n  "))]);
    }
    Ok(lines)
}

fn pack(host: Host, it: &Made<'_>) -> Vec<String> {
    let output = it.output.name.as_str();
    let mut lines = vec![format!("pack={}", host.path(&format!("pack/{output}")))];
    let mut wanted = vec!["\"$pack\"".to_owned()];
    for field in plain(it.schema).filter(|it| it.matches.is_none()) {
        let folder = format!("\"$pack\"/{}", word(parent(&field.path)));
        if !parent(&field.path).is_empty() && !wanted.contains(&folder) {
            wanted.push(folder);
        }
    }
    lines.push(format!("mkdir -p {}", wanted.join(" ")));
    if let Some(mark) = empty_mark(it.output, it.schema) {
        lines.push("# An artifact is never empty.".to_owned());
        lines.push(format!(": > \"$pack\"/{}", word(&mark)));
    }
    for field in plain(it.schema) {
        if field.matches.is_some() {
            lines.push(copied(&field.path, "\"$pack\""));
            continue;
        }
        let from = inside(&field.path);
        let copy = format!("cp {from} \"$pack\"/{from}");
        lines.push(if it.lacking(field) { format!("if [ -e {from} ]; then {copy}; fi") } else { copy });
    }
    for field in opaques(it.schema) {
        let path = inside(&field.path);
        let (archive, list) = packed(output, field);
        let (archive, list) = (format!("\"$pack\"/{}", word(&archive)), format!("\"$pack\"/{}", word(&list)));
        // macOS would add a file of its own for each one with attributes.
        let tar = if it.systems.here == Os::Macos { "COPYFILE_DISABLE=1 tar" } else { "tar" };
        let both = vec![
            format!("(cd {path} && {tar} -cf - .) > {archive}"),
            format!("{} > {list}", manifest_of(it.systems, &path)),
        ];
        if it.lacking(field) {
            let there = if it.output.always { there(field) } else { format!("[ -d {path} ]") };
            lines.push(format!("if {there}; then\n  {}\nfi", both.join("\n  ")));
        } else {
            lines.extend(both);
        }
    }
    lines
}

/// The test that something of an output is in the working folder.
pub fn is_made(schema: &Schema) -> String {
    schema.fields.iter().map(there).collect::<Vec<_>>().join(" || ")
}

/// The test that a field is there, whose job may have failed: a directory that is still empty is not.
fn there(field: &Field) -> String {
    let path = inside(&field.path);
    match field.kind {
        _ if field.matches.is_some() => format!("[ -n \"$(matching {})\" ]", regex(&field.path)),
        FieldKind::Opaque => format!("[ -n \"$(ls -A {path} 2> /dev/null)\" ]"),
        _ => format!("[ -e {path} ]"),
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
        } else if field.matches.is_some() {
            made.push(join(&base, flow_plan::pattern::split(&field.path).0));
        } else {
            made.push(parent(&path).to_owned());
        }
    }
    (made, emptied)
}
