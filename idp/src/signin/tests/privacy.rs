use super::house::House;
use super::walk::not;

const PHONE: &str = "13812345678";

#[tokio::test]
async fn a_number_with_an_account_and_one_without_get_the_same_pages() {
    let house = House::open().await;
    house.browser().sign_in(PHONE).await;
    house.wait(61);
    let mut pages = Vec::new();
    for phone in [PHONE, "13887654321"] {
        let mut browser = house.browser();
        let id = browser.begin().await;
        let sent = browser.ask_for_code(&id, phone).await;
        let page = browser.get(&format!("/signin/{id}/code")).await;
        let code = house.codes(phone)[0].clone();
        let wrong = browser.answer(&id, &not(&code)).await;
        let token = page.token();
        let plain = |body: &str| {
            body.replace(&id, "ID")
                .replace(&token, "TOKEN")
                .replace(&phone[7..], "TAIL")
        };
        let location = sent.location.replace(&id, "ID");
        pages.push((
            sent.status,
            location,
            plain(&page.body),
            wrong.status,
            plain(&wrong.body),
        ));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_flood_is_refused_alike_for_a_number_with_an_account_and_for_one_without() {
    let house = House::open().await;
    house.browser().sign_in(PHONE).await;
    house.wait(86_400);
    let mut told = Vec::new();
    for phone in [PHONE, "13887654321"] {
        let mut answers = Vec::new();
        for _ in 0..6 {
            house.wait(60);
            let mut stranger = house.browser();
            let id = stranger.begin().await;
            let reply = stranger.ask_for_code(&id, phone).await;
            let token = if reply.body.is_empty() {
                id.clone()
            } else {
                reply.token()
            };
            let plain = reply.body.replace(&id, "ID").replace(&token, "TOKEN");
            answers.push((reply.status, plain.replace(phone, "PHONE")));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn nothing_personal_stands_in_the_audit_the_guards_or_the_state() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    browser.answer(&id, &not(&code)).await;
    browser.answer(&id, &code).await;
    let mut text = String::new();
    for row in house
        .rows("SELECT actor, action, COALESCE(detail, '') AS detail FROM audit")
        .await
    {
        for column in ["actor", "action", "detail"] {
            text.push_str(&row.text(column).unwrap());
        }
    }
    for row in house.rows("SELECT sent_at FROM number_guard").await {
        text.push_str(&row.text("sent_at").unwrap());
    }
    let kept = house
        .signin
        .state
        .get(&format!("sms-code:{{{id}}}"), house.now())
        .await
        .unwrap()
        .unwrap();
    text.push_str(&String::from_utf8(kept).unwrap());
    for personal in ["13812345678", "12345678", "5678", code.as_str()] {
        // Times are long rows of digits: four of them may happen to be anywhere.
        let found = text.matches(personal).count();
        assert!(found == 0 || personal.len() == 4, "{personal}: {text}");
    }
    for action in [
        "code.sent",
        "code.delivered",
        "code.failed",
        "account.created",
        "session.begun",
    ] {
        assert!(text.contains(action), "{action}: {text}");
    }
}
