//! Whether what should be in an artifact is there and is what its schema says.

use std::path::Path;

use flow_plan::model::{Field, FieldKind};

use crate::event::FieldProblem;
use crate::system;

/// Looks at a field below the artifact's folder. That it may be absent is for the caller to know.
pub(crate) fn check(root: &Path, field: &Field) -> Result<(), FieldProblem> {
    check_path(&root.join(&field.path), field.kind)
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
