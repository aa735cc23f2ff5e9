//! What the operator has decided counts, not what a node remembers of it.

use super::city::US;
use super::*;
use crate::federation::Step;

/// A node that remembers that only the wildcard was decided.
async fn primed(city: &City) -> System {
    let pension = city.system("hrss");
    city.operate(&city.pattern("*.localhost"), |_| {}).await;
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.later(24 * 3600);
    city.publish(&pension, &[US]);
    let nobody = city.system("nobody");
    assert!(city.join(&nobody).await.is_err());
    pension
}

#[tokio::test]
async fn a_decision_that_a_node_has_not_heard_of_is_not_written_over() {
    let city = City::new().await;
    let pension = primed(&city).await;
    let named = city.operate(pension.id.as_str(), |_| {}).await;
    let client = city.join(&pension).await.unwrap();
    assert_eq!(client.allowed_id, Some(named.id));
    assert_eq!(client.metadata.scope, "openid phone");
    city.operate_suspend(pension.id.as_str()).await;
    city.later(4);
    let client = city.join(&pension).await.unwrap();
    assert!(!client.is_active() && client.has_ended(client.updated_at));
}

#[tokio::test]
async fn what_a_node_remembers_does_not_bring_back_a_scope_that_was_taken() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.operate(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.later(4);
    let nobody = city.system("nobody");
    assert!(city.join(&nobody).await.is_err());
    city.operate(pension.id.as_str(), |terms| terms.scope = "openid".to_owned())
        .await;
    let other = city.another_node();
    for joining in [&city.joining, &other] {
        let client = joining.client(pension.id.as_str(), None, city.now()).await;
        assert_eq!(client.unwrap().unwrap().metadata.scope, "openid");
    }
}

/// Whoever holds the host can answer at every path of it.
#[tokio::test]
async fn who_was_stopped_for_safety_does_not_come_back_beside_its_own_address() {
    for removes in [false, true] {
        for wide in ["*.localhost", "hrss.localhost"] {
            let city = City::new().await;
            let [pension, housing, new] = ["", "/housing", "/b"].map(|path| city.system_at("hrss", path));
            city.operate(&city.pattern(wide), |_| {}).await;
            city.operate(pension.id.as_str(), |_| {}).await;
            for system in [&pension, &housing, &new] {
                city.publish(system, &[US]);
            }
            for system in [&pension, &housing] {
                assert!(city.join(system).await.unwrap().is_active());
            }
            if removes {
                city.operate_remove(pension.id.as_str()).await;
            } else {
                city.operate_suspend(pension.id.as_str()).await;
            }
            city.later(4);
            for system in [&housing, &new] {
                let refused = city.join(system).await.unwrap_err();
                let fault = refused.trust().unwrap();
                assert_eq!((fault.step, fault.claim), (Step::OurRules, "sub"));
            }
            city.operate(housing.id.as_str(), |_| {}).await;
            city.later(70);
            assert!(city.join(&housing).await.unwrap().is_active());
        }
    }
}

/// Its own registration is under way by what was decided before, and is written after.
#[tokio::test]
async fn a_suspension_finds_who_was_registered_under_a_wider_decision() {
    let city = City::new().await;
    let pension = primed(&city).await;
    city.join(&pension).await.unwrap();
    let wide = city.entity(&pension).await.unwrap().allowed_id;
    city.operate(pension.id.as_str(), |_| {}).await;
    city.put_back_under(&pension, wide).await;
    city.operate_suspend(pension.id.as_str()).await;
    city.later(4);
    assert!(!city.join(&pension).await.unwrap().is_active());
}
