//! What the resident sees of it afterwards.

use super::{City, KEY};

#[tokio::test]
async fn each_exchange_stands_in_the_activity_and_in_the_count() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    for _ in 0..3 {
        assert_eq!(city.exchange(&tokens).await.status, 200);
    }
    let account = city.resident.browser.get("/account").await;
    let activity = account.text("#activity");
    for part in [
        "housing系统经您同意，取得了",
        "云川市某局的社保缴费记录（为发放租房补贴）",
    ] {
        assert!(activity.contains(part), "{part}: {activity}");
    }
    assert_eq!(account.text("#spared-times"), "3");
    let spared = account.text("#spared");
    for part in ["housing系统", "社保缴费记录", "为发放租房补贴", "3"] {
        assert!(spared.contains(part), "{part}: {spared}");
    }
    let given = account.text("#services");
    assert!(given.contains("社保缴费记录（为发放租房补贴）"), "{given}");
    assert_eq!(city.app.count("data_exchange").await, 1);
    // Somebody else has nothing of it.
    let other = city.app.resident("13800000002").sign_in().await;
    assert!(!other.has("#spared"), "{}", other.text("main"));
}

#[tokio::test]
async fn a_client_that_exchanges_without_end_does_not_bury_what_else_happened() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    for _ in 0..60 {
        assert_eq!(city.exchange(&tokens).await.status, 200);
    }
    let answer = city.exchange(&tokens).await;
    answer.assert_error(503, "temporarily_unavailable");
    assert_eq!(city.app.rows("SELECT times FROM data_exchange").await, 60);
    city.app.advance("61s").await;
    assert_eq!(city.exchange(&tokens).await.status, 200);
}

#[tokio::test]
async fn it_is_in_the_export_and_goes_with_the_account() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    city.exchange(&tokens).await;
    let page = city.resident.browser.get("/account/export").await;
    let page = if page.has("#phone") {
        city.resident.sign_in_at(&page).await
    } else {
        page
    };
    let shown = page.text("main");
    for part in ["contribution_record", "rent_subsidy", KEY] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
