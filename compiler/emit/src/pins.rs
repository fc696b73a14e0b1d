//! Pins: which commit stands for which version of what somebody else has written, so that an emitted
//! file runs the same code until somebody changes that.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use flow_plan::model::{ForeignKind, Place, Plan, Run};

use crate::Lock;

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
/// Keeps folders between runs.
pub(crate) const CACHE: &str = "actions/cache@v6";
/// Its first half.
pub(crate) const CACHE_RESTORE: &str = "actions/cache/restore@v6";
/// Its second half.
pub(crate) const CACHE_SAVE: &str = "actions/cache/save@v6";
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

    /// Adds those of a project.
    pub fn add(&mut self, lock: &Lock) {
        self.table.extend(lock.pins.iter().map(|(uses, pin)| (uses.clone(), pin.clone())));
    }

    /// The pins of an action or image that a [line](crate::PinLine) names without a version, each with
    /// the reference that stands for it.
    pub fn of(&self, action: &str) -> impl Iterator<Item = (&str, &Pin)> {
        let action = repository(action);
        self.table
            .iter()
            .filter(move |(uses, _)| place(uses) == Some(action.as_str()))
            .map(|(uses, pin)| (&**uses, pin))
    }

    /// Whether what a reference names is known not to change.
    pub fn knows(&self, reference: &str) -> bool {
        self.uses(reference).is_some()
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
        let place = place(reference)?;
        let after = reference.get(place.len() + 1..)?;
        if !reference.starts_with("docker://") && is_commit(after) {
            let version = self.table.values().find(|it| it.commit == after).map(|it| it.version.clone());
            return Some(Uses { text: reference.to_owned(), version });
        }
        let pin = self.find(reference)?;
        Some(Uses { text: format!("{place}@{}", pin.commit), version: Some(pin.version.clone()) })
    }
}

/// What a reference names, without its version.
fn place(reference: &str) -> Option<&str> {
    // The tag is the version's name; what counts is the digest. The port of a registry is no tag.
    let separator = if reference.starts_with("docker://") { ':' } else { '@' };
    reference.rsplit_once(separator).map(|(place, _)| place)
}

/// `owner/repo` of `owner/repo/path`; an image as it is.
fn repository(place: &str) -> String {
    if place.starts_with("docker://") {
        return place.to_owned();
    }
    place.splitn(3, '/').take(2).collect::<Vec<_>>().join("/")
}

/// What a plan uses that others have written, as the program names it, at each of its places: of an
/// action in a folder of a repository the repository.
pub fn references(plan: &Plan) -> Vec<(String, &Place)> {
    let mut all = Vec::new();
    for job in &plan.jobs {
        if let Some(foreign) = &job.foreign {
            all.push((key(&foreign.reference), &job.place));
        }
        for step in &job.steps {
            match &step.run {
                Run::Foreign(foreign) if foreign.kind == ForeignKind::Action => {
                    all.push((key(&foreign.reference), &step.place));
                }
                _ => {}
            }
        }
    }
    all
}

/// How two versions compare by their numbers, where both have some: `v7.0.1` comes before `v7.1`.
pub fn compare_versions(one: &str, other: &str) -> Option<Ordering> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let text = text.strip_prefix('v').unwrap_or(text);
        text.split('.').map(|it| it.parse().ok()).collect()
    };
    Some(numbers(one)?.cmp(&numbers(other)?))
}

/// Whether it is a whole commit.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// `owner/repo@ref` of `owner/repo/path@ref`; an image as it is.
fn key(reference: &str) -> String {
    match reference.split_once('@') {
        Some((place, version)) if !reference.starts_with("docker://") => {
            format!("{}@{version}", repository(place))
        }
        _ => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pin, Pins, Uses, compare_versions};

    #[test]
    fn versions_have_an_order() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (one, other, order) in [
            ("v7.0.1", "v7.1.0", Some(Less)),
            ("v10", "v9.9.9", Some(Greater)),
            ("1.2.3", "v1.2.3", Some(Equal)),
            ("v1", "v1.0.0", Some(Less)),
            ("stable", "v1", None),
        ] {
            assert_eq!(compare_versions(one, other), order, "{one} {other}");
        }
    }

    #[test]
    fn pins_of_an_action() {
        let pins = Pins::default();
        let of = |action: &str| pins.of(action).map(|(uses, _)| uses.to_owned()).collect::<Vec<_>>();
        assert_eq!(of("actions/cache/restore"), ["actions/cache@v6"]);
        assert_eq!(of("actions/cache"), ["actions/cache@v6"]);
        assert_eq!(of("actions/cach"), Vec::<String>::new());
    }

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
