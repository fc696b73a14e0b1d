//! Greeting and leaving.

use flow_lsp::Ending;
use serde_json::{Value, json};

use crate::client::{Client, able, session};

fn offering(encodings: &Value) -> Value {
    let mut capabilities = able();
    capabilities["general"] = json!({ "positionEncodings": encodings });
    capabilities
}

async fn initialize(capabilities: Value) -> Value {
    let mut client = Client::silent();
    let answer = client.request("initialize", json!({ "capabilities": capabilities })).await;
    answer["result"].clone()
}

#[test]
fn counts_in_utf8_where_that_is_offered() {
    session(async {
        for (offered, expected) in [
            (json!(["utf-8", "utf-16"]), "utf-8"),
            (json!(["utf-16", "utf-8"]), "utf-8"),
            (json!(["utf-16", "utf-32"]), "utf-16"),
            (json!([]), "utf-16"),
            (Value::Null, "utf-16"),
        ] {
            let result = initialize(offering(&offered)).await;
            assert_eq!(result["capabilities"]["positionEncoding"], expected, "{offered}");
        }
        let result = initialize(json!({})).await;
        assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    });
}

#[test]
fn says_who_it_is_and_what_it_does() {
    session(async {
        let result = initialize(able()).await;
        assert_eq!(result["serverInfo"]["name"], "flowc");
        assert_eq!(result["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
        let sync = &result["capabilities"]["textDocumentSync"];
        assert_eq!((&sync["openClose"], &sync["change"]), (&json!(true), &json!(2)), "incremental");
        assert_eq!(result["capabilities"]["codeActionProvider"]["codeActionKinds"], json!(["quickfix"]));
        assert_eq!(result["capabilities"]["workspace"]["workspaceFolders"]["supported"], true);
        let modest = initialize(json!({})).await;
        assert_eq!(modest["capabilities"]["codeActionProvider"], Value::Null);
    });
}

#[test]
fn asks_able_clients_to_watch_files() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        let request = client.until(|it| it["method"] == "client/registerCapability").await;
        let registration = &request["params"]["registrations"][0];
        assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
        assert!(registration["registerOptions"]["watchers"].to_string().contains("**/*.flow"), "{request}");

        let mut client = Client::greeted(json!({}), None).await;
        assert_eq!(client.silence().await, [] as [Value; 0]);
    });
}

#[test]
fn refuses_what_comes_before_the_greeting() {
    session(async {
        let mut client = Client::silent();
        let answer = client.request("textDocument/hover", json!({})).await;
        assert_eq!(answer["error"]["code"], -32002);
    });
}

#[test]
fn refuses_unknown_methods() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        let answer = client.request("flow/noSuchThing", json!({})).await;
        assert_eq!(answer["error"]["code"], -32601);
        let answer = client.request("textDocument/codeAction", json!({ "nonsense": 1 })).await;
        assert_eq!(answer["error"]["code"], -32602);
    });
}

#[test]
fn ends_in_order_after_a_shutdown() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.shutdown().await;
        let answer = client.request("textDocument/hover", json!({})).await;
        assert_eq!(answer["error"]["code"], -32600, "nothing but `exit` is accepted");
        assert_eq!(client.exit().await, Ending::Orderly);

        let mut client = Client::greeted(able(), None).await;
        client.shutdown().await;
        assert_eq!(client.vanish().await, Ending::Orderly);
    });
}

#[test]
fn ends_abruptly_without_a_shutdown() {
    session(async {
        assert_eq!(Client::greeted(able(), None).await.exit().await, Ending::Abrupt);
        assert_eq!(Client::greeted(able(), None).await.vanish().await, Ending::Abrupt);
        assert_eq!(Client::silent().exit().await, Ending::Abrupt);
    });
}
