//! Pins: which commit stands for which version of what somebody else has written, so that an emitted
//! file runs the same code until somebody changes that.

use std::collections::BTreeMap;

/// What a version stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// A commit of 40 digits; of an image its digest, `sha256:…`.
    pub commit: String,
    /// The whole version that it is, for a comment that update bots understand: `v4.2.1`.
    pub version: String,
}

/// Pins by what a program writes: `owner/repo@v4`, `docker://image:tag`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins {
    table: BTreeMap<String, Pin>,
}

/// What stands after `uses:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uses {
    /// It names the same content for ever.
    pub(crate) text: String,
    /// The version that it is, where that is known.
    pub(crate) version: Option<String>,
}

/// Fetches the sources.
pub(crate) const CHECKOUT: &str = "actions/checkout@v7";
/// Stores files.
pub(crate) const UPLOAD: &str = "actions/upload-artifact@v7";
/// Brings stored files back.
pub(crate) const DOWNLOAD: &str = "actions/download-artifact@v8";

impl Default for Pins {
    /// Those of the standard library.
    fn default() -> Self {
        let table = flow_stdlib::PINS
            .iter()
            .map(|it| (it.uses.to_owned(), Pin { commit: it.commit.to_owned(), version: it.version.to_owned() }));
        Self { table: table.collect() }
    }
}

impl Pins {
    /// Adds a pin; it takes the place of one that is there.
    pub fn insert(&mut self, reference: impl Into<String>, pin: Pin) {
        self.table.insert(reference.into(), pin);
    }

    /// What a reference stands for: of an action in a folder of a repository that of the repository.
    pub fn find(&self, reference: &str) -> Option<&Pin> {
        self.table.get(&key(reference))
    }

    /// What stands after `uses:` for a reference; nothing for one that could change tomorrow.
    pub(crate) fn uses(&self, reference: &str) -> Option<Uses> {
        if reference.starts_with("./") || reference.contains("@sha256:") {
            return Some(Uses { text: reference.to_owned(), version: None });
        }
        let place = match reference.strip_prefix("docker://") {
            // The tag is the version's name; what counts is the digest. The port of a registry is no tag.
            Some(_) => reference.rsplit_once(':').map(|(place, _)| place),
            None => reference.rsplit_once('@').map(|(place, _)| place),
        }?;
        let after = reference.get(place.len() + 1..)?;
        if !reference.starts_with("docker://") && is_commit(after) {
            let version = self.table.values().find(|it| it.commit == after).map(|it| it.version.clone());
            return Some(Uses { text: reference.to_owned(), version });
        }
        let pin = self.find(reference)?;
        Some(Uses { text: format!("{place}@{}", pin.commit), version: Some(pin.version.clone()) })
    }
}

/// Whether it is a whole commit.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// `owner/repo@ref` of `owner/repo/path@ref`; an image as it is.
fn key(reference: &str) -> String {
    match reference.split_once('@') {
        Some((place, version)) if !reference.starts_with("docker://") => {
            let repository: Vec<&str> = place.splitn(3, '/').take(2).collect();
            format!("{}@{version}", repository.join("/"))
        }
        _ => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pin, Pins, Uses};

    #[test]
    fn what_stands_after_uses() {
        let mut pins = Pins::default();
        let commit = "0123456789abcdef0123456789abcdef01234567";
        pins.insert("a/b@v1", Pin { commit: commit.into(), version: "v1.2.3".into() });
        pins.insert("docker://r:5000/i:3", Pin { commit: "sha256:00".into(), version: "3.1".into() });
        let is = |reference: &str, text: &str, version: Option<&str>| {
            let expected = Uses { text: text.into(), version: version.map(Into::into) };
            assert_eq!(pins.uses(reference), Some(expected), "{reference}");
        };
        is("a/b@v1", &format!("a/b@{commit}"), Some("v1.2.3"));
        is("a/b/c/d@v1", &format!("a/b/c/d@{commit}"), Some("v1.2.3"));
        is(&format!("a/b/c@{commit}"), &format!("a/b/c@{commit}"), Some("v1.2.3"));
        is("./ci/action", "./ci/action", None);
        is("docker://r:5000/i:3", "docker://r:5000/i@sha256:00", Some("3.1"));
        is("docker://i@sha256:11", "docker://i@sha256:11", None);
        for unknown in ["a/b@v2", "a/b@main", "a/c@v1", "docker://i:3"] {
            assert_eq!(pins.uses(unknown), None, "{unknown}");
        }
    }
}
