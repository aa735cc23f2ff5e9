//! Protocol keys that a system signs apart from its statement, and whoever has kept an older set of them.

use serde_json::json;

use super::city::US;
use super::*;
use crate::federation::Step;
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;

fn set(city: &City, system: &System, key: &ForgedKey) -> String {
    let (id, now) = (system.id.as_str(), city.now().seconds());
    let claims = json!({"iss": id, "sub": id, "iat": now, "exp": now + 6 * 86_400, "keys": [key.jwk()]});
    system.key.sign(&system.key.header("jwk-set+jwt"), &claims)
}

fn serve(city: &City, system: &System, set: &str) {
    let url = format!("{}/keys", system.id);
    city.serve(&url, "application/jwk-set+jwt", set.to_owned());
}

#[tokio::test]
async fn a_recorded_set_brings_no_withdrawn_key_back() {
    let city = City::new().await;
    let system = city.system("hrss");
    city.operate(system.id.as_str(), |_| {}).await;
    let mut claims = system.configuration(&[US], city.now());
    let own = claims["metadata"]["openid_relying_party"]
        .as_object_mut()
        .unwrap();
    own.remove("jwks");
    own.insert("signed_jwks_uri".to_owned(), json!(format!("{}/keys", system.id)));
    city.publish_as(&system, &system.key, &claims);
    let lost = set(&city, &system, &system.own);
    serve(&city, &system, &lost);
    let first = city.join(&system).await.unwrap();
    city.later(100);
    let new = ForgedKey::new(Algorithm::Es256);
    serve(&city, &system, &set(&city, &system, &new));
    let second = city.joining.anew(&first, None, city.now()).await.unwrap();
    assert_eq!(second.metadata.jwks, Some(json!({"keys": [new.jwk()]})));

    // The host is somebody else's now, who has kept what it said.
    serve(&city, &system, &lost);
    city.later(100);
    assert!(city.joining.anew(&second, None, city.now()).await.is_none());
    city.later(100);
    city.operate(system.id.as_str(), |terms| terms.name_en = "Anew".to_owned())
        .await;
    city.later(100);
    for joining in [&city.joining, &city.another_node()] {
        let refused = joining.client(system.id.as_str(), None, city.now()).await;
        let refused = refused.unwrap_err();
        let fault = refused.trust().unwrap();
        assert_eq!((fault.step, fault.claim), (Step::Time, "iat"));
    }
    serve(&city, &system, &set(&city, &system, &new));
    city.later(100);
    let third = city.join(&system).await.unwrap();
    assert_eq!(third.metadata.jwks, second.metadata.jwks);
}
