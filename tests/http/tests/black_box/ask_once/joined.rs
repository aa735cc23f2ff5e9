//! Systems that joined by their chain of trust.

use super::{asking, exchange};
use serde_json::{Value, json};
use yimen_http_tests::{Entity, Host, Resident, SignIn, TestApp, decode};

fn details(holder: &Entity) -> Value {
    json!([{ "type": "data", "locations": [holder.id], "datatypes": ["contribution_record"], "purpose": "rent_subsidy" }])
}

/// A request by which a system may join.
fn request(asker: &Entity, details: &Value) -> SignIn {
    let client = asker.client();
    let request = asking(client.sign_in(), details);
    let mut claims = client.object(&request);
    claims["authorization_details"] = details.clone();
    client.signed(request, &claims)
}

async fn join(holder: &Entity, resident: &Resident) {
    let client = holder.client();
    let request = client.sign_in();
    let claims = client.object(&request);
    let request = client.signed(request, &claims);
    resident.go_through(&request).await;
}

#[tokio::test]
async fn a_system_asks_by_what_the_operator_said_of_it_today() {
    let app = TestApp::start().await;
    let host = Host::start();
    let [holder, asker] = ["/hrss", "/housing"].map(|path| app.entity(&host, path));
    let resident = app.resident("13800000001");
    let key = format!("rent_subsidy:contribution_record@{}", holder.id);
    app.allow(&holder.id, &[]).await;
    app.allow(&asker.id, &["--ask", &format!("{key}=为发放租房补贴")])
        .await;
    holder.publish();
    asker.publish();
    join(&holder, &resident).await;

    // It had joined before the operator said what it holds, and nobody need have come to it since.
    let asked = request(&asker, &details(&holder));
    let page = resident.follow(&asked).await;
    assert_eq!(asked.read(&page).error(), "invalid_authorization_details");
    app.allow(&holder.id, &["--record", "contribution_record=社保缴费记录"])
        .await;
    app.advance("4s").await;
    let asked = request(&asker, &details(&holder));
    let response = resident.go_through(&asked).await;
    let client = asker.client();
    let tokens = client.tokens(&asked, &response).await;
    assert_eq!(tokens.answer.json()["authorization_details"], details(&holder));
    let target = [("resource", holder.id.as_str())];
    let answer = exchange(&client, &tokens.access, &target).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, claims) = decode(&answer.field("access_token"));
    assert_eq!(
        (&claims["aud"], &claims["act"]["sub"]),
        (&json!(holder.id), &json!(asker.id))
    );

    // Another purpose ends at once what was given to the first, before the asker is looked at anew.
    app.allow(&asker.id, &["--ask", &format!("{key}=为推送广告")])
        .await;
    app.advance("4s").await;
    let answer = exchange(&client, &tokens.access, &target).await;
    assert_ne!(answer.status, 200, "{}", answer.body);
    let asked = request(&asker, &details(&holder));
    let page = resident.follow(&asked).await;
    assert!(page.text("main").contains("为推送广告"), "{}", page.text("main"));
    let page = page.press("#allow", &[]).await;
    let tokens = client.tokens(&asked, &asked.read(&page)).await;
    assert_eq!(exchange(&client, &tokens.access, &target).await.status, 200);

    // A suspension of the holder, and then of the asker.
    app.department(&["suspend", &holder.id]).await;
    app.advance("4s").await;
    let answer = exchange(&client, &tokens.access, &target).await;
    answer.assert_error(400, "invalid_target");
    app.department(&["resume", &holder.id]).await;
    app.advance("4s").await;
    assert_eq!(exchange(&client, &tokens.access, &target).await.status, 200);
    app.department(&["suspend", &asker.id]).await;
    app.advance("4s").await;
    assert_ne!(exchange(&client, &tokens.access, &target).await.status, 200);
}

#[tokio::test]
async fn what_a_system_says_of_itself_lets_it_ask_and_hold_nothing() {
    let app = TestApp::start().await;
    let host = Host::start();
    let [holder, asker] = ["/hrss", "/housing"].map(|path| app.entity(&host, path));
    let resident = app.resident("13800000001");
    let key = format!("rent_subsidy:contribution_record@{}", holder.id);
    // By the name of the host alone nobody has looked at them.
    app.allow(host.pattern(), &[]).await;
    let words = json!({ "zh": "我们的话", "en": "our words" });
    holder.publish_as(&[("records", json!({ "contribution_record": words }))]);
    asker.publish_as(&[("asks", json!({ key: words }))]);
    join(&holder, &resident).await;
    let asked = request(&asker, &details(&holder));
    let page = resident.follow(&asked).await;
    assert_eq!(asked.read(&page).error(), "invalid_authorization_details");
}
