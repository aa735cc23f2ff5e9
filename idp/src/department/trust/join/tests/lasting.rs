use super::city::US;
use super::*;
use crate::audit::Action;

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_department_that_is_down_stops_nobody_whose_registration_is_good() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    city.join(&pension).await.unwrap();
    city.take_down(&pension);
    city.later(DAY / 2);
    city.join(&pension).await.unwrap();
    assert_eq!(city.asked(), 1, "it is fresh");

    // The last third: it is asked behind the scenes, and not at each request.
    city.later(DAY / 4);
    for _ in 0..5 {
        assert!(city.join(&pension).await.unwrap().is_active());
        settle(&city, 2).await;
    }
    assert_eq!(city.asked(), 2);
    city.later(61);
    city.join(&pension).await.unwrap();
    settle(&city, 3).await;

    city.later(DAY / 4);
    let refused = city.join(&pension).await.unwrap_err();
    assert!(matches!(refused, JoinFault::Unreachable(_)), "{refused:?}");
    // Back again, it goes on as who it was.
    city.publish(&pension, &[US]);
    city.later(11);
    assert!(city.join(&pension).await.unwrap().is_active());
}

#[tokio::test]
async fn in_the_last_third_it_is_fetched_anew_behind_the_scenes() {
    let city = City::new().await;
    let pension = city.system("hrss");
    city.allow(pension.id.as_str(), |_| {}).await;
    city.publish(&pension, &[US]);
    let first = city.join(&pension).await.unwrap();
    city.later(DAY * 3 / 4);
    city.publish(&pension, &[US]);
    let served = city.join(&pension).await.unwrap();
    assert_eq!(served.expires_at, first.expires_at);
    for _ in 0..500 {
        if city.audited(Action::EntityRefreshed, &pension).await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // This node has forgotten the old one.
    let renewed = city.join(&pension).await.unwrap();
    assert!(renewed.expires_at > first.expires_at);
    assert_eq!(city.audited(Action::EntityRefreshed, &pension).await, 1);
    assert_eq!(city.asked(), 2);
}

/// Until what goes on behind the scenes has asked so often, and been answered.
async fn settle(city: &City, asked: usize) {
    for _ in 0..500 {
        if city.asked() >= asked {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}
