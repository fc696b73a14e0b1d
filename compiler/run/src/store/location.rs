//! Where the store lies: `$FLOW_STORE`, else `flow` in the folder that the platform has for caches.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{StoreError, variable};
use crate::files::With;

/// The store's folder, absolute.
pub(crate) fn folder(chosen: Option<&Path>, variables: &BTreeMap<OsString, OsString>) -> Result<PathBuf, StoreError> {
    let folder = match (chosen, variable(variables, "FLOW_STORE")) {
        (Some(chosen), _) => chosen.to_owned(),
        (None, Some(set)) => {
            let text = set.to_string_lossy();
            if text.contains("://") {
                return Err(StoreError::NotAFolder(text.into_owned()));
            }
            PathBuf::from(set)
        }
        (None, None) => cache(variables)?.join("flow"),
    };
    Ok(std::path::absolute(&folder).with("find", &folder)?)
}

fn cache(variables: &BTreeMap<OsString, OsString>) -> Result<PathBuf, StoreError> {
    let from = |name: &str| variable(variables, name).map(PathBuf::from).filter(|it| it.is_absolute());
    let (found, needed) = if cfg!(windows) {
        (from("LOCALAPPDATA"), "LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        (from("HOME").map(|home| home.join("Library/Caches")), "HOME")
    } else {
        let home = from("HOME").map(|home| home.join(".cache"));
        (from("XDG_CACHE_HOME").or(home), "XDG_CACHE_HOME or HOME")
    };
    found.ok_or(StoreError::Nowhere(needed))
}
