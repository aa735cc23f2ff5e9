use super::{Stumble, WELL_KNOWN, sign_in};
use yimen_http_tests::{Certificate, Host, Setup, TestApp};

#[tokio::test]
async fn over_https_by_a_private_authority() {
    let certificate = Certificate::new();
    let authority = certificate.authority().display().to_string();
    let app = Setup::new().set("fetch.extra_ca", authority).start().await;
    let host = Host::start_tls(&certificate);
    let [system, bureau] = ["/pension", ""].map(|path| app.entity(&host, path));
    let mut below = app.entity(&Host::start_tls(&certificate), "");
    below.superiors = vec![bureau.id.clone()];
    app.allow(&system.id, &[]).await;
    app.allow(&bureau.id, &["--superior"]).await;
    app.allow(&below.id, &["--through", &bureau.id]).await;
    for entity in [&system, &bureau, &below] {
        entity.publish();
    }
    bureau.state(&below);
    let resident = app.resident("13800000001");
    for system in [&system, &below] {
        let tokens = sign_in(&resident, &system.client()).await;
        let person = system.client().userinfo(&tokens.access).await;
        assert_eq!(person.field("phone_number"), "+8613800000001");
        sign_in(&resident, &system.client()).await;
    }
    assert_eq!(below.host.asked(), [WELL_KNOWN]);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_no_ones() {
    let app = TestApp::start().await;
    let system = app.entity(&Host::start_tls(&Certificate::new()), "");
    app.allow(&system.id, &[]).await;
    system.publish();
    Stumble::of(&app, &system).await.is("reach", &system, "url");
    assert!(system.host.asked().is_empty());
}

/// Plain http is for this machine alone, and a name that is allowed by https is not allowed by it.
#[tokio::test]
async fn plain_http_is_another_name() {
    let app = TestApp::start().await;
    let host = Host::start();
    let secure = host.url.replace("http:", "https:");
    app.allow(&secure, &[]).await;
    let system = app.entity(&host, "");
    system.publish();
    let client = system.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    assert!(host.asked().is_empty());
    let (status, said) = app.command(&[
        "department",
        "allow",
        "http://hrss.city.example",
        "--name",
        "养老金查询",
        "--organisation",
        "人社局",
    ]);
    assert!(!status.success(), "{said}");
}
