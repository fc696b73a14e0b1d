//! What consumed files are made of, for those who make them visible.

use crate::model::{Field, FieldKind, Files, Output, OutputKind, Plan, Schema};
use crate::pattern::common_folder;

/// A part of an output of a job, as it was sealed.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// The job's id.
    pub job: &'a str,
    /// The job's output.
    pub output: &'a Output,
    /// What all of it holds.
    pub schema: &'a Schema,
    /// Which part, dotted when nested; empty: all of it.
    pub part: String,
}

/// Where `files` come from, unless they are a view or of several.
pub fn origin<'a>(plan: &'a Plan, files: &'a Files) -> Option<Origin<'a>> {
    match files {
        Files::Output { job, output } => {
            let outputs = plan.jobs.iter().find(|it| it.id == *job).map(|it| &it.outputs)?;
            let output = outputs.iter().find(|it| it.name == *output)?;
            let OutputKind::Artifact(schema) = &output.kind else { return None };
            Some(Origin { job, output, schema, part: String::new() })
        }
        Files::Part { of, field } => {
            let whole = origin(plan, of)?;
            let part = if whole.part.is_empty() { field.clone() } else { format!("{}.{field}", whole.part) };
            Some(Origin { part, ..whole })
        }
        _ => None,
    }
}

/// The parts of what was exposed: for each field of its schema where it lies there. All comes without
/// the folders that all of it lies in, one directory without its own name.
pub fn exposed(schema: &Schema) -> Vec<(&Field, String)> {
    if let [only] = schema.fields.as_slice()
        && only.kind == FieldKind::Opaque
    {
        return vec![(only, String::new())];
    }
    let common = common_folder(schema.fields.iter().map(|it| it.path.as_str()));
    let below = |path: &str| path.strip_prefix(common.as_str()).unwrap_or(path).trim_start_matches('/').to_owned();
    schema.fields.iter().map(|it| (it, below(&it.path))).collect()
}

impl<'a> Origin<'a> {
    /// The fields of the part.
    pub fn fields(&self) -> impl Iterator<Item = &'a Field> {
        self.schema.fields.iter().filter(|it| {
            let rest = it.name.strip_prefix(self.part.as_str());
            self.part.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// The fields of the part, each with the one that `own` has for it, by name.
    pub fn seen_as<'s>(&self, own: &'s Schema) -> Vec<(&'a Field, &'s Field)> {
        let pairs = self.fields().filter_map(|field| {
            let name = field.name.strip_prefix(self.part.as_str()).unwrap_or(&field.name);
            let name = name.strip_prefix('.').unwrap_or(name);
            Some((field, own.fields.iter().find(|it| it.name == name)?))
        });
        pairs.collect()
    }

    /// As people call it: `output.part`.
    pub fn name(&self) -> String {
        match self.part.as_str() {
            "" => self.output.name.clone(),
            part => format!("{}.{part}", self.output.name),
        }
    }
}

/// What files are, in words: `` `libs` of job `build` ``.
pub fn described(files: &Files) -> String {
    let (mut of, mut part) = (files, String::new());
    while let Files::Part { of: whole, field } = of {
        part = format!(".{field}{part}");
        of = whole;
    }
    match of {
        Files::Output { job, output } => format!("`{output}{part}` of job `{job}`"),
        Files::Earlier { pipeline, name, .. } => format!("`{name}{part}` of an earlier run of `{pipeline}`"),
        Files::Part { .. } => String::new(),
        Files::Either { then, otherwise, .. } => {
            let sides: Vec<String> = then.iter().chain(otherwise).map(|it| described(it)).collect();
            sides.join(" or ")
        }
        Files::Subtree { of, path } => format!("`{path}` in {}", described(of)),
        Files::Filter { of, pattern } => format!("what `{pattern}` matches in {}", described(of)),
        Files::Merge { of, .. } => {
            let all: Vec<String> = of.iter().map(described).collect();
            format!("the merge of {}", all.join(" and "))
        }
    }
}
