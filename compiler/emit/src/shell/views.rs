//! Views of sealed directories, made where they are consumed: a *subtree*, what a pattern *filters*,
//! several directories *merged*. Each directory that one is made of is unpacked and verified first.

use flow_plan::model::{Consume, Files, Os, Plan, Schema};
use flow_plan::origin::{described, origin};
use flow_plan::pattern::{Piece, pieces};

use super::artifacts::{LINKS, Systems, inside, join, packed};
use super::{Host, message, parent, relative, word};

/// An artifact that was downloaded.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it lies, below the job's private folder.
    pub folder: String,
    /// Who is at its ends.
    pub systems: Systems,
}

/// Finds the artifact of an output of a job.
pub type Find<'a> = &'a dyn Fn(&str, &str) -> Option<Fetched>;

/// The scripts that make consumed files visible which are no artifact as a whole.
pub(super) struct Views<'a> {
    host: Host,
    os: Os,
    plan: &'a Plan,
    find: Find<'a>,
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
        Self { host, os, plan, find, count, lines, filters: false, merges: false, subtrees: false }
    }

    /// Makes one visible.
    pub(super) fn consume(&mut self, consume: &Consume) {
        let to = |path: &str| join(&format!("in/{}", consume.id), path);
        self.lines.push(format!("view={}", message(&consume.id)));
        let Some(of) = origin(self.plan, &consume.from) else {
            if let [field] = consume.schema.fields.as_slice() {
                let made = self.view(&consume.from);
                self.put(made, &to(&field.path));
            }
            return;
        };
        let Some(fetched) = (self.find)(of.job, &of.output.name) else { return };
        for field in of.fields() {
            if field.kind == flow_plan::model::FieldKind::Opaque {
                let made = self.directory(&fetched, &of.output.name, field, &consume.from);
                self.put(made, &to(&field.path));
                continue;
            }
            let from = self.host.path(&format!("{}/{}", fetched.folder, field.path));
            self.lines.push(format!("mkdir -p {}", self.host.path(parent(&to(&field.path)))));
            self.lines.push(format!("cp {from} {}", self.host.path(&to(&field.path))));
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
    fn view(&mut self, files: &Files) -> usize {
        match files {
            Files::Subtree { of, path } => {
                self.subtrees = true;
                let whole = self.view(of);
                let made = self.next();
                let (of, own) = (message(&described(of)), message(&described(files)));
                self.lines.push(format!("subtree {whole} {made} {} {of} {own}", relative(path)));
                made
            }
            Files::Filter { of, pattern } => {
                self.filters = true;
                let whole = self.view(of);
                let made = self.next();
                self.lines.push(format!("filter {whole} {made} {}", regex(pattern)));
                made
            }
            Files::Merge { of, identical } => {
                self.merges = true;
                let all: Vec<usize> = of.iter().map(|it| self.view(it)).collect();
                let made = self.next();
                for (files, number) in of.iter().zip(&all) {
                    self.lines.push(format!("what[{number}]={}", message(&described(files))));
                }
                let all: Vec<String> = all.iter().map(usize::to_string).collect();
                let conflicts = if *identical { "identical" } else { "none" };
                self.lines.push(format!("merge {made} {conflicts} {}", all.join(" ")));
                made
            }
            _ => {
                let found = origin(self.plan, files).and_then(|of| {
                    let fetched = (self.find)(of.job, &of.output.name)?;
                    Some((fetched, &of.output.name, of.fields().next()?))
                });
                match found {
                    Some((fetched, output, field)) => self.directory(&fetched, output, field, files),
                    None => self.next(),
                }
            }
        }
    }

    /// The lines that unpack a sealed directory and verify it.
    fn directory(&mut self, fetched: &Fetched, output: &str, field: &flow_plan::model::Field, files: &Files) -> usize {
        let made = self.next();
        let (archive, _) = packed(output, field);
        // Both are called alike.
        let base = archive.strip_suffix(".tar").unwrap_or(&archive);
        let archive = self.host.path(&format!("{}/{base}", fetched.folder));
        let modes = if fetched.systems.windows { " modeless" } else { "" };
        self.lines.push(format!("unpack {made} {archive} {}{modes}", message(&described(files))));
        made
    }

    /// The functions that are needed, then the lines.
    pub(super) fn finish(self) -> Vec<String> {
        if self.lines.is_empty() {
            return Vec::new();
        }
        let tar = if self.os == Os::Macos { "COPYFILE_DISABLE=1 tar" } else { "tar" };
        let views = self.host.path("view");
        let mut all = vec![format!("views={views}"), UNPACK.to_owned()];
        if self.subtrees {
            all.push(format!("refuse_links() (\n{LINKS}\n)"));
            all.push(SUBTREE.to_owned());
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

/// A pattern as a word that is an extended regular expression of whole lines, for bytes.
fn regex(pattern: &str) -> String {
    // A character of UTF-8: where lines are bytes, one alone would stand for a part of it.
    const ANY: &str = r"([ -.0-~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf][\x80-\xbf][\x80-\xbf])";
    let pieces = pieces(pattern);
    let bytes = pieces.contains(&Piece::Any);
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(it) if r".[]{}()\*+?|^$".contains(it) => {
                text.push_str(if bytes { r"\\" } else { r"\" });
                text.push(it);
            }
            Piece::Plain('\'') if bytes => text.push_str(r"\'"),
            Piece::Plain(it) => text.push(it),
            Piece::Any => text.push_str(ANY),
            Piece::Name => text.push_str("[^/]*"),
            Piece::Folders => text.push_str("([^/]+/)*"),
            Piece::Below => text.push_str(".+"),
        }
    }
    if bytes { format!("$'^{text}$'") } else { word(&format!("^{text}$")) }
}

/// The lines that find the files which a consumer says are there.
pub(super) fn asserted(host: Host, consume: &Consume) -> Vec<String> {
    let made = |field: &str| {
        let id = if field.is_empty() { consume.id.clone() } else { format!("{}.{field}", consume.id) };
        format!("`{id}`, which is {}", described(&consume.from))
    };
    assertions(&consume.asserts, &consume.schema, made, |path| host.path(&format!("in/{}/{path}", consume.id)))
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
