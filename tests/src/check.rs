//! A program and what the compiler says of it, the way `flowc check` puts it together.

use std::fmt;
use std::sync::Arc;

use flow_analysis::diagnostics::line_index;
use flow_analysis::{Database, Def, FileSpan, diagnostics};
use flow_plan::elaborate;
use flow_plan::model::{Backend, Plan};
use flow_syntax::{Diagnostic, Severity};

use crate::fixture::Source;

/// A finding, its place in lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file of its primary place.
    pub path: String,
    /// The line of its primary place, from 0.
    pub line: usize,
    /// `F0201`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it says.
    pub headline: String,
    /// What it says to do.
    pub help: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [{}] {:?}", severity_name(self.severity), self.code, self.headline)?;
        if let Some(help) = &self.help {
            write!(f, " help {help:?}")?;
        }
        Ok(())
    }
}

/// `error`, `warning`.
pub const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A program in a database.
pub struct Program {
    /// Its database.
    pub db: Database,
}

impl Program {
    /// The program of these files.
    pub fn new(sources: &[Source]) -> Self {
        let mut db = Database::default();
        db.set_files(sources.iter().map(|it| (it.path.as_str().into(), Ok(Arc::from(it.text.as_str())))));
        Self { db }
    }

    /// The program of one text, or of several files in one.
    pub fn of(text: &str) -> Self {
        Self::new(&crate::fixture::sources(text))
    }

    /// What is wrong: with its files, and if these have no errors, with its pipelines for each backend.
    pub fn diagnostics(&self) -> Vec<Diagnostic<FileSpan>> {
        let db = &self.db;
        let mut all: Vec<_> = db.files().values().flat_map(|file| diagnostics(db, *file)).collect();
        if all.iter().all(|it| it.severity != Severity::Error) {
            for pipeline in elaborate::pipelines(db) {
                for backend in elaborate::backends(db, pipeline) {
                    let silent = elaborate::plan(db, pipeline, backend).is_err_and(|found| found.is_empty());
                    assert!(!silent, "the pipeline `{}` has no plan, and nothing says why", pipeline.name(db));
                }
                for finding in elaborate::findings(db, pipeline).into_iter().map(|it| it.map(|place| place.in_file(db)))
                {
                    if !all.contains(&finding) {
                        all.push(finding);
                    }
                }
            }
        }
        all
    }

    /// The same with places in lines.
    pub fn findings(&self) -> Vec<Finding> {
        let db = &self.db;
        let place = |it: &Diagnostic<FileSpan>| {
            let file = it.primary.place.file;
            let line = line_index(db, file).line(it.primary.place.span.start).0 as usize;
            let last = file.text(db).as_ref().map_or(0, |text| text.lines().count().saturating_sub(1));
            (file.path(db).to_string(), line.min(last))
        };
        self.diagnostics()
            .into_iter()
            .map(|it| {
                let (path, line) = place(&it);
                let Diagnostic { code, severity, headline, help, .. } = it;
                Finding { path, line, code: code.id(), severity, headline, help }
            })
            .collect()
    }

    /// The pipeline `wanted`, or the only one.
    pub fn pipeline(&self, wanted: Option<&str>) -> Def {
        let all = elaborate::pipelines(&self.db);
        let found: Vec<Def> =
            all.into_iter().filter(|it| wanted.is_none_or(|wanted| it.name(&self.db) == wanted)).collect();
        match found.as_slice() {
            [only] => *only,
            [] => panic!("there is no such pipeline"),
            _ => panic!("there is more than one pipeline: name one"),
        }
    }

    /// Its plan.
    pub fn plan(&self, pipeline: Option<&str>, backend: Backend) -> Arc<Plan> {
        let found = elaborate::plan(&self.db, self.pipeline(pipeline), backend);
        found.unwrap_or_else(|findings| {
            panic!("no plan: {:?}", findings.iter().map(|it| &it.headline).collect::<Vec<_>>())
        })
    }

    /// What is emitted for it.
    pub fn emit(&self, pipeline: Option<&str>, backend: Backend) -> flow_emit::Emitted {
        let plan = self.plan(pipeline, backend);
        let command = format!("flowc emit {} --backend {}", plan.pipeline, backend.name());
        flow_emit::emit(&plan, &flow_emit::Options { command, ..Default::default() })
            .unwrap_or_else(|errors| panic!("not emitted: {errors:#?}"))
    }
}
