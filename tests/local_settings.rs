//! Settings of jobs and pipelines in runs on this machine: environments, containers, caches, groups, sources of other
//! places, and how runs end before their time.

#![cfg(unix)]
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use flow_tests::runs::Run;
use flow_tests::world::World;

#[test]
fn environments_need_a_yes() {
    let world = World::of(
        r##"
job deploy(to: string) on linux {
    checkout = none
    environment { name = to, url = "https://#{to}.example.org" }
    sh "touch $TMPDIR/ran; echo deployed"
}
pipeline ci { on manual  on push  param to: string = "prod"  deploy(to)  if ctx.event == push { deploy("live") as "live" } }
"##,
    );
    let run = Run::of(&world, &["ci"]).ends(2);
    assert!(run.ran.err.contains("the environment `prod` (`deploy`): say `--yes`"), "{}", run.ran.err);
    assert!(!run.ran.err.contains("started"), "{}", run.ran.err);
    let run = Run::of(&world, &["ci", "--yes", "--param", "to=test"]).ends(0);
    assert!(run.ran.err.contains("test: https://test.example.org"), "{}", run.ran.err);
}

/// Puts a program into a folder that is searched first.
fn in_path(world: &World, command: &mut Command, name: &str, text: &str) {
    let folder = world.beside("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let rest = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{rest}", folder.display()));
}

/// A stand-in for docker: it notes how it is called, and carries out on this machine what should run inside.
const DOCKER: &str = r##"#!/bin/bash
printf '%s\n' "$*" >> "$DOCKER_NOTES"
case "$1" in
    login) read -r password; printf 'password %s config %s\n' "$password" "$DOCKER_CONFIG" >> "$DOCKER_NOTES" ;;
    inspect)
        n=$(cat "$DOCKER_NOTES.n" 2> /dev/null || echo 0)
        echo $((n + 1)) > "$DOCKER_NOTES.n"
        if [ "$n" -lt 2 ]; then echo starting; else echo healthy; fi ;;
    run) [ -n "$POSTGRES_PASSWORD" ] && printf 'has %s\n' "$POSTGRES_PASSWORD" >> "$DOCKER_NOTES"; echo id ;;
    exec)
        shift
        names=()
        while [ $# -gt 0 ]; do
            case "$1" in
                --workdir) cd "$2"; shift 2 ;;
                --env) names+=("$2=${!2}"); shift 2 ;;
                --user) shift 2 ;;
                *) break ;;
            esac
        done
        shift
        [ "$1" = chown ] && exit 0
        exec env -i "PATH=/inside:/usr/bin:/bin" "${names[@]}" "$@" ;;
esac
"##;

#[test]
fn containers_and_services() {
    let world = World::of(
        r##"
secret PASSWORD
job test(name: string) -> (seen: string, dir: opaque) on linux {
    checkout = none
    container { image = "registry.example.org/tools:1", env { INSIDE = "yes" }, options = "--cpus 2", credentials { username = "me", password = PASSWORD } }
    service db {
        image = "postgres:16"
        ports = ["5432", "16379:6379"]
        env { POSTGRES_PASSWORD = PASSWORD }
        health { command = "pg_isready -U postgres", interval = 2s, retries = 5 }
    }
    env { NAME = name }
    out seen = bash "echo $NAME $PATH"
    sh "mkdir -p tools && printf '#!/bin/sh\necho my tool' > tools/mine && chmod +x tools/mine"
    add_path "tools"
    sh "mine > #{out dir}/said"
    finally { sh "echo sweeping inside" }
}
job beside() on linux { checkout = none  service cache { image = "redis:7" }  sh "true" }
job read(dir: opaque) -> (text: string) on linux { checkout = none out text = sh "cat #{dir}/said" }
pipeline ci { on manual  let it = test("it's")  read(it.dir)  beside() }
"##,
    );
    let mut command = Run::command(&world, &["ci", "--jobs", "1"]);
    command.env("PASSWORD", "hush-hush");
    let notes = world.beside("notes");
    in_path(&world, &mut command, "docker", DOCKER);
    command.env("DOCKER_NOTES", &notes);
    let run = Run::by(command).ends(0);
    assert_eq!(run.value("test", "seen"), Some("it's /inside:/usr/bin:/bin"), "{}", run.ran.all());
    assert_eq!(run.value("read", "text"), Some("my tool"));
    let id = run.result["run"].as_str().unwrap();
    let notes = std::fs::read_to_string(notes).unwrap().replace(id, "RUN");
    let calls: Vec<&str> = notes.lines().collect();
    let at = |start: &str| {
        let found = calls.iter().position(|call| call.starts_with(start));
        found.unwrap_or_else(|| panic!("no call {start}:\n{notes}"))
    };
    let service = "run --detach --name flow-RUN-test-db --network flow-RUN-test --network-alias db --env POSTGRES_PASSWORD \
        --publish 5432:5432 --publish 16379:6379 --health-cmd pg_isready -U postgres --health-interval 2s \
        --health-retries 5 postgres:16";
    assert_eq!(calls[at("network create flow-RUN-test")..][..2], ["network create flow-RUN-test", service]);
    assert!(calls.contains(&"has hush-hush"), "the value comes through the environment:\n{notes}");
    let login = calls[at("login")..][0];
    assert_eq!(login, "login --username me --password-stdin registry.example.org");
    let main = calls[at("run --detach --name flow-RUN-test --network flow-RUN-test --volume")..][0];
    assert!(
        main.ends_with("--entrypoint tail --env INSIDE --cpus 2 registry.example.org/tools:1 -f /dev/null"),
        "{main}"
    );
    assert!(at("inspect") < at("exec --workdir"), "steps wait for the service:\n{notes}");
    assert_eq!(calls.iter().filter(|call| call.starts_with("inspect")).count(), 4, "{notes}");
    let removed = at("rm --force --volumes flow-RUN-test-db flow-RUN-test");
    assert_eq!(calls[removed + 1], "network rm flow-RUN-test");
    // A job that has no container runs beside its service, and leaves nothing behind either.
    at("rm --force --volumes flow-RUN-beside-cache");
    let login = "password hush-hush config ";
    let password = calls.iter().filter(|call| call.contains("hush-hush") && !call.starts_with(login)).count();
    assert_eq!(password, 1, "only the stand-in itself has noted it:\n{notes}");
}

#[test]
fn without_an_engine_nothing_starts() {
    let world = World::of(
        "job test() on linux { checkout = none  container = \"alpine:3\"  sh \"true\" }\n\
        pipeline ci { on manual  on push  if ctx.event == push { test() } }\n",
    );
    let bare = |arguments: &[&str]| {
        let mut command = Run::command(&world, arguments);
        let bin = world.beside("few");
        std::fs::create_dir_all(&bin).unwrap();
        for name in ["git", "sh"] {
            let found =
                std::env::split_paths(&std::env::var("PATH").unwrap()).map(|it| it.join(name)).find(|it| it.exists());
            let _ = std::os::unix::fs::symlink(found.unwrap(), bin.join(name));
        }
        command.env("PATH", bin);
        Run::by(command)
    };
    let run = bare(&["ci", "--event", "push"]).ends(1);
    assert!(run.ran.err.contains("neither `docker` nor `podman` is in PATH"), "{}", run.ran.err);
    assert!(run.ran.err.contains("`test` has a container (ci.flow:2:"), "{}", run.ran.err);
    // Who will not run needs none.
    assert_eq!(bare(&["ci"]).ends(0).outcome("test"), "skipped");
}

#[test]
fn caches_come_back_by_key_or_by_its_beginning() {
    let world = World::of(
        r##"
job build(os: string, lock: string) -> (before: string?) on linux {
    checkout = none
    cache deps { paths = ["deps", "one.txt"], key = [os, lock], fallback = true }
    let found: string? = bash "cat deps/sub/* 2> /dev/null || true"
    bash "mkdir -p deps/sub; echo #{lock} > deps/sub/#{lock}; echo x > one.txt"
    sh "test #{lock} != broken"
    out before = found
}
pipeline ci { on manual  param os: string = "a"  param lock: string = "1"  build(os, lock) }
"##,
    );
    let before = |arguments: &[&str], code| {
        let run = Run::of(&world, &[&["ci"], arguments].concat()).ends(code);
        run.value("build", "before").unwrap_or_default().to_owned()
    };
    assert_eq!(before(&[], 0), "");
    assert_eq!(before(&[], 0), "1");
    assert_eq!(before(&["--param", "lock=2"], 0), "1", "its key begins alike");
    assert_eq!(before(&["--param", "lock=2"], 0), "1\n2");
    assert_eq!(before(&["--param", "os=b"], 0), "", "another one");
    before(&["--param", "os=b", "--param", "lock=broken"], 1);
    assert_eq!(before(&["--param", "os=b", "--param", "lock=3"], 0), "1", "who failed keeps nothing");
}

#[test]
fn runners_stages_and_outputs() {
    let world = World::of(
        r##"
enum Size { small, big, other }
job work(size: Size) -> (text: string) on match size { small => linux  big => windows  other => macos } {
    checkout = none
    out text = "#{size} on #{ctx.job}"
}
pipeline ci -> (text: string) {
    on call
    on manual
    param size: Size = small
    run_name = "run of #{size}"
    stage "Build" { let it = work(size) }
    out text = it.text
}
"##,
    );
    let run = Run::of(&world, &["ci"]).ends(0);
    assert_eq!(run.result["outputs"]["text"], "small on work");
    assert_eq!(
        (run.job("work")["title"].as_str(), run.result["name"].as_str()),
        (Some("Build: work"), Some("run of small"))
    );
    assert!(
        run.ran.err.contains("text = small on work") && run.ran.err.contains("run of small succeeded"),
        "{}",
        run.ran.err
    );
    let other = Run::of(&world, &["ci", "--param", "size=big"]).ends(1);
    assert!(other.ran.err.contains("`work` runs on windows"), "{}", other.ran.err);
}

#[test]
fn sources_of_other_places() {
    let world = World::of_files([
        ("a.txt", "one"),
        (
            "ci.flow",
            r##"
job work(old: string) -> (seen: string) on linux {
    checkout { path = "src" }
    sh "cmp src/a.txt a.txt"
    checkout { ref = old, path = "old" }
    checkout { repo = "owner/other", path = "other/here" }
    out seen = sh "cat src/a.txt old/a.txt other/here/b.txt"
}
pipeline ci { on manual  param old: string  work(old) }
"##,
        ),
    ]);
    let old = world.git(&["rev-parse", "HEAD"]);
    std::fs::write(world.project().join("a.txt"), "two\n").unwrap();

    let run = Run::of(&world, &["ci", "--param", &format!("old={old}")]).ends(1);
    assert!(run.ran.err.contains("there is no remote `origin`"), "{}", run.ran.err);
    assert!(!run.ran.err.contains("started"), "{}", run.ran.err);

    // Beside the project's own remote.
    let other = World::of_files([("b.txt", "\nthree")]);
    let remote = world.beside("remotes/owner");
    std::fs::create_dir_all(&remote).unwrap();
    std::fs::rename(other.project(), remote.join("other")).unwrap();
    world.git(&["remote", "add", "origin", remote.join("own").to_str().unwrap()]);
    let run = Run::of(&world, &["ci", "--param", &format!("old={old}")]).ends(0);
    assert_eq!(run.value("work", "seen"), Some("two\none\nthree"));
}

/// Starts a run, and waits until it prints a line that holds the text.
fn start(mut command: Command, until: &str) -> (Child, std::thread::JoinHandle<String>) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut text = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        text += &line;
        text.push('\n');
        if line.contains(until) {
            break;
        }
    }
    let rest = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            text += &line;
            text.push('\n');
        }
        text
    });
    (child, rest)
}

fn signal(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_run_that_is_cancelled_cleans_up() {
    let world = World::of(
        r##"
job slow() on linux {
    checkout = none
    sh "echo sleeping; sleep 60"
    on_failure { sh "echo mourning" }
    finally { sh "echo sweeping the job" }
}
job next() on linux { checkout = none sh "true" }
job sweep() on linux { checkout = none sh "echo sweeping the pipeline" }
pipeline ci { on manual  next() after slow()  finally { sweep() } }
"##,
    );
    flow_tests::binary::flowc();
    let (mut child, rest) = start(world.command(&["run", "ci"]), "| sleeping");
    signal(&child);
    let code = child.wait().unwrap().code();
    let text = rest.join().unwrap();
    assert_eq!(code, Some(1), "{text}");
    for expected in ["sweeping the job", "sweeping the pipeline", "ci was cancelled"] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
    assert!(!text.contains("mourning"), "{text}");
}

#[test]
fn runs_of_one_group_exclude_each_other() {
    let world = World::of(
        r##"
job slow() on linux { checkout = none sh "echo working; sleep 30" }
job quick() on linux { checkout = none concurrency { group = "deploy" } sh "sleep 0.3" }
pipeline ci { on manual  param quick: bool = false  concurrency { group = "ci", cancel = true }  if !quick { slow() } }
pipeline two { on manual  quick() as "a"  quick() as "b" }
"##,
    );
    flow_tests::binary::flowc();
    let (mut first, rest) = start(world.command(&["run", "ci"]), "| working");
    // A newer one ends it.
    let second = Run::of(&world, &["ci", "--param", "quick=true"]).ends(0);
    assert!(second.ran.err.contains("ends another one of the concurrency group `ci`"), "{}", second.ran.err);
    assert_eq!(first.wait().unwrap().code(), Some(1));
    assert!(rest.join().unwrap().contains("ci was cancelled"));
    // Jobs of one group wait for each other.
    let run = Run::of(&world, &["two", "--jobs", "2"]).ends(0);
    assert!(run.ran.err.contains("waits for another one of the concurrency group `deploy`"), "{}", run.ran.err);
}

#[test]
fn output_does_not_reach_the_lines_of_others() {
    let world = World::of(
        "job noisy() on linux { checkout = none  bash \"printf '10%%\\\\r50%%\\\\r100%%\\\\n\\\\033[2J\\\\033[31mred\\\\033]0;title\\\\007!\\\\n'\" }\n\
        pipeline ci { on manual  noisy() }\n",
    );
    let run = Run::of(&world, &["ci"]).ends(0);
    assert!(run.ran.err.contains("noisy | 100%\n") && run.ran.err.contains("noisy | red!\n"), "{:?}", run.ran.err);
}
