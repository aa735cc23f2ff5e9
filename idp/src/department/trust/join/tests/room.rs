//! How many may come whom nobody has named.

use super::city::US;
use super::*;
use crate::department::trust::allowed::Pattern;
use crate::federation::{EntityId, Relaxation};

#[test]
fn a_branch_is_what_one_label_below_the_domain_stands_for() {
    for (pattern, id, expected) in [
        (
            "*.city.example",
            "https://hrss.city.example/x",
            "hrss.city.example",
        ),
        (
            "*.city.example",
            "https://a.b.hrss.city.example",
            "hrss.city.example",
        ),
        (
            "*.city.example:8443",
            "https://a.b.city.example:8443",
            "b.city.example:8443",
        ),
        ("a.city.example", "https://a.city.example/x", "a.city.example"),
        (
            "https://a.city.example",
            "https://a.city.example",
            "a.city.example",
        ),
    ] {
        let id = EntityId::parse(id, Relaxation::Nothing).unwrap();
        let pattern = Pattern::parse(pattern, Relaxation::Nothing).unwrap();
        assert!(pattern.covers(&id), "{pattern} {id}");
        assert_eq!(pattern.branch(&id), expected, "{pattern} {id}");
    }
}

/// Whoever was given one name below a domain makes up hosts below it.
#[tokio::test]
async fn one_branch_does_not_take_the_room_of_a_whole_domain() {
    let city = City::new().await;
    let wide = city.operate(&city.pattern("*.localhost"), |_| {}).await;
    let made_up: Vec<_> = (0..100)
        .map(|at| city.system_at(&format!("x{}.evil", at / 2), &format!("/{at}")))
        .collect();
    city.fill(&wide, &made_up).await;
    let [greedy, beside, honest] = ["y.evil", "evil", "notevil"].map(|host| city.system(host));
    for system in [&greedy, &beside, &honest] {
        city.publish(system, &[US]);
    }
    for system in [&greedy, &beside] {
        let refused = city.join(system).await.unwrap_err();
        let fault = refused.trust().unwrap();
        assert!(fault.expected.contains("lets in no more"), "{fault}");
    }
    city.join(&honest).await.unwrap();
    // Who is stopped takes nobody's room.
    city.operate_remove(made_up[7].id.as_str()).await;
    city.later(70);
    city.join(&greedy).await.unwrap();
    // Nor does who is put under a decision of its own, which may be suspended.
    let branch = city.operate(&city.pattern("*.evil.localhost"), |_| {}).await;
    city.later(70);
    assert!(city.join(&beside).await.is_ok());
    assert_eq!(city.entity(&greedy).await.unwrap().allowed_id, branch.id);
}
