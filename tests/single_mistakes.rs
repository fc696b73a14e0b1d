//! One program for each code, with exactly that mistake, in a pipeline of several jobs. Each gives one
//! finding: nothing is told that is a mere consequence.

use flow_syntax::Severity;
use flow_tests::check::Program;

/// The program without a mistake.
const RIGHT: &str = r#"use std.rust

enum Profile { dev, release }
const RETRIES = 2
fn target_dir(p: Profile) -> string = match p { dev => "debug", release => "release" }

artifact Server(const os: Os) {
    if os == windows {
        binary: exec = "server.exe"
        symbols: file? = "server.pdb"
    } else {
        binary: exec = "server"
        symbols: file = "server.debug"
    }
    assets: opaque = "assets"
}
struct Note { text: string, level: int = 1 }
secret REGISTRY_TOKEN

extern action scan = "acme/scan@0123456789012345678901234567890123456789" {
    in severity: string
    out found: int
}

action note(n: Note, out log: file) { sh "echo #{n.text} #{n.level} > #{out log}" }
once action tool(version: string) { sh "./ci/install.sh #{version}" }

job describe() -> (version: string) on linux {
    checkout { depth = 0, tags = true }
    out version = sh "git describe --tags --always"
}

job build(const os: Os, version: string, profile: Profile = release) -> (server: Server(os)) on os {
    inputs = ["src/**", "Cargo.lock"]
    timeout = 30min
    rust.toolchain(channel: "stable")
    step "Compile" {
        env { RUSTFLAGS = "-Dwarnings", SERVER_VERSION = version }
        retry = RETRIES
        sh """
            cargo build --profile #{profile}
            ./ci/split.sh target/#{target_dir(profile)} #{out server.binary} #{out server.symbols}
            cp -r assets/. #{out server.assets}
            """
    }
}

job test(server: Server(linux), const shard: int) -> (always report: opaque, log: file = "log.txt") on linux {
    tool("1.0")
    sh "./ci/test.sh --bin #{server.binary} --shard #{shard} --out #{out report}"
    note(Note(text: "shard"), out log)
    expose dir("target/dumps") as "dumps #{shard}" { when = failed }
    finally { sh "./ci/stop-services.sh" }
}

job summarize(reports: [int: opaque]) -> (report: file = "report.html") on linux {
    sh "./ci/join-reports.sh #{reports...} > #{out report}"
}

job audit(logs: [int: file]) on linux {
    let found = scan(severity: "high")
    sh "./ci/audit.sh #{found} #{logs...}"
}

job publish(server: Server(_), version: string) on linux {
    environment = "production"
    let notes = "for #{target_dir(release)}"
    step "Push" {
        env { TOKEN = REGISTRY_TOKEN }
        sh "./ci/push.sh #{server.binary} #{version} #{notes}"
    }
}

pipeline ci {
    on push { branches = ["main"] }
    on pull_request { drafts = false }
    on manual
    param profile: Profile = release

    let version = describe()
    let servers = for os in [linux, windows] { build(os, version, profile) }
    let tests = for shard in [1, 2, 3] { test(servers[linux], shard) }
    let page = summarize(for t in tests { t.report })
    audit(for t in tests { t.log })
    expose page.report as "test report" { retention = 30d }

    if ctx.event == push && ctx.branch == "main" {
        publish(servers[linux], version) after tests
    }
    gate "ci ok"
}
"#;

/// A mistake: its code, what stands in the program once, and what is written instead.
type Mistake = (&'static str, &'static [(&'static str, &'static str)]);

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    ("F0101", &[(r#"    gate "ci ok"
}"#, r#"    gate "ci ok""#)]),
    ("F0102", &[(r#"    gate "ci ok"
}"#, r#"    gate "ci ok"
}
}"#)]),
    ("F0103", &[(r#"tests = for shard in [1, 2, 3] {"#, r#"tests = for shard in [1, 2, 3) {"#)]),
    ("F0106", &[(r#"as "test report" {"#, r#"as "test report {"#)]),
    ("F0107", &[(r#"const RETRIES = 2"#, r#"const RETRIES = 2 ?? 2 § 1"#)]),
    ("F0108", &[(r##"let notes = "for #{"##, r##"let notes = "for \q #{"##)]),
    ("F0109", &[(r#"const RETRIES = 2"#, r#"const RETRIES = 2_"#)]),
    ("F0110", &[(r#"            cp -r assets/. #{out server.assets}"#, r#"          cp -r assets/. #{out server.assets}"#)]),
    ("F0111", &[(r#"job describe() -> (version: string) on linux {"#, r#"job describe() -> version: string on linux {"#)]),
    ("F0112", &[(r#"    let version = describe()"#, r#"    let version =
        describe()"#)]),
    ("F0113", &[(r#"    if ctx.event == push"#, r##"    # Only what is on the main branch.
    if ctx.event == push"##)]),
    ("F0114", &[(r#"    gate "ci ok"
"#, r#"<<<<<<< ours
    gate "ci ok"
=======
    gate "ci"
>>>>>>> theirs
"#)]),
    ("F0115", &[(r#"enum Profile { dev, release }"#, r#"enum Profile { dev, release }
use std.git"#)]),
    ("F0116", &[(r#"symbols: file? ="#, r#"symbols: file?? ="#)]),
    ("F0117", &[(r#"    let page = summarize(for t in tests { t.report })
"#, r#"    let stage = describe() as "again"
    let page = summarize(for t in tests { t.report })
    audit(for t in tests { t.log }) as "second" after stage
    let match = describe() as "third"
"#)]),
    ("F0119", &[(r#"job audit(logs: [int: file]) on linux {"#, r#"job audit(logs: [int: file]) on linux
{"#)]),
    ("F0120", &[(r#"as "dumps #{shard}""#, r#"as "dumps #{out shard}""#)]),
    ("F0121", &[(r#""acme/scan@0123"#, r#""acme/scan@#{RETRIES}0123"#)]),
    ("F0201", &[(r#"    tool("1.0")"#, r#"    toool("1.0")"#)]),
    ("F0202", &[(r#"const RETRIES = 2"#, r#"const RETRIES = 2
const RETRIES = 3"#)]),
    ("F0203", &[(r#"use std.rust"#, r#"use std.rust
use std.rusty"#)]),
    ("F0204", &[(r#"    let notes ="#, r#"    let linux = "x"
    sh "echo #{linux}"
    let notes ="#)]),
    ("F0205", &[(r#"rust.toolchain("#, r#"rust.toolchian("#)]),
    ("F0206", &[(r#"const RETRIES = 2"#, r#"const RETRIES = 2
const dev = Profile.dev"#), (r#"param profile: Profile = release"#, r#"param profile: Profile = dev"#)]),
    ("F0207", &[(r#"const RETRIES = 2"#, r#"const RETRIES = TIMES
const TIMES = RETRIES"#)]),
    ("F0209", &[(r#"SERVER_VERSION = version"#, r#"SERVER_VERSION = describe"#)]),
    ("F0212", &[(r#"struct Note { text: string"#, r#"struct Note { text: string, Level: int = 0"#)]),
    ("F0301", &[(r#"publish(servers[linux], version) after tests"#, r#"publish(version, version) after tests"#)]),
    ("F0302", &[(r#"cp -r assets/. #{out server.assets}"#, r#"cp -r assets/. #{out server.asset}"#)]),
    ("F0303", &[(r#"param profile: Profile = release"#, r#"param profile: Profile = Profile.relase"#)]),
    ("F0304", &[(r#"{ build(os, version, profile) }"#, r#"{ build(os, profile: profile) }"#)]),
    ("F0305", &[(r#"{ build(os, version, profile) }"#, r#"{ build(os, version, profil: profile) }"#)]),
    ("F0306", &[(r#"{ build(os, version, profile) }"#, r#"{ build(os, version, version: version, profile: profile) }"#)]),
    ("F0307", &[(r#"    let version = describe()"#, r#"    let version = REGISTRY_TOKEN()"#)]),
    ("F0308", &[(r#"struct Note { text: string"#, r#"struct Note { text: sting"#)]),
    ("F0309", &[(r#"job test(server: Server(linux), const shard: int)"#, r#"job test(server: Server(linux), const shard: int, const v: string)"#), (r#"{ test(servers[linux], shard) }"#, r#"{ test(servers[linux], shard, version) }"#), (r#"#{server.binary} --shard"#, r#"#{server.binary} --v #{v} --shard"#)]),
    ("F0310", &[(r#"enum Profile { dev, release }"#, r#"enum Profile { dev, bench, release }"#)]),
    ("F0311", &[(r#"release => "release" }"#, r#"release => "release", dev => "again" }"#)]),
    ("F0312", &[(r#"const RETRIES = 2"#, r#"const RETRIES = 2 + "x""#)]),
    ("F0313", &[(r#"    let notes ="#, r##"    sh "echo #{version[0]}"
    let notes ="##)]),
    ("F0314", &[(r#"const RETRIES = 2"#, r#"const RETRIES = 2 / 0"#)]),
    ("F0315", &[(r#"push.sh #{server.binary}"#, r#"push.sh #{server}"#)]),
    ("F0316", &[(r#"    let found = scan(severity: "high")"#, r#"    let found = scan(severity: "high")
    target_dir(dev)"#)]),
    ("F0317", &[(r##"const RETRIES = 2"##, r##"const RETRIES = if Profile.dev == Profile.release { let x = 1 } else { 2 }"##)]),
    ("F0318", &[(r#"job publish(server: Server(_), "#, r#"job publish(server: Server, "#)]),
    ("F0319", &[(r#"    let notes ="#, r#"    let made: file = sh "echo x"
    sh "cat #{made}"
    let notes ="#)]),
    ("F0320", &[(r#"sh "./ci/push.sh #{server.binary} #{version} #{notes}""#, r#"let pushed: string = sh "./ci/push.sh #{server.binary} #{version} #{notes}"
        sh "echo #{pushed}""#)]),
    ("F0321", &[(r#"step "Push" {"#, r#"step "Push #{REGISTRY_TOKEN}" {"#)]),
    ("F0322", &[(r#"    environment = "production""#, r#"    environment = ctx.actor"#)]),
    ("F0323", &[(r#"    environment = "production""#, r#"    environment = version"#)]),
    ("F0326", &[(r#"env { TOKEN = REGISTRY_TOKEN }"#, r#"env { TOKEN = declassify(REGISTRY_TOKEN, "") }"#)]),
    ("F0401", &[(r#"            cp -r assets/. #{out server.assets}
"#, r#""#)]),
    ("F0402", &[(r#"    note(Note(text: "shard"), out log)"#, r#"    note(Note(text: "shard"), out log)
    out log = file("log")"#)]),
    ("F0403", &[(r#"    sh "./ci/test.sh --bin"#, r#"    sh "cat #{log}"
    sh "./ci/test.sh --bin"#)]),
    ("F0404", &[(r#"--out #{out report}""#, r#"--out #{out report} --in #{out server}""#)]),
    ("F0406", &[(r#"--bin #{server.binary}"#, r#"--bin '#{server.binary}'"#)]),
    ("F0407", &[(r#"#{out server.binary} #{out server.symbols}"#, r#"#{out server} #{out server.symbols}"#)]),
    ("F0410", &[(r#"    note(Note(text: "shard"), out log)"#, r#"    if shard == 1 { note(Note(text: "shard"), out log) }"#)]),
    ("F0411", &[(r#"    sh "./ci/audit.sh #{found} #{logs...}""#, r#"    for word in found_words { sh "echo #{word}" }
    sh "./ci/audit.sh #{found} #{logs...}""#), (r#"    let found = scan("#, r#"    let found_words: [string] = sh "ls"
    let found = scan("#)]),
    ("F0412", &[(r#"finally { sh "./ci/stop-services.sh" }"#, r#"finally { sh "./ci/stop-services.sh > #{out log}" }"#)]),
    ("F0501", &[(r#"binary: exec = "server"
"#, r#"binary: exec = "../server"
"#)]),
    ("F0502", &[(r#"symbols: file = "server.debug""#, r#"symbols: file = "server""#)]),
    ("F0503", &[(r#"assets: opaque = "assets""#, r#"assets: string = "assets""#)]),
    ("F0504", &[(r#"-> (report: file = "report.html")"#, r#"-> (report: file)"#)]),
    ("F0505", &[(r#"symbols: file = "server.debug""#, r#"symbols: file = "assets/server.debug""#)]),
    ("F0507", &[(r#"dir("target/dumps") as"#, r#"dir("target/*") as"#)]),
    ("F0508", &[(r#"artifact Server(const os: Os) {"#, r#"artifact Server(const os: Os, const extra: [string] = []) {"#)]),
    ("F0510", &[(r#"summarize(for t in tests { t.report })"#, r#"summarize(for t in tests { t.report / "x" })"#)]),
    ("F0514", &[(r#"symbols: file = "server.debug""#, r#"symbols: json(duration) = "server.debug""#)]),
    ("F0601", &[(r#"    timeout = 30min"#, r#"    timout = 30min"#)]),
    ("F0602", &[(r#"    sh "./ci/audit.sh #{found} #{logs...}""#, r#"    sh "./ci/audit.sh #{found} #{logs...}"
    timeout = 5min"#)]),
    ("F0603", &[(r#"    let version = describe()"#, r#"    let version = describe()
    sh "echo hello""#)]),
    ("F0604", &[(r#"    timeout = 30min"#, r#"    timeout = 30min
    timeout = 20min"#)]),
    ("F0605", &[(r#"retry = RETRIES"#, r#"retry = 0"#)]),
    ("F0606", &[(r#"    on manual"#, r#"    on manuel"#)]),
    ("F0607", &[(r#"publish(servers[linux], version) after tests"#, r#"publish(servers[linux], version) after tests
        publish(servers[linux], version)"#)]),
    ("F0608", &[(r#"job audit(logs: [int: file]) on linux {"#, r#"job audit(logs: [int: file]) {"#)]),
    ("F0609", &[(r#"as "test report" {"#, r#"as "test/report" {"#)]),
    ("F0610", &[(r#"    on push { branches = ["main"] }
    on pull_request { drafts = false }
    on manual
"#, r#""#)]),
    ("F0612", &[(r#"SERVER_VERSION = version"#, r#"GITHUB_VERSION = version"#)]),
    ("F0613", &[(r#"    finally { sh "./ci/stop-services.sh" }"#, r#"    finally { sh "./ci/stop-services.sh" }
    sh "echo done""#)]),
    ("F0614", &[(r#"        retry = RETRIES
"#, r#"        retry = RETRIES
        sh "cargo fetch"
"#)]),
    ("F0620", &[(r#"note(Note(text: "shard"), out log)"#, r#"note(Note(text: "shard"), log)"#)]),
    ("F0621", &[(r#"once action tool(version: string) {"#, r#"once action tool(version: string) by (versoin) {"#)]),
    ("F0622", &[(r#"    tool("1.0")"#, r#"    tool("1.0")
    tool("2.0")"#)]),
    ("F0623", &[(r#""acme/scan@0123456789012345678901234567890123456789""#, r#""acme/scan""#)]),
    ("F0624", &[(r#"    out found: int"#, r#"    out found: file"#)]),
    ("F0626", &[(r#"    param profile: Profile = release

"#, r#"    param profile: Profile = release
    backends = [github, ado]

"#)]),
    ("F0630", &[(r#"job build(const os: Os, version: string, profile: Profile = release) -> (server: Server(os)) on os {"#, r#"job build(const os: Os, version: string, profile: Profile = release) -> (server: Server(os)) on os {
    environment = "lab""#)]),
    ("F0641", &[(r#"pipeline ci {"#, r#"pipeline ci -> (made: string) {"#), (r#"    gate "ci ok""#, r#"    out made = version
    gate "ci ok""#)]),
    ("F0642", &[(r#"for shard in [1, 2, 3] {"#, r#"for shard in [1, 2, 3] if ctx.run_number > shard {"#)]),
    ("F0644", &[(r#"branches = ["main"]"#, r#"branches = ["!main"]"#)]),
    ("F0645", &[(r#"    on manual"#, r#"    on manual
    on finished nightly"#)]),
];

#[test]
fn the_right_program_has_no_findings() {
    let found = Program::of(RIGHT).findings();
    assert!(found.is_empty(), "{}", found.iter().map(|it| format!("{}: {it}\n", it.line + 1)).collect::<String>());
}

#[test]
fn each_gives_one_finding() {
    let mut failures = Vec::new();
    for (code, edits) in MISTAKES {
        let mut text = RIGHT.to_owned();
        for (right, wrong) in *edits {
            let times = text.matches(right).count();
            assert_eq!(times, 1, "{code}: `{right}` stands {times} times in the program");
            text = text.replace(right, wrong);
        }
        let found = Program::of(&text).findings();
        let one = matches!(found.as_slice(), [only] if only.code == *code && only.severity == Severity::Error);
        if !one {
            let found: String = found.iter().map(|it| format!("    {}: {it}\n", it.line + 1)).collect();
            failures.push(format!("{code}: {}\n{found}", edits[0].1));
        }
    }
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), MISTAKES.len(), failures.join("\n"));
}

#[test]
fn there_is_one_for_each_code() {
    let mut codes: Vec<_> = MISTAKES.iter().map(|(code, _)| *code).collect();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert!(count >= 60);
}
