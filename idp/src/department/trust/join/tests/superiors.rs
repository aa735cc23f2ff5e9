use serde_json::json;

use super::city::US;
use super::*;
use crate::department::trust::allowed::{Superior, Terms};
use crate::department::trust::entity::EntityStatus;
use crate::federation::Step;

fn place<T>(outcome: Result<T, JoinFault>) -> Option<(Step, &'static str)> {
    let fault = outcome.err()?;
    fault.trust().map(|fault| (fault.step, fault.claim))
}

#[tokio::test]
async fn a_system_joins_through_its_bureau_and_both_are_pinned() {
    let city = City::new().await;
    let [pension, bureau] = ["hrss", "bureau"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    city.allow_superior(&bureau).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    city.state(&bureau, &pension);
    let client = city.join(&pension).await.unwrap();
    assert_eq!(client.metadata.scope, "openid phone");
    for system in [&pension, &bureau] {
        let entity = city.entity(system).await.unwrap();
        assert_eq!(entity.status, EntityStatus::Joined);
        assert_eq!(entity.jwks, json!({"keys": [system.key.jwk()]}));
    }
    assert_eq!(city.asked(), 3);
    assert!(city.joining.chain(&pension.id, city.now()).await.is_ok());
}

#[tokio::test]
async fn the_bureaus_policy_counts_and_so_do_its_keys() {
    let city = City::new().await;
    let [pension, bureau, impostor] = ["hrss", "bureau", "impostor"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    city.allow_superior(&bureau).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    let mut claims = bureau.about(&pension, city.now());
    claims["jwks"] = json!({"keys": [impostor.key.jwk()]});
    city.state_as(&bureau, &pension, &claims);
    assert_eq!(place(city.join(&pension).await), Some((Step::Signature, "kid")));
    city.later(70);
    let mut claims = bureau.about(&pension, city.now());
    claims["metadata_policy"] = json!({"openid_relying_party": {"scope": {"subset_of": ["openid"]}}});
    city.state_as(&bureau, &pension, &claims);
    assert_eq!(city.join(&pension).await.unwrap().metadata.scope, "openid");
}

/// Whoever is above a department may narrow what it is registered with, but not become the department.
#[tokio::test]
async fn a_bureau_names_no_keys_and_no_grants_in_its_systems_name() {
    let city = City::new().await;
    let [pension, bureau] = ["hrss", "bureau"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    city.allow_superior(&bureau).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    let stolen = json!({"keys": [bureau.own.jwk()]});
    let at = format!("{}/jwks", pension.id);
    for (claim, by, said) in [
        ("jwks", "metadata", json!({"jwks": stolen})),
        ("jwks", "metadata_policy", json!({"jwks": {"value": stolen}})),
        ("jwks", "metadata_policy", json!({"jwks": {"value": null}})),
        ("jwks_uri", "metadata", json!({"jwks_uri": at})),
        (
            "signed_jwks_uri",
            "metadata_policy",
            json!({"signed_jwks_uri": {"default": at}}),
        ),
    ] {
        let mut claims = bureau.about(&pension, city.now());
        claims[by] = json!({"openid_relying_party": said});
        city.state_as(&bureau, &pension, &claims);
        let refused = place(city.join(&pension).await);
        assert_eq!(refused, Some((Step::OurRules, claim)), "{claims}");
        city.later(70);
    }
    let mut claims = bureau.about(&pension, city.now());
    let grants = json!([
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "authorization_code"
    ]);
    claims["metadata"] = json!({"openid_relying_party": {"grant_types": grants}});
    city.state_as(&bureau, &pension, &claims);
    let client = city.join(&pension).await.unwrap();
    assert_eq!(
        client.metadata.grant_types,
        ["refresh_token", "authorization_code"]
    );
    assert_eq!(client.metadata.jwks, Some(json!({"keys": [pension.own.jwk()]})));
}

#[tokio::test]
async fn a_provinces_systems_join_by_its_word() {
    let city = City::with(|port| vec![System::at("province", port).as_anchor()], 3).await;
    // Its keys are those of the configuration, which this one does not have.
    let (pension, stranger) = (city.system("hrss"), city.system("province"));
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[stranger.id.as_str()]);
    city.publish(&stranger, &[]);
    city.state(&stranger, &pension);
    assert_eq!(place(city.join(&pension).await), Some((Step::Signature, "kid")));

    let held = std::sync::Mutex::new(None);
    let anchor = |port| {
        let province = System::at("province", port);
        let anchor = province.as_anchor();
        *held.lock().unwrap() = Some(province);
        vec![anchor]
    };
    let city = City::with(anchor, 3).await;
    let province = held.lock().unwrap().take().unwrap();
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[province.id.as_str()]);
    city.publish(&province, &[]);
    city.state(&province, &pension);
    let client = city.join(&pension).await.unwrap();
    assert_eq!(client.metadata.scope, "openid phone");
    assert!(city.entity(&province).await.is_none());
}

#[tokio::test]
async fn only_a_superior_that_the_operator_allows_is_asked() {
    let city = City::new().await;
    let [pension, bureau] = ["hrss", "bureau"].map(|name| city.system(name));
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    city.state(&bureau, &pension);
    let hint = Some((Step::Hint, "authority_hints"));
    assert_eq!(place(city.join(&pension).await), hint);
    assert_eq!(city.asked(), 1);
    // One that is a system like the others vouches for nobody.
    city.allow(bureau.id.as_str(), |_| {}).await;
    city.later(70);
    assert_eq!(place(city.join(&pension).await), hint);
    assert_eq!(city.asked(), 2);
}

#[tokio::test]
async fn a_suspended_superior_vouches_for_nobody() {
    let city = City::new().await;
    let [pension, bureau] = ["hrss", "bureau"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    let allowed = city.allow_superior(&bureau).await;
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    city.state(&bureau, &pension);
    city.suspend(&allowed).await;
    let hint = Some((Step::Hint, "authority_hints"));
    assert_eq!(place(city.join(&pension).await), hint);
    assert_eq!(city.asked(), 1);
}

/// Not a day later: it is suspended because its word counts no more.
#[tokio::test]
async fn who_came_by_a_superior_stops_when_that_is_suspended_or_removed() {
    for removes in [false, true] {
        let city = City::new().await;
        let [pension, office, bureau, other] =
            ["hrss", "office", "bureau", "other"].map(|name| city.system(name));
        for system in [&pension, &other] {
            city.allow(system.id.as_str(), |_| {}).await;
        }
        for superior in [&office, &bureau] {
            city.allow_superior(superior).await;
        }
        city.publish(&pension, &[office.id.as_str()]);
        city.publish(&office, &[bureau.id.as_str()]);
        city.publish(&bureau, &[US]);
        city.publish(&other, &[US]);
        city.state(&office, &pension);
        city.state(&bureau, &office);
        let joined = city.join(&pension).await.unwrap();
        assert_eq!(joined.superiors, [office.id.as_str(), bureau.id.as_str()]);
        assert!(city.join(&other).await.unwrap().superiors.is_empty());
        if removes {
            city.operate_remove(bureau.id.as_str()).await;
        } else {
            city.operate_suspend(bureau.id.as_str()).await;
        }
        city.later(4);
        let asked = city.asked();
        assert!(place(city.join(&pension).await).is_some());
        assert!(city.asked() > asked);
        let asked = city.asked();
        assert!(city.join(&other).await.unwrap().is_active());
        assert_eq!(city.asked(), asked);
    }
}

#[tokio::test]
async fn a_decision_may_demand_by_whom_its_systems_come() {
    let city = City::new().await;
    let [pension, bureau, other] = ["hrss", "bureau", "other"].map(|name| city.system(name));
    let through = bureau.id.to_string();
    city.allow(pension.id.as_str(), |terms| terms.through = Some(through))
        .await;
    for superior in [&bureau, &other] {
        city.allow_superior(superior).await;
        city.publish(superior, &[US]);
        city.state(superior, &pension);
    }
    let hint = Some((Step::Hint, "authority_hints"));
    for superiors in [vec![US], vec![other.id.as_str()], vec![US, other.id.as_str()]] {
        city.publish(&pension, &superiors);
        assert_eq!(place(city.join(&pension).await), hint, "{superiors:?}");
        city.later(70);
    }
    // Of several ways the one that is demanded is found, though another is shorter.
    city.publish(&pension, &[US, other.id.as_str(), bureau.id.as_str()]);
    city.join(&pension).await.unwrap();
}

/// Where we state nothing about a superior ourselves, no statement of ours says how far its word reaches.
#[tokio::test]
async fn what_is_decided_of_a_superior_holds_wherever_it_stands() {
    let city = City::new().await;
    let [pension, section, office, bureau] =
        ["hrss", "section", "office", "bureau"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    for superior in [&section, &bureau] {
        city.allow_superior(superior).await;
    }
    let hrss = vec!["hrss.localhost".to_owned()];
    let decided = |permitted: &[String], most| Superior {
        max_path_length: Some(most),
        permitted: permitted.to_vec(),
    };
    let office_allowed = city
        .allow(office.id.as_str(), |terms| {
            terms.superior = Some(decided(&["tax.localhost".to_owned()], 0));
        })
        .await;
    city.publish(&section, &[office.id.as_str()]);
    city.publish(&office, &[bureau.id.as_str()]);
    city.publish(&bureau, &[US]);
    city.state(&bureau, &office);
    for superior in [&section, &office] {
        city.state(superior, &pension);
    }
    city.state(&office, &section);

    city.publish(&pension, &[office.id.as_str()]);
    assert_eq!(
        place(city.join(&pension).await),
        Some((Step::Naming, "constraints"))
    );
    let terms = |superior, through: Option<&System>| Terms {
        superior: Some(superior),
        through: through.map(|through| through.id.to_string()),
        ..office_allowed.terms.clone()
    };
    let elsewhere = terms(decided(&hrss, 0), Some(&section));
    city.decide(&office_allowed, &elsewhere).await;
    city.later(70);
    assert_eq!(
        place(city.join(&pension).await),
        Some((Step::Hint, "authority_hints"))
    );
    let both = ["hrss.localhost".to_owned(), "section.localhost".to_owned()];
    city.decide(&office_allowed, &terms(decided(&both, 0), Some(&bureau)))
        .await;
    city.publish(&pension, &[section.id.as_str()]);
    city.later(70);
    assert_eq!(
        place(city.join(&pension).await),
        Some((Step::PathLength, "constraints"))
    );
    city.publish(&pension, &[office.id.as_str()]);
    city.later(70);
    city.join(&pension).await.unwrap();
}

#[tokio::test]
async fn a_chain_that_goes_round_or_on_too_long_is_none() {
    let city = City::with(|_| Vec::new(), 1).await;
    let [pension, bureau, office] = ["hrss", "bureau", "office"].map(|name| city.system(name));
    city.allow(pension.id.as_str(), |_| {}).await;
    for superior in [&bureau, &office] {
        city.allow_superior(superior).await;
    }
    city.publish(&pension, &[bureau.id.as_str()]);
    city.publish(&bureau, &[pension.id.as_str()]);
    assert_eq!(
        place(city.join(&pension).await),
        Some((Step::Loop, "authority_hints"))
    );
    city.later(70);
    city.publish(&bureau, &[office.id.as_str()]);
    city.publish(&office, &[US]);
    city.state(&bureau, &pension);
    city.state(&office, &bureau);
    assert_eq!(
        place(city.join(&pension).await),
        Some((Step::PathLength, "authority_hints"))
    );
}

/// Many join at once when a bureau is connected.
#[tokio::test]
async fn systems_below_one_bureau_do_not_stand_in_each_others_way() {
    let city = City::new().await;
    let bureau = city.system("bureau");
    city.allow_superior(&bureau).await;
    city.publish(&bureau, &[US]);
    let systems = ["a", "b", "c", "d"].map(|name| city.system(name));
    for system in &systems {
        city.allow(system.id.as_str(), |_| {}).await;
        city.publish(system, &[bureau.id.as_str()]);
        city.state(&bureau, system);
    }
    let [a, b, c, d] = systems.each_ref().map(|system| city.join(system));
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    for client in [a, b, c, d] {
        client.unwrap();
    }
}
