//! Generates large valid programs: many files of declarations, and pipelines that use them. They look
//! like what people write, check without a finding, and are the same for one [`Shape`] forever.

use std::fmt::Write as _;
use std::sync::Arc;

use flow_analysis::Database;

use crate::component::Component;
use crate::random::Random;

/// What a generated program consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Programs of different seeds differ in names and in what they make use of.
    pub seed: u64,
    /// Files of declarations.
    pub libraries: usize,
    /// Components in each: an artifact with its enums, functions, action, and five to eight jobs.
    pub components: usize,
    /// Files with a pipeline each, which calls all jobs of one library.
    pub pipelines: usize,
    /// How often each suite of tests is called: the way to many job instances.
    pub shards: usize,
    /// Components are delivered too, by all that the language has. What is only checked has it; what
    /// is planned keeps to what plans are made of.
    pub delivered: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { seed: 1, libraries: 2, components: 2, pipelines: 1, shards: 2, delivered: false }
    }
}

impl Shape {
    /// With at least this many lines, in files of a few hundred.
    pub fn lines(lines: usize) -> Self {
        let mut shape = Self { libraries: 1, components: 3, pipelines: 1, delivered: true, ..Self::default() };
        while shape.generate().lines() < lines {
            shape.libraries += 1;
            shape.pipelines = shape.libraries.div_ceil(4);
        }
        shape
    }

    /// With this many files, one in twenty of them a pipeline.
    pub fn files(files: usize) -> Self {
        let pipelines = (files / 20).max(1);
        let libraries = files.saturating_sub(pipelines + 1).max(1);
        Self { libraries, components: 1, pipelines, delivered: true, ..Self::default() }
    }

    /// With this many pipelines of some ten jobs each, over a library for every five.
    pub fn pipelines(pipelines: usize) -> Self {
        Self { libraries: pipelines.div_ceil(5), components: 1, pipelines, shards: 1, ..Self::default() }
    }

    /// One pipeline with nearly as many job instances.
    pub fn instances(instances: usize) -> Self {
        let mut shape =
            Self { libraries: 1, components: (instances / 100).clamp(1, 20), pipelines: 1, ..Self::default() };
        let count = |shape: &Self| Library::new(*shape, 0).instances();
        while count(&Self { shards: shape.shards + 1, ..shape }) <= instances {
            shape.shards += 1;
        }
        shape
    }

    /// The program.
    pub fn generate(self) -> Program {
        let mut files = vec![SourceFile { path: "lib/common.flow".to_owned(), text: COMMON.to_owned() }];
        let libraries: Vec<Library> = (0..self.libraries).map(|number| Library::new(self, number)).collect();
        files.extend(libraries.iter().map(Library::file));
        let used = libraries.iter().cycle().take(self.pipelines).enumerate();
        files.extend(used.map(|(number, library)| library.pipeline(number)));
        Program { files }
    }
}

/// A generated program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its files.
    pub files: Vec<SourceFile>,
}

/// A file of a generated program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the project's folder, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

impl Program {
    /// How many lines there are in all.
    pub fn lines(&self) -> usize {
        self.files.iter().map(|file| file.text.lines().count()).sum()
    }

    /// How many bytes there are in all.
    pub fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// A database that holds it.
    pub fn database(&self) -> Database {
        let mut db = Database::default();
        db.set_files(self.files.iter().map(|file| (file.path.as_str().into(), Ok(Arc::from(file.text.as_str())))));
        db
    }
}

/// What every other file uses.
const COMMON: &str = r#"// What all programs share.

use std.git

/// How much a report tells.
enum Detail { brief, full }

/// For jobs that compile everything.
const LONG: duration = 40min

/// Tools of the same names everywhere.
const CHANNEL = "stable"

/// A version for everything that one run builds.
job describe() -> (version: string) on linux {
    checkout { depth = 0, tags = true }

    out version = git.describe()
}
"#;

/// A file of declarations.
struct Library {
    name: String,
    delivered: bool,
    components: Vec<Component>,
}

impl Library {
    fn new(shape: Shape, number: usize) -> Self {
        let mut random = Random::new(shape.seed, number);
        let topics = ["billing", "search", "mail", "media", "login", "orders", "stock", "report", "gateway", "ledger"];
        let name = format!("{}_{number}", random.pick(&topics));
        let components =
            (0..shape.components).map(|nth| Component::new(&mut random, nth, shape.shards, shape.delivered)).collect();
        Self { name, delivered: shape.delivered, components }
    }

    fn instances(&self) -> usize {
        1 + self.components.iter().map(Component::instances).sum::<usize>()
    }

    fn file(&self) -> SourceFile {
        let mut text = format!(
            "// How the parts of {} are built, tested and packed.\n\nuse \"./common.flow\" as common\n",
            self.name
        );
        for component in &self.components {
            component.declare(&mut text);
        }
        SourceFile { path: format!("lib/{}.flow", self.name), text }
    }

    fn pipeline(&self, number: usize) -> SourceFile {
        let name = &self.name;
        let mut text = format!(
            r#"// Run {number} of the parts of {name}.

use "../lib/common.flow" as common
use "../lib/{name}.flow" as {name}

pipeline ci_{number} {{
    on push {{ branches = ["main", "release/*"] }}
    on pull_request
    on manual
    param detail: common.Detail = brief

    let version = common.describe()
"#
        );
        for component in &self.components {
            component.call(&mut text, name);
        }
        if self.delivered {
            let _ = writeln!(text, "    gate \"ci_{number} ok\"");
        }
        let _ = writeln!(text, "}}");
        SourceFile { path: format!("ci/ci_{number}.flow"), text }
    }
}
