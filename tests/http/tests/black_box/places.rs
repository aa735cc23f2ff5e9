//! Where a session is: which network, as far as that can be compared, and about where, if the operator gives a
//! database.

use serde_json::Value;
use yimen_http_tests::{Page, Resident, Setup, TestApp};

const PHONE: &str = "13800000001";
/// Two addresses of one network and one of another, each of which `tests/http/places/make.py` knows, and a private one.
const HOME: &str = "203.0.113.7";
const NEXT_DOOR: &str = "203.0.113.99";
const FAR: &str = "198.51.100.9";
const PRIVATE: &str = "10.1.2.3";

fn database(file: &str) -> String {
    format!("{}/places/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn without_places() -> Setup {
    Setup::new().set("http.trusted_proxies", vec!["127.0.0.0/8"])
}

fn with_places() -> Setup {
    without_places().set("place.database", database("cities.mmdb"))
}

/// Signed in at home, then next door, far away and at a private address, a minute apart each.
async fn signed_in_here_and_there(app: &TestApp, languages: &str) -> Resident {
    let mut owner = app.resident(PHONE).at(HOME);
    owner.browser = owner.browser.speaking(languages);
    owner.sign_in().await;
    for address in [NEXT_DOOR, FAR, PRIVATE] {
        app.advance("61s").await;
        owner.elsewhere().at(address).sign_in().await;
    }
    owner
}

/// What each device says of network and place, this one first and then the one used last.
fn wheres(account: &Page) -> Vec<String> {
    account.texts("#devices .where")
}

#[tokio::test]
async fn the_account_page_says_in_which_network_and_about_where() {
    let app = with_places().start().await;
    let owner = signed_in_here_and_there(&app, "zh-CN").await;
    let account = owner.browser.get("/account").await;
    let here = wheres(&account);
    let expected: [(&str, &str); 4] = [
        ("在昆明一带登录", ""),
        ("", "和现在不是同一个网络"),
        ("在大理州一带登录", "和现在不是同一个网络"),
        ("在昆明一带登录", "和现在是同一个网络"),
    ];
    assert_eq!(here.len(), 4, "{here:?}");
    for (said, (place, network)) in here.iter().zip(expected) {
        assert!(said.contains(place) && said.contains(network), "{said}");
        assert_eq!(said.contains("一带"), !place.is_empty(), "{said}");
        assert_eq!(said.contains("网络"), !network.is_empty(), "{said}");
    }
    for address in [HOME, NEXT_DOOR, FAR, PRIVATE] {
        assert!(!account.answer.body.contains(address), "no address is kept");
    }

    // The browser has moved: what was near is not, and what it is compared with is where it is now.
    app.advance("61s").await;
    let moved = owner.browser.clone().at(FAR).get("/account").await;
    let there = wheres(&moved);
    assert!(there[2].contains("和现在是同一个网络"), "{there:?}");
    assert!(there[3].contains("和现在不是同一个网络"), "{there:?}");
}

#[tokio::test]
async fn network_and_place_speak_english() {
    let app = with_places().start().await;
    let owner = signed_in_here_and_there(&app, "en").await;
    let here = wheres(&owner.browser.get("/account").await);
    assert!(here[0].contains("signed in near Kunming"), "{here:?}");
    assert!(
        here[1].contains("another network") && !here[1].contains("near"),
        "{here:?}"
    );
    assert!(
        here[2].contains("near Dali Prefecture") && here[2].contains("another network"),
        "{here:?}"
    );
    assert!(here[3].contains("same network as now"), "{here:?}");
}

#[tokio::test]
async fn without_a_database_no_place_is_shown_and_none_was_kept() {
    let app = without_places().start().await;
    let owner = signed_in_here_and_there(&app, "en").await;
    let here = wheres(&owner.browser.get("/account").await);
    assert_eq!(here.len(), 3, "{here:?}");
    assert!(
        here.iter()
            .all(|said| said.contains("network") && !said.contains("near")),
        "{here:?}"
    );
    let taken = owner
        .browser
        .get("/account/export")
        .await
        .press("#download", &[])
        .await;
    let held: Value = serde_json::from_str(&taken.answer.body).unwrap();
    for session in held["session"].as_array().unwrap() {
        assert!(session.get("place").is_none(), "{session}");
    }
}

#[tokio::test]
async fn the_export_tells_network_and_place_in_words() {
    let app = with_places().start().await;
    let owner = signed_in_here_and_there(&app, "zh-CN").await;
    let page = owner.browser.get("/account/export").await;
    for part in ["昆明", "大理州", "和现在是同一个网络", "和现在不是同一个网络"] {
        assert!(page.text("main").contains(part), "{part}");
    }
    let taken = page.press("#download", &[]).await;
    let held: Value = serde_json::from_str(&taken.answer.body).unwrap();
    let sessions = held["session"].as_array().unwrap();
    let (home, far, private) = (&sessions[0], &sessions[2], &sessions[3]);
    assert_eq!(home["begun_network"], "same network as now");
    assert_eq!(home["seen_network"], "same network as now");
    assert_eq!(home["place"]["zh-CN"], "昆明");
    assert_eq!(home["place"]["en"], "Kunming");
    assert_eq!(far["seen_network"], "another network");
    assert_eq!(private["begun_network"], "another network");
    assert!(private.get("place").is_none(), "{private}");
    let told = held["notice"].as_array().unwrap();
    assert_eq!(told[1]["place"]["en"], "Dali Prefecture", "{told:?}");
}

#[tokio::test]
async fn the_notice_of_a_new_device_says_about_where() {
    let app = with_places().start().await;
    let owner = signed_in_here_and_there(&app, "zh-CN").await;
    // Whichever came first.
    let (mut chinese, mut english) = (String::new(), String::new());
    for link in owner.notices(3).await {
        chinese += &app.browser().get(&link).await.text("#what");
        english += &app.browser().speaking("en").get(&link).await.text("#what");
    }
    for (said, places) in [
        (&chinese, ["在昆明一带登录", "在大理州一带登录"]),
        (
            &english,
            ["signed in near Kunming", "signed in near Dali Prefecture"],
        ),
    ] {
        for place in places {
            assert_eq!(said.matches(place).count(), 1, "{said}");
        }
    }
    assert_eq!(english.matches("signed in near").count(), 2, "{english}");
    let news = owner.browser.get("/account").await.text("#news");
    assert!(news.contains("在大理州一带登录"), "{news}");
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_named_and_an_old_one_too() {
    let app = with_places().start().await;
    let finding = || {
        let (_, said) = app.command(&["doctor"]);
        let line = said.lines().find(|line| line.contains(" place: "));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    // The one of the tests was built long ago.
    let old = finding();
    assert!(old.starts_with('!') && old.contains("2026-01-15"), "{old}");

    let config = app.dir().join("yimen.toml");
    let written = std::fs::read_to_string(&config).unwrap();
    for (file, said) in [("make.py", "is no such database"), ("none.mmdb", "No such file")] {
        let other = written.replace(&database("cities.mmdb"), &database(file));
        std::fs::write(&config, other).unwrap();
        let found = finding();
        assert!(found.starts_with('✗') && found.contains("yimen.toml:"), "{found}");
        assert!(
            found.contains("place.database") && found.contains(said),
            "{found}"
        );
        app.terminate();
        let told = app.try_to_start_again().expect_err("nothing is read");
        assert!(told.contains("place.database") && told.contains(said), "{told}");
    }
    std::fs::write(&config, written).unwrap();
    app.start_again();
}

/// A picture that was sent on comes from somewhere else than its reader stands.
#[tokio::test]
async fn a_phone_is_told_about_where_the_screen_is_that_asks() {
    let app = with_places().start().await;
    let phone = app.resident(PHONE).at(HOME);
    phone.sign_in().await;
    for (address, place, network) in [
        (NEXT_DOOR, Some("在昆明一带"), "跟您的手机在同一个网络"),
        (FAR, Some("在大理州一带"), "跟您的手机不在同一个网络"),
        (PRIVATE, None, ""),
    ] {
        let browser = app.browser().at(address);
        let screen = browser.get("/account").await.press("#by-phone", &[]).await;
        let question = phone.browser.get(&screen.attribute("#handover", "href")).await;
        assert_eq!(question.has("#place"), place.is_some(), "{address}");
        let said = question.text("main");
        assert!(
            said.contains(place.unwrap_or_default()) && said.contains(network),
            "{said}"
        );
        assert!(!question.answer.body.contains(address), "no address is shown");
    }
}
