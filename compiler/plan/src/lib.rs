//! Elaboration: from a checked program to the [plan](model::Plan) of one pipeline for one backend.
//! No file system, no terminal; what a backend makes of a plan is not its business.

pub mod construct;
pub mod elaborate;
pub mod model;
pub mod origin;
pub mod outcome;
pub mod pattern;
pub mod render;
pub mod script;
pub mod show;
