//! A plan as elaboration makes it of a small, realistic program, and help to build others.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part")]

use flow_emit::{Emitted, Options, emit};
use flow_plan::model::*;

pub fn place(line: u32) -> Place {
    Place { file: "ci.flow".into(), line, column: 5 }
}

pub fn text(text: &str) -> ScriptPart {
    ScriptPart::Text(text.into())
}

pub fn read(variable: &str, value: Value) -> ScriptPart {
    ScriptPart::Read { variable: variable.into(), value, position: Position::Bare }
}

pub fn write(output: &str, path: &str) -> ScriptPart {
    let location = Location::Produced { output: output.into(), path: path.into() };
    ScriptPart::Path { location, position: Position::Bare }
}

pub fn consumed(input: &str, path: &str) -> ScriptPart {
    let location = Location::Consumed { input: input.into(), path: path.into() };
    ScriptPart::Path { location, position: Position::Bare }
}

pub fn value_file(step: &str, name: &str) -> ScriptPart {
    let location = Location::Value { step: step.into(), name: name.into() };
    ScriptPart::Path { location, position: Position::Bare }
}

pub fn step(id: &str, title: &str, shell: Shell, parts: Vec<ScriptPart>) -> Step {
    Step {
        id: id.into(),
        title: title.into(),
        docs: None,
        run: Run::Script(Script { shell, parts }),
        env: Vec::new(),
        workdir: None,
        timeout_seconds: None,
        publishes: Vec::new(),
        writes: Vec::new(),
        place: place(10),
        ..Step::default()
    }
}

pub fn publish(name: &str, ty: ValueType, from: PublishFrom) -> Publish {
    Publish::new(name, ty, from)
}

pub fn field(name: &str, kind: FieldKind, path: &str) -> Field {
    Field::new(name, kind, path)
}

pub fn artifact(name: &str, schema: &Schema) -> Output {
    Output::new(name, OutputKind::Artifact(schema.clone()), place(9))
}

pub fn value(name: &str, ty: ValueType, value: Value) -> Output {
    Output::new(name, OutputKind::Value { ty, value }, place(9))
}

pub fn from_step(step: &str, name: &str) -> Value {
    Value::Step { step: step.into(), name: name.into() }
}

pub fn output(job: &str, output: &str) -> Value {
    Value::Output { job: job.into(), output: output.into() }
}

pub fn constant(text: &str) -> Value {
    Value::Const(Const::Text(text.into()))
}

pub fn edge(job: &str, kind: EdgeKind) -> Edge {
    Edge { job: job.into(), kind }
}

pub fn consume(id: &str, job: &str, output: &str, schema: &Schema) -> Consume {
    Consume::new(id, Files::Output { job: job.into(), output: output.into() }, schema.clone())
}

pub fn on(event: Event) -> Trigger {
    Trigger::on(event)
}

pub fn job(id: &str) -> Job {
    Job {
        id: id.into(),
        name: id.into(),
        title: id.into(),
        docs: None,
        args: vec![],
        runner: Runner { os: Os::Linux, arch: Arch::X64, github: None, ado: None },
        checkout: None,
        inputs: None,
        timeout_seconds: 3600,
        env: vec![],
        consumes: vec![],
        steps: vec![],
        outputs: vec![],
        exposes: vec![],
        needs: vec![],
        place: place(8),
        ..Job::default()
    }
}

pub fn checkout() -> Checkout {
    Checkout::default()
}

pub fn plan(backend: Backend, jobs: Vec<Job>) -> Plan {
    Plan { triggers: vec![on(Event::Push)], jobs, ..Plan::new(backend, "ci", "ci.flow") }
}

/// A job of one step.
pub fn one_step(id: &str, step: Step) -> Job {
    Job { steps: vec![step], ..job(id) }
}

pub fn options() -> Options {
    Options { command: "flowc emit".into(), ..Options::default() }
}

pub fn emitted(plan: &Plan) -> Emitted {
    emit(plan, &options()).expect("it can be emitted")
}

/// The messages of what cannot be emitted.
pub fn refused(plan: &Plan) -> Vec<String> {
    let errors = emit(plan, &options()).expect_err("it cannot be emitted");
    errors.into_iter().map(|it| format!("{} [{}]", it.message, it.help)).collect()
}

pub fn yaml(text: &str) -> serde_yaml::Value {
    serde_yaml::from_str(text).expect("an independent reader reads it")
}

pub fn greeting() -> ValueType {
    ValueType::Enum { name: "Greeting".into(), variants: vec!["hello".into(), "moin".into()] }
}

fn tool(profile: &str) -> Schema {
    let mut notes = field("notes", FieldKind::File, "notes.txt");
    notes.optional = true;
    Schema { name: format!("Tool({profile})"), fields: vec![field("binary", FieldKind::Exec, "bin/hello"), notes] }
}

fn report() -> Schema {
    Schema { name: "opaque".into(), fields: vec![field("", FieldKind::Opaque, "report")] }
}

fn package() -> Schema {
    let fields = vec![
        field("archive", FieldKind::File, "hello.tar.gz"),
        field("checksum", FieldKind::File, "hello.tar.gz.sha256"),
    ];
    Schema { name: "Package".into(), fields }
}

fn describe() -> Job {
    let mut step =
        step("version", "git describe --tags --always", Shell::Sh, vec![text("git describe --tags --always")]);
    step.publishes = vec![publish("version", ValueType::String, PublishFrom::Stdout)];
    Job {
        docs: Some("What this commit is called.".into()),
        checkout: Some(Checkout { depth: 0, tags: true, ..checkout() }),
        timeout_seconds: 300,
        outputs: vec![value("version", ValueType::String, from_step("version", "version"))],
        ..one_step("describe", step)
    }
}

fn build(profile: &str) -> Job {
    let optimize = if profile == "release" { "-O " } else { "" };
    let mut compile = step(
        "compile",
        "Compile",
        Shell::Sh,
        vec![
            text(&format!("rustc {optimize}--edition 2021 -o ")),
            write("tool", "bin/hello"),
            text(" src/main.rs\n"),
            write("tool", "bin/hello"),
            text(" --version"),
        ],
    );
    compile.env = vec![("HELLO_VERSION".into(), output("describe", "version"))];
    compile.writes = vec![Write { output: "tool".into(), field: "binary".into(), place: place(21) }];
    Job {
        name: "build".into(),
        title: format!("build ({profile})"),
        docs: Some("The tool, once per profile.".into()),
        args: vec![("profile".into(), Const::Text(profile.into()))],
        checkout: Some(checkout()),
        inputs: Some(vec!["src/**".into(), "Cargo.toml".into()]),
        timeout_seconds: 1800,
        env: vec![("RUSTFLAGS".into(), constant("-Dwarnings"))],
        outputs: vec![artifact("tool", &tool(profile))],
        needs: vec![edge("describe", EdgeKind::Value("version".into()))],
        ..one_step(&format!("build-{profile}"), compile)
    }
}

fn test(shard: i64) -> Job {
    let mut run = step(
        "run",
        "Run the tests",
        Shell::Bash,
        vec![
            text("./ci/test.sh --bin "),
            consumed("tool", "bin/hello"),
            text(&format!(" --shard {shard} --out ")),
            write("report", "report"),
        ],
    );
    run.docs = Some("A shard writes what it likes.".into());
    run.timeout_seconds = Some(90);
    run.writes = vec![Write { output: "report".into(), field: String::new(), place: place(31) }];
    Job {
        name: "test".into(),
        title: format!("test ({shard})"),
        args: vec![("shard".into(), Const::Int(shard))],
        checkout: Some(checkout()),
        consumes: vec![consume("tool", "build-dev", "tool", &tool("dev"))],
        outputs: vec![artifact("report", &report())],
        needs: vec![edge("build-dev", EdgeKind::Artifact("tool".into()))],
        ..one_step(&format!("test-{shard}"), run)
    }
}

fn packaging() -> Job {
    let pack = step(
        "pack",
        "Pack",
        Shell::Bash,
        vec![
            read("GREETING", Value::Param("greeting".into())),
            text(" > /dev/null 2>&1 || echo "),
            read("GREETING", Value::Param("greeting".into())),
            text(" "),
            read("VERSION", output("describe", "version")),
            text("\ntar -czf "),
            write("package", "hello.tar.gz"),
            text(" -C \"$(dirname "),
            consumed("tool", "bin/hello"),
            text(")\" hello\ncd \"$(dirname "),
            write("package", "hello.tar.gz"),
            text(")\"\nsha256sum hello.tar.gz > "),
            write("package", "hello.tar.gz.sha256"),
        ],
    );
    Job {
        docs: Some("The tool as people get it.".into()),
        consumes: vec![consume("tool", "build-release", "tool", &tool("release"))],
        outputs: vec![artifact("package", &package())],
        exposes: vec![Expose {
            field: None,
            retention_days: Some(30),
            ..Expose::new("hello package", "package", place(45))
        }],
        needs: vec![
            edge("build-release", EdgeKind::Artifact("tool".into())),
            edge("describe", EdgeKind::Value("version".into())),
        ],
        ..one_step("package", pack)
    }
}

fn verify() -> Job {
    let mut count = step(
        "count",
        "Count the files",
        Shell::Sh,
        vec![text("tar -tzf "), consumed("package", "hello.tar.gz"), text(" | wc -l | tr -d ' '")],
    );
    count.publishes = vec![publish("files", ValueType::Int, PublishFrom::Stdout)];
    let check = step(
        "check",
        "Check the package",
        Shell::Bash,
        vec![
            text("cd \"$(dirname "),
            consumed("package", "hello.tar.gz"),
            text(")\"\nsha256sum --check hello.tar.gz.sha256\ntest "),
            read("FILES", from_step("count", "files")),
            text(" -ge 1"),
        ],
    );
    Job {
        consumes: vec![consume("package", "package", "package", &package())],
        needs: vec![edge("package", EdgeKind::Artifact("package".into()))],
        steps: vec![count, check],
        ..job("verify")
    }
}

fn summarize() -> Job {
    let join = step(
        "join",
        "Join the reports",
        Shell::Sh,
        vec![
            text("cat "),
            consumed("reports/1", "report"),
            text("/*.txt "),
            consumed("reports/2", "report"),
            text("/*.txt > "),
            write("summary", "report.txt"),
        ],
    );
    let summary = Schema { name: "file".into(), fields: vec![field("", FieldKind::File, "report.txt")] };
    Job {
        consumes: vec![
            consume("reports/1", "test-1", "report", &report()),
            consume("reports/2", "test-2", "report", &report()),
        ],
        outputs: vec![artifact("summary", &summary)],
        exposes: vec![Expose { field: None, retention_days: None, ..Expose::new("test report", "summary", place(50)) }],
        needs: vec![
            edge("test-2", EdgeKind::Artifact("report".into())),
            edge("test-1", EdgeKind::Artifact("report".into())),
            edge("test-1", EdgeKind::Order),
        ],
        ..one_step("summarize", join)
    }
}

/// The quickstart's plan.
pub fn quickstart(backend: Backend) -> Plan {
    Plan {
        docs: Some("Builds, tests and packs the tool.".into()),
        triggers: vec![
            Trigger { branches: vec!["main".into()], ..on(Event::Push) },
            on(Event::PullRequest),
            on(Event::Manual),
        ],
        params: vec![Param {
            name: "greeting".into(),
            docs: Some("How the package greets.".into()),
            ty: greeting(),
            default: Some(Const::Text("moin".into())),
            place: place(3),
        }],
        ..plan(
            backend,
            vec![describe(), build("dev"), build("release"), test(1), test(2), summarize(), packaging(), verify()],
        )
    }
}

/// A plan that uses what the quickstart does not: all shells, systems and kinds of parameters,
/// secrets, joined and optional values, a packed artifact on its way to Windows.
pub fn everything(backend: Backend) -> Plan {
    let runner = |os, arch| Runner { os, arch, github: None, ado: None };
    let mixed = Schema {
        name: "Mixed".into(),
        fields: vec![
            field("binary", FieldKind::Exec, "bin/tool"),
            Field { optional: true, ..field("notes", FieldKind::File, "notes.txt") },
            field("assets", FieldKind::Opaque, "share/assets"),
        ],
    };
    let mut list = step("list", "List", Shell::Python, vec![text("import json\nprint(json.dumps([\"a\"]))")]);
    list.publishes = vec![publish("names", ValueType::List(Box::new(ValueType::String)), PublishFrom::Stdout)];
    let mut flags = step(
        "flags",
        "Set flags",
        Shell::Bash,
        vec![text("echo True > "), value_file("flags", "on"), text("\n: > "), value_file("flags", "note")],
    );
    flags.publishes = vec![
        publish("on", ValueType::Bool, PublishFrom::File),
        publish("note", ValueType::Optional(Box::new(ValueType::String)), PublishFrom::File),
    ];
    let mut use_them = step(
        "use-them",
        "Use them",
        Shell::Bash,
        vec![
            text("echo "),
            read("NAMES", from_step("list", "names")),
            text(" "),
            read("ON", from_step("flags", "on")),
            text(" "),
            read("EVENT", Value::Ctx("event".into())),
            text(" "),
            read("BRANCH", Value::Ctx("branch".into())),
            text("\nmkdir -p "),
            write("mixed", "share/assets"),
            text("\necho '#!/bin/sh' > "),
            write("mixed", "bin/tool"),
            text("\nchmod +x "),
            write("mixed", "bin/tool"),
        ],
    );
    use_them.env =
        vec![("TOKEN".into(), Value::Secret("REGISTRY_TOKEN".into())), ("NOTE".into(), from_step("flags", "note"))];
    let take = Step {
        run: Run::Take {
            from: "notes/read me.txt".into(),
            to: Location::Produced { output: "mixed".into(), path: "notes.txt".into() },
            kind: FieldKind::File,
            pattern: false,
        },
        ..step("take", "Take notes", Shell::Sh, vec![])
    };
    let make = Job {
        docs: Some("Makes everything.\nTwice over.".into()),
        checkout: Some(Checkout { depth: 50, tags: true, submodules: true, lfs: true, ..Checkout::default() }),
        steps: vec![list, flags, use_them, take],
        outputs: vec![
            value("names", ValueType::List(Box::new(ValueType::String)), from_step("list", "names")),
            value("on", ValueType::Bool, from_step("flags", "on")),
            value("tag", ValueType::String, Value::Join(vec![constant("v-"), from_step("flags", "on")])),
            artifact("mixed", &mixed),
        ],
        exposes: vec![Expose {
            field: Some("assets".into()),
            retention_days: None,
            ..Expose::new("assets", "mixed", place(60))
        }],
        ..job("make")
    };
    let on_windows = |shell| {
        step(
            "show",
            "Show",
            shell,
            vec![
                text("echo "),
                read("TAG", output("make", "tag")),
                text(" "),
                read("FAST", Value::Param("fast".into())),
                text(" "),
                read("COUNT", Value::Param("count".into())),
                text(" "),
                consumed("mixed", "bin/tool"),
            ],
        )
    };
    let mut cmd = step("old", "Old", Shell::Cmd, vec![text("echo "), read("ON", output("make", "on"))]);
    cmd.workdir = Some("sub".into());
    let needs = vec![
        edge("make", EdgeKind::Value("tag".into())),
        edge("make", EdgeKind::Value("on".into())),
        edge("make", EdgeKind::Artifact("mixed".into())),
    ];
    let windows = Job {
        runner: runner(Os::Windows, Arch::X64),
        env: vec![("LEVEL".into(), Value::Param("label".into())), ("path_like".into(), constant("a: b # c"))],
        consumes: vec![consume("mixed", "make", "mixed", &mixed)],
        needs: needs.clone(),
        steps: vec![on_windows(Shell::Pwsh), cmd],
        ..job("windows")
    };
    let mut measure = step("measure", "Measure", Shell::Pwsh, vec![text("Get-Date")]);
    measure.publishes = vec![publish("date", ValueType::String, PublishFrom::Stdout)];
    let macos = Job {
        runner: runner(Os::Macos, Arch::X64),
        consumes: vec![consume("mixed", "make", "mixed", &mixed)],
        needs,
        steps: vec![on_windows(Shell::Sh), measure],
        outputs: vec![value("date", ValueType::String, from_step("measure", "date"))],
        ..job("macos")
    };
    let param =
        |name: &str, ty, default| Param { name: name.into(), docs: None, ty, default: Some(default), place: place(2) };
    Plan {
        triggers: vec![
            Trigger {
                branches: vec!["main".into(), "release/*".into(), "!release/old".into()],
                paths: vec!["src/**".into()],
                ..on(Event::Push)
            },
            Trigger { drafts: false, ..on(Event::PullRequest) },
            Trigger { cron: Some("30 3 * * 1-5".into()), ..on(Event::Schedule) },
            on(Event::Manual),
        ],
        params: vec![
            param("fast", ValueType::Bool, Const::Bool(true)),
            param("count", ValueType::Int, Const::Int(3)),
            param("label", ValueType::String, Const::Text("x: y".into())),
        ],
        pipeline: "everything".into(),
        title: "Everything: at once".into(),
        ..plan(backend, vec![make, windows, macos])
    }
}
