//! Generated programs are valid, deterministic, and as large as was asked for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use flow_analysis::{Database, diagnostics};
use flow_benches::{Program, Shape};
use flow_plan::elaborate;
use flow_plan::model::Backend;

/// Checks all files and their form.
fn check(program: &Program) -> Database {
    let db = program.database();
    for file in db.files().values() {
        let text = file.text(&db).as_ref().unwrap();
        assert_eq!(flow_syntax::format(text).as_deref(), Ok(&**text));
        let found = diagnostics(&db, *file);
        let quotes = found.iter().map(|it| (it.code, &it.headline, it.primary.place.span.text(text)));
        assert!(found.is_empty(), "{}: {:?}", file.path(&db), quotes.collect::<Vec<_>>());
    }
    db
}

/// Plans and emits all pipelines.
fn emit(db: &Database) {
    for pipeline in elaborate::pipelines(db) {
        for backend in elaborate::backends(db, pipeline) {
            let plan = elaborate::plan(db, pipeline, backend).unwrap();
            assert!(plan.jobs.len() > 20);
            if backend != Backend::Local {
                let options = flow_emit::Options { command: "flowc emit".to_owned(), pins: flow_emit::Pins::default() };
                let emitted = flow_emit::emit(&plan, &options);
                assert!(emitted.is_ok(), "{backend:?}: {:?}", emitted.err());
            }
        }
    }
}

#[test]
fn programs_of_many_seeds_have_no_findings() {
    for seed in 0..20 {
        let shape = Shape { seed, libraries: 3, components: 2, pipelines: 2, ..Shape::default() };
        emit(&check(&shape.generate()));
        check(&Shape { delivered: true, ..shape }.generate());
    }
}

#[test]
fn a_shape_means_one_program() {
    let shape = Shape { seed: 7, ..Shape::default() };
    assert_eq!(shape.generate(), shape.generate());
    assert_ne!(shape.generate(), Shape { seed: 8, ..shape }.generate());
}

#[test]
fn sizes_are_what_was_asked_for() {
    assert!((5_000..6_000).contains(&Shape::lines(5_000).generate().lines()));
    assert_eq!(Shape::files(1_000).generate().files.len(), 1_000);
    let pipelines = Shape::pipelines(50).generate();
    assert_eq!(elaborate::pipelines(&pipelines.database()).len(), 50);
    let instances = Shape::instances(1_000).generate().database();
    let plan = elaborate::plan(&instances, elaborate::pipelines(&instances)[0], Backend::Github).unwrap();
    assert!((900..=1_000).contains(&plan.jobs.len()), "{}", plan.jobs.len());
}
