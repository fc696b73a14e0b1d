//! The fixes of findings, as actions.

use serde_json::{Value, json};

use crate::client::{Client, able, session};

const FILE: &str = "untitled:Untitled-1";
const TEXT: &str = "enum Profile { dev, release }\nconst P: Profile = relaese\n";

fn at(line: u32, column: u32, only: &Value) -> Value {
    let point = json!({ "line": line, "character": column });
    let mut context = json!({ "diagnostics": [] });
    if !only.is_null() {
        context["only"] = only.clone();
    }
    json!({ "textDocument": { "uri": FILE }, "range": { "start": point, "end": point }, "context": context })
}

async fn actions(client: &mut Client, params: Value) -> Value {
    let answer = client.request("textDocument/codeAction", params).await;
    assert!(answer.get("error").is_none(), "{answer:#}");
    answer["result"].clone()
}

#[test]
fn a_finding_with_a_fix_has_an_action() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open_as(FILE, 7, TEXT).await;
        let found = client.diagnostics(FILE, 7).await;
        let title = found[0]["data"]["fix"].clone();
        assert!(title.is_string(), "{found:#?}");

        let actions_here = actions(&mut client, at(1, 22, &Value::Null)).await;
        let action = &actions_here[0];
        assert_eq!((&action["title"], &action["kind"]), (&title, &json!("quickfix")));
        assert_eq!(action["diagnostics"][0]["code"], found[0]["code"]);
        let edit = &action["edit"]["documentChanges"][0];
        assert_eq!(edit["textDocument"], json!({ "uri": FILE, "version": 7 }));
        assert_eq!(edit["edits"][0]["newText"], "release");
        assert_eq!(edit["edits"][0]["range"], found[0]["range"]);

        assert_eq!(actions(&mut client, at(0, 3, &Value::Null)).await, Value::Null, "nothing is wrong there");
        assert_eq!(actions(&mut client, at(1, 22, &json!(["refactor"]))).await, Value::Null);
        assert_eq!(actions(&mut client, at(1, 22, &json!(["quickfix"]))).await, actions_here);
        assert_eq!(actions(&mut client, at(99, 99, &Value::Null)).await, Value::Null);
    });
}

#[test]
fn a_modest_client_gets_plain_edits() {
    session(async {
        let mut client = Client::greeted(json!({}), None).await;
        client.open(FILE, TEXT).await;
        assert_eq!(client.diagnostics(FILE, 1).await[0].get("data"), None);
        let actions = actions(&mut client, at(1, 22, &Value::Null)).await;
        assert_eq!(actions[0]["edit"]["changes"][FILE][0]["newText"], "release");
    });
}

#[test]
fn a_document_that_is_not_open_has_none() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        assert_eq!(actions(&mut client, at(0, 0, &Value::Null)).await, Value::Null);
    });
}
