//! Whether what should be in an artifact is there and is what its schema says.

use std::path::Path;

use flow_plan::model::{Field, FieldKind};

use crate::event::{FieldProblem, FilesProblem};
use crate::{found, system, values};

/// Looks at a field below the artifact's folder. That it may be absent is for the caller to know.
pub(crate) fn check(root: &Path, field: &Field) -> Result<(), FieldProblem> {
    files(root, field).map(drop)
}

/// The paths of what a field is, below the artifact's folder.
pub(crate) fn files(root: &Path, field: &Field) -> Result<Vec<String>, FieldProblem> {
    if field.matches.is_none() {
        let path = root.join(&field.path);
        check_path(&path, field.kind)?;
        if let Some(ty) = &field.json {
            let content = std::fs::read(&path).map_err(|error| FilesProblem::Json(error.to_string()))?;
            let json = serde_json::from_slice(&content).map_err(|error| FilesProblem::Json(error.to_string()))?;
            if !values::fits(ty, &json) {
                return Err(FilesProblem::Json(format!("{} is wanted", values::expected(ty))).into());
            }
        }
        return Ok(vec![field.path.clone()]);
    }
    let unreadable = |error: crate::files::FileError| FilesProblem::Unreadable(error.to_string());
    for name in found::all(root).map_err(unreadable)? {
        if let Some(strange) = found::strange(&name) {
            return Err(FilesProblem::Name(name, strange).into());
        }
    }
    let files = found::matching(root, &field.path).map_err(unreadable)?;
    found::count(field, &files)?;
    if field.kind == FieldKind::Exec
        && let Some(wrong) = files.iter().find(|it| check_path(&root.join(it), FieldKind::Exec).is_err())
    {
        return Err(FilesProblem::NotExecutable(wrong.clone()).into());
    }
    Ok(files)
}

/// Looks at one path. Links to what is wanted will do, except for a directory, which is sealed as it is.
pub(crate) fn check_path(path: &Path, kind: FieldKind) -> Result<(), FieldProblem> {
    let wrong = FieldProblem::WrongKind { expected: kind };
    let Ok(metadata) = std::fs::metadata(path) else { return Err(FieldProblem::Missing) };
    match kind {
        FieldKind::File | FieldKind::Exec | FieldKind::Json if !metadata.is_file() => Err(wrong),
        FieldKind::Opaque if !metadata.is_dir() || path.is_symlink() => Err(wrong),
        FieldKind::Exec if !system::is_executable(&metadata) => Err(FieldProblem::NotExecutable),
        FieldKind::File | FieldKind::Exec | FieldKind::Json | FieldKind::Opaque => Ok(()),
    }
}
