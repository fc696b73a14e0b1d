//! Effects over long chains and wide fans of calls, which no spec could hold.

use std::fmt::Write as _;
use std::sync::Arc;

use flow_analysis::db::defs;
use flow_analysis::effects::{self, Backends};
use flow_analysis::{Database, Def, DefKind, diagnostics};

fn checked(text: &str) -> (Database, Vec<String>) {
    let mut db = Database::new(None);
    let file = db.set_file("ci.flow", Ok(Arc::from(text)));
    let found = diagnostics(&db, file).iter().map(|it| format!("{} {}", it.code, it.headline)).collect();
    (db, found)
}

fn pipeline(db: &Database) -> Def {
    let file = db.file("ci.flow").unwrap();
    *defs(db, file).iter().find(|def| def.kind(db) == DefKind::Pipeline).unwrap()
}

/// Actions that call the next one `calls` times each; the last one does `last`.
fn chain(length: usize, calls: usize, last: &str) -> String {
    let mut text = String::new();
    for n in 0..length {
        let body = format!("a{}()\n", n + 1).repeat(calls);
        writeln!(text, "action a{n}() {{\n{body}}}").unwrap();
    }
    writeln!(text, "action a{length}() {{\n{last}\n}}").unwrap();
    text + "job build() on linux {\npermissions {}\ninputs = [\"src/**\"]\na0()\n}\n"
}

#[test]
fn a_long_chain_of_calls_does_not_nest() {
    let text = chain(1_000, 1, "uses \"a/b@v1\"") + "pipeline ci {\non push\nbackends = [github, ado]\nbuild()\n}\n";
    let (db, found) = checked(&text);
    assert_eq!(
        found,
        [
            "F0626 the action `a/b@v1` runs on GitHub only, but the pipeline supports `ado`",
            "F0630 a job with `inputs` runs `a/b@v1`, which may change",
        ]
    );
    assert!(effects::backends(&db, pipeline(&db)).has("ado"), "it says so");
}

#[test]
fn a_fan_of_calls_is_looked_at_once() {
    let text = chain(40, 3, "uses \"a/b@v1\"") + "pipeline ci {\non push\nbuild()\n}\n";
    let (db, found) = checked(&text);
    assert_eq!(found, ["F0630 a job with `inputs` runs `a/b@v1`, which may change"]);
    assert_eq!(effects::backends(&db, pipeline(&db)), Backends::GITHUB);
}

#[test]
fn permissions_say_who_needs_them() {
    let text = "extern action comment = \"a/b@v1\" { permissions { issues = write } }
        action report() { comment() }
        job build() on linux { report() }
        job plain() on linux {
            checkout = none
            sh \"make\"
        }
        pipeline ci {
            on push
            build()
            plain()
        }";
    let (db, found) = checked(text);
    assert_eq!(found, [""; 0]);
    let file = db.file("ci.flow").unwrap();
    let permissions = |name: &str| -> Vec<String> {
        let job = *defs(&db, file).iter().find(|def| def.name(&db) == name).unwrap();
        let all = effects::permissions(&db, job).iter();
        all.map(|it| format!("{} = {} {}", it.scope, it.access.word(), it.reason)).collect()
    };
    assert_eq!(permissions("build"), ["contents = read to check out the sources", "issues = write for comment"]);
    assert_eq!(permissions("plain"), [""; 0]);
}
