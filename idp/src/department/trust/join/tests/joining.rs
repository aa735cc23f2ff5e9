use super::city::US;
use super::*;
use crate::audit::Action;
use crate::department::trust::entity::EntityStatus;
use crate::department::{AuthMethod, Origin, Purpose};

#[tokio::test]
async fn a_system_that_a_decision_names_joins_at_its_first_request_and_costs_nothing_after() {
    let city = City::new().await;
    let pension = city.system("hrss");
    let purpose = Purpose {
        zh: "通知结果".to_owned(),
        en: String::new(),
        optional: false,
    };
    let allowed = city
        .allow(pension.id.as_str(), |terms| {
            terms.purposes = [("phone".to_owned(), purpose)].into();
            terms.ranges = vec!["10.20.0.0/16".parse().unwrap()];
        })
        .await;
    city.publish(&pension, &[US]);
    let client = city.join(&pension).await.unwrap();
    assert_eq!(
        (client.client_id.as_str(), client.origin, client.allowed_id),
        (pension.id.as_str(), Origin::Federation, Some(allowed.id))
    );
    assert!(client.is_active() && client.expires_at.unwrap() > city.now());
    assert_eq!(client.sector, pension.id.authority());
    assert_eq!(client.ranges, allowed.terms.ranges);
    let metadata = &client.metadata;
    // What it says of its name is nobody's to read.
    assert_eq!(
        [
            &metadata.client_name,
            &metadata.client_name_en,
            &metadata.organisation,
            &metadata.scope,
        ],
        ["养老金查询", "Pension", "人社局", "openid phone"]
    );
    assert_eq!(metadata.redirect_uris, [format!("{}/cb", pension.id)]);
    assert_eq!(metadata.token_endpoint_auth_method, AuthMethod::PrivateKeyJwt);
    assert_eq!(metadata.purposes["phone"].zh, "通知结果");
    let entity = city.entity(&pension).await.unwrap();
    assert_eq!(entity.status, EntityStatus::Joined);
    assert_eq!(city.audited(Action::EntityJoined, &pension).await, 1);

    let (asked, written) = (city.asked(), city.written().await);
    for _ in 0..3 {
        city.join(&pension).await.unwrap();
        city.later(5);
    }
    assert_eq!((asked, city.asked(), city.written().await), (1, 1, written));
}

#[tokio::test]
async fn what_joined_by_a_wildcard_gets_openid_alone_until_it_is_named() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    city.publish(&pension, &[US]);
    assert_eq!(city.join(&pension).await.unwrap().metadata.scope, "openid");
    let confirmed = city.allow(pension.id.as_str(), |_| {}).await;
    // A day later at the latest, though nobody has told it.
    city.later(24 * 3600);
    city.publish(&pension, &[US]);
    let client = city.join(&pension).await.unwrap();
    assert_eq!(client.metadata.scope, "openid phone");
    assert_eq!(client.revision("phone"), 1);
    assert_eq!(client.allowed_id, Some(confirmed.id));
    assert_eq!(city.entity(&pension).await.unwrap().allowed_id, confirmed.id);
}

#[tokio::test]
async fn a_stranger_makes_us_fetch_nothing_and_leaves_no_trace() {
    let city = City::new().await;
    let (pension, stranger) = (city.system("hrss"), city.system("stranger"));
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&stranger, &[US]);
    let written = city.written().await;
    assert!(matches!(city.join(&stranger).await, Err(JoinFault::NotCovered)));
    for id in ["hrss", "https://", "http://stranger.example", "urn:x", ""] {
        let found = city.joining.client(id, None, city.now()).await;
        assert!(matches!(found, Ok(None)), "{id}");
    }
    assert!(city.entity(&stranger).await.is_none());
    assert_eq!((city.asked(), city.written().await), (0, written));
}

#[tokio::test]
async fn a_suspended_decision_lets_nobody_in_though_a_wider_one_would() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    let named = city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    city.suspend(&named).await;
    assert!(matches!(city.join(&pension).await, Err(JoinFault::Suspended(_))));
    assert_eq!(city.asked(), 0);
}

/// One that joined is told to be suspended by its client, and what stopped it no longer counts under another decision.
#[tokio::test]
async fn a_system_goes_on_under_the_decision_that_is_about_it_now() {
    let city = City::new().await;
    let pension = city.system("hrss");
    let wide = city.allow(&city.pattern("*.localhost"), |_| {}).await;
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.suspend(&wide).await;
    assert!(!city.join(&pension).await.unwrap().is_active());
    city.later(24 * 3600);
    assert!(!city.join(&pension).await.unwrap().is_active());
    assert_eq!(city.asked(), 1);

    let named = city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    let client = city.join(&pension).await.unwrap();
    assert!(client.is_active());
    assert_eq!(client.allowed_id, Some(named.id));
}

#[tokio::test]
async fn of_two_nodes_at_once_one_writes_and_both_have_the_client() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    let (other, now) = (city.another_node(), city.now());
    let id = pension.id.as_str();
    let (one, two, three) = tokio::join!(
        city.joining.client(id, None, now),
        other.client(id, None, now),
        city.joining.client(id, None, now),
    );
    for client in [one, two, three] {
        assert_eq!(client.unwrap().unwrap().client_id, id);
    }
    assert_eq!(city.audited(Action::EntityJoined, &pension).await, 1);
    assert!(city.asked() <= 4, "{}", city.asked());
}

#[tokio::test]
async fn a_client_that_the_operator_has_added_stays_theirs() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(&city.pattern("*.localhost"), |_| {}).await;
    city.publish(&pension, &[US]);
    let metadata = crate::department::ClientMetadata {
        client_name: "窗口".to_owned(),
        organisation: "人社局".to_owned(),
        redirect_uris: vec![format!("{}/cb", pension.id)],
        ..Default::default()
    };
    let context = crate::audit::Context::of_node(city.now(), &crate::rng::Rng::system());
    let id = Some(pension.id.to_string());
    crate::department::add(&city.records.db, &context, id, None, metadata, true)
        .await
        .unwrap();
    let client = city.join(&pension).await.unwrap();
    assert_eq!((client.origin, city.asked()), (Origin::Static, 0));
}
