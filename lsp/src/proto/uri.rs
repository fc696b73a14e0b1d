//! Addresses of documents. A file keeps the address that its editor gave it, since editors differ in
//! how they write one; the others get one from their path.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use tower_lsp::ls_types::Uri;

/// The addresses of a project's files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    folder: Option<PathBuf>,
    open: FxHashMap<SmolStr, Address>,
}

/// A file as the client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Its name.
    pub(crate) uri: Uri,
    /// Which version of it was seen, while the client has it open.
    pub(crate) version: Option<i32>,
    /// Tells apart the times that it was opened, since each counts its versions anew; 0 while it is
    /// not open.
    pub(crate) opening: u64,
}

impl Addresses {
    /// Of the project in `folder`, of which the client has `open` open.
    pub(crate) fn new(folder: Option<&Path>, open: FxHashMap<SmolStr, Address>) -> Self {
        Self { folder: folder.map(Path::to_path_buf), open }
    }

    /// The address of the file at `path` in the project.
    pub(crate) fn of(&self, path: &str) -> Option<Address> {
        self.open.get(path).cloned().or_else(|| {
            let uri = Uri::from_file_path(self.folder.as_ref()?.join(path))?;
            Some(Address { uri, version: None, opening: 0 })
        })
    }
}

/// The place on disk that an address stands for, if it is one.
pub(crate) fn to_path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    let path = is_file.then(|| uri.to_file_path()).flatten()?;
    path.is_absolute().then(|| path.into_owned())
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn only_files_are_on_disk() {
        let path = |uri| Uri::from_str(uri).ok().and_then(|uri| to_path(&uri));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("git:/a/b.flow"), None);
        assert_eq!(path("file:"), None);
        #[cfg(unix)]
        assert_eq!(path("file:///a%20b/%C3%A4.flow"), Some(PathBuf::from("/a b/ä.flow")));
    }
}
