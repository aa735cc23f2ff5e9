//! The exchange, which needs no screen.

use super::{ACCESS_TOKEN, City, HOLDER, asking, details, exchange};
use serde_json::json;
use yimen_http_tests::{decode, verify};

#[tokio::test]
async fn the_token_names_the_holder_its_subject_who_asks_and_what_for() {
    let city = City::start().await;
    let known_there = city.resident.sign_in_to(&city.holder).await;
    let tokens = city.allowed().await;
    let answer = city.exchange(&tokens).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!(body["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(60))
    );
    assert_eq!(body["authorization_details"], details());
    for absent in ["scope", "refresh_token", "id_token"] {
        assert!(body[absent].is_null(), "{absent}: {body}");
    }
    let token = answer.field("access_token");
    let jwks = city.app.get("/oauth2/jwks").await.json();
    let claims = verify(&token, &jwks);
    let (header, _) = decode(&token);
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("at+jwt"), &json!("ES256"))
    );
    assert_eq!(claims["iss"], city.app.url(""));
    assert_eq!(claims["aud"], HOLDER);
    assert_eq!(claims["sub"], known_there.sub(), "as the holder knows them");
    assert_ne!(claims["sub"], tokens.sub());
    assert_eq!(claims["client_id"], "housing");
    assert_eq!(claims["act"], json!({ "sub": "housing" }));
    assert_eq!(claims["authorization_details"], details());
    let (_, own) = decode(&tokens.access);
    for same in ["acr", "auth_time"] {
        assert!(!claims[same].is_null());
        assert_eq!(claims[same], own[same]);
    }
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        60
    );
    assert!(claims["scope"].is_null(), "{claims}");
}

#[tokio::test]
async fn both_sides_may_look_the_token_up_and_nobody_else() {
    let city = City::start().await;
    let stranger = city.app.client("amr").await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    for side in [&city.holder, &city.asker] {
        let told = side.introspect(&token).await.json();
        assert_eq!(told["active"], true, "{told}");
        assert_eq!(told["authorization_details"], details());
        assert_eq!(told["act"], json!({ "sub": "housing" }));
        assert_eq!(
            (&told["aud"], &told["client_id"]),
            (&json!(HOLDER), &json!("housing"))
        );
        assert!(told["scope"].is_null());
    }
    assert_eq!(
        stranger.introspect(&token).await.json(),
        json!({ "active": false })
    );
    city.app.advance("61s").await;
    assert_eq!(
        city.holder.introspect(&token).await.json(),
        json!({ "active": false })
    );
}

#[tokio::test]
async fn it_is_narrowed_by_the_request_and_refused_where_it_would_grow() {
    let pension = "rent_subsidy:pension@https://hrss.yunchuan.example";
    let city = City::with(&[("--ask", &format!("{pension}=为核对收入"))]).await;
    let mut both = details();
    both[0]["datatypes"] = json!(["contribution_record", "pension"]);
    let request = asking(city.asker.sign_in(), &both);
    let response = city.resident.go_through(&request).await;
    let tokens = city.asker.tokens(&request, &response).await;
    let all = city.exchange(&tokens).await.json();
    assert_eq!(all["authorization_details"], both);
    let written = details().to_string();
    let narrow = [("authorization_details", written.as_str())];
    let answer = exchange(&city.asker, &tokens.access, &narrow).await;
    assert_eq!(answer.json()["authorization_details"], details());
    let (_, claims) = decode(&answer.field("access_token"));
    assert_eq!(claims["authorization_details"], details());

    // One of the two is taken back: the other goes on, by itself.
    super::withdraw(&city.resident, pension).await;
    let answer = city.exchange(&tokens).await;
    answer.assert_error(400, "invalid_authorization_details");
    assert_eq!(exchange(&city.asker, &tokens.access, &narrow).await.status, 200);
    let written = both.to_string();
    for (wrong, code) in [
        (written.as_str(), "invalid_authorization_details"),
        ("[", "invalid_authorization_details"),
    ] {
        let more = [("authorization_details", wrong)];
        let answer = exchange(&city.asker, &tokens.access, &more).await;
        answer.assert_error(400, code);
    }
}

#[tokio::test]
async fn a_holder_without_an_address_is_named_by_audience() {
    let key = "rent_subsidy:tax@tax";
    let city = City::with(&[("--ask", &format!("{key}=为核对收入"))]).await;
    let tax = yimen_http_tests::Registration::new("tax").option("--record", "tax=个税记录");
    city.app.register(tax).await;
    let asked =
        json!([{ "type": "data", "locations": ["tax"], "datatypes": ["tax"], "purpose": "rent_subsidy" }]);
    let request = asking(city.asker.sign_in(), &asked);
    let response = city.resident.go_through(&request).await;
    let tokens = city.asker.tokens(&request, &response).await;
    let answer = exchange(
        &city.asker,
        &tokens.access,
        &[("resource", ""), ("audience", "tax")],
    )
    .await;
    let (header, claims) = decode(&answer.field("access_token"));
    assert_eq!((&claims["aud"], &header["alg"]), (&json!("tax"), &json!("RS256")));
    for more in [
        &[("resource", "tax")][..],
        &[("resource", HOLDER), ("audience", "tax")],
        &[("resource", ""), ("audience", HOLDER)],
        &[("resource", "https://hrss.yunchuan.example#x")],
        &[("resource", "https://hrss.yunchuan.example/")],
        &[("resource", "https://nobody.example")],
    ] {
        let answer = exchange(&city.asker, &tokens.access, more).await;
        answer.assert_error(400, "invalid_target");
    }
    let answer = exchange(&city.asker, &tokens.access, &[("resource", "")]).await;
    answer.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn what_the_standard_offers_and_we_do_not_is_refused() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    for (more, code) in [
        (("actor_token", tokens.access.as_str()), "invalid_request"),
        (("actor_token_type", ACCESS_TOKEN), "invalid_request"),
        (("scope", "openid"), "invalid_scope"),
        (("subject_token_type", ""), "invalid_request"),
        (
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
            "invalid_request",
        ),
        (
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:refresh_token",
            ),
            "invalid_request",
        ),
        (("subject_token", ""), "invalid_request"),
        (("subject_token", "nonsense"), "invalid_request"),
        (("subject_token", tokens.id.as_str()), "invalid_request"),
        (("subject_token", tokens.refresh.as_str()), "invalid_request"),
    ] {
        let answer = exchange(&city.asker, &tokens.access, &[more]).await;
        answer.assert_error(400, code);
    }
    let fine = [("requested_token_type", ACCESS_TOKEN)];
    assert_eq!(exchange(&city.asker, &tokens.access, &fine).await.status, 200);
    // Elsewhere at the token endpoint nothing is narrowed, or made more.
    let written = details().to_string();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
        ("authorization_details", written.as_str()),
    ];
    let answer = city.asker.call("/oauth2/token", &form).await;
    answer.assert_error(400, "invalid_authorization_details");
}

/// What names the grant in a token is for us: the same in two would tell their holders that they speak of one person.
#[tokio::test]
async fn two_tokens_of_one_sign_in_have_nothing_in_common() {
    let city = City::start().await;
    let tokens = city.allowed().await;
    let mut exchanged = Vec::new();
    for _ in 0..2 {
        let token = city.exchange(&tokens).await.field("access_token");
        assert_eq!(city.holder.introspect(&token).await.json()["active"], true);
        exchanged.push(decode(&token).1);
    }
    let own = decode(&tokens.access).1;
    for (one, other) in [(&exchanged[0], &exchanged[1]), (&exchanged[0], &own)] {
        for name in ["jti", "grant"] {
            assert_ne!(one[name], other[name], "{name}");
        }
    }
}
