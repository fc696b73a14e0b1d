//! A client for tests: it frames, numbers and remembers messages, and knows nothing of the server.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use flow_lsp::Ending;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower_lsp::ls_types::Uri;

/// Far more than anything takes, so that only a missing answer reaches it.
const LONG: Duration = Duration::from_secs(20);

/// Longer than the server waits for the next keystroke.
const QUIET: Duration = Duration::from_millis(500);

pub(crate) struct Client {
    output: DuplexStream,
    input: UnboundedReceiver<Value>,
    kept: Vec<Value>,
    last_id: i64,
    server: JoinHandle<Ending>,
}

/// Runs a session with threads as the real ones.
pub(crate) fn session(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(8 << 20)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
    runtime.shutdown_background();
}

pub(crate) fn uri(path: &Path) -> String {
    Uri::from_file_path(path).unwrap().as_str().to_owned()
}

/// The capabilities of a client that can do everything, with columns in UTF-16.
pub(crate) fn able() -> Value {
    json!({
        "workspace": {
            "workspaceEdit": { "documentChanges": true },
            "didChangeWatchedFiles": { "dynamicRegistration": true },
            "workspaceFolders": true,
        },
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true,
                "versionSupport": true,
                "dataSupport": true,
                "tagSupport": { "valueSet": [1, 2] },
            },
            "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } },
        },
        "general": { "positionEncodings": ["utf-16"] },
    })
}

impl Client {
    /// A client that has not said anything yet.
    pub(crate) fn silent() -> Self {
        let (output, server_in) = tokio::io::duplex(1 << 16);
        let (server_out, input) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(flow_lsp::serve(server_in, server_out));
        let (sender, receiver) = unbounded_channel();
        tokio::spawn(async move {
            let mut input = BufReader::new(input);
            while let Some(message) = read(&mut input).await {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self { output, input: receiver, kept: Vec::new(), last_id: 0, server }
    }

    /// A client that has been greeted, working in a folder or in none.
    pub(crate) async fn greeted(capabilities: Value, folder: Option<&Path>) -> Self {
        let mut client = Self::silent();
        let folders = folder.map(|path| json!([{ "uri": uri(path), "name": "test" }]));
        let params = json!({ "processId": null, "capabilities": capabilities, "workspaceFolders": folders });
        client.request("initialize", params).await;
        client.notify("initialized", json!({})).await;
        client
    }

    pub(crate) async fn in_folder(folder: &Path) -> Self {
        Self::greeted(able(), Some(folder)).await
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.output.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
    }

    pub(crate) async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// Sends a request and returns its answer, whole.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message).await;
        self.until(|it| it["id"] == id && it.get("method").is_none()).await
    }

    /// The next message that `wanted` accepts; the others are kept.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at);
        }
        let search = async {
            loop {
                let message = self.input.recv().await.expect("the server has gone");
                if wanted(&message) {
                    return message;
                }
                self.kept.push(message);
            }
        };
        match timeout(LONG, search).await {
            Ok(message) => message,
            Err(_) => panic!("nothing came; instead: {:#?}", self.kept),
        }
    }

    /// Everything that the server said and says until it is silent, in order.
    pub(crate) async fn silence(&mut self) -> Vec<Value> {
        while let Ok(Some(message)) = timeout(QUIET, self.input.recv()).await {
            self.kept.push(message);
        }
        std::mem::take(&mut self.kept)
    }

    pub(crate) async fn open(&mut self, uri: &str, text: &str) {
        self.open_as(uri, 1, text).await;
    }

    pub(crate) async fn open_as(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri, "languageId": "flow", "version": version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    }

    /// Replaces `[start line, start column, end line, end column]`.
    pub(crate) async fn edit(&mut self, uri: &str, version: i32, range: [u32; 4], text: &str) {
        let [line, column, end_line, end_column] = range;
        let range = json!({
            "start": { "line": line, "character": column },
            "end": { "line": end_line, "character": end_column },
        });
        self.change(uri, version, json!([{ "range": range, "text": text }])).await;
    }

    pub(crate) async fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", params).await;
    }

    pub(crate) async fn close(&mut self, uri: &str) {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } })).await;
    }

    /// Tells of a file on disk: 1 created, 2 changed, 3 deleted.
    pub(crate) async fn watched(&mut self, path: &Path, kind: u32) {
        let changes = json!([{ "uri": uri(path), "type": kind }]);
        self.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes })).await;
    }

    /// The diagnostics of the next publication for a file and version.
    pub(crate) async fn diagnostics(&mut self, uri: &str, version: impl Into<Option<i32>>) -> Vec<Value> {
        let version = version.into().map_or(Value::Null, Value::from);
        let message = self
            .until(|it| {
                it["method"] == "textDocument/publishDiagnostics"
                    && it["params"]["uri"] == uri
                    && it["params"]["version"] == version
            })
            .await;
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// `code line:column-line:column` of each of them.
    pub(crate) async fn findings(&mut self, uri: &str, version: impl Into<Option<i32>>) -> Vec<String> {
        self.diagnostics(uri, version).await.iter().map(brief).collect()
    }

    pub(crate) async fn shutdown(&mut self) {
        let answer = self.request("shutdown", Value::Null).await;
        assert_eq!(answer["result"], Value::Null, "{answer}");
        assert!(answer.get("error").is_none(), "{answer}");
    }

    /// How the session ends after `exit`.
    pub(crate) async fn exit(mut self) -> Ending {
        self.send(&json!({ "jsonrpc": "2.0", "method": "exit" })).await;
        timeout(LONG, self.server).await.expect("the server stays").unwrap()
    }

    /// How the session ends when the client is gone.
    pub(crate) async fn vanish(self) -> Ending {
        drop(self.output);
        timeout(LONG, self.server).await.expect("the server stays").unwrap()
    }
}

pub(crate) fn brief(diagnostic: &Value) -> String {
    let point = |end: &str| {
        let point = &diagnostic["range"][end];
        format!("{}:{}", point["line"], point["character"])
    };
    format!("{} {}-{}", diagnostic["code"].as_str().unwrap(), point("start"), point("end"))
}

async fn read(input: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = usize::from_str(value.trim()).unwrap();
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).await.ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}
