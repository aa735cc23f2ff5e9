use super::city::{US, sign};
use super::*;
use crate::audit::Action;
use crate::keys::jose::Algorithm;
use crate::keys::jose::forge::ForgedKey;

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_chain_that_comes_along_spares_us_to_fetch_from_who_is_known() {
    let city = City::new().await;
    let pension = city.system("hrss");
    let allowed = city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    // At first contact its host must answer for it.
    let chain = city.chain(&pension, &allowed);
    city.join_with(&pension, Some(chain)).await.unwrap();
    assert_eq!(city.asked(), 1);
    city.take_down(&pension);
    city.later(DAY);
    let chain = city.chain(&pension, &allowed);
    let client = city.join_with(&pension, Some(chain)).await.unwrap();
    assert!(client.is_active() && client.expires_at.unwrap() > city.now());
    assert_eq!(city.asked(), 1);
}

#[tokio::test]
async fn a_chain_that_is_not_as_good_as_one_we_would_fetch_does_not_count() {
    let city = City::new().await;
    let pension = city.system("hrss");
    let allowed = city.allow(pension.id.as_str(), |_| {}).await;
    let old = city.chain(&pension, &allowed);
    city.later(60);
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.take_down(&pension);
    city.later(DAY - 120);
    let good = city.chain(&pension, &allowed);
    let thief = ForgedKey::new(Algorithm::Es256);
    let mut forged = good.clone();
    forged[0] = sign(&thief, &pension.configuration(&[US], city.now()));
    let mut swapped = good.clone();
    swapped.swap(0, 1);
    city.later(121);
    for (what, chain) in [
        ("older than the newest seen", old),
        ("forged", forged),
        ("in another order", swapped),
        ("cut off", good[..1].to_vec()),
        ("nothing", Vec::new()),
        ("no statements", vec!["x".to_owned(); 3]),
    ] {
        let refused = city.join_with(&pension, Some(chain)).await.unwrap_err();
        assert!(
            matches!(refused, JoinFault::Unreachable(_)),
            "{what}: {refused:?}"
        );
        city.later(11);
    }
    assert!(city.entity(&pension).await.unwrap().held.is_none());
    city.join_with(&pension, Some(good)).await.unwrap();
}

#[tokio::test]
async fn a_bureau_that_is_suspended_is_no_link_of_a_chain_that_comes_along() {
    let city = City::new().await;
    let [pension, bureau] = ["hrss", "bureau"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    let allowed = city.allow_superior(&bureau).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    city.state(&bureau, &pension);
    city.join(&pension).await.unwrap();
    let asked = city.asked();
    city.later(DAY);
    let chain = |city: &City| {
        let mut chain = vec![
            sign(
                &pension.key,
                &pension.configuration(&[bureau.id.as_str()], city.now()),
            ),
            sign(&bureau.key, &bureau.about(&pension, city.now())),
        ];
        chain.extend(city.chain(&bureau, &allowed).drain(1..));
        chain
    };
    city.join_with(&pension, Some(chain(&city))).await.unwrap();
    assert_eq!(city.asked(), asked);
    city.later(DAY);
    let given = chain(&city);
    city.suspend(&allowed).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    assert!(city.join_with(&pension, Some(given)).await.is_err());
}

/// Whoever sent it, what comes of it is not held against the system.
#[tokio::test]
async fn a_chain_that_nothing_comes_of_is_no_fault_of_the_systems() {
    let city = City::new().await;
    let pension = city.system("hrss");
    let allowed = city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    let first = city.chain(&pension, &allowed);
    city.join(&pension).await.unwrap();
    // Ten minutes later it has mended what it said for a moment.
    city.later(DAY - 600);
    let mut claims = pension.configuration(&[US], city.now());
    claims["metadata"]["openid_relying_party"]["redirect_uris"] =
        serde_json::json!(["https://evil.example/cb"]);
    let mut broken = city.chain(&pension, &allowed);
    broken[0] = sign(&pension.key, &claims);
    city.later(600);
    city.publish(&pension, &[US]);
    let asked = city.asked();
    let client = city.join_with(&pension, Some(broken)).await.unwrap();
    assert!(client.is_active() && client.expires_at.unwrap() > city.now());
    assert_eq!(city.asked(), asked + 1);
    assert!(city.entity(&pension).await.unwrap().fault.is_none());
    assert_eq!(city.audited(Action::EntityRefused, &pension).await, 0);

    // What was said no later than what we have is no news, though it is good still.
    city.later(DAY);
    city.publish(&pension, &[US]);
    let asked = city.asked();
    city.join_with(&pension, Some(first)).await.unwrap();
    assert_eq!(city.asked(), asked + 1);
}

/// What a decision demands and what first contact is for hold for a chain that comes along as for one that is fetched.
#[tokio::test]
async fn a_chain_that_comes_along_goes_round_no_rule() {
    let city = City::new().await;
    let [pension, bureau] = ["hrss", "bureau"].map(|name| city.system(name));
    let through = bureau.id.to_string();
    let named = city.allow(pension.id.as_str(), |_| {}).await;
    // It has tried: there is a row of it, without keys.
    assert!(city.join(&pension).await.is_err());
    city.later(70);
    let chain = city.chain(&pension, &named);
    let refused = city.join_with(&pension, Some(chain)).await.unwrap_err();
    assert!(matches!(refused, JoinFault::Unreachable(_)), "{refused:?}");

    city.later(70);
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.demand(&named, &through).await;
    city.later(DAY);
    let chain = city.chain(&pension, &named);
    city.publish(&pension, &[US]);
    let refused = city.join_with(&pension, Some(chain)).await.unwrap_err();
    assert_eq!(refused.trust().map(|fault| fault.claim), Some("authority_hints"));
}
