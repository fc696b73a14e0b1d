//! Looks at every message before it is decoded: the decoder ends the session at the first one that
//! is not JSON-RPC, which is a reason to answer with an error and not to leave. Knows of the
//! protocol only how messages are framed, and how a session ends.

use std::io;

use serde_json::json;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tower_lsp::jsonrpc::{ErrorCode, Request};

use super::Ending;

/// Stands for a message that cannot be read; its answer is the error code in its parameters.
pub(super) const UNREADABLE: &str = "flowc/unreadable";

const LENGTH: &str = "content-length:";

/// Passes messages on until the client exits or its stream ends, and tells how the session ended.
pub(super) async fn check(input: impl AsyncRead + Unpin, mut output: impl AsyncWrite + Unpin) -> Ending {
    let mut input = BufReader::new(input);
    let mut ending = Ending::Abrupt;
    while let Ok(Some(body)) = read(&mut input).await {
        let (body, method) = match serde_json::from_slice::<Request>(&body) {
            Ok(request) => (body, request.method().to_owned()),
            Err(error) => (unreadable(&error), String::new()),
        };
        if method == "shutdown" {
            ending = Ending::Orderly;
        }
        if write(&mut output, &body).await.is_err() || method == "exit" {
            break;
        }
    }
    ending
}

fn unreadable(error: &serde_json::Error) -> Vec<u8> {
    let code = if error.is_data() { ErrorCode::InvalidRequest } else { ErrorCode::ParseError };
    let params = json!({ "code": code.code(), "message": error.to_string() });
    json!({ "jsonrpc": "2.0", "id": null, "method": UNREADABLE, "params": params }).to_string().into_bytes()
}

/// The body of the next message. What is not a header is skipped up to the next length.
async fn read(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        match length {
            Some(length) if line.trim_ascii().is_empty() => return body(input, length).await,
            _ => length = content_length(&line).or(length),
        }
    }
}

async fn body(input: &mut (impl AsyncBufRead + Unpin), length: u64) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    let read = input.take(length).read_to_end(&mut body).await?;
    Ok((read as u64 == length).then_some(body))
}

/// The length that a line states, also behind the remains of a message that was longer than it said.
fn content_length(line: &[u8]) -> Option<u64> {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    let (_, length) = line.rsplit_once(LENGTH)?;
    length.trim().parse().ok()
}

async fn write(output: &mut (impl AsyncWrite + Unpin), body: &[u8]) -> io::Result<()> {
    let head = format!("Content-Length: {}\r\n\r\n", body.len());
    output.write_all(head.as_bytes()).await?;
    output.write_all(body).await
}
