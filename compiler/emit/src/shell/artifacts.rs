//! Artifacts: how one travels, and what a consumer does with those that it downloaded. A directory
//! whose content nobody knows (an *opaque* field) survives platforms that drop modes, links, empty
//! and hidden entries as one tar, beside it a manifest that its consumer verifies.

use flow_plan::model::{Consume, Field, FieldKind, Os, Output, Plan, Schema};
use flow_plan::origin::described;

use super::manifest::{Systems, manifest_function, manifest_of};
use super::patterns::{MATCHING, copied as copied_matches, executable};
use super::views::{Find, Views, asserted};
use super::{Host, make_folders, message, parent, relative, word};

/// How an artifact travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Its files as they are.
    Plain,
    /// Gathered in a folder: opaque fields as archives, next to the plain files.
    Packed,
}

/// How an output of this schema travels.
pub fn packing(output: &Output, schema: &Schema) -> Packing {
    let gathered = schema.fields.iter().any(|it| it.kind == FieldKind::Opaque || it.matches.is_some());
    if gathered || empty_mark(output, schema).is_some() { Packing::Packed } else { Packing::Plain }
}

/// The file that stands in an artifact which else may hold nothing.
pub(super) fn empty_mark(output: &Output, schema: &Schema) -> Option<String> {
    let may_lack = |it: &Field| it.optional || it.matches == Some(flow_plan::model::Matches::Any);
    (output.always || schema.fields.iter().all(may_lack)).then(|| format!("{}.artifact", output.name))
}

pub(super) fn opaques(schema: &Schema) -> impl Iterator<Item = &Field> {
    schema.fields.iter().filter(|it| it.kind == FieldKind::Opaque)
}

pub(super) fn plain(schema: &Schema) -> impl Iterator<Item = &Field> {
    schema.fields.iter().filter(|it| it.kind != FieldKind::Opaque)
}

/// `output.field`, or the output alone when it is bare.
pub(crate) fn shown(output: &str, field: &Field) -> String {
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
pub(crate) fn join(folder: &str, path: &str) -> String {
    match (folder, path) {
        (folder, "" | ".") => folder.to_owned(),
        ("" | ".", path) => path.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

/// An artifact that a job downloaded as a whole: to `in/<id>`, a packed one to `pack/<id>`.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What the consumer says of it.
    pub consume: &'a Consume,
    /// The producer's output.
    pub output: &'a Output,
    /// How it came.
    pub packing: Packing,
    /// Who is at its ends.
    pub systems: Systems,
}

/// What a consumer does with the artifacts it downloaded: unpack, restore what the platform dropped,
/// make parts and views of them, and make all read-only. `inputs` are those that it sees as a whole,
/// `direct` the ids of those of which one of several came as it is.
pub fn received<'a>(
    host: Host,
    os: Os,
    inputs: &[Input<'_>],
    direct: &[&str],
    plan: &'a Plan,
    consumes: &'a [Consume],
    find: Find<'a>,
) -> String {
    let mut lines = Vec::new();
    let mut views = Views::new(host, os, plan, find);
    let apart = consumes.iter().filter(|it| it.output().is_none() && !direct.contains(&it.id.as_str()));
    apart.for_each(|it| views.consume(it));
    let arrived: Vec<String> =
        consumes.iter().filter(|it| direct.contains(&it.id.as_str())).filter_map(|it| came(host, it)).collect();
    let manifests = views.unpacks || inputs.iter().any(|it| opaques(&it.consume.schema).next().is_some());
    let views = views.finish();
    let asserted: Vec<String> = consumes.iter().flat_map(|it| asserted(host, it)).collect();
    if !views.is_empty() || manifests || !asserted.is_empty() || !arrived.is_empty() {
        lines.push(host.fail());
    }
    if manifests {
        lines.push(manifest_function(os));
    }
    if consumes.iter().any(|it| it.schema.fields.iter().any(|field| field.matches.is_some())) {
        lines.push(MATCHING.to_owned());
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(arrived);
    lines.extend(views);
    for input in inputs.iter().filter(|it| it.packing == Packing::Packed) {
        lines.extend(unpack(host, input));
    }
    if os != Os::Windows {
        consumes.iter().for_each(|it| lines.extend(restored(host, it)));
    }
    lines.extend(asserted);
    let own = host.path("in");
    if consumes.iter().all(|it| it.optional) {
        lines.push(format!("mkdir -p {own}"));
    }
    lines.push(format!("chmod -R a-w {own}"));
    lines.join("\n")
}

/// The line that finds out whether one of several artifacts came.
fn came(host: Host, consume: &Consume) -> Option<String> {
    let first = consume.schema.fields.iter().find(|it| !it.optional && !consume.optional)?;
    let path = host.path(&join(&format!("in/{}", consume.id), &first.path));
    Some(format!("[ -e {path} ] || fail {}", neither(consume)))
}

/// That none of several artifacts is there.
pub(super) fn neither(consume: &Consume) -> String {
    message(&format!("{}: there is neither {}", consume.id, described(&consume.from).replace(" or ", " nor ")))
}

/// The lines that make executable again what the schema says is.
fn restored(host: Host, consume: &Consume) -> Vec<String> {
    let execs = consume.schema.fields.iter().filter(|it| it.kind == FieldKind::Exec);
    let lines = execs.map(|field| {
        let root = format!("in/{}", consume.id);
        if field.matches.is_some() {
            let root = host.path(&root);
            return format!("if [ -d {root} ]; then (cd {root}; {}); fi", executable(&field.path));
        }
        let path = host.path(&join(&root, &field.path));
        let command = format!("chmod +x {path}");
        if field.optional || consume.optional { format!("if [ -e {path} ]; then {command}; fi") } else { command }
    });
    lines.collect()
}

fn unpack(host: Host, input: &Input<'_>) -> Vec<String> {
    let Input { consume, output, systems, .. } = *input;
    let (id, schema) = (&consume.id, &consume.schema);
    let into = format!("in/{id}");
    let from = host.path(&format!("pack/{id}"));
    let mut lines = vec![format!("cd {from}")];
    let mut wanted: Vec<_> =
        plain(schema).filter(|it| it.matches.is_none()).map(|it| parent(&join(&into, &it.path)).to_owned()).collect();
    wanted.extend(plain(schema).filter(|it| it.matches.is_some()).map(|_| into.clone()));
    wanted.extend(opaques(schema).map(|it| join(&into, &it.path)));
    lines.extend(make_folders(host, &wanted));
    let lacking = |field: &Field| field.optional || consume.optional;
    for field in plain(schema) {
        if field.matches.is_some() {
            lines.push(copied_matches(&field.path, &host.path(&into)));
            continue;
        }
        let from = inside(&field.path);
        let command = format!("mv {from} {}", host.path(&join(&into, &field.path)));
        lines.push(if lacking(field) { format!("if [ -e {from} ]; then {command}; fi") } else { command });
    }
    for field in opaques(schema) {
        let (archive, list) = packed(&output.name, field);
        let (archive, list) = (word(&archive), word(&list));
        let folder = host.path(&join(&into, &field.path));
        let differs = message(&format!("{}: not what was packed", shown(id, field)));
        let body = vec![
            format!("(cd {folder} && tar -xpof -) < {archive}"),
            format!("{} | diff {list} - || fail {differs}", manifest_of(systems, &folder)),
        ];
        if lacking(field) {
            lines.push(format!("if [ -e {archive} ]; then\n  {}\nelse\n  rmdir {folder}\nfi", body.join("\n  ")));
        } else {
            lines.extend(body);
        }
    }
    if consume.optional {
        return vec![format!("if [ -d {from} ]; then\n  {}\nfi", lines.join("\n").replace('\n', "\n  "))];
    }
    lines
}

/// The script that takes what a tool left in the sources to where an output's field lies; what is
/// `lacking` may not be there.
pub fn taken(host: Host, from: &str, to: &str, kind: FieldKind, lacking: bool) -> String {
    let from = relative(from);
    if_there(lacking, &from, copied(&from, &host.path(to), kind))
}

/// The script that passes on what was consumed or made, as a field of another output; what is
/// `lacking` may not be there.
pub fn passed(host: Host, from: &str, to: &str, kind: FieldKind, lacking: bool) -> String {
    let (from, to) = (host.path(from), host.path(to));
    // What was consumed is read-only.
    if_there(lacking, &from, format!("{}\nchmod -R u+w {to}", copied(&from, &to, kind)))
}

fn if_there(lacking: bool, path: &str, lines: String) -> String {
    if lacking { format!("if [ -e {path} ]; then\n  {}\nfi", lines.replace('\n', "\n  ")) } else { lines }
}

fn copied(from: &str, to: &str, kind: FieldKind) -> String {
    match kind {
        FieldKind::File | FieldKind::Json => format!("cp {from} {to}"),
        FieldKind::Exec => format!("cp {from} {to}\nchmod +x {to}"),
        FieldKind::Opaque => format!("cp -RP {from}/. {to}"),
    }
}
