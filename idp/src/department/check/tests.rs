use proptest::prelude::*;

use super::super::model::{AuthMethod, Purpose};
use super::*;

type Alteration = fn(&mut ClientMetadata);

fn good() -> ClientMetadata {
    ClientMetadata {
        client_name: "养老金查询".to_owned(),
        organisation: "人社局".to_owned(),
        redirect_uris: vec!["https://hrss.city.example/cb".to_owned()],
        ..ClientMetadata::default()
    }
}

fn redirecting(application_type: &str, uri: &str) -> ClientMetadata {
    ClientMetadata {
        application_type: application_type.to_owned(),
        redirect_uris: vec![uri.to_owned()],
        token_endpoint_auth_method: AuthMethod::None,
        ..good()
    }
}

#[test]
fn a_good_client_passes() {
    assert_eq!(check(&good(), false), Ok(()));
}

#[test]
fn what_is_wrong_is_said() {
    let cases: [(Alteration, &str); 17] = [
        (|m| m.client_name.clear(), "--name"),
        (|m| m.organisation = "  ".to_owned(), "--department"),
        (|m| m.client_name = "人社局\u{202E}".to_owned(), "invisible"),
        (|m| m.organisation = "人社局\n".to_owned(), "control"),
        (|m| m.client_name_en = "x".repeat(81), "81 characters"),
        (|m| m.redirect_uris.clear(), "at least one redirect URI"),
        (
            |m| m.redirect_uris = vec![m.redirect_uris[0].clone(); 33],
            "at most 32",
        ),
        (
            |m| m.scope = "openid everything".to_owned(),
            "scope everything is unknown",
        ),
        (|m| m.scope = "phone".to_owned(), "needs the scope openid"),
        (
            |m| m.grant_types.push("password".to_owned()),
            "grant type password is unknown",
        ),
        (|m| m.application_type = "spa".to_owned(), "web or native"),
        (
            |m| m.id_token_signed_response_alg = "none".to_owned(),
            "ES256 or RS256",
        ),
        (
            |m| m.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt,
            "--jwks",
        ),
        (
            |m| m.jwks = Some(serde_json::json!({"keys": [{"kty": "oct", "k": "AAAA"}]})),
            "secret member",
        ),
        (
            |m| {
                m.jwks = Some(serde_json::json!({"keys": []}));
                m.jwks_uri = Some("https://hrss.city.example/jwks".to_owned());
            },
            "not both",
        ),
        (
            |m| {
                m.token_endpoint_auth_method = AuthMethod::None;
                m.grant_types.push("client_credentials".to_owned());
            },
            "public client",
        ),
        (
            |m| {
                let purpose = Purpose {
                    zh: "通知".to_owned(),
                    en: String::new(),
                    optional: false,
                };
                m.purposes.insert("phone".to_owned(), purpose);
            },
            "not among the scopes",
        ),
    ];
    for (alter, said) in cases {
        let mut metadata = good();
        alter(&mut metadata);
        let fault = check(&metadata, true).unwrap_err();
        assert!(fault.contains(said), "{fault}");
    }
}

#[test]
fn every_address_is_plain_https() {
    let fields: [fn(&mut ClientMetadata, String); 7] = [
        |m, uri| m.redirect_uris.push(uri),
        |m, uri| m.post_logout_redirect_uris.push(uri),
        |m, uri| m.backchannel_logout_uri = Some(uri),
        |m, uri| m.initiate_login_uri = Some(uri),
        |m, uri| m.jwks_uri = Some(uri),
        |m, uri| m.policy_uri = Some(uri),
        |m, uri| m.tos_uri = Some(uri),
    ];
    for (uri, said) in [
        ("http://hrss.city.example/cb", "must be https"),
        ("javascript:alert(1)", "must be https"),
        ("data:text/html,x", "must be https"),
        ("com.example.app:/cb", "must be https"),
        ("https://*.city.example/cb", "wildcard"),
        ("https://hrss.city.example/cb#x", "fragment"),
        ("https://hrss.city.example/cb#", "fragment"),
        ("https://user@hrss.city.example/cb", "user name"),
        ("https://hrss.city.example\\@evil.example/", "backslash"),
        ("https:hrss.city.example/cb", "://"),
        ("https:///hrss.city.example/cb", "://"),
        (" https://hrss.city.example/cb", "space"),
        ("https://hrss.city.example/c\tb", "space"),
        ("https://人社.example/cb", "outside ASCII"),
        ("/cb", "not a URL"),
    ] {
        for set in fields {
            let mut metadata = good();
            set(&mut metadata, uri.to_owned());
            let fault = check(&metadata, true).unwrap_err();
            assert!(fault.contains(said), "{uri}: {fault}");
        }
    }
}

#[test]
fn plain_http_is_for_loopback_in_development() {
    for uri in [
        "http://localhost:8001/yimen/callback",
        "http://127.0.0.1:1/",
        "http://[::1]:1/",
        "http://rp.test/cb",
    ] {
        let metadata = ClientMetadata {
            redirect_uris: vec![uri.to_owned()],
            ..good()
        };
        assert!(
            check(&metadata, true).is_ok() && check(&metadata, false).is_err(),
            "{uri}"
        );
    }
}

#[test]
fn an_app_comes_back_by_loopback_or_by_a_scheme_of_its_own() {
    for uri in [
        "http://127.0.0.1/cb",
        "http://[::1]:7/cb",
        "com.example.app:/cb",
        "https://app.example/cb",
    ] {
        assert_eq!(check(&redirecting("native", uri), false), Ok(()), "{uri}");
    }
    for (uri, said) in [
        ("http://10.0.0.1/cb", "127.0.0.1"),
        ("myapp:/cb", "reversed"),
        ("javascript:alert(1)", "reversed"),
    ] {
        let fault = check(&redirecting("native", uri), false).unwrap_err();
        assert!(fault.contains(said), "{uri}: {fault}");
    }
    let confidential = ClientMetadata {
        token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
        ..redirecting("native", "com.example.app:/cb")
    };
    assert!(
        check(&confidential, false)
            .unwrap_err()
            .contains("--auth-method none")
    );
}

#[test]
fn a_client_has_one_sector() {
    let at = |uris: &[&str]| ClientMetadata {
        redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
        ..good()
    };
    let sector = |uris: &[&str], given| sector_of(&at(uris), given);
    assert_eq!(
        sector(&["https://a.example/1", "https://a.example/2"], None),
        Ok(Some("a.example".to_owned()))
    );
    assert_eq!(
        sector(&["http://localhost:8001/cb"], None),
        Ok(Some("localhost:8001".to_owned()))
    );
    assert!(
        sector(&["https://a.example/", "https://b.example/"], None)
            .unwrap_err()
            .contains("--sector")
    );
    assert_eq!(
        sector(
            &["https://a.example/", "https://b.example/"],
            Some("City.example")
        ),
        Ok(Some("city.example".to_owned()))
    );
    for given in ["", "a b", "https://a.example", "a..b", "a/b", "a:0", "a:b"] {
        assert!(sector(&["https://a.example/"], Some(given)).is_err(), "{given}");
    }
    let app = ClientMetadata {
        redirect_uris: vec!["http://127.0.0.1/cb".to_owned()],
        ..redirecting("native", "")
    };
    assert_eq!(
        sector_of(&app, None),
        Ok(None),
        "every app's loopback address is the same"
    );
}

proptest! {
    #[test]
    fn a_web_client_never_gets_an_address_that_reads_two_ways(uri in "https?:[/\\\\]{0,3}\\PC{0,30}") {
        let metadata = ClientMetadata { redirect_uris: vec![uri.clone()], ..good() };
        if check(&metadata, false).is_ok() {
            let url = url::Url::parse(&uri).unwrap();
            prop_assert_eq!(url.scheme(), "https");
            prop_assert!(url.username().is_empty() && url.fragment().is_none() && !uri.contains('\\'));
        }
    }
}
