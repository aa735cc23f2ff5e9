//! What the operator's commands print.

use yimen_http_tests::TestApp;

#[tokio::test]
async fn keys_and_clients_are_printed_for_people_and_as_json_on_demand() {
    let app = TestApp::start().await;
    app.client("hrss").await;
    for arguments in [
        ["keys", "list", ""],
        ["keys", "rotate", "--now"],
        ["client", "show", "hrss"],
        ["client", "list", ""],
    ] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|one| !one.is_empty()).collect();
        let (status, text) = app.command(&arguments);
        assert!(status.success() && !text.contains(['{', '[']), "{text}");
        assert!(app.command_json(&arguments).to_string().len() > 20);
    }
    let (_, keys) = app.command(&["keys", "list"]);
    assert!(
        keys.contains("what happens next") && keys.contains("signs until"),
        "{keys}"
    );
    let kid = app.command_json(&["keys", "list"])[0]["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, revoked) = app.command(&["keys", "revoke", &kid]);
    assert!(
        revoked.starts_with(&kid) && revoked.contains("is revoked"),
        "{revoked}"
    );
    let (_, client) = app.command(&["client", "show", "hrss"]);
    for row in [["id", "hrss"], ["name", "hrss系统"], ["scope", "openid"]] {
        let has = |line: &str| line.split_whitespace().take(2).eq(row);
        assert!(client.lines().any(has), "{client}");
    }
}
