//! A component of a generated program: something that is compiled in flavors, tested in suites and
//! packed, with all that its jobs need. Which of the language's parts it uses is left to chance.

use std::fmt::Write as _;

use crate::delivery::Delivery;
use crate::random::Random;

/// A component.
pub(crate) struct Component {
    /// In file and folder names.
    name: String,
    /// In types.
    pascal: String,
    /// In constants.
    upper: String,
    flavors: Vec<&'static str>,
    suites: Vec<&'static str>,
    shards: usize,
    /// What else its artifact holds.
    notices: bool,
    config: bool,
    /// Commands of the compiling step.
    commands: Vec<String>,
    /// Jobs beside the usual ones.
    checks: Vec<Check>,
    /// What it is delivered in; none: it is not delivered.
    parts: Vec<&'static str>,
}

/// A job that looks at the sources.
struct Check {
    tool: &'static str,
    attempts: usize,
    captures: bool,
    loops: bool,
}

impl Component {
    pub(crate) fn new(random: &mut Random, nth: usize, shards: usize, delivered: bool) -> Self {
        let word = *random.pick(&["server", "agent", "worker", "console", "client", "proxy", "indexer", "mailer"]);
        let (first, rest) = word.split_at(1);
        let flavors = 1 + random.below(3);
        let mut flavors = random.subset(&["debug", "profiled", "sanitized"], flavors);
        flavors.insert(1, "release");
        let suites = 2 + random.below(3);
        let suites = random.subset(&["unit", "api", "load", "smoke", "upgrade"], suites);
        let commands = (0..random.below(6)).map(|nth| random.pick(&COMMANDS).replace('@', &nth.to_string())).collect();
        let checks = 1 + random.below(4);
        let checks = random.subset(&["format", "lint", "links", "licenses"], checks);
        let mut check =
            |tool| Check { tool, attempts: 1 + random.below(4), captures: random.chance(40), loops: random.chance(30) };
        let checks = checks.into_iter().map(&mut check).collect();
        let parts = if delivered { 1 + random.below(3) } else { 0 };
        let parts = random.subset(&["core", "net", "store", "web"], parts);
        Self {
            name: format!("{word}_{nth}"),
            pascal: format!("{}{rest}{nth}", first.to_uppercase()),
            upper: format!("{}_{nth}", word.to_uppercase()),
            flavors,
            suites,
            shards,
            notices: random.chance(50),
            config: random.chance(50),
            commands,
            checks,
            parts,
        }
    }

    /// How many job instances a pipeline makes of it.
    pub(crate) fn instances(&self) -> usize {
        self.flavors.len() + self.shards * (self.suites.len() + 1) + 1 + self.checks.len()
    }

    /// Appends its declarations.
    pub(crate) fn declare(&self, out: &mut String) {
        self.declare_values(out);
        self.declare_artifact(out);
        self.declare_build(out);
        self.declare_tests(out);
        for check in &self.checks {
            self.declare_check(out, check);
        }
        if let Some(delivery) = self.delivery() {
            delivery.declare(out);
        }
    }

    fn delivery(&self) -> Option<Delivery<'_>> {
        let Self { name, pascal, upper, parts, .. } = self;
        (!parts.is_empty()).then(|| Delivery { name, pascal, upper, parts })
    }

    fn declare_values(&self, out: &mut String) {
        let Self { name, pascal, upper, .. } = self;
        let (flavors, suites) = (self.flavors.join(", "), self.suites.join(", "));
        let shards: Vec<String> = (1..=self.shards).map(|shard| shard.to_string()).collect();
        let shards = shards.join(", ");
        let _ = write!(
            out,
            r#"
/// How `{name}` is compiled.
enum {pascal}Flavor {{ {flavors} }}

/// Its suites of tests, a folder each.
enum {pascal}Suite {{ {suites} }}

const {upper}_FLAVORS: [{pascal}Flavor] = [{flavors}]
const {upper}_SUITES: [{pascal}Suite] = [{suites}]
const {upper}_SHARDS = [{shards}]
const {upper}_THREADS = 2 * 4 - 1

fn {name}_level(flavor: {pascal}Flavor) -> int = match flavor {{
"#
        );
        for (level, flavor) in self.flavors.iter().enumerate() {
            let _ = writeln!(out, "    {flavor} => {level}");
        }
        let _ = write!(
            out,
            r#"}}

fn {name}_folder(flavor: {pascal}Flavor) -> string = if flavor == release {{ "release" }} else {{ "debug" }}
"#
        );
    }

    fn declare_artifact(&self, out: &mut String) {
        let Self { name, pascal, .. } = self;
        let _ = write!(
            out,
            r#"
/// What one build of `{name}` leaves behind.
artifact {pascal}(const flavor: {pascal}Flavor) {{
    binary: exec = "{name}"
    if flavor == release {{
        symbols: file = "{name}.debug"
    }} else {{
        listing: file = "{name}.lst"
    }}
    match flavor {{
        release => {{
            manual: file = "{name}.1"
        }}
        _ => {{}}
    }}
"#
        );
        if self.notices {
            let _ = writeln!(out, "    /// The licenses of all parts.\n    notices: file = \"NOTICES.txt\"");
        }
        if self.config {
            let _ = writeln!(out, "    config: file? = \"etc/{name}.json\"");
        }
        let _ = writeln!(out, "    assets: opaque = \"assets\"\n}}");
    }

    fn declare_build(&self, out: &mut String) {
        let Self { name, pascal, upper, .. } = self;
        let _ = write!(
            out,
            r##"
/// Readies the tools that `{name}` is compiled with.
action ready_{name}(channel: string, attempts: int = 2) -> (stamp: string) {{
    sh """
        ./ci/tools.sh --channel #{{channel}} --attempts #{{attempts}}
        """
    out stamp = sh "date -u +%s"
}}

/// Compiles `{name}`, and takes along what it needs when it runs.
job build_{name}(
    const flavor: {pascal}Flavor,
    version: string,
    threads: int = {upper}_THREADS,
) -> (app: {pascal}(flavor), size: int) on linux {{
    inputs = ["{name}/src/**", "{name}/assets/**", "Cargo.toml", "Cargo.lock"]
    timeout = common.LONG
    env {{ RUSTFLAGS = "-Dwarnings", VERSION = version }}

    let stamp = ready_{name}(channel: common.CHANNEL)
    step "Compile {name}" {{
        env {{ STAMP = stamp, LEVEL = "#{{{name}_level(flavor)}}" }}
        timeout = 20min
        sh """
            # Where the compiler puts it depends on the flavor.
            cargo build --jobs #{{threads}} --target-dir target/#{{{name}_folder(flavor)}}
"##
        );
        for command in &self.commands {
            let _ = writeln!(out, "            {command}");
        }
        let _ = write!(
            out,
            r##"            cp target/#{{{name}_folder(flavor)}}/{name} #{{out app.binary}}
            cp -r assets/. #{{out app.assets}}
            """
    }}
    if flavor == release {{
        sh "./ci/symbols.sh #{{app.binary}} > #{{out app.symbols}}"
        sh "./ci/manual.sh {name} > #{{out app.manual}}"
    }} else {{
        sh "objdump -d #{{app.binary}} > #{{out app.listing}}"
    }}
"##
        );
        if self.notices {
            let _ = writeln!(out, "    sh \"./ci/notices.sh {name} > #{{out app.notices}}\"");
        }
        if self.config {
            let _ = writeln!(out, "    sh \"cp {name}/default.json #{{out app.config}}\"");
        }
        let _ = writeln!(out, "    out size = sh \"wc -c < #{{app.binary}}\"\n}}");
    }

    fn declare_tests(&self, out: &mut String) {
        let Self { name, pascal, .. } = self;
        let _ = write!(
            out,
            r##"
/// Runs one part of one suite.
job test_{name}(
    app: {pascal}(_),
    const suite: {pascal}Suite,
    const shard: int,
) -> (report: opaque, failures: int) on linux {{
    inputs = ["{name}/tests/**"]
    workdir = "{name}"

    sh "./tests/run.sh #{{app.binary}} #{{suite}} --shard #{{shard}} --out #{{out report}}"
    out failures = sh "grep -c FAIL #{{report}}/log || true"
}}

job collect_{name}(
    reports: [{pascal}Suite: opaque],
    const shard: int,
    detail: common.Detail,
) -> (summary: file = "summary.md") on linux {{
    checkout = none

    sh "cat #{{reports...}} > #{{out summary}}; echo #{{detail}} #{{shard}}"
}}

/// The form that is given to people.
job pack_{name}(
    app: {pascal}(release),
    version: string,
    const size: int = 9,
) -> (archive: file = "{name}.tar.gz") on linux {{
    checkout = none

    let folder: string = sh "echo {name}-#{{version}}"
    sh """
        mkdir #{{folder}}
        cp #{{app.binary}} #{{app.symbols}} #{{folder}}
        cp -r #{{app.assets}}/. #{{folder}}/assets
        GZIP="-#{{size}}" tar -czf #{{out archive}} #{{folder}}
        """
}}
"##
        );
    }

    fn declare_check(&self, out: &mut String, check: &Check) {
        let Self { name, .. } = self;
        let Check { tool, attempts, captures, loops } = check;
        let _ = write!(
            out,
            r##"
/// Looks at the sources of `{name}` with the tool for {tool}.
job {tool}_{name}(const attempts: int = {attempts}) on linux {{
    inputs = ["{name}/**"]
    timeout = 10min

"##
        );
        if *captures {
            let _ = write!(
                out,
                r##"    let found: int = sh "./ci/{tool}.sh --count {name}"
    step "Report {tool}" {{
        env {{ FOUND = found }}
        sh """
            echo "found $FOUND things in {name}"
            test "$FOUND" -lt #{{attempts * 10}}
            """
    }}
"##
            );
        } else {
            let _ = writeln!(out, "    sh \"./ci/{tool}.sh {name} --attempts #{{attempts}}\"");
        }
        if *loops {
            let _ = writeln!(
                out,
                "    for part in [\"src\", \"tests\", \"docs\"] {{\n        sh \"./ci/{tool}.sh {name}/#{{part}}\"\n    }}"
            );
        }
        let _ = writeln!(out, "}}");
    }

    /// Appends the calls of its jobs to a pipeline that uses its file as `module`.
    pub(crate) fn call(&self, out: &mut String, module: &str) {
        let Self { name, upper, .. } = self;
        let _ = write!(
            out,
            r##"
    // {name}
"##
        );
        for check in &self.checks {
            let _ = writeln!(out, "    {module}.{}_{name}()", check.tool);
        }
        let _ = write!(
            out,
            r##"    let {name} = for flavor in {module}.{upper}_FLAVORS {{ {module}.build_{name}(flavor, version) }}
    for shard in {module}.{upper}_SHARDS {{
        let reports = for suite in {module}.{upper}_SUITES {{
            {module}.test_{name}({name}[release].app, suite, shard).report
        }}
        expose {module}.collect_{name}(reports, shard, detail) as "{name} summary #{{shard}}" {{ retention = 14d }}
    }}
    expose {module}.pack_{name}({name}[release].app, version) as "{name}"
"##
        );
        if let Some(delivery) = self.delivery() {
            delivery.call(out, module);
        }
    }
}

/// Of a compiling step; `@` is a number that tells them apart.
const COMMANDS: [&str; 6] = [
    "./ci/generate.sh --part @ --version #{version}",
    "test -d generated/@ || mkdir -p generated/@",
    "for file in src/*.@.in; do ./ci/expand.sh \"$file\" \"#{flavor}\"; done",
    "echo \"part @ for #{flavor}, built by #{threads} threads\"",
    "export PART_@=#{flavor}",
    "if [ -e patches/@ ]; then patch -p1 < patches/@; fi",
];
