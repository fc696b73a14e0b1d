//! Diagnostics while somebody types.

use serde_json::{Value, json};

use crate::client::{Client, able, brief, session};

const FILE: &str = "untitled:Untitled-1";

#[test]
fn an_error_appears_moves_and_vanishes() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A: int = 1\n").await;
        assert_eq!(client.findings(FILE, 1).await, [] as [&str; 0]);
        client.edit(FILE, 2, [0, 15, 0, 16], "missing").await;
        assert_eq!(client.findings(FILE, 2).await, ["F0201 0:15-0:22"]);
        client.edit(FILE, 3, [0, 0, 0, 0], "// a comment\n\n").await;
        assert_eq!(client.findings(FILE, 3).await, ["F0201 2:15-2:22"]);
        client.edit(FILE, 4, [2, 15, 2, 22], "2").await;
        assert_eq!(client.findings(FILE, 4).await, [] as [&str; 0]);
    });
}

#[test]
fn columns_after_wide_characters() {
    let text = "const A: string = \"äöü 😀 #{missing}\"\n";
    for (encoding, columns) in [("utf-16", "0:28-0:35"), ("utf-8", "0:33-0:40")] {
        session(async {
            let mut capabilities = able();
            capabilities["general"] = json!({ "positionEncodings": [encoding] });
            let mut client = Client::greeted(capabilities, None).await;
            client.open(FILE, text).await;
            assert_eq!(client.findings(FILE, 1).await, [format!("F0201 {columns}")]);
        });
    }
}

#[test]
fn edits_after_wide_characters() {
    for (encoding, at, end) in [("utf-16", 26, 27), ("utf-8", 31, 32)] {
        session(async {
            let mut capabilities = able();
            capabilities["general"] = json!({ "positionEncodings": [encoding] });
            let mut client = Client::greeted(capabilities, None).await;
            client.open(FILE, "const A = [\"äöü😀\", \"ok\", x]\nconst x = 1\n").await;
            client.diagnostics(FILE, 1).await;
            client.edit(FILE, 2, [0, at, 0, end], "\"yes\"").await;
            let found = client.findings(FILE, 2).await;
            assert!(found.iter().all(|it| !it.contains(" 0:")), "the list is whole: {found:?}");
            client.edit(FILE, 3, [0, at, 0, at + 5], "missing").await;
            let found = client.findings(FILE, 3).await;
            assert!(found.contains(&format!("F0201 0:{at}-0:{}", at + 7)), "{found:?}");
        });
    }
}

#[test]
fn several_edits_in_one_change_follow_one_another() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "").await;
        let at = |line: u32, column: u32| json!({ "line": line, "character": column });
        let changes = json!([
            { "text": "const A = x\n" },
            { "range": { "start": at(0, 10), "end": at(0, 11) }, "text": "😀" },
            { "range": { "start": at(0, 10), "end": at(0, 12) }, "text": "missing" },
            { "range": { "start": at(0, 17), "end": at(0, 17) }, "text": "_too" },
        ]);
        client.change(FILE, 2, changes).await;
        assert_eq!(client.findings(FILE, 2).await, ["F0201 0:10-0:21"]);
    });
}

#[test]
fn the_last_word_is_about_the_last_keystroke() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A: int = \n").await;
        let word = "missing_name".repeat(25);
        for (at, letter) in word.char_indices() {
            let at = u32::try_from(at).unwrap();
            client.edit(FILE, i32::try_from(at + 2).unwrap(), [0, 15 + at, 0, 15 + at], &letter.to_string()).await;
        }
        let messages = client.silence().await;
        let published: Vec<&Value> =
            messages.iter().filter(|it| it["method"] == "textDocument/publishDiagnostics").collect();
        let versions: Vec<i64> = published.iter().map(|it| it["params"]["version"].as_i64().unwrap()).collect();
        assert!(versions.is_sorted(), "{versions:?}");
        assert_eq!(versions.last(), Some(&301));
        let last = &published.last().unwrap()["params"]["diagnostics"];
        assert_eq!(last.as_array().unwrap().iter().map(brief).collect::<Vec<_>>(), ["F0201 0:15-0:315"]);
        assert!(versions.len() < 150, "{} publications for 301 versions", versions.len());
    });
}

#[test]
fn a_diagnostic_says_what_an_editor_needs() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A = 1\nconst A = 2\n").await;
        let found = client.diagnostics(FILE, 1).await;
        let [found] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!((&found["severity"], &found["source"]), (&json!(1), &json!("flowc")));
        assert_eq!(brief(found), "F0202 1:6-1:7");
        let message = found["message"].as_str().unwrap();
        assert!(message.starts_with("`A` is declared twice"), "{message}");
        assert!(message.contains("help: "), "{message}");
        let related = &found["relatedInformation"][0];
        assert_eq!(related["location"]["uri"], FILE);
        assert_eq!(related["location"]["range"]["start"], json!({ "line": 0, "character": 6 }));
    });
}

#[test]
fn a_client_without_related_places_reads_them() {
    session(async {
        let mut client = Client::greeted(json!({}), None).await;
        client.open(FILE, "const A = 1\nconst A = 2\n").await;
        let found = client.diagnostics(FILE, 1).await;
        assert_eq!(found[0].get("relatedInformation"), None);
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.contains(":1: first declared here"), "{message}");
    });
}

#[test]
fn what_is_unused_is_marked_as_unnecessary() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "fn twice(n: int, unused: int) -> int = n * 2\n").await;
        let found = client.diagnostics(FILE, 1).await;
        let [found] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!((&found["code"], &found["severity"], &found["tags"]), (&json!("F0409"), &json!(2), &json!([1])));
    });
}

#[test]
fn an_untitled_document_is_cleared_when_it_closes() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A = missing\n").await;
        assert_eq!(client.findings(FILE, 1).await.len(), 1);
        client.close(FILE).await;
        assert_eq!(client.findings(FILE, None).await, [] as [&str; 0]);
        client.open(FILE, "const A = missing\n").await;
        assert_eq!(client.findings(FILE, 1).await.len(), 1);
    });
}

#[test]
fn a_document_that_opens_again_at_once_is_published_again() {
    session(async {
        let mut client = Client::greeted(able(), None).await;
        client.open(FILE, "const A = missing\n").await;
        assert_eq!(client.findings(FILE, 1).await.len(), 1);
        client.close(FILE).await;
        client.open(FILE, "const A = missing\n").await;
        assert_eq!(client.findings(FILE, 1).await.len(), 1);
    });
}
