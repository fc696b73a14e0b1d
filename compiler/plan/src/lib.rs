//! Elaboration: from a checked program to the [plan](model::Plan) of one pipeline for one backend.

pub mod model;
pub mod script;
