//! Views of sealed directories, made where they are consumed: a *subtree*, what a pattern *filters*,
//! several directories *merged*. Each directory that one is made of is unpacked and verified first.

use flow_plan::model::{Consume, Field, FieldKind, Files, Os, Output, Plan, Schema};
use flow_plan::origin::{described, exposed, origin};

use super::artifacts::{inside, join, neither, packed};
use super::manifest::{LINKS, Systems};
use super::patterns::{copied, regex};
use super::{Host, message, parent, relative};

/// An artifact that was downloaded.
#[derive(Clone, Debug)]
pub struct Fetched<'a> {
    /// Where it lies, below the job's private folder.
    pub folder: String,
    /// What was made.
    pub output: &'a Output,
    /// Who is at its ends.
    pub systems: Systems,
    /// It may not have come.
    pub optional: bool,
}

/// Finds the artifact of an output of a job: by the consumer's id where it came for that alone, under
/// a condition.
pub type Find<'a> = &'a dyn Fn(Option<&str>, &str, &str) -> Option<Fetched<'a>>;

/// The scripts that make consumed files visible which are no artifact as a whole.
pub(super) struct Views<'a> {
    host: Host,
    os: Os,
    plan: &'a Plan,
    find: Find<'a>,
    /// Directories are unpacked.
    pub(super) unpacks: bool,
    /// How many directories there are.
    count: usize,
    lines: Vec<String>,
    /// Which functions are needed.
    filters: bool,
    merges: bool,
    subtrees: bool,
}

impl<'a> Views<'a> {
    pub(super) fn new(host: Host, os: Os, plan: &'a Plan, find: Find<'a>) -> Self {
        let (count, lines) = (0, Vec::new());
        Self { host, os, plan, find, unpacks: false, count, lines, filters: false, merges: false, subtrees: false }
    }

    /// Makes one visible.
    pub(super) fn consume(&mut self, consume: &'a Consume) {
        self.lines.push(format!("view={}", message(&consume.id)));
        self.place(&consume.from, consume, None);
    }

    /// Makes files visible as `consume` says. `choice`: the consumer's id, if a condition decides.
    fn place(&mut self, files: &'a Files, consume: &'a Consume, choice: Option<&'a str>) {
        if let Files::Either { then, otherwise, .. } = files {
            let id = Some(consume.id.as_str());
            let sides: Vec<(String, Vec<String>)> = then
                .iter()
                .chain(otherwise)
                .map(|side| (self.there(side, id), self.apart(|own| own.place(side, consume, id))))
                .collect();
            self.either(sides, consume.optional, consume);
            return;
        }
        let to = |path: &str| join(&format!("in/{}", consume.id), path);
        if let Some(parts) = earlier(files, consume) {
            for (field, from) in parts {
                let own = consume.schema.fields.iter().find(|it| it.path == field.path);
                self.exposed(&from, field, &to(&own.map_or(&field.path, |it| &it.path).clone()));
            }
            return;
        }
        let Some(of) = origin(self.plan, files) else {
            if let [field] = consume.schema.fields.as_slice() {
                let made = self.view(files, choice, consume);
                self.put(made, &to(&field.path));
            }
            return;
        };
        let Some(fetched) = (self.find)(choice, of.job, &of.output.name) else { return };
        for (field, own) in of.seen_as(&consume.schema) {
            let lacking = field.optional || consume.optional || of.output.always;
            let lines = self.apart(|views| {
                if field.kind == FieldKind::Opaque {
                    let made = views.directory(&fetched, field, files);
                    views.put(made, &to(&own.path));
                } else if field.matches.is_some() {
                    let from = views.host.path(&fetched.folder);
                    let to = views.host.path(&format!("in/{}", consume.id));
                    views.lines.push(format!("mkdir -p {to}"));
                    views.lines.push(format!("(cd {from}; {})", copied(&field.path, &to)));
                } else {
                    let from = views.host.path(&join(&fetched.folder, &field.path));
                    views.lines.push(format!("mkdir -p {}", views.host.path(parent(&to(&own.path)))));
                    views.lines.push(format!("cp {from} {}", views.host.path(&to(&own.path))));
                }
            });
            let there = match field.kind {
                FieldKind::Opaque => format!("{}/{}", fetched.folder, packed(&of.output.name, field).0),
                _ if field.matches.is_some() => fetched.folder.clone(),
                _ => join(&fetched.folder, &field.path),
            };
            if lacking {
                self.lines.push(format!("if [ -e {} ]; then", self.host.path(&there)));
                self.lines.extend(lines.iter().map(|it| indented(it)));
                self.lines.push("fi".to_owned());
            } else {
                self.lines.extend(lines);
            }
        }
    }

    /// Copies a field of what an earlier run exposed from one folder to another, if it is there.
    fn exposed(&mut self, from: &str, field: &Field, to: &str) {
        let (from, to) = (from.trim_end_matches('/'), to.trim_end_matches('/'));
        let word = self.host.path(from);
        let target = self.host.path(to);
        if field.matches.is_some() {
            let folder = self.host.path(parent(from));
            let own = self.host.path(parent(to));
            let pattern = from.rsplit('/').next().unwrap_or(from);
            self.lines
                .push(format!("if [ -d {folder} ]; then mkdir -p {own}; (cd {folder}; {}); fi", copied(pattern, &own)));
            return;
        }
        let folder = if field.kind == FieldKind::Opaque { target.clone() } else { self.host.path(parent(to)) };
        let copy = if field.kind == FieldKind::Opaque {
            format!("cp -RP {word}/. {target}")
        } else {
            format!("cp {word} {target}")
        };
        self.lines.push(format!("if [ -e {word} ]; then mkdir -p {folder}; {copy}; fi"));
    }

    /// The lines that `make` adds, by themselves.
    fn apart(&mut self, make: impl FnOnce(&mut Self)) -> Vec<String> {
        let before = std::mem::take(&mut self.lines);
        make(self);
        std::mem::replace(&mut self.lines, before)
    }

    /// One of these, by what has come.
    fn either(&mut self, sides: Vec<(String, Vec<String>)>, optional: bool, consume: &Consume) {
        let mut word = "if";
        for (there, lines) in sides {
            self.lines.push(format!("{word} {there}; then"));
            self.lines.extend(lines.iter().map(|it| indented(it)));
            word = "elif";
        }
        if !optional {
            let none = neither(consume);
            self.lines.push(format!("else\n  fail {none}"));
        }
        self.lines.push("fi".to_owned());
    }

    /// The test that these files have come.
    fn there(&self, files: &Files, choice: Option<&str>) -> String {
        match files {
            Files::Either { then, otherwise, .. } => {
                let sides: Vec<String> = then.iter().chain(otherwise).map(|it| self.there(it, choice)).collect();
                format!("{{ {}; }}", sides.join(" || "))
            }
            Files::Merge { of, .. } => {
                let all: Vec<String> = of.iter().map(|it| self.there(it, choice)).collect();
                all.join(" && ")
            }
            Files::Part { of, .. } | Files::Subtree { of, .. } | Files::Filter { of, .. } => self.there(of, choice),
            Files::Output { job, output } => {
                let folder = (self.find)(choice, job, output).map(|it| it.folder).unwrap_or_default();
                format!("[ -d {} ]", self.host.path(&folder))
            }
            Files::Earlier { pipeline, name, .. } => {
                let folder = format!("from/{}/{}", choice.unwrap_or_default(), earlier_name(pipeline, name));
                format!("[ -d {} ]", self.host.path(&folder))
            }
        }
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn folder(&self, number: usize) -> String {
        self.host.path(&format!("view/{number}"))
    }

    fn put(&mut self, number: usize, to: &str) {
        self.lines.push(format!("mkdir -p {}", self.host.path(parent(to))));
        self.lines.push(format!("mv {} {}", self.folder(number), self.host.path(to)));
    }

    /// The lines that make a directory; returns its number.
    fn view(&mut self, files: &'a Files, choice: Option<&'a str>, consume: &'a Consume) -> usize {
        match files {
            Files::Subtree { of, path } => {
                self.subtrees = true;
                let whole = self.view(of, choice, consume);
                let made = self.next();
                let (of, own) = (message(&described(of)), message(&described(files)));
                self.lines.push(format!("subtree {whole} {made} {} {of} {own}", relative(path)));
                made
            }
            Files::Filter { of, pattern } => {
                self.filters = true;
                let whole = self.view(of, choice, consume);
                let made = self.next();
                self.lines.push(format!("filter {whole} {made} {}", regex(pattern)));
                made
            }
            Files::Merge { of, identical } => {
                self.merges = true;
                let all: Vec<usize> = of.iter().map(|it| self.view(it, choice, consume)).collect();
                let made = self.next();
                for (files, number) in of.iter().zip(&all) {
                    self.lines.push(format!("what[{number}]={}", message(&described(files))));
                }
                let all: Vec<String> = all.iter().map(usize::to_string).collect();
                let conflicts = if *identical { "identical" } else { "none" };
                self.lines.push(format!("merge {made} {conflicts} {}", all.join(" ")));
                made
            }
            Files::Either { then, otherwise, .. } => {
                let id = Some(consume.id.as_str());
                let made = self.next();
                let sides = then.iter().chain(otherwise).map(|side| {
                    let lines = self.apart(|own| {
                        let one = own.view(side, id, consume);
                        own.lines.push(format!("mv {} {}", own.folder(one), own.folder(made)));
                    });
                    (self.there(side, id), lines)
                });
                let sides = sides.collect();
                self.either(sides, false, consume);
                made
            }
            files if earlier(files, consume).is_some() => {
                let made = self.next();
                if let Some((field, from)) = earlier(files, consume).and_then(|it| it.into_iter().next()) {
                    self.lines.push(format!("mkdir -p {}", self.folder(made)));
                    self.exposed(&from, field, &format!("view/{made}"));
                }
                made
            }
            _ => {
                let found = origin(self.plan, files).and_then(|of| {
                    let fetched = (self.find)(choice, of.job, &of.output.name)?;
                    Some((fetched, of.fields().next()?))
                });
                match found {
                    Some((fetched, field)) => self.directory(&fetched, field, files),
                    None => self.next(),
                }
            }
        }
    }

    /// The lines that unpack a sealed directory and verify it.
    fn directory(&mut self, fetched: &Fetched<'_>, field: &Field, files: &Files) -> usize {
        self.unpacks = true;
        let made = self.next();
        let (archive, _) = packed(&fetched.output.name, field);
        // Both are called alike.
        let base = archive.strip_suffix(".tar").unwrap_or(&archive);
        let archive = self.host.path(&format!("{}/{base}", fetched.folder));
        let modes = if fetched.systems.windows { " modeless" } else { "" };
        let line = format!("unpack {made} {archive} {}{modes}", message(&described(files)));
        // What was not made holds nothing.
        self.lines.push(if fetched.optional || fetched.output.always || field.optional {
            let tar = archive.trim_end_matches('"');
            format!("if [ -e {tar}.tar\" ]; then {line}; else mkdir -p {}; fi", self.folder(made))
        } else {
            line
        });
        made
    }

    /// The functions that are needed, then the lines.
    pub(super) fn finish(self) -> Vec<String> {
        if self.lines.is_empty() {
            return Vec::new();
        }
        if self.count == 0 {
            // Nothing but files.
            let titles = |line: &String| line.starts_with("view=");
            return self.lines.into_iter().filter(|it| !titles(it)).collect();
        }
        let tar = tar(self.os);
        let views = self.host.path("view");
        let mut all = vec![format!("views={views}")];
        if self.unpacks {
            all.push(UNPACK.to_owned());
        }
        if self.subtrees {
            all.push(subtree());
        }
        if self.filters {
            all.push(FILTER.replace("TAR", tar));
        }
        if self.merges {
            all.push(MERGE.replace("TAR", tar));
        }
        all.push(String::new());
        all.extend(self.lines);
        all.push(format!("rm -rf {views}"));
        all
    }
}

/// The functions that views use, each with a name.
pub(super) fn functions() -> Vec<(&'static str, String)> {
    let mut all = vec![("unpack", UNPACK.to_owned()), ("subtree", subtree())];
    for os in [Os::Linux, Os::Macos] {
        all.push(("filter", FILTER.replace("TAR", tar(os))));
        all.push(("merge", MERGE.replace("TAR", tar(os))));
    }
    all
}

/// The command that packs, without what macOS would add.
const fn tar(os: Os) -> &'static str {
    if matches!(os, Os::Macos) { "COPYFILE_DISABLE=1 tar" } else { "tar" }
}

fn subtree() -> String {
    format!("refuse_links() (\n{LINKS}\n)\n{SUBTREE}")
}

const UNPACK: &str = r#"# Unpacks $2 as directory $1 and compares it with its manifest; $3 says what it is.
unpack() {
  mkdir -p "$views/$1"
  (cd "$views/$1" && tar -xpof -) < "$2.tar"
  manifest "$views/$1" | if [ -n "${4-}" ]; then sed 's/^f 0755/f 0644/' | LC_ALL=C sort; else cat; fi |
    diff "$2.manifest" - || fail "$view: not what was packed: $3"
  chmod -R u+w "$views/$1"
}"#;

const SUBTREE: &str = r#"# Makes of directory $1 directory $2: what lies below its folder $3. No link leads there.
subtree() {
  if [ "$(cd "$views/$1" && cd "$3" 2> /dev/null && pwd -P)" != "$(cd "$views/$1" && pwd -P)/$3" ]; then
    fail "$view: there is no directory $3 in $4"
  fi
  mv "$views/$1/$3" "$views/$2"
  refuse_links "$views/$2" "$view: $5"
}"#;

const FILTER: &str = r#"# Makes of directory $1 directory $2: its files, links and empty folders that $3 matches.
filter() {
  mkdir -p "$views/$2"
  (
    cd "$views/$1"
    { find . ! -type d; find . -type d -empty ! -name .; } | sed 's,^\./,,' | LC_ALL=C sort
  ) > "$views/$2.all"
  LC_ALL=C grep -E "$3" "$views/$2.all" > "$views/$2.names" || [ $? -eq 1 ]
  if [ -s "$views/$2.names" ]; then
    sed 's,^,./,' "$views/$2.names" | (cd "$views/$1" && TAR -cf - --no-recursion -T -) | (cd "$views/$2" && tar -xpof -)
  fi
}"#;

const MERGE: &str = r#"# Whether two files, or two links, are the same.
same() {
  if [ -L "$1" ] || [ -L "$2" ]; then
    [ -L "$1" ] && [ -L "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]
  else
    [ -f "$1" ] && [ -f "$2" ] && cmp -s "$1" "$2" &&
      if [ -x "$1" ]; then [ -x "$2" ]; else [ ! -x "$2" ]; fi
  fi
}
# Lays the directories from $3 on over one another, as directory $1. $2: which files may be twice.
merge() {
  into=$1 twice=$2 laid=''
  shift 2
  mkdir -p "$views/$into"
  for one in "$@"; do
    (cd "$views/$one" && find . ! -name .) | while IFS= read -r path; do
      new=$views/$one/$path old=$views/$into/$path
      if [ ! -e "$old" ] && [ ! -L "$old" ]; then continue; fi
      if [ -d "$new" ] && [ ! -L "$new" ] && [ -d "$old" ] && [ ! -L "$old" ]; then continue; fi
      if [ "$twice" = identical ] && same "$old" "$new"; then continue; fi
      for other in $laid; do
        if [ -e "$views/$other/$path" ] || [ -L "$views/$other/$path" ]; then
          fail "$view: ${path#./} is in ${what[other]} and in ${what[one]}"
        fi
      done
    done
    (cd "$views/$one" && TAR -cf - .) | (cd "$views/$into" && tar -xpof -)
    laid="$laid $one"
  done
}"#;

/// The fields of a part of what an earlier run exposed, each with where it came to.
fn earlier<'a>(files: &'a Files, consume: &Consume) -> Option<Vec<(&'a Field, String)>> {
    let (mut of, mut part) = (files, String::new());
    while let Files::Part { of: whole, field } = of {
        part = if part.is_empty() { field.clone() } else { format!("{field}.{part}") };
        of = whole;
    }
    let Files::Earlier { pipeline, name, schema, .. } = of else { return None };
    let folder = format!("from/{}/{}", consume.id, earlier_name(pipeline, name));
    let inside = |field: &Field| {
        part.is_empty() || field.name.strip_prefix(part.as_str()).is_some_and(|it| it.is_empty() || it.starts_with('.'))
    };
    let all = exposed(schema).into_iter().filter(|(field, _)| inside(field));
    Some(all.map(|(field, below)| (field, join(&folder, &below))).collect())
}

/// What the folder is called that something exposed by an earlier run comes to.
pub fn earlier_name(pipeline: &str, name: &str) -> String {
    let name: String = name.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    format!("{pipeline}.{name}")
}

fn indented(line: &str) -> String {
    format!("  {}", line.replace('\n', "\n  "))
}

/// The lines that find the files which a consumer says are there.
pub(super) fn asserted(host: Host, consume: &Consume) -> Vec<String> {
    let made = |field: &str| {
        let id = if field.is_empty() { consume.id.clone() } else { format!("{}.{field}", consume.id) };
        format!("`{id}`, which is {}", described(&consume.from))
    };
    let lines =
        assertions(&consume.asserts, &consume.schema, made, |path| host.path(&format!("in/{}/{path}", consume.id)));
    if !consume.optional || lines.is_empty() {
        return lines;
    }
    let there = host.path(&format!("in/{}", consume.id));
    vec![
        format!("if [ -d {there} ]; then"),
        lines.iter().map(|it| indented(it)).collect::<Vec<_>>().join("\n"),
        "fi".to_owned(),
    ]
}

/// The lines that look for files in directories of an artifact.
pub(super) fn assertions(
    asserts: &[flow_plan::model::Assertion],
    schema: &Schema,
    directory: impl Fn(&str) -> String,
    path: impl Fn(&str) -> String,
) -> Vec<String> {
    let lines = asserts.iter().filter_map(|it| {
        let field = schema.fields.iter().find(|field| field.name == it.field)?;
        let file = path(&join(&inside_path(&field.path), &it.path));
        let place = format!("{}:{}:{}", it.place.file, it.place.line, it.place.column);
        let text = format!("assert_exists ({place}): there is no file `{}` in {}", it.path, directory(&it.field));
        Some(format!("[ -f {file} ] || fail {}", message(&text)))
    });
    lines.collect()
}

fn inside_path(path: &str) -> String {
    if inside(path) == "." { ".".to_owned() } else { path.to_owned() }
}
