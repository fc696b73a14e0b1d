//! The answer to a message that could not be read.

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode};

/// What was wrong with it.
pub(super) type Params = Value;

/// Says so.
pub(super) fn error(params: &Params) -> Error {
    let code = params.get("code").and_then(Value::as_i64).map_or(ErrorCode::ParseError, ErrorCode::from);
    let message = params.get("message").and_then(Value::as_str).unwrap_or_default();
    Error { code, message: message.to_owned().into(), data: None }
}
