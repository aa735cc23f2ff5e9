//! A host at which the operator has stopped one system: the others do not slip through, and nobody vouches for them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::city::US;
use super::*;
use crate::department::trust::Members;
use crate::department::trust::allowed::AllowedDepartments;
use crate::department::{Client, Departments};

async fn client(city: &City, id: &str) -> Option<Arc<Client>> {
    let departments = Departments::new(city.records.db.clone(), city.clock.clone());
    departments.client(id).await.unwrap()
}

async fn stop(city: &City, id: &str, removes: bool) {
    if removes {
        city.operate_remove(id).await;
    } else {
        city.operate_suspend(id).await;
    }
}

#[tokio::test]
async fn a_look_under_way_does_not_overtake_a_stop_at_its_host() {
    for (removes, is_named) in [(false, false), (true, false), (false, true), (true, true)] {
        let city = City::new().await;
        let [known, new] = ["/a", "/n1"].map(|path| city.system_at("h", path));
        city.operate(&city.pattern("*.localhost"), |_| {}).await;
        if is_named {
            city.operate(known.id.as_str(), |_| {}).await;
        }
        city.publish(&known, &[US]);
        city.publish(&new, &[US]);
        city.join(&known).await.unwrap();
        city.hold(&new.id.configuration_url());
        let (asked, now) = (city.asked(), city.now());
        let (joining, id) = (city.joining.clone(), new.id.clone());
        let look = tokio::spawn(async move { joining.client(id.as_str(), None, now).await });
        city.until_asked(asked).await;
        stop(&city, known.id.as_str(), removes).await;
        city.release();
        let refused = look.await.unwrap().unwrap_err();
        let fault = refused.trust().unwrap();
        assert!(fault.expected.contains("a decision that names it"), "{fault}");
        assert!(client(&city, new.id.as_str()).await.is_none());
    }
}

#[tokio::test]
async fn nor_does_one_that_came_by_its_document() {
    let city = City::new().await;
    let [known, app] = ["/a", "/x/client.json"].map(|path| city.system_at("h", path));
    city.operate(&city.pattern("h.localhost"), |terms| {
        terms.metadata_document = true
    })
    .await;
    city.publish(&known, &[US]);
    city.join(&known).await.unwrap();
    let folder = app.id.as_str().strip_suffix("/client.json").unwrap();
    let document = json!({
        "client_id": app.id.as_str(), "redirect_uris": [format!("{folder}/cb")], "scope": "openid",
        "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "ES256",
        "grant_types": ["authorization_code"],
    });
    city.serve(app.id.as_str(), "application/json", document.to_string());
    city.hold(app.id.as_str());
    let (asked, now) = (city.asked() + 1, city.now());
    let (joining, id) = (city.joining.clone(), app.id.clone());
    let look = tokio::spawn(async move { joining.known(id.as_str(), now).await });
    city.until_asked(asked).await;
    city.operate_remove(known.id.as_str()).await;
    city.release();
    assert!(look.await.unwrap().is_err());
    assert!(client(&city, app.id.as_str()).await.is_none());
    city.later(11);
    assert!(city.joining.known(app.id.as_str(), city.now()).await.is_err());
}

/// Whichever is first: who was registered before is found by the stop, who comes after finds it.
#[tokio::test]
async fn of_a_stop_and_registrations_at_once_none_is_left() {
    let city = Arc::new(City::new().await);
    city.operate(&city.pattern("*.localhost"), |_| {}).await;
    for round in 0..5 {
        let host = format!("h{round}");
        let known = city.system_at(&host, "/a");
        city.publish(&known, &[US]);
        city.join(&known).await.unwrap();
        let now = city.now();
        let systems: Vec<_> = (0..6)
            .map(|at| city.system_at(&host, &format!("/{at}")))
            .collect();
        let mut tasks = Vec::new();
        for system in &systems {
            city.publish(system, &[US]);
            let (joining, id) = (city.another_node(), system.id.clone());
            tasks.push(tokio::spawn(async move {
                let _ = joining.client(id.as_str(), None, now).await;
            }));
        }
        let (stopping, stopped) = (Arc::clone(&city), known.id.clone());
        tasks.push(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(5 * round)).await;
            stopping.operate_remove(stopped.as_str()).await;
        }));
        for task in tasks {
            task.await.unwrap();
        }
        for system in &systems {
            let Some(left) = client(&city, system.id.as_str()).await else {
                continue;
            };
            assert!(left.expires_at.unwrap() <= city.now(), "{} goes on", system.id);
            assert!(left.has_ended(now), "{}: its grants go on", system.id);
        }
    }
}

#[tokio::test]
async fn nobody_vouches_for_who_stands_beside_one_that_was_stopped() {
    for removes in [false, true] {
        let city = City::new().await;
        let [stopped, beside, named] = ["/a", "/b", "/c"].map(|path| city.system_at("h", path));
        let elsewhere = city.system("other");
        city.operate(&city.pattern("*.localhost"), |_| {}).await;
        city.operate(named.id.as_str(), |_| {}).await;
        for system in [&stopped, &beside, &named, &elsewhere] {
            city.publish(system, &[US]);
            city.join(system).await.unwrap();
        }
        let (db, clock) = (city.records.db.clone(), city.clock.clone());
        let allowed = AllowedDepartments::new(db.clone(), clock.clone());
        let members = Members::new(db, clock, allowed);
        assert_eq!(members.all().await.unwrap().len(), 4);
        let given = city.now();
        city.later(1);
        stop(&city, stopped.id.as_str(), removes).await;
        city.later(4);
        assert!(members.member(&beside.id).await.unwrap().is_none());
        let all = members.all().await.unwrap();
        let left: Vec<_> = all.iter().map(|member| &member.id).collect();
        assert_eq!(left, [&named.id, &elsewhere.id]);
        assert!(city.joining.chain(&beside.id, city.now()).await.is_err());
        assert!(city.joining.chain(&named.id, city.now()).await.is_ok());
        let has_ended = async |id: &str| client(&city, id).await.unwrap().has_ended(given);
        assert!(has_ended(beside.id.as_str()).await, "what it was given is over");
        assert!(!has_ended(named.id.as_str()).await && !has_ended(elsewhere.id.as_str()).await);
    }
}
