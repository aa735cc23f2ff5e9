use super::{Stumble, allowed, sign_in};
use yimen_http_tests::{TestApp, wait_for};

#[tokio::test]
async fn a_system_that_is_down_stops_nobody_while_it_is_known_and_fresh() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let resident = app.resident("13800000001");
    let tokens = sign_in(&resident, &system.client()).await;
    system.host.set_down(true);
    sign_in(&resident, &system.client()).await;
    assert_eq!(system.host.asked().len(), 1);
    // In the last third of its time it is looked at anew, and nobody waits for that.
    app.advance("17h").await;
    sign_in(&resident, &system.client()).await;
    let looked = async || match system.host.asked().len() {
        2.. => Ok(()),
        asked => Err(format!("{asked} requests")),
    };
    wait_for("another look", looked).await;
    assert_eq!(system.client().introspect(&tokens.access).await.status, 200);

    app.advance("8h").await;
    let client = system.client();
    let request = client.sign_in();
    let object = client.object(&request);
    let page = resident.follow(&client.signed(request, &object)).await;
    page.assert_error(400, "not_connected");
    page.assert_leads_home();
    // What came of asking is for the operator alone: whoever made us ask may be anybody.
    let details = page.text("#dev");
    assert!(
        details.contains(&system.id) && !details.contains("503"),
        "{details}"
    );
    let told = client.push(&client.sign_in()).await;
    assert!(!told.body.contains("503"), "{}", told.body);
    app.advance("70s").await;
    let stumble = Stumble::of(&app, &system).await;
    stumble.is("reach", &system, "url");
    stumble.found("503");

    system.host.set_down(false);
    system.publish();
    let again = sign_in(&resident, &system.client()).await;
    assert_eq!(again.sub(), tokens.sub());
    assert!(app.shown(&system)["fault"].is_null());
}

#[tokio::test]
async fn a_registration_that_is_getting_old_is_renewed_behind_the_scenes() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&resident, &system.client()).await;
    app.advance("17h").await;
    system.publish();
    sign_in(&resident, &system.client()).await;
    let renewed = async || match super::audited(&app, "entity.refreshed", &system).await {
        1 => Ok(()),
        rows => Err(format!("{rows} rows")),
    };
    wait_for("the renewal", renewed).await;
    app.advance("8h").await;
    system.host.set_down(true);
    sign_in(&resident, &system.client()).await;
    assert_eq!(system.host.asked().len(), 2);
}

#[tokio::test]
async fn a_node_that_starts_again_knows_whom_it_knew() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let resident = app.resident("13800000001");
    let tokens = sign_in(&resident, &system.client()).await;
    system.host.set_down(true);
    app.start_again();
    // Its clock has not been moved any more.
    app.advance("10s").await;
    let again = sign_in(&resident, &system.client()).await;
    assert_eq!(again.sub(), tokens.sub());
    assert_eq!(system.host.asked().len(), 1);
}

#[tokio::test]
async fn a_statement_that_has_expired_or_is_not_yet_made_is_none() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    for (claim, by) in [("exp", -86_400 - 70), ("iat", 300)] {
        system.publish_with(|claims| {
            claims[claim] = (claims[claim].as_i64().unwrap() + by).into();
        });
        Stumble::of(&app, &system).await.is("time", &system, claim);
    }
}

#[tokio::test]
async fn a_registration_ends_with_the_statements_that_it_is_made_of() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    let for_an_hour = || {
        system.publish_with(|claims| {
            claims["exp"] = (claims["iat"].as_i64().unwrap() + 3600).into();
        });
    };
    for_an_hour();
    let resident = app.resident("13800000001");
    sign_in(&resident, &system.client()).await;
    app.advance("61m").await;
    for_an_hour();
    sign_in(&resident, &system.client()).await;
    assert_eq!(system.host.asked().len(), 2);
}
