//! The work that has a budget, for `cargo bench -p flow-benches` and its statistics. `flow-benches
//! budgets` measures the same once and prints the budgets beside it.
#![allow(missing_docs, reason = "a benchmark's name says what it measures")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that goes wrong should end")]
#![allow(clippy::disallowed_methods, reason = "measuring needs processes that are measured")]

fn main() {
    divan::main();
}

#[divan::bench_group(sample_count = 20)]
mod parse {
    use divan::Bencher;
    use divan::counter::BytesCount;
    use flow_benches::texts;

    #[divan::bench]
    fn megabyte(bencher: Bencher<'_, '_>) {
        let text = texts::megabyte();
        bencher.counter(BytesCount::of_str(&text)).bench(|| flow_syntax::parse(&text));
    }

    #[divan::bench(args = texts::NESTINGS.iter().map(|it| it.open), consts = [8, 16])]
    fn nested<const DEPTH: usize>(bencher: Bencher<'_, '_>, open: &str) {
        let nesting = texts::NESTINGS.iter().find(|it| it.open == open).unwrap();
        let text = nesting.text(DEPTH, 200);
        bencher.bench(|| flow_syntax::parse(&text));
    }

    #[divan::bench(args = texts::unclosed().map(|it| it.0))]
    fn ten_thousand_open(bencher: Bencher<'_, '_>, open: &str) {
        let (_, text) = texts::unclosed().find(|it| it.0 == open).unwrap();
        bencher.bench(|| flow_syntax::parse(&text));
    }
}

#[divan::bench_group(sample_count = 10)]
mod check {
    use divan::Bencher;
    use flow_analysis::diagnostics;
    use flow_benches::{Program, Shape};

    fn cold(program: &Program) -> usize {
        let db = program.database();
        db.files().values().map(|file| diagnostics(&db, *file).len()).sum()
    }

    #[divan::bench]
    fn five_thousand_lines(bencher: Bencher<'_, '_>) {
        let program = Shape::lines(5_000).generate();
        bencher.bench(|| cold(&program));
    }

    #[divan::bench]
    fn thousand_files(bencher: Bencher<'_, '_>) {
        let program = Shape::files(1_000).generate();
        bencher.bench(|| cold(&program));
    }
}

#[divan::bench_group(sample_count = 200)]
mod edit {
    use divan::Bencher;
    use flow_benches::Shape;
    use flow_benches::editor::{Editor, Typing};

    const TYPINGS: [Typing; 2] = [Typing::InBody, Typing::OnTop];

    #[divan::bench(args = TYPINGS)]
    fn five_thousand_lines(bencher: Bencher<'_, '_>, typing: Typing) {
        let mut editor = Editor::open(&Shape::lines(5_000).generate());
        bencher.bench_local(|| editor.key(typing));
    }

    #[divan::bench(args = TYPINGS)]
    fn thousand_files(bencher: Bencher<'_, '_>, typing: Typing) {
        let mut editor = Editor::open(&Shape::files(1_000).generate());
        bencher.bench_local(|| editor.key(typing));
    }
}

#[divan::bench_group(sample_count = 10)]
mod plan {
    use divan::Bencher;
    use flow_benches::Shape;
    use flow_plan::elaborate;
    use flow_plan::model::Backend;

    const COUNTS: [usize; 3] = [100, 1_000, 10_000];

    #[divan::bench(args = COUNTS)]
    fn instances(bencher: Bencher<'_, '_>, count: usize) {
        let program = Shape::instances(count).generate();
        bencher.with_inputs(|| program.database()).bench_values(|db| {
            let pipelines = elaborate::pipelines(&db);
            elaborate::plan(&db, pipelines[0], Backend::Github).unwrap()
        });
    }

    #[divan::bench(args = COUNTS)]
    fn emit(bencher: Bencher<'_, '_>, count: usize) {
        let db = Shape::instances(count).generate().database();
        let plan = elaborate::plan(&db, elaborate::pipelines(&db)[0], Backend::Github).unwrap();
        let options = flow_emit::Options { command: "flowc emit".to_owned(), pins: flow_emit::Pins::default() };
        // Above some hundred jobs the file is made, and then refused for its length.
        bencher.bench(|| flow_emit::emit(&plan, &options));
    }
}

#[divan::bench_group(sample_count = 20)]
mod process {
    use divan::Bencher;
    use flow_benches::{Shape, project};

    #[divan::bench]
    fn version(bencher: Bencher<'_, '_>) {
        let flowc = project::flowc().unwrap();
        bencher.bench(|| project::run(&flowc, &["--version"], ".".as_ref()).unwrap());
    }

    #[divan::bench(args = [&["check"] as &[&str], &["emit", "--out", "out"], &["emit", "--check"]])]
    fn fifty_pipelines(bencher: Bencher<'_, '_>, args: &[&str]) {
        let flowc = project::flowc().unwrap();
        let folder = tempfile::tempdir().unwrap();
        project::write(&Shape::pipelines(50).generate(), folder.path()).unwrap();
        project::run(&flowc, &["emit"], folder.path()).unwrap();
        bencher.bench(|| project::run(&flowc, args, folder.path()).unwrap());
    }
}
