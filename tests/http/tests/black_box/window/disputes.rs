use yimen_http_tests::{Client, Operator, Page, Resident, TestApp};

use super::PHONE;
use crate::phones::with_two;

/// Two people, one number: whoever had it, and whoever said that the account was not theirs; as the department knows
/// them.
async fn disputed() -> (TestApp, Client, [String; 2], [Resident; 2], Operator) {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let operator = app.operator("w").await;
    let claimant = app.resident(PHONE);
    let earlier = claimant.sign_in_to(&client).await.sub().to_owned();
    app.advance("90d").await;
    let holder = app.resident(PHONE);
    let page = holder.sign_in_at(&holder.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    app.advance("2m").await;
    let present = holder.sign_in_to(&client).await.sub().to_owned();
    (app, client, [earlier, present], [claimant, holder], operator)
}

async fn rule(desk: &Page, ruling: &str) -> Page {
    let button = format!("#disputes button[value={ruling}]");
    desk.press(&button, &[("file", "W3-0042")]).await
}

#[tokio::test]
async fn a_number_goes_back_where_staff_say_so() {
    let (app, client, [earlier, _], [owner, holder], operator) = disputed().await;
    let desk = operator.desk().await;
    assert!(desk.text("#disputes").contains("138 **** 0001"));
    let told = rule(&desk, "claimant").await;
    assert_eq!(told.status(), 200, "{}", told.text("#told"));
    assert_eq!(told.count("#disputes details.claim"), 0);
    let lost = holder.browser.get("/account").await;
    assert!(
        lost.text("#activity").contains("决定号码归别人"),
        "{}",
        lost.text("#activity")
    );
    assert!(!lost.text("#methods").contains("138 **** 0001"));
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), earlier);
    let activity = owner.browser.get("/account").await.text("#activity");
    assert!(
        activity.contains("决定号码归您") && activity.contains("W3-0042"),
        "{activity}"
    );
    let again = rule(&desk, "holder").await;
    assert!(
        again.text("#told").contains("已经决定过"),
        "{}",
        again.text("#told")
    );
}

/// Staff have decided whose number it is, and not who has the telephone.
#[tokio::test]
async fn whoever_still_has_the_telephone_gets_into_nobodys_account_by_a_decision() {
    let (app, client, [earlier, _], [owner, holder], operator) = disputed().await;
    rule(&operator.desk().await, "claimant").await;
    app.advance("2m").await;
    let browser = holder.elsewhere();
    let page = browser.sign_in_at(&browser.browser.get("/account").await).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.url);
    assert!(browser.browser.get("/account").await.has("#phone"));
    // From the browser that the account knows its owner is asked nothing, and from then on on no telephone.
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), earlier);
    app.advance("2m").await;
    assert_eq!(owner.elsewhere().sign_in_to(&client).await.sub(), earlier);
}

#[tokio::test]
async fn a_claim_ends_where_staff_say_so() {
    let (app, client, [_, present], [_, holder], operator) = disputed().await;
    let told = rule(&operator.desk().await, "holder").await;
    assert_eq!(told.status(), 200, "{}", told.text("#told"));
    let activity = holder.browser.get("/account").await.text("#activity");
    for said in ["决定号码归您", "W3-0042", "双方证件已看"] {
        assert!(activity.contains(said), "{said}: {activity}");
    }
    app.advance("2m").await;
    assert_eq!(holder.elsewhere().sign_in_to(&client).await.sub(), present);
    assert_eq!(operator.desk().await.count("#disputes details.claim"), 0);
}

/// Whoever had the number before hears on their other one that it is theirs no more.
#[tokio::test]
async fn whoever_loses_a_claim_is_told_on_their_other_numbers() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    with_two(&app).await;
    app.advance("60d").await;
    app.resident("13800000002").sign_in().await;
    app.advance("30d").await;
    let holder = app.resident(PHONE);
    let page = holder.sign_in_at(&holder.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    rule(&operator.desk().await, "holder").await;
    let said = "归现在用它的人";
    app.resident("13800000002").told_of(said).await;
    let texts = holder.texts().await;
    assert!(!texts.iter().any(|text| text.contains(said)), "{texts:?}");
}

async fn look_up(operator: &Operator, phone: &str) -> Page {
    let fields = [("phone", phone), ("file", "W3-0077")];
    operator.desk().await.press("#find-dispute", &fields).await
}

/// Somebody disputes numbers by the dozen, and the desk's list shows the oldest fifty.
#[tokio::test]
async fn a_dispute_behind_many_others_is_found_by_its_number() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    let phones: Vec<_> = (1..=51).map(|last| format!("138000000{last:02}")).collect();
    for phone in &phones {
        app.resident(phone).sign_in().await;
    }
    app.advance("90d").await;
    for phone in &phones {
        let holder = app.resident(phone);
        let page = holder.sign_in_at(&holder.browser.get("/account").await).await;
        page.press("#new", &[]).await;
    }
    let desk = operator.desk().await;
    assert_eq!(
        (desk.count("#disputes details.claim"), desk.has("#more")),
        (50, true)
    );
    assert!(!desk.text("#disputes").contains("138 **** 0051"));
    let found = look_up(&operator, &phones[50]).await;
    assert_eq!(found.status(), 200, "{}", found.text("#told"));
    assert_eq!(
        (found.count("#disputes details.claim"), found.has("#more")),
        (1, false)
    );
    let decided = rule(&found, "holder").await;
    assert_eq!(decided.status(), 200, "{}", decided.text("#told"));
    assert!(!decided.has("#more"), "fifty are left");
    let again = look_up(&operator, &phones[50]).await;
    assert_eq!(again.status(), 422);
    assert!(
        again.text("#told").contains("没有争议"),
        "{}",
        again.text("#told")
    );
}

/// As any other question of theirs: for a reason, under a file, written down, and not without end.
#[tokio::test]
async fn what_staff_look_up_is_written_down_and_counted() {
    let (app, _client, _, [claimant, _], operator) = disputed().await;
    let desk = operator.desk().await;
    for (field, value) in [("phone", "1"), ("reason", "asked"), ("file", PHONE)] {
        let form = desk.form("#find-dispute").fill("phone", PHONE);
        let form = form.fill("file", "W3-0077").fill(field, value);
        assert_eq!(form.submit().await.status(), 422, "{field}");
    }
    let foreign = desk
        .form("#find-dispute")
        .fill("phone", PHONE)
        .fill("file", "W3-0077");
    assert_eq!(foreign.submit_from("https://evil.example").await.status(), 403);
    assert_eq!(look_up(&operator, PHONE).await.status(), 200);
    let written = "SELECT COUNT(*) FROM audit WHERE action = 'dispute.looked_up' AND detail LIKE '%W3-0077%' \
         AND detail LIKE '%\"operator\"%'";
    assert_eq!(app.rows(written).await, 1);
    for _ in 1..200 {
        assert_eq!(look_up(&operator, "13800000009").await.status(), 422);
    }
    assert_eq!(app.rows(written).await, 200, "also about nobody");
    assert_eq!(look_up(&operator, PHONE).await.status(), 429);
    rule(&operator.desk().await, "claimant").await;
    app.advance("2m").await;
    claimant.sign_in().await;
    let account = claimant.browser.get("/account").await;
    assert!(account.text("#activity").contains("W3-0077"));
}

#[tokio::test]
async fn a_decision_has_a_reason_and_a_file() {
    let (_app, _client, _, _, operator) = disputed().await;
    let desk = operator.desk().await;
    let button = "#disputes button[value=claimant]";
    for (field, value) in [("file", ""), ("reason", "asked")] {
        let form = desk.form(button).fill("file", "W3-0042").fill(field, value);
        assert_eq!(form.submit().await.status(), 422);
    }
    for (field, value) in [("ruling", "x"), ("dispute", "x")] {
        let form = desk.form(button).fill("file", "W3-0042").fill(field, value);
        assert_eq!(form.submit().await.status(), 400);
    }
    assert_eq!(operator.desk().await.count("#disputes details.claim"), 1);
}
