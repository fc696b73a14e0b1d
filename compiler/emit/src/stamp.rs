//! The header of an emitted file: where it comes from, how to make it again, and a stamp by which
//! one sees that somebody edited it.

use std::fmt::Write as _;

use flow_plan::model::Plan;
use sha2::{Digest, Sha256};

use crate::Options;
use crate::yaml::{Map, print};

/// The whole text: header, stamp, document. The stamp covers everything but the header.
pub(crate) fn stamped(plan: &Plan, options: &Options, notes: &[String], root: &Map) -> String {
    let body = print(&[], root);
    let mut header = vec![
        format!("Made from {} by `{}`.", plan.source, options.command),
        "Edit the source, not this file: the next run of that command overwrites it.".to_owned(),
    ];
    header.extend(notes.iter().cloned());
    header.push(format!("{STAMP}{}", digest(&body)));
    format!("{}{body}", print(&header, &Map::new()))
}

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `flowc`, and nobody has changed it.
    Emitted,
    /// `flowc`, and somebody has changed it.
    Edited,
    /// Somebody else.
    Foreign,
}

/// Who wrote a file that lies where one is to be emitted.
pub fn origin(text: &str) -> Origin {
    let header = text.lines().take_while(|line| line.starts_with('#'));
    let Some(stamp) = header.filter_map(|line| line.trim_start_matches(['#', ' ']).strip_prefix(STAMP)).last() else {
        return Origin::Foreign;
    };
    let body = text.split_once(stamp).map_or("", |(_, rest)| rest.trim_start_matches('\n'));
    if digest(body) == stamp.trim() { Origin::Emitted } else { Origin::Edited }
}

/// What stands before the digest in the header's last line.
const STAMP: &str = "Content: sha256:";

/// The first half of the text's SHA-256, in hexadecimal: long enough to see a change.
fn digest(text: &str) -> String {
    let mut out = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
