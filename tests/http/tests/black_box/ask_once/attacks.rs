//! Who would like to have more than was allowed.

use super::{City, HOLDER, KEY, asking, details, exchange, holder};
use serde_json::{Value, json};
use yimen_http_tests::{Registration, TestApp};

async fn refused_request(city: &City, details: &str) {
    let request = city.asker.sign_in().with("authorization_details", details);
    let page = city.resident.follow(&request).await;
    let response = request.read(&page);
    assert_eq!(response.error(), "invalid_authorization_details", "{details}");
}

#[tokio::test]
async fn what_the_operator_has_not_let_it_ask_for_is_refused() {
    let city = City::start().await;
    let with = |name: &str, value: Value| {
        let mut changed = details();
        changed[0][name] = value;
        changed.to_string()
    };
    for asked in [
        with("datatypes", json!(["pension"])),
        with("datatypes", json!(["contribution_record", "pension"])),
        with("purpose", json!("advertising")),
        with("locations", json!(["https://nobody.example"])),
        with("locations", json!(["https://hrss.yunchuan.example/"])),
        with("type", json!("payment")),
        // Words of its own are nothing that a resident reads.
        with("purpose", json!("Only to help you, trust us")),
        with("description", json!("x")),
        r#"[{"type":"data","type":"data"}]"#.to_owned(),
        "[".repeat(1000),
        "null".to_owned(),
        "{}".to_owned(),
    ] {
        refused_request(&city, &asked).await;
    }
    let repeated = city
        .request()
        .and("authorization_details", &details().to_string());
    let page = city.resident.follow(&repeated).await;
    assert_eq!(repeated.read(&page).error(), "invalid_request");
    let huge = with("datatypes", json!(vec!["contribution_record"; 400]));
    let request = city.asker.sign_in().with("authorization_details", &huge);
    let page = city.resident.follow(&request).await;
    assert_eq!(request.read(&page).error(), "invalid_request", "too long");
    // Who asks nothing by the operator's word asks nothing.
    let other = city.app.client("amr").await;
    let request = asking(other.sign_in(), &details());
    let page = city.resident.follow(&request).await;
    assert_eq!(request.read(&page).error(), "invalid_authorization_details");
}

#[tokio::test]
async fn a_public_client_asks_and_exchanges_nothing() {
    let app = TestApp::start().await;
    app.register(holder()).await;
    let registration = Registration::new("app")
        .public()
        .scope("openid")
        .option("--ask", &format!("{KEY}=为发放租房补贴"));
    let public = app.register(registration).await;
    let resident = app.resident("13800000001");
    let request = asking(public.sign_in(), &details());
    let page = resident.follow(&request).await;
    assert_eq!(request.read(&page).error(), "invalid_authorization_details");
    let tokens = resident.sign_in_to(&public).await;
    let answer = exchange(&public, &tokens.access, &[]).await;
    answer.assert_error(400, "unauthorized_client");
}

#[tokio::test]
async fn a_stolen_token_is_no_use_to_another_client() {
    let city = City::start().await;
    let said = format!("{KEY}=为发放租房补贴");
    let thief = Registration::new("evil").scope("openid").option("--ask", &said);
    let thief = city.app.register(thief).await;
    let tokens = city.allowed().await;
    exchange(&thief, &tokens.access, &[])
        .await
        .assert_error(400, "invalid_request");
    exchange(&city.holder, &tokens.access, &[])
        .await
        .assert_error(400, "unauthorized_client");
    // A token of the thief's own stands for nothing that was allowed it.
    let own = city.resident.sign_in_to(&thief).await;
    exchange(&thief, &own.access, &[])
        .await
        .assert_error(400, "invalid_target");
    // Naming the client is not being it.
    let form = [
        ("grant_type", super::EXCHANGE),
        ("client_id", "housing"),
        ("subject_token", tokens.access.as_str()),
        ("subject_token_type", super::ACCESS_TOKEN),
        ("resource", HOLDER),
    ];
    city.app
        .post("/oauth2/token", &form)
        .await
        .assert_error(401, "invalid_client");
    assert_eq!(city.exchange(&tokens).await.status, 200);
}

#[tokio::test]
async fn an_exchanged_token_is_good_at_the_holder_alone() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    for client in [&city.asker, &city.holder] {
        assert_eq!(client.userinfo(&token).await.status, 401);
    }
    exchange(&city.asker, &token, &[])
        .await
        .assert_error(400, "invalid_request");
    let other = city.app.client("amr").await;
    assert_eq!(other.introspect(&token).await.json(), json!({ "active": false }));
    assert_eq!(city.asker.refresh(&token).await.status, 400);
    let answer = city.asker.revoke(&token).await;
    answer.assert_error(400, "unsupported_token_type");
    assert_eq!(other.revoke(&token).await.status, 200, "as any that is unknown");
    assert_eq!(city.holder.revoke(&token).await.status, 200);
    // A token for itself is none for the client's own use at another.
    let form = [("grant_type", "client_credentials")];
    assert_eq!(city.asker.call("/oauth2/token", &form).await.status, 400);
}

#[tokio::test]
async fn a_refresh_neither_loses_nor_widens() {
    let city = City::start().await;
    let narrow = city.resident.sign_in_to(&city.asker).await;
    city.allowed().await;
    // The consent stands now, but what the older sign-in was given is what it asked for.
    let answer = city.asker.refresh(&narrow.refresh).await;
    assert!(answer.json()["authorization_details"].is_null());
    exchange(&city.asker, &answer.field("access_token"), &[])
        .await
        .assert_error(400, "invalid_target");
}

#[tokio::test]
async fn of_a_withdrawal_and_exchanges_at_once_none_comes_after_it() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let account = city.resident.browser.get("/account").await;
    let button = format!("#services button[value='{KEY}']");
    let question = account.press(&button, &[]).await;
    // Those that come at once may be before it or after; whoever comes once it is through gets nothing.
    let withdrawn = async {
        question.press("#confirm", &[]).await;
        city.exchange(&tokens).await
    };
    let (after, a, b, c, d) = tokio::join!(
        withdrawn,
        city.exchange(&tokens),
        city.exchange(&tokens),
        city.exchange(&tokens),
        city.exchange(&tokens)
    );
    after.assert_error(400, "invalid_authorization_details");
    let mut given = 0;
    for answer in [a, b, c, d] {
        match answer.status {
            200 => given += 1,
            _ => answer.assert_error(400, "invalid_authorization_details"),
        }
    }
    let told = "SELECT COUNT(*) FROM audit WHERE action = 'data.exchanged'";
    assert_eq!(city.app.rows(told).await, given, "each stands in the audit");
    let counted = "SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT) FROM data_exchange";
    assert_eq!(city.app.rows(counted).await, given, "and in the count, once");
}
