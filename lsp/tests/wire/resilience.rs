//! Clients that make mistakes.

use flow_lsp::Ending;
use serde_json::{Value, json};

use crate::client::{Client, able, session};

const FILE: &str = "untitled:Untitled-1";

/// It still does its work.
async fn is_well(mut client: Client) {
    client.open("untitled:Well", "const A = missing\n").await;
    assert_eq!(client.findings("untitled:Well", 1).await, ["F0201 0:10-0:17"]);
    client.shutdown().await;
    assert_eq!(client.exit().await, Ending::Orderly);
}

#[test]
fn a_message_that_is_not_json() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        for (body, code) in [
            (r#"{"jsonrpc":"2.0","#, -32700),
            ("\u{1f600}", -32700),
            ("", -32700),
            ("[1, 2]", -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"shutdown"}"#, -32600),
        ] {
            client.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
            let answer = client.until(|it| it.get("error").is_some()).await;
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(code)), "{body}");
        }
        let deep = format!(r#"{{"jsonrpc":"2.0","method":"a","params":{}"#, "[".repeat(100_000));
        client.raw(format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).as_bytes()).await;
        client.until(|it| it["error"]["code"] == -32700).await;
        client.raw(b"Content-Length: 3\r\n\r\n\xff\xfe{").await;
        client.until(|it| it["error"]["code"] == -32700).await;
        is_well(client).await;
    });
}

#[test]
fn a_message_that_is_not_framed() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.raw(b"hello\r\n\r\nContent-Length: many\r\n\r\n").await;
        client.raw(b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n").await;
        client.notify("flow/ignored", json!({})).await;
        client.raw(b"Content-Length: 2\r\n\r\n{}}}}}}}").await;
        client.until(|it| it["error"]["code"] == -32600).await;
        is_well(client).await;
    });
}

#[test]
fn positions_that_do_not_exist() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A = 1").await;
        client.diagnostics(FILE, 1).await;
        client.edit(FILE, 2, [900, 900, 900, 900], "\nconst B = missing").await;
        assert_eq!(client.findings(FILE, 2).await, ["F0201 1:10-1:17"], "beyond the end means the end");
        client.edit(FILE, 3, [1, 17, 1, 10], "2").await;
        assert_eq!(client.findings(FILE, 3).await, [] as [&str; 0], "from back to front");
        client.edit(FILE, 4, [0, u32::MAX, u32::MAX, u32::MAX], "").await;
        assert_eq!(client.findings(FILE, 4).await, [] as [&str; 0]);
        is_well(client).await;
    });
}

#[test]
fn documents_that_are_not_open() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.edit(FILE, 2, [0, 0, 0, 0], "x").await;
        client.close(FILE).await;
        client.notify("textDocument/didSave", json!({ "textDocument": { "uri": FILE } })).await;
        client.notify("textDocument/didOpen", json!({ "textDocument": { "uri": "not a uri" } })).await;
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": "a:b", "type": 9 }] })).await;
        is_well(client).await;
    });
}

#[test]
fn a_program_of_brackets() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, &"(".repeat(10_000)).await;
        assert!(!client.diagnostics(FILE, 1).await.is_empty());
        is_well(client).await;
    });
}

#[test]
fn a_request_that_is_cancelled_is_answered() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A = missing\n").await;
        let point = json!({ "line": 0, "character": 12 });
        let range = json!({ "start": point, "end": point });
        let params = json!({ "textDocument": { "uri": FILE }, "range": range, "context": { "diagnostics": [] } });
        for id in 100..150 {
            let method = "textDocument/codeAction";
            client.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
            client.notify("$/cancelRequest", json!({ "id": id })).await;
            client.edit(FILE, id, [0, 0, 0, 0], "\n").await;
        }
        for id in 100..150 {
            client.until(|it| it["id"] == id).await;
        }
        assert_eq!(client.findings(FILE, 149).await, ["F0201 50:10-50:17"]);
        is_well(client).await;
    });
}
