//! What an edit computes again, by the database's event log: the promise behind every answer while
//! someone types.
//!
//! Queries are told by name, with the declaration that they are about: `check(build)`. What parses and
//! places may run on every edit; what infers and checks may not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use flow_analysis::db::defs;
use flow_analysis::{Database, diagnostics};
use flow_plan::elaborate;
use flow_plan::model::Backend;

/// A project under edits.
struct Bench {
    db: Database,
    executed: Arc<Mutex<Vec<String>>>,
    texts: BTreeMap<&'static str, String>,
}

impl Bench {
    fn new(files: &[(&'static str, &str)]) -> Self {
        let executed: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&executed);
        let db = Database::new(Some(Box::new(move |event: salsa::Event| {
            if let salsa::EventKind::WillExecute { database_key } = event.kind {
                log.lock().unwrap().push(format!("{database_key:?}"));
            }
        })));
        let mut bench = Self { db, executed, texts: BTreeMap::new() };
        for (path, text) in files {
            bench.texts.insert(path, (*text).to_owned());
            bench.db.set_file(path, Ok(Arc::from(*text)));
        }
        bench.everything();
        bench
    }

    /// What an editor asks for: findings of all files, and plans.
    fn everything(&mut self) {
        let files = self.db.files();
        for file in files.values() {
            let _findings = diagnostics(&self.db, *file);
        }
        for pipeline in elaborate::pipelines(&self.db) {
            let _plan = elaborate::plan(&self.db, pipeline, Backend::Local);
        }
    }

    /// Replaces a text that stands once in a file; gives what that executes, sorted.
    fn edit(&mut self, path: &'static str, from: &str, to: &str) -> BTreeSet<String> {
        let text = &self.texts[path];
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}");
        let text = text.replacen(from, to, 1);
        self.replace(path, text)
    }

    fn replace(&mut self, path: &'static str, text: String) -> BTreeSet<String> {
        self.executed.lock().unwrap().clear();
        self.db.set_file(path, Ok(Arc::from(text.as_str())));
        self.texts.insert(path, text);
        self.everything();
        let executed = self.executed.lock().unwrap().clone();
        let names = self.names();
        executed.iter().map(|key| readable(key, &names)).collect()
    }

    /// How many queries of this name the last edit executed.
    fn count(&self, query: &str) -> usize {
        self.executed.lock().unwrap().iter().filter(|it| it.starts_with(&format!("{query}("))).count()
    }

    /// Names of declarations by their ids, as keys show them.
    fn names(&self) -> BTreeMap<String, String> {
        let db = &self.db;
        let mut names = BTreeMap::new();
        for (path, file) in db.files().iter() {
            names.insert(id_of(&format!("{file:?}")), path.to_string());
            for def in defs(db, *file) {
                names.insert(id_of(&format!("{def:?}")), def.name(db).to_string());
            }
        }
        names
    }
}

/// `Id(40a)` of a debug text.
fn id_of(debug: &str) -> String {
    let at = debug.find("Id(").unwrap_or_else(|| panic!("no id in {debug}"));
    debug[at..=at + debug[at..].find(')').unwrap()].to_owned()
}

/// `check(build)` of `check(Id(40a))`.
fn readable(key: &str, names: &BTreeMap<String, String>) -> String {
    let query = key.split(['(', '{']).next().unwrap_or_default();
    let about = key.contains("Id(").then(|| id_of(key)).and_then(|id| names.get(&id).cloned());
    format!("{query}({})", about.unwrap_or_default())
}

/// Those of the queries that infer, check or elaborate.
fn of(executed: &BTreeSet<String>, queries: &[&str]) -> Vec<String> {
    executed.iter().filter(|it| queries.iter().any(|query| it.starts_with(&format!("{query}(")))).cloned().collect()
}

const FACTS: &[&str] = &["check", "signature", "declared", "scope", "variants", "const_value", "elaborated"];

const MAIN: &str = r##"use "./common.flow" as common

enum Suite { unit, system }

artifact App {
    binary: exec = "app"
}

job build(level: int) -> (app: App) on linux {
    sh "make LEVEL=#{level} OUT=#{out app.binary}"
}

job test(app: App, const suite: Suite) -> (_report: opaque) on linux {
    sh "#{app.binary} #{suite} #{out _report}"
}

job describe() -> (version: string) on linux {
    out version = common.describe()
}

job publish(app: App, version: string) on linux {
    sh "./publish.sh #{app.binary} #{version}"
}

pipeline ci {
    on push
    let app = build(common.LEVEL)
    for suite in Suite { test(app, suite) }
    publish(app, describe())
}
"##;

const COMMON: &str = r#"const LEVEL = 3

action describe() -> (version: string) {
    out version = sh "git describe"
}
"#;

const OTHER: &str = r#"job lint() on linux {
    sh "make lint"
}

pipeline nightly {
    on schedule { cron = "0 4 * * *" }
    lint()
}
"#;

fn bench() -> Bench {
    Bench::new(&[("main.flow", MAIN), ("common.flow", COMMON), ("other.flow", OTHER)])
}

#[test]
fn the_program_is_sound() {
    let bench = bench();
    for file in bench.db.files().values() {
        assert!(diagnostics(&bench.db, *file).is_empty());
    }
    for pipeline in elaborate::pipelines(&bench.db) {
        assert!(elaborate::plan(&bench.db, pipeline, Backend::Local).is_ok());
    }
}

#[test]
fn asking_again_executes_nothing() {
    let mut bench = bench();
    let text = bench.texts["main.flow"].clone();
    assert_eq!(bench.replace("main.flow", text), BTreeSet::new());
}

#[test]
fn a_comment_above_everything_checks_nothing() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "use \"./common.flow\"", "// A comment.\n\nuse \"./common.flow\"");
    assert!(executed.contains("parse(main.flow)"), "{executed:?}");
    assert_eq!(
        of(&executed, &["check", "signature", "declared", "scope", "variants", "const_value"]),
        [""; 0],
        "{executed:?}"
    );
    assert_eq!(of(&executed, &["parse"]), ["parse(main.flow)"]);
}

#[test]
fn a_comment_between_declarations_checks_nothing() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "job describe()", "// About the next one.\njob describe()");
    assert_eq!(
        of(&executed, &["check", "signature", "declared", "scope", "variants", "const_value"]),
        [""; 0],
        "{executed:?}"
    );
}

#[test]
fn an_edit_of_a_body_checks_that_body_alone() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "make LEVEL=", "gmake LEVEL=");
    assert_eq!(of(&executed, &["check"]), ["check(build)"], "{executed:?}");
    // Its signature is computed again and found to be the same, so nobody else sees it.
    assert_eq!(of(&executed, &["signature"]), ["signature(build)"], "{executed:?}");
    assert_eq!(of(&executed, &["declared", "scope", "variants", "const_value"]), [""; 0], "{executed:?}");
}

#[test]
fn a_line_more_in_a_body_checks_that_body_alone() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "    sh \"make LEVEL=", "    sh \"true\"\n    sh \"make LEVEL=");
    assert_eq!(of(&executed, &["check"]), ["check(build)"], "{executed:?}");
}

const EFFECTS: &[&str] = &["facts", "obstacles", "needs", "permissions", "purity", "once_calls", "demands"];

#[test]
fn an_edit_of_a_body_asks_for_its_effects_alone() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "    sh \"make LEVEL=", "    sh \"true\"\n    sh \"make LEVEL=");
    let effects = of(&executed, EFFECTS);
    assert!(effects.contains(&"facts(build)".to_owned()), "{executed:?}");
    assert!(effects.iter().all(|it| it.ends_with("(build)")), "{executed:?}");
    // What the project uses and reads is as it was.
    assert_eq!(of(&executed, &["used_in_project", "outputs_in_project", "is_used", "unread"]), [""; 0], "{executed:?}");
}

#[test]
fn a_step_of_one_backend_reaches_the_pipelines_that_have_it() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "    sh \"make LEVEL=", "    uses \"a/b@v1\"\n    sh \"make LEVEL=");
    assert_eq!(of(&executed, &["obstacles"]), ["obstacles(build)", "obstacles(ci)"], "{executed:?}");
}

#[test]
fn a_mistake_in_a_body_checks_that_body_alone() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "#{out _report}\"", "#{out repo");
    assert_eq!(of(&executed, &["check"]), ["check(test)"], "{executed:?}");
    let executed = bench.edit("main.flow", "#{out repo", "#{out _report}\"");
    assert_eq!(of(&executed, &["check"]), ["check(test)"], "{executed:?}");
}

#[test]
fn an_edit_of_a_signature_checks_its_callers() {
    let mut bench = bench();
    let executed = bench.edit(
        "main.flow",
        "job publish(app: App, version: string)",
        "job publish(app: App, version: string, dry: bool = true)",
    );
    assert_eq!(of(&executed, &["check"]), ["check(ci)", "check(publish)"], "{executed:?}");
}

#[test]
fn an_edit_of_an_artifact_checks_its_users() {
    let mut bench = bench();
    let executed =
        bench.edit("main.flow", "binary: exec = \"app\"", "binary: exec = \"app\"\n    notes: file? = \"notes\"");
    let checked = of(&executed, &["check"]);
    assert!(checked.contains(&"check(build)".to_owned()), "{executed:?}");
    assert!(!checked.contains(&"check(describe)".to_owned()), "{executed:?}");
    assert!(!checked.contains(&"check(lint)".to_owned()), "{executed:?}");
}

#[test]
fn an_edit_of_an_imported_body_checks_no_importer() {
    let mut bench = bench();
    let executed = bench.edit("common.flow", "git describe", "git describe --tags");
    assert_eq!(of(&executed, &["check"]), ["check(describe)"], "{executed:?}");
    assert_eq!(of(&executed, &["scope", "variants", "const_value"]), [""; 0], "{executed:?}");
}

#[test]
fn an_edit_of_an_imported_constant_checks_who_reads_it() {
    let mut bench = bench();
    let executed = bench.edit("common.flow", "const LEVEL = 3", "const LEVEL = 4");
    assert_eq!(of(&executed, &["check"]), ["check(LEVEL)", "check(ci)"], "{executed:?}");
    assert_eq!(of(&executed, &["const_value"]), ["const_value(LEVEL)"], "{executed:?}");
}

#[test]
fn an_edit_of_an_unrelated_file_checks_nothing_else() {
    let mut bench = bench();
    let executed = bench.edit("other.flow", "make lint", "make lint-all");
    let facts = of(&executed, FACTS);
    assert_eq!(facts, ["check(lint)", "elaborated()", "signature(lint)"], "{executed:?}");
    assert_eq!(bench.count("elaborated"), 1, "the plan of the other file's pipeline");
    assert_eq!(of(&executed, &["parse"]), ["parse(other.flow)"], "{executed:?}");
}

#[test]
fn a_new_declaration_checks_itself() {
    let mut bench = bench();
    let executed =
        bench.edit("other.flow", "pipeline nightly", "job more() on linux { sh \"make\" }\n\npipeline nightly");
    // Who looks a name up in this file looks again, nobody else.
    assert_eq!(of(&executed, &["check"]), ["check(more)", "check(nightly)"], "{executed:?}");
}

#[test]
fn the_standard_library_is_parsed_once() {
    let mut bench = bench();
    let executed = bench.edit("main.flow", "enum Suite", "/// Which tests.\nenum Suite");
    assert!(executed.iter().all(|it| *it != "parse()"), "{executed:?}");
}

/// Files as they lie on disk, of which one is then edited twice; what the second edit asks whether it
/// has changed, and what it executes.
fn second_edit(path: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let executed: Arc<Mutex<Vec<String>>> = Arc::default();
    let logs = (Arc::clone(&asked), Arc::clone(&executed));
    let db = Database::new(Some(Box::new(move |event: salsa::Event| match event.kind {
        salsa::EventKind::DidValidateMemoizedValue { database_key } => {
            logs.0.lock().unwrap().push(format!("{database_key:?}"));
        }
        salsa::EventKind::WillExecute { database_key } => logs.1.lock().unwrap().push(format!("{database_key:?}")),
        _ => {}
    })));
    let mut bench = Bench { db, executed: Arc::default(), texts: BTreeMap::new() };
    let library = "job alone() on linux {\n    sh \"make\"\n}\n";
    let texts = [("main.flow", MAIN), ("common.flow", COMMON), ("other.flow", OTHER), ("library.flow", library)];
    bench.db.set_files(texts.map(|(path, text)| (path.into(), Ok(Arc::from(text)))));
    bench.everything();
    let text = texts.iter().find(|it| it.0 == path).unwrap().1;
    for edit in ["// One.\n", "// Two.\n"] {
        for log in [&asked, &executed] {
            log.lock().unwrap().clear();
        }
        bench.db.set_file(path, Ok(Arc::from(format!("{edit}{text}"))));
        bench.everything();
    }
    let names = bench.names();
    let all = |log: &Mutex<Vec<String>>| log.lock().unwrap().iter().map(|key| readable(key, &names)).collect();
    (all(&asked), all(&executed))
}

#[test]
fn an_edit_asks_nothing_of_what_depends_on_files_that_nobody_edits() {
    for path in ["main.flow", "common.flow", "other.flow"] {
        let (asked, executed) = second_edit(path);
        assert_eq!(of(&executed, &["parse", "check"]), [format!("parse({path})")]);
        // The findings of the library are known to hold without a look at what they are made of.
        assert!(asked.contains("joined(library.flow)"), "{asked:?}");
        assert!(!asked.iter().any(|it| it.ends_with("(alone)") || it == "parse(library.flow)"), "{asked:?}");
    }
}

#[test]
fn a_file_that_was_not_edited_before_counts() {
    let mut bench = Bench { db: Database::default(), executed: Arc::default(), texts: BTreeMap::new() };
    let texts = [("main.flow", MAIN), ("common.flow", COMMON)];
    bench.db.set_files(texts.map(|(path, text)| (path.into(), Ok(Arc::from(text)))));
    let errors =
        |bench: &Bench| bench.db.files().values().map(|file| diagnostics(&bench.db, *file).len()).sum::<usize>();
    assert_eq!(errors(&bench), 0);
    // Now and then a file goes back to the disk, and is edited again.
    let wrong = COMMON.replace("LEVEL = 3", "LEVEL = \"a\"");
    for _ in 0..3 {
        bench.db.set_file("common.flow", Ok(Arc::from(COMMON)));
        assert_eq!(errors(&bench), 0);
        for _ in 0..2 {
            bench.db.set_file("common.flow", Ok(Arc::from(wrong.as_str())));
            assert_eq!(errors(&bench), 1);
            bench.db.set_file("common.flow", Ok(Arc::from(COMMON)));
            assert_eq!(errors(&bench), 0);
        }
        bench.db.set_files([("common.flow".into(), Ok(Arc::from(wrong.as_str())))]);
        assert_eq!(errors(&bench), 1);
    }
}
