//! Everything held about a resident, to read: in words, with times, and nothing as the records have it.

use serde_json::Value;
use yimen_http_tests::{Authenticator, Page};

use crate::phones::add;
use crate::proofing::{JIANGUO, XIUYING, prove, start};

/// Names that the records use for what this story leaves behind, and for what is near to it.
const RAW: [&str; 40] = [
    "active",
    "merged",
    "unknown",
    "real_name",
    "in_person",
    "removed",
    "moved",
    "replaced",
    "disputed",
    "returned",
    "cloned",
    "locked",
    "signed out",
    "signed out from another device",
    "signed out everywhere",
    "authority",
    "window",
    "sms",
    "pop",
    "user",
    "mfa",
    "mca",
    "openid",
    "profile",
    "phone",
    "offline_access",
    "zh-CN",
    "en",
    "logout",
    "text",
    "resident",
    "client",
    "node",
    "new-device",
    "passkey-added",
    "number-added",
    "no match",
    "true",
    "false",
    "null",
];

/// Whether a value, or one of the values of a detail, is a name as it is stored, or a time as it is counted.
fn raw(shown: &str) -> Option<String> {
    let digits = shown.split(|c: char| !c.is_ascii_digit());
    if let Some(millis) = digits
        .into_iter()
        .find(|run| run.len() == 13 && run.starts_with('1'))
    {
        return Some(millis.to_owned());
    }
    for part in shown.split([' ', '、', ',', '·', ':', '{', '}', '[', ']', '"']) {
        let is_action = part.split_once('.').is_some_and(|(room, what)| {
            [
                "account", "code", "consent", "event", "grant", "identity", "passkey", "phone", "session",
            ]
            .contains(&room)
                && !what.is_empty()
        });
        if is_action || (part.contains('_') && RAW.contains(&part)) {
            return Some(part.to_owned());
        }
    }
    let parts = shown.split(" · ");
    // A sentence in English may end with the same word.
    let is_sentence = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase());
    let ends =
        |part: &str, name: &str| part == name || (part.ends_with(&format!(" {name}")) && !is_sentence(part));
    parts
        .filter_map(|part| RAW.into_iter().find(|name| ends(part, name)))
        .map(str::to_owned)
        .next()
}

fn assert_readable(page: &Page) {
    let shown = page.texts("dd");
    assert!(shown.len() > 60, "{}", shown.len());
    for (label, value) in page.texts("dt").into_iter().zip(shown) {
        assert_eq!(raw(&value), None, "{label}: {value}");
    }
}

#[tokio::test]
async fn nothing_stands_on_the_page_as_the_records_have_it() {
    let (app, _authority) = start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let account = resident.sign_in().await;
    let account = Authenticator::new()
        .enrol(&account.click("#add-passkey").await)
        .await;
    let wrong = prove(&account.click("#prove-name").await, (XIUYING.0, JIANGUO.1)).await;
    assert_eq!(wrong.status(), 422);
    prove(&wrong, XIUYING).await;
    let account = add(&app, &resident.browser.get("/account").await, "13800000002").await;
    let remove = "#methods form[action='/account/phones/remove'] button";
    account.press(remove, &[]).await.press("#confirm", &[]).await;
    app.advance("61s").await;
    resident.sign_in_to(&client).await;
    let other = resident.elsewhere();
    let page = other.ask_for_code(&other.browser.get("/account").await).await;
    page.press("#verify", &[("code", "000000")]).await;
    let elsewhere = page
        .press("#verify", &[("code", &other.latest_code().await)])
        .await;
    elsewhere.press("#sign-out", &[]).await;

    let page = resident.browser.get("/account/export").await;
    assert_eq!(page.status(), 200);
    assert_readable(&page);
    let main = page.text("main");
    for words in ["在用", "已核验真实姓名", "短信验证码", "退出登录", "您本人"] {
        assert!(main.contains(words), "{words}");
    }
    resident
        .browser
        .get("/display?lang=en&back=/account/export")
        .await;
    let english = resident.browser.get("/account/export").await;
    assert!(english.text("main").contains("Real name verified"));
    assert_readable(&english);

    // Programs read names, and times as RFC 3339 has them.
    let file = english.press("#download", &[]).await;
    let held: Value = serde_json::from_str(&file.answer.body).unwrap();
    assert_eq!(held["account"][0]["status"], "active");
    let sent = held["number_guard"][0]["sent_at"][0].as_str().unwrap();
    assert!(sent.ends_with('Z') && sent.contains('T'), "{sent}");
}
