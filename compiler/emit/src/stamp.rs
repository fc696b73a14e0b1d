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
    header.push(format!("Content: sha256:{}", digest(&body)));
    format!("{}{body}", print(&header, &Map::new()))
}

/// The first half of the text's SHA-256, in hexadecimal: long enough to see a change.
fn digest(text: &str) -> String {
    let mut out = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
