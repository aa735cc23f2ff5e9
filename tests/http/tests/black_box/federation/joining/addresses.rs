use super::{Stumble, allowed, sign_in};
use serde_json::json;
use yimen_http_tests::{Host, TestApp};

#[tokio::test]
async fn an_address_that_is_not_the_systems_own_is_refused() {
    let app = TestApp::start().await;
    let host = Host::start();
    let system = app.entity(&host, "/pension");
    app.allow(&system.id, &[]).await;
    let port = host.url.rsplit(':').next().unwrap();
    for address in [
        "https://evil.example/pension/callback".to_owned(),
        format!("{}/housing/callback", host.url),
        format!("{}/pension2/callback", host.url),
        format!("{}/pension/../housing/callback", host.url),
        format!("{}/pension/%2e%2e/callback", host.url),
        "http://localhost:1/pension/callback".to_owned(),
        "http://localhost/pension/callback".to_owned(),
        format!("https://localhost:{port}/pension/callback"),
        format!("http://127.0.0.1:{port}/pension/callback"),
        format!("http://localhost:{port}@evil.example/pension/callback"),
        format!("{}/pension/callback#x", host.url),
    ] {
        let own = format!("{}/callback", system.id);
        system.publish_as(&[("redirect_uris", json!([own, address]))]);
        let stumble = Stumble::of(&app, &system).await;
        stumble.is("our_rules", &system, "redirect_uris");
    }
    for (parameter, address) in [
        ("initiate_login_uri", "https://evil.example/login"),
        ("backchannel_logout_uri", "http://localhost:1/logout"),
        ("jwks_uri", "http://localhost:1/jwks"),
        ("signed_jwks_uri", "http://localhost:1/jwks"),
    ] {
        system.publish_with(|claims| {
            let own = claims["metadata"]["openid_relying_party"]
                .as_object_mut()
                .unwrap();
            own.insert(parameter.to_owned(), json!(address));
            if parameter.ends_with("jwks_uri") {
                own.remove("jwks");
            }
        });
        let stumble = Stumble::of(&app, &system).await;
        stumble.is("our_rules", &system, parameter);
        stumble.found(address);
    }
    system.publish();
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn two_systems_of_one_host_cannot_take_each_others_residents() {
    let app = TestApp::start().await;
    let host = Host::start();
    let [pension, housing] = ["/pension", "/housing"].map(|path| app.entity(&host, path));
    let resident = app.resident("13800000001");
    let mut subjects = Vec::new();
    for system in [&pension, &housing] {
        app.allow(&system.id, &[]).await;
        system.publish();
        let tokens = sign_in(&resident, &system.client()).await;
        subjects.push(tokens.sub().to_owned());
    }
    assert_ne!(subjects[0], subjects[1], "they cannot join their tables");
    let mut thief = pension.client();
    thief.redirect_uri = housing.client().redirect_uri;
    let stolen = thief.push(&thief.sign_in()).await;
    stolen.assert_error(400, "invalid_request");
    // Nor do the keys of one open the other's door.
    let mut impostor = pension.client();
    impostor.id = housing.id.clone();
    let refused = impostor.push(&impostor.sign_in()).await;
    refused.assert_error(401, "invalid_client");
    let request = pension.client().pushed(pension.client().sign_in()).await;
    let code = resident.go_through(&request).await;
    let anothers = housing.client().exchange(&request, code.code()).await;
    anothers.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_redirect_uri_that_it_has_not_published_is_not_followed() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let client = system.client();
    let elsewhere = format!("{}/elsewhere", system.id);
    let request = client.sign_in().with("redirect_uri", &elsewhere);
    client.push(&request).await.assert_error(400, "invalid_request");
    let object = client.object(&request);
    let page = app.browser().get(&client.signed(request, &object).url()).await;
    page.assert_error(400, "redirect_uri_not_registered");
}

#[tokio::test]
async fn an_address_that_it_publishes_later_is_looked_for_when_it_asks() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let resident = app.resident("13800000001");
    sign_in(&resident, &system.client()).await;
    for (at, is_pushed) in [("/new", true), ("/newer", false)] {
        let mut client = system.client();
        client.redirect_uri = format!("{}{at}", system.id);
        system.publish_as(&[("redirect_uris", json!([client.redirect_uri]))]);
        app.advance("11s").await;
        let request = client.sign_in();
        let request = if is_pushed {
            client.pushed(request).await
        } else {
            let object = client.object(&request);
            client.signed(request, &object)
        };
        let response = resident.go_through(&request).await;
        client.tokens(&request, &response).await;
    }
    let old = system.client();
    for _ in 0..3 {
        old.push(&old.sign_in())
            .await
            .assert_error(400, "invalid_request");
    }
    assert_eq!(system.host.asked().len(), 3, "not at every request");
}

#[tokio::test]
async fn its_keys_may_lie_at_an_address_of_its_own_where_it_signs_them() {
    let app = TestApp::start().await;
    let [plain, signed] = [allowed(&app).await, allowed(&app).await];
    let publish = |system: &yimen_http_tests::Entity, parameter: &str| {
        system.publish_with(|claims| {
            let own = claims["metadata"]["openid_relying_party"]
                .as_object_mut()
                .unwrap();
            own.remove("jwks");
            own.insert(parameter.to_owned(), json!(format!("{}/keys", system.id)));
        });
    };
    publish(&plain, "jwks_uri");
    let keys = plain.protocol.jwks().to_string();
    plain.host.serve("/keys", "application/jwk-set+json", &keys);
    // Nobody vouches for them: whoever took over the host would serve others.
    Stumble::of(&app, &plain)
        .await
        .is("our_rules", &plain, "jwks_uri");

    publish(&signed, "signed_jwks_uri");
    let by = |key: &yimen_http_tests::Key| {
        // Its times are those of any statement.
        let mut set = signed.about(&signed);
        set.as_object_mut().unwrap().remove("jwks");
        set["keys"] = signed.protocol.jwks()["keys"].clone();
        let header = json!({"alg": "ES256", "kid": key.kid, "typ": "jwk-set+jwt"});
        let jwt = key.sign_with(&header, &set);
        signed.host.serve("/keys", "application/jwk-set+jwt", &jwt);
    };
    by(&signed.protocol);
    Stumble::of(&app, &signed)
        .await
        .is("signature", &signed, "signed_jwks_uri");
    by(&signed.federation[0]);
    sign_in(&app.resident("13800000002"), &signed.client()).await;
}
