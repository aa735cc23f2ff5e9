//! Who may ask whom for what is the operator's decision.

use super::{City, HOLDER, KEY};
use serde_json::json;
use yimen_http_tests::TestApp;

#[tokio::test]
async fn what_is_asked_and_offered_is_shown_by_the_names_of_the_options() {
    let city = City::with(&[("--optional", KEY)]).await;
    let shown = city.app.command_json(&["client", "show", "housing"]);
    let purpose = json!({ "zh": "为发放租房补贴", "en": "to pay the rent subsidy", "optional": true });
    assert_eq!(shown["asks"][KEY], purpose);
    let (_, said) = city.app.command(&["client", "show", "housing"]);
    assert!(said.contains(&format!("{KEY}=为发放租房补贴")), "{said}");
    let (_, said) = city.app.command(&["client", "show", HOLDER]);
    assert!(said.contains("contribution_record=社保缴费记录"), "{said}");
    let other = format!("{KEY}=为推送广告");
    let (_, said) = city
        .app
        .command(&["client", "update", "housing", "--ask", &other]);
    assert!(said.contains("its purpose has changed"), "{said}");
    let (_, said) = city
        .app
        .command(&["client", "update", "housing", "--clear", "ask"]);
    assert!(said.contains("what residents allowed no longer counts"), "{said}");
}

#[tokio::test]
async fn a_record_that_nobody_offers_is_told_where_it_is_asked_for() {
    let city = City::start().await;
    let mistyped = format!("rent_subsidy:contribution@{HOLDER}");
    let (status, said) = city.app.command(&[
        "client",
        "update",
        "housing",
        "--ask",
        &format!("{mistyped}=为核对收入"),
    ]);
    assert!(status.success(), "{said}");
    assert!(
        said.contains(&format!("{mistyped} is asked for in vain so far")),
        "{said}"
    );
    assert!(!said.contains(&format!("{KEY} is asked for in vain")), "{said}");
    let asks = format!("{KEY}=为发放租房补贴");
    let allow = [
        "department",
        "allow",
        "https://a.example",
        "--name",
        "a",
        "--organisation",
        "b",
    ];
    let said = city.app.command_json(&[&allow[..], &["--ask", &asks]].concat());
    assert_eq!(said["not_offered"], json!([]));
    let asks = format!("{mistyped}=为核对收入");
    let said = city.app.command_json(&[&allow[..3], &["--ask", &asks]].concat());
    assert_eq!(said["not_offered"], json!([mistyped]));
}

#[tokio::test]
async fn what_cannot_be_kept_to_is_refused() {
    let app = TestApp::start().await;
    let base = [
        "client",
        "add",
        "--name",
        "租房补贴",
        "--department",
        "住建局",
        "--redirect-uri",
        "https://zj.example/cb",
    ];
    for (more, told) in [
        (&["--ask", "contribution_record=x"][..], "PURPOSE:RECORD@HOLDER"),
        (&["--ask", "A:b@c=x"], "PURPOSE:RECORD@HOLDER"),
        (&["--ask-en", "a:b@c=x"], "says not why"),
        (&["--optional", "a:b@c"], "it is not asked for"),
        (&["--record", "Pension=x"], "small letters"),
        (&["--record-en", "pension=x"], "has no words"),
        (&["--record", "pension=\u{202E}x"], "invisible"),
    ] {
        let (status, said) = app.command(&[&base[..], more].concat());
        assert!(!status.success() && said.contains(told), "{more:?}: {said}");
    }
    let base = [
        "department",
        "allow",
        "*.city.example",
        "--name",
        "a",
        "--organisation",
        "b",
    ];
    for more in [["--ask", "a:b@c=x"], ["--record", "pension=x"]] {
        let (status, said) = app.command(&[&base[..], &more].concat());
        assert!(!status.success() && said.contains("said of one system"), "{said}");
    }
}
