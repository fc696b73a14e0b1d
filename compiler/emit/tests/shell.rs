//! The snippets of emitted files, taken out of them and run: what a value becomes, what a check lets
//! pass, what comes out of an archive.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output as Finished};

use flow_emit::shell::Host;
use flow_emit::shell::artifacts::{Input, Packing, received};
use flow_emit::shell::manifest::Systems;
use flow_emit::shell::seal::{Made, sealed};
use flow_plan::model::*;
use support::*;
use tempfile::TempDir;

const HOST: Host = Host { temp: "RUNNER_TEMP", error: "::error::" };

/// The platform's own ways to start a shell.
fn run(shell: &str, script: &str, temp: &Path, env: &[(&str, &str)]) -> Finished {
    let file = temp.join("script");
    fs::write(&file, script).unwrap();
    let mut command = match shell {
        "sh" => Command::new("sh"),
        other => Command::new(other),
    };
    match shell {
        "sh" => command.arg("-e"),
        "bash" => command.args(["--noprofile", "--norc", "-eo", "pipefail"]),
        _ => &mut command,
    };
    command
        .arg(&file)
        .env("RUNNER_TEMP", temp)
        .env("AGENT_TEMPDIRECTORY", temp)
        .env("GITHUB_OUTPUT", temp.join("output"));
    command.env("SYSTEM_STAGEATTEMPT", "1").env("SYSTEM_JOBATTEMPT", "2").envs(env.iter().copied());
    command.current_dir(temp).output().unwrap()
}

fn bash(script: &str, temp: &Path) -> Finished {
    run("bash", script, temp, &[])
}

fn said(finished: &Finished) -> String {
    format!("{}{}", String::from_utf8_lossy(&finished.stdout), String::from_utf8_lossy(&finished.stderr))
}

/// What the runner reads from its output file: lines `name=value`, or a name and delimiter and then
/// the lines up to the delimiter.
fn outputs(temp: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(temp.join("output")).unwrap_or_default();
    let mut lines = text.lines();
    let mut found = BTreeMap::new();
    while let Some(line) = lines.next() {
        if let Some((name, value)) = line.split_once('=') {
            found.insert(name.to_owned(), value.to_owned());
        } else if let Some((name, end)) = line.split_once("<<") {
            let value: Vec<_> = lines.by_ref().take_while(|it| *it != end).collect();
            found.insert(name.to_owned(), value.join("\n"));
        } else {
            panic!("the runner refuses the line {line:?} of {text:?}");
        }
    }
    found
}

/// Runs a script whose standard output is a value, as GitHub would: its result and the value.
fn captured(shell: Shell, ty: ValueType, script: &str) -> (bool, Option<String>, String) {
    let mut one = step("make", "make", shell, vec![text(script)]);
    one.publishes = vec![publish("it", ty.clone(), PublishFrom::Stdout)];
    let mut reader = step("read", "read", Shell::Bash, vec![text("echo "), read("IT", from_step("make", "it"))]);
    reader.place = place(11);
    let required = value("it", ty, from_step("make", "it"));
    let job = Job { steps: vec![one, reader], outputs: vec![required], ..job("a") };
    let workflow = yaml(&emitted(&plan(Backend::Github, vec![job])).text);
    let steps = workflow["jobs"]["a"]["steps"].as_sequence().unwrap().clone();
    let temp = TempDir::new().unwrap();
    let room = steps[0]["run"].as_str().unwrap();
    assert!(bash(room, temp.path()).status.success());
    let name = if shell == Shell::Sh { "sh" } else { "bash" };
    let done = run(name, steps[1]["run"].as_str().unwrap(), temp.path(), &[]);
    let made = outputs(temp.path()).remove("it");
    (done.status.success(), made, said(&done))
}

fn print_of(value: &str) -> String {
    let octal: String = value.bytes().map(|it| format!("\\{it:03o}")).collect();
    format!("printf '{octal}'")
}

#[test]
fn any_text_arrives_as_it_was() {
    let values = [
        "plain",
        "  led by spaces and ended ",
        "two\nlines",
        "\nled by a line break",
        "blank\n\nbetween",
        "it<<EOF\nEOF\nit=forged\n::set-output name=it::x",
        "${{ secrets.TOKEN }}",
        "$(whoami) `id` $HOME",
        "back\\slash \\n",
        "'\"'",
        "%0A%25",
        "ünïcødé 🦀",
        "-n",
        "-e x",
        "\ttab",
        "a\n\n",
    ];
    for shell in [Shell::Sh, Shell::Bash] {
        for value in values {
            // Line breaks at the end are not part of it.
            for text in [format!("{value}\n"), value.to_owned()] {
                let expected = text.trim_end_matches('\n');
                let (done, made, said) = captured(shell, ValueType::String, &print_of(&text));
                assert!(done, "{value:?}: {said}");
                assert_eq!(made.as_deref(), Some(expected), "{value:?}");
            }
        }
    }
}

#[test]
fn a_script_may_exit_and_a_failing_one_fails() {
    for shell in [Shell::Sh, Shell::Bash] {
        assert_eq!(captured(shell, ValueType::String, "echo early\nexit 0\necho late").1.as_deref(), Some("early"));
        for failing in ["echo x\nfalse\necho y", "echo x; exit 3", "cat /does/not/exist"] {
            let (done, made, _) = captured(shell, ValueType::String, failing);
            assert!(!done && made.is_none(), "{failing}");
        }
        let here = "cat <<'X'\n  (kept) # as it is\n)\nX\n# the end";
        assert_eq!(captured(shell, ValueType::String, here).1.as_deref(), Some("  (kept) # as it is\n)"));
        assert_eq!(captured(shell, ValueType::String, "echo one # not more").1.as_deref(), Some("one"));
    }
    assert!(!captured(Shell::Bash, ValueType::String, "false | cat; echo x").0, "bash stops at a failing pipe");
}

#[test]
fn an_empty_or_endless_text_is_refused_by_name() {
    let (done, _, said) = captured(Shell::Sh, ValueType::String, "true");
    assert!(!done && said.contains("::error::a: the value it is empty"), "{said}");
    let (done, _, said) = captured(Shell::Sh, ValueType::String, "head -c 40000 /dev/zero | tr '\\0' x");
    assert!(!done && said.contains("longer than 32000 bytes"), "{said}");
    let optional = ValueType::Optional(Box::new(ValueType::String));
    assert_eq!(captured(Shell::Sh, optional, "true"), (true, Some(String::new()), String::new()));
}

#[test]
fn values_are_checked_against_their_type() {
    let optional = |ty: ValueType| ValueType::Optional(Box::new(ty));
    let list = |ty: ValueType| ValueType::List(Box::new(ty));
    type Case = (ValueType, &'static [(&'static str, &'static str)], &'static [&'static str]);
    let cases: Vec<Case> = vec![
        (
            ValueType::Int,
            &[
                ("0", "0"),
                ("-7", "-7"),
                ("9223372036854775807", "9223372036854775807"),
                ("-9223372036854775808", "-9223372036854775808"),
            ],
            &[
                "",
                "x",
                "1.5",
                "08",
                "-",
                "--1",
                "1 2",
                "1\n2",
                "9223372036854775808",
                "-9223372036854775809",
                "0x1",
                "$(id)",
                "*",
            ],
        ),
        (ValueType::Bool, &[("true", "true"), ("False", "false")], &["", "yes", "1", "TRUE", "true\nfalse"]),
        (greeting(), &[("hello", "hello"), ("moin", "moin")], &["", "Hello", "hell", "hello\nmoin", "*"]),
        (optional(ValueType::Int), &[("", ""), ("3", "3")], &["x", "-", "07"]),
        (optional(ValueType::Bool), &[("", ""), ("True", "true")], &["maybe"]),
        (optional(greeting()), &[("", ""), ("moin", "moin")], &["x"]),
        (
            list(ValueType::String),
            &[("[ \"a\",\n \"b \\\\ c\" ]", "[\"a\",\"b \\\\ c\"]"), ("[]", "[]")],
            &["", "{}", "[1]", "[] []", "nope", "[\"a\""],
        ),
        (list(ValueType::Int), &[("[1, -2]", "[1,-2]")], &["[1.5]", "[\"1\"]"]),
        (list(greeting()), &[("[\"moin\"]", "[\"moin\"]")], &["[\"x\"]"]),
        (optional(list(ValueType::Bool)), &[("", ""), ("[true]", "[true]")], &["[1]"]),
    ];
    for (ty, good, bad) in cases {
        for shell in [Shell::Sh, Shell::Bash] {
            for (given, expected) in good {
                let (done, made, said) = captured(shell, ty.clone(), &print_of(&format!("{given}\n")));
                assert!(done, "{ty:?} {given:?}: {said}");
                assert_eq!(made.as_deref(), Some(*expected), "{ty:?}");
            }
            for given in bad {
                let (done, made, said) = captured(shell, ty.clone(), &print_of(&format!("{given}\n")));
                assert!(
                    !done && made.is_none() && said.contains("::error::a: the value it"),
                    "{ty:?} {given:?}: {said}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_the_script_writes_becomes_a_value() {
    let mut one = step("make", "make", Shell::Sh, vec![text("echo seen\necho 42 > "), value_file("make", "n")]);
    one.publishes = vec![publish("n", ValueType::Int, PublishFrom::File)];
    let reader = step("read", "read", Shell::Bash, vec![text("echo "), read("N", from_step("make", "n"))]);
    let job = Job { steps: vec![one, reader], ..job("a") };
    let workflow = yaml(&emitted(&plan(Backend::Github, vec![job])).text);
    let temp = TempDir::new().unwrap();
    assert!(bash(workflow["jobs"]["a"]["steps"][0]["run"].as_str().unwrap(), temp.path()).status.success());
    let done = run("sh", workflow["jobs"]["a"]["steps"][1]["run"].as_str().unwrap(), temp.path(), &[]);
    assert_eq!((said(&done).as_str(), outputs(temp.path())["n"].as_str()), ("seen\n", "42"));
}

/// A value's way on Azure: out of one job, through a variable, into another one's script.
#[test]
fn azure_hands_on_any_text() {
    for value in ["plain", "$(System.AccessToken)", "two\nlines; ##vso[task.complete]", "%0D%AZP25", "é'\"\\"] {
        let mut one = step("make", "make", Shell::Sh, vec![text(&print_of(&format!("{value}\n")))]);
        one.publishes = vec![publish("it", ValueType::String, PublishFrom::Stdout)];
        let again = step("again", "again", Shell::Bash, vec![text("printf %s "), read("IT", from_step("make", "it"))]);
        let maker = Job { steps: vec![one, again], outputs: vec![value_output()], ..job("a") };
        let mut user = step(
            "use",
            "use",
            Shell::Bash,
            vec![text("printf %s "), read("IT", output("a", "it")), text("\nsh -c 'printf %s \"$COPY\"'")],
        );
        user.env = vec![("COPY".into(), output("a", "it"))];
        let user = Job { needs: vec![edge("a", EdgeKind::Value("it".into()))], ..one_step("b", user) };
        let pipeline = yaml(&emitted(&plan(Backend::Ado, vec![maker, user])).text);
        let script =
            |job: usize, step: usize| pipeline["jobs"][job]["steps"][step]["bash"].as_str().unwrap().to_owned();

        let temp = TempDir::new().unwrap();
        assert!(bash(&script(0, 1), temp.path()).status.success());
        let done = bash(&script(0, 2), temp.path());
        assert!(done.status.success(), "{}", said(&done));
        let said = said(&done);
        let encoded = said.trim_end().strip_prefix("##vso[task.setvariable variable=flow_it;isOutput=true]").unwrap();
        assert!(encoded.chars().all(|it| it.is_ascii_alphanumeric() || "+/=".contains(it)), "{encoded}");
        assert_eq!(String::from_utf8(bash(&script(0, 3), temp.path()).stdout).unwrap(), value);

        assert_eq!(
            pipeline["jobs"][1]["variables"]["flow_a_it"].as_str().unwrap(),
            "$[ dependencies.a.outputs['make.flow_it'] ]"
        );
        let done = run("bash", &script(1, 1), temp.path(), &[("IT", encoded), ("COPY", encoded)]);
        assert_eq!(String::from_utf8(done.stdout).unwrap(), format!("{value}{value}"));
        let done = run("bash", &script(1, 1), temp.path(), &[("IT", ""), ("COPY", encoded)]);
        assert!(
            !done.status.success() && String::from_utf8_lossy(&done.stderr).contains("value it of job a arrived empty")
        );
    }
}

fn value_output() -> flow_plan::model::Output {
    value("it", ValueType::String, from_step("make", "it"))
}

#[test]
fn azure_tells_a_missing_secret() {
    let step =
        step("push", "push", Shell::Bash, vec![text("echo pushed "), read("TOKEN", Value::Secret("TOKEN".into()))]);
    let pipeline = yaml(&emitted(&plan(Backend::Ado, vec![one_step("a", step)])).text);
    let script = pipeline["jobs"][0]["steps"][1]["bash"].as_str().unwrap().to_owned();
    assert!(!script.contains("$(TOKEN)"), "the agent would put the secret there: {script}");
    let temp = TempDir::new().unwrap();
    let missing = run("bash", &script, temp.path(), &[("TOKEN", "$(TOKEN)")]);
    assert!(!missing.status.success() && said(&missing).contains("there is no secret TOKEN"), "{}", said(&missing));
    let there = run("bash", &script, temp.path(), &[("TOKEN", "x y")]);
    assert_eq!(said(&there), "pushed x y\n");
}

const LINUX: Systems = Systems { here: Os::Linux, windows: false };

fn mixed() -> Schema {
    let mut notes = field("notes", FieldKind::File, "doc/notes.txt");
    notes.optional = true;
    Schema {
        name: "Mixed".into(),
        fields: vec![
            field("binary", FieldKind::Exec, "bin/tool"),
            notes,
            field("assets", FieldKind::Opaque, "share/assets"),
        ],
    }
}

fn put(path: &Path, content: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A job's folder with an artifact in it.
fn produced() -> TempDir {
    let temp = TempDir::new().unwrap();
    let out = temp.path().join("flow/out/mixed");
    put(&out.join("bin/tool"), "tool", 0o755);
    let assets = out.join("share/assets");
    put(&assets.join("a b.txt"), "text\n", 0o644);
    put(&assets.join(".hidden/run.sh"), "#!/bin/sh\n", 0o755);
    put(&assets.join("zero"), "", 0o600);
    fs::create_dir_all(assets.join("empty/inner")).unwrap();
    std::os::unix::fs::symlink("../a b.txt", assets.join(".hidden/link")).unwrap();
    temp
}

fn seal(temp: &Path, systems: Systems) -> Finished {
    let (output, schema) = (artifact("mixed", &mixed()), mixed());
    let made = Made { output: &output, schema: &schema, systems, travels: true };
    bash(&sealed(HOST, "build", &[made]).unwrap(), temp)
}

fn receive(temp: &Path, systems: Systems) -> Finished {
    let output = artifact("mixed", &mixed());
    let consumes = [Consume::new("it", Files::Output { job: "build".into(), output: "mixed".into() }, mixed())];
    let inputs = [Input { consume: &consumes[0], output: &output, packing: Packing::Packed, systems }];
    let plan = plan(Backend::Github, vec![]);
    bash(&received(HOST, systems.here, &inputs, &[], &plan, &consumes, &|_, _, _| None), temp)
}

/// What a platform keeps of what it is given: files without modes, nothing else.
fn transport(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            transport(&entry.path(), &target);
        } else if entry.path().is_file() {
            fs::create_dir_all(to).unwrap();
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_artifact_survives_a_platform_that_drops_modes_and_links() {
    // The digest tools of Linux and Windows, and of macOS.
    for here in [Os::Linux, Os::Macos] {
        let systems = Systems { here, windows: false };
        let temp = produced();
        let done = seal(temp.path(), systems);
        assert!(done.status.success(), "{}", said(&done));
        let pack = temp.path().join("flow/pack/mixed");
        let manifest = fs::read_to_string(pack.join("assets.opaque.manifest")).unwrap();
        insta::allow_duplicates! { insta::assert_snapshot!(manifest, @r"
        d 0755 0 - empty/inner
        f 0644 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 zero
        f 0644 5 b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733 a b.txt
        f 0755 10 a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf .hidden/run.sh
        l 0644 10 8aa53b862e7157ef9632147a17dd28656cf82f4b87cfcd0ebdf11be8fc7b7642 .hidden/link -> ../a b.txt
        ") };

        let other = TempDir::new().unwrap();
        transport(&pack, &other.path().join("flow/pack/it"));
        let done = receive(other.path(), systems);
        assert!(done.status.success(), "{}", said(&done));
        let it = other.path().join("flow/in/it");
        assert_eq!(mode(&it.join("bin/tool")), 0o555);
        assert_eq!(mode(&it.join("share/assets/.hidden/run.sh")), 0o555);
        assert_eq!(mode(&it.join("share/assets/a b.txt")), 0o444);
        assert!(it.join("share/assets/empty/inner").is_dir());
        assert_eq!(fs::read_link(it.join("share/assets/.hidden/link")).unwrap(), Path::new("../a b.txt"));
        assert!(!it.join("doc/notes.txt").exists());
        // So that the folder can be removed.
        assert!(bash("chmod -R u+w flow", other.path()).status.success());
    }
}

#[test]
fn what_is_missing_is_named() {
    for (remove, expected) in [
        ("rm flow/out/mixed/bin/tool", "::error::mixed.binary: job build wrote no file bin/tool"),
        ("chmod -x flow/out/mixed/bin/tool", "::error::mixed.binary: bin/tool of job build is not executable"),
        ("rm -r flow/out/mixed/share/assets", "::error::mixed.assets: job build wrote no directory share/assets"),
        ("mkdir -p flow/out/mixed/doc/notes.txt", "::error::mixed.notes: job build wrote no file doc/notes.txt"),
        ("ln -s /etc flow/out/mixed/share/assets/x", "::error::mixed.assets: the link ./x leads outside"),
        ("ln -s ../../bin/tool flow/out/mixed/share/assets/x", "::error::mixed.assets: the link ./x leads outside"),
        (
            "touch \"flow/out/mixed/share/assets/a$(printf '\\n.')b\"",
            "::error::mixed.assets: a name holds a control character",
        ),
        ("mkfifo flow/out/mixed/share/assets/x", "::error::mixed.assets: neither a file nor a directory nor a link: "),
        ("touch \"flow/out/mixed/share/assets/$(printf '\\377')\"", "::error::mixed.assets: a name is not UTF-8"),
        (
            "cd flow/out/mixed/share/assets; ln -s . d; ln -s d/.. x",
            "::error::mixed.assets: the link ./x leads outside",
        ),
        ("ln -s .. flow/out/mixed/share/assets/x", "::error::mixed.assets: the link ./x leads outside"),
        (
            "touch 'flow/out/mixed/share/assets/a\\b'",
            "::error::mixed.assets: a name holds a control character or a backslash",
        ),
    ] {
        let temp = produced();
        assert!(bash(remove, temp.path()).status.success());
        let done = seal(temp.path(), LINUX);
        assert!(!done.status.success() && said(&done).contains(expected), "{remove}: {}", said(&done));
    }
}

#[test]
fn what_windows_cannot_hold_is_refused_when_it_is_made() {
    let systems = Systems { here: Os::Linux, windows: true };
    for (make, expected) in [
        ("true", "links cannot go to or come from Windows"),
        ("touch 'flow/out/mixed/share/assets/a:b'", "Windows has no place for these names"),
        ("touch flow/out/mixed/share/assets/CON.txt", "Windows has no place for these names"),
        ("touch flow/out/mixed/share/assets/dot.", "Windows has no place for these names"),
        ("touch flow/out/mixed/share/assets/ZERO", "these names differ only in case"),
    ] {
        let temp = produced();
        assert!(bash(make, temp.path()).status.success());
        let done = seal(temp.path(), systems);
        assert!(!done.status.success() && said(&done).contains(expected), "{make}: {}", said(&done));
    }
    let temp = produced();
    assert!(
        bash("rm flow/out/mixed/share/assets/.hidden/link; touch 'flow/out/mixed/share/assets/[fine]'", temp.path())
            .status
            .success()
    );
    let done = seal(temp.path(), systems);
    assert!(done.status.success(), "{}", said(&done));
    let manifest = fs::read_to_string(temp.path().join("flow/pack/mixed/assets.opaque.manifest")).unwrap();
    assert!(!manifest.contains("0755 1"), "modes say nothing there: {manifest}");
}

#[test]
fn a_changed_archive_is_not_consumed() {
    let temp = produced();
    assert!(seal(temp.path(), LINUX).status.success());
    let other = TempDir::new().unwrap();
    let pack = other.path().join("flow/pack/it");
    transport(&temp.path().join("flow/pack/mixed"), &pack);
    let list = pack.join("assets.opaque.manifest");
    let changed = fs::read_to_string(&list).unwrap().replace("b9e68e", "000000");
    fs::write(&list, changed).unwrap();
    let done = receive(other.path(), LINUX);
    assert!(
        !done.status.success() && said(&done).contains("::error::it.assets: not what was packed"),
        "{}",
        said(&done)
    );
}
