//! The browser of a registered kiosk: whoever walks away leaves nothing to the next person.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::browser::{Answer, Browser};
use crate::world::World;

/// Somebody who is signed in there, where a session may stand unused for two minutes.
async fn at_kiosk(world: &World) -> Browser {
    world.provider.bend(|claims| claims["kiosk_idle"] = json!(120));
    world.signed_in().await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer
        .headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_page_goes_from_the_screen_by_itself() {
    let world = World::start().await;
    let mut browser = at_kiosk(&world).await;
    // The department has done nothing for it; not even asked who looks at its leaflet.
    for page in ["/", "/pension", "/leaflet"] {
        let page = browser.get(page).await;
        assert_eq!(header(&page, "refresh"), "120; url=/yimen/rest");
        assert_eq!(header(&page, "cache-control"), "no-store");
    }
    let refused = browser.submit("/yimen/sign-out", "form_token=x").await;
    assert_eq!(header(&refused, "refresh"), "120; url=/yimen/rest", "nor ours");
    let longer = browser.get("/long-form").await;
    assert_eq!(header(&longer, "refresh"), "600; url=/yimen/rest");
    assert_eq!(header(&longer, "cache-control"), "no-store");
    let program = [("accept", "application/json"), ("sec-fetch-mode", "cors")];
    let data = browser.send("GET", "/token", &program, "").await;
    assert_eq!(header(&data, "refresh"), "", "no page");
}

#[tokio::test]
async fn pages_stay_where_they_are_anywhere_else() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let page = browser.get("/pension").await;
    assert_eq!(header(&page, "refresh"), "");
    let page = browser.get("/leaflet").await;
    assert_eq!(header(&page, "cache-control"), "public, max-age=600");
    world.time.advance(121);
    assert_eq!(browser.get("/").await.body, "welcome");
}

#[tokio::test]
async fn two_minutes_without_use_end_it_and_its_cookie_goes() {
    let world = World::start().await;
    let mut browser = at_kiosk(&world).await;
    for _ in 0..3 {
        world.time.advance(110);
        assert_eq!(browser.get("/").await.body, "welcome", "use keeps it alive");
    }
    world.time.advance(121);
    let mut asked = browser.clone();
    assert!(
        asked
            .get("/pension")
            .await
            .location()
            .starts_with("/yimen/sign-in")
    );
    assert!(asked.cookies.is_empty());
    let page = browser.get("/").await;
    assert_eq!((page.body.as_str(), header(&page, "refresh")), ("nobody", ""));
    assert!(browser.cookies.is_empty());
}

/// The provider would end a session of which it hears nothing. No page waits for that, nor for a provider that is away.
#[tokio::test]
async fn the_provider_hears_that_somebody_is_still_there() {
    let world = World::start().await;
    let mut browser = at_kiosk(&world).await;
    let away = world.provider.hold_refreshes.write().await;
    browser.get("/").await;
    world.time.advance(31);
    assert_eq!(browser.get("/").await.body, "welcome");
    drop(away);
    let heard = async |times| {
        for _ in 0..200 {
            if world.provider.refreshed.load(Ordering::Relaxed) == times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{times} times: {:?}", world.provider.refreshed);
    };
    heard(1).await;
    browser.get("/").await;
    world.time.advance(31);
    browser.get("/").await;
    heard(2).await;
    // Its answer that they have signed out on the phone meanwhile counts.
    let gone = json!({ "error": "invalid_grant" });
    *world.provider.refusal.lock().unwrap() = Some((StatusCode::BAD_REQUEST, gone));
    world.time.advance(31);
    for _ in 0..200 {
        if browser.get("/").await.body == "nobody" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still signed in");
}

#[tokio::test]
async fn a_page_that_loads_itself_anew_says_of_nobody_that_they_are_there() {
    let world = World::start().await;
    let mut browser = at_kiosk(&world).await;
    let by_itself = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
    let by_hand = [by_itself[0], by_itself[1], ("sec-fetch-user", "?1")];
    for (headers, heard) in [(&by_itself[..], 0), (&by_hand[..], 1)] {
        world.time.advance(31);
        assert_eq!(browser.send("GET", "/", headers, "").await.body, "welcome");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(world.provider.refreshed.load(Ordering::Relaxed), heard);
    }
}

#[tokio::test]
async fn nobody_is_told_of_who_sits_at_a_browser_of_their_own() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(31);
    browser.get("/").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.provider.refreshing.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn whoever_walks_away_is_signed_out_and_nothing_of_them_stays() {
    let world = World::start().await;
    let mut browser = at_kiosk(&world).await;
    // A sign-in that was begun beside it and left.
    browser.get("/yimen/sign-in?return_to=/").await;
    let kept = browser.clone();
    let rest = browser.get("/yimen/rest").await;
    assert_eq!(rest.location(), format!("{}/kiosk/rest", world.provider.issuer));
    assert_eq!(header(&rest, "clear-site-data"), "\"cache\", \"storage\"");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies.keys());
    assert_eq!(kept.clone().get("/").await.body, "nobody", "the session itself");
    assert_eq!(world.provider.revocations().await, ["refresh-1"]);
    // Once more, by the page in another tab.
    let rest = browser.get("/yimen/rest").await;
    assert_eq!(rest.location(), format!("{}/kiosk/rest", world.provider.issuer));
}

#[tokio::test]
async fn a_link_to_the_rest_page_signs_nobody_out_elsewhere() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let rest = browser.get("/yimen/rest").await;
    assert_eq!(header(&rest, "clear-site-data"), "");
    assert_eq!(browser.get("/").await.body, "welcome");
    let other = browser.send("POST", "/yimen/rest", &[], "").await;
    assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_finished_button_leaves_nothing_either() {
    let world = World::start().await;
    let mut browser = at_kiosk(&world).await;
    let form = format!("form_token={}", browser.get("/form-token").await.body);
    let answer = browser.submit("/yimen/sign-out", &form).await;
    assert!(answer.location().contains("/oauth2/logout?"));
    assert_eq!(header(&answer, "clear-site-data"), "\"cache\", \"storage\"");
    assert!(browser.cookies.is_empty());
}

/// The time stands in the cookie, where whoever is next could write another.
#[tokio::test]
async fn a_cookie_with_another_time_opens_nothing() {
    let world = World::start().await;
    let browser = at_kiosk(&world).await;
    let (name, cookie) = browser.cookies.first_key_value().unwrap();
    let (secret, seconds) = cookie.split_once('.').unwrap();
    assert_eq!(seconds, "120");
    for forged in ["", ".", ".9999", ".120.9999", ".0120", ".+120"] {
        let mut other = browser.clone();
        other.cookies.insert(name.clone(), format!("{secret}{forged}"));
        assert_eq!(other.get("/").await.body, "nobody", "{forged}");
    }
}

/// Whatever a provider says, the session does not outlive what the department allows everywhere.
#[tokio::test]
async fn a_time_that_is_none_or_too_long_makes_nothing_last() {
    let world = World::start().await;
    world
        .provider
        .bend(|claims| claims["kiosk_idle"] = json!(u64::MAX));
    let mut long = world.signed_in().await;
    world.time.advance(31 * 60);
    assert_eq!(long.get("/").await.body, "nobody");
    world.provider.bend(|claims| claims["kiosk_idle"] = json!(0));
    let mut none = world.signed_in().await;
    assert_eq!(header(&none.get("/").await, "refresh"), "1; url=/yimen/rest");
}
