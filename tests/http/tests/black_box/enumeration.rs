//! Whether a number has an account is nobody's business: the pages are the same, and so is the work.

use std::time::{Duration, Instant};
use yimen_http_tests::{Page, Resident, TestApp};

/// The page without what differs between any two requests.
fn shape(page: &Page, resident: &Resident) -> String {
    let end = &resident.phone[resident.phone.len() - 4..];
    let mut body = page.answer.body.replace(end, "0000");
    let id = page.url.path().split('/').nth(2).unwrap_or_default().to_owned();
    body = body.replace(&id, "ID");
    for (name, value) in page.form("#resend").fields {
        body = body.replace(&format!("name=\"{name}\" value=\"{value}\""), "TOKEN");
    }
    body.replace(&page.attribute("input[name=token]", "value"), "TOKEN")
}

fn headers(page: &Page) -> Vec<String> {
    let mut names: Vec<_> = page.answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_number_with_an_account_looks_like_one_without() {
    let app = TestApp::start().await;
    let known = app.resident("13800000001");
    known.sign_in().await;
    app.advance("61s").await;
    let (known, unknown) = (known.elsewhere(), app.resident("13800000002"));
    let at_known = known.ask_for_code(&known.browser.get("/account").await).await;
    let at_unknown = unknown.ask_for_code(&unknown.browser.get("/account").await).await;
    assert_eq!(shape(&at_known, &known), shape(&at_unknown, &unknown));
    assert_eq!(
        (at_known.status(), headers(&at_known)),
        (at_unknown.status(), headers(&at_unknown))
    );
    let cookies = |resident: &Resident| {
        let mut names: Vec<_> = resident
            .browser
            .cookies()
            .iter()
            .map(|cookie| cookie.name().split('-').next().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(cookies(&known), cookies(&unknown));

    let wrong = |code: &str| if code == "111111" { "222222" } else { "111111" };
    let at_known = at_known
        .press("#verify", &[("code", wrong(&known.latest_code().await))])
        .await;
    let at_unknown = at_unknown
        .press("#verify", &[("code", wrong(&unknown.latest_code().await))])
        .await;
    assert_eq!(shape(&at_known, &known), shape(&at_unknown, &unknown));
}

/// The same work is done for both, so the times lie together. Machines under test are noisy: what is
/// asserted is the order of magnitude, what was measured is printed.
#[tokio::test]
async fn a_number_with_an_account_takes_as_long_as_one_without() {
    let app = TestApp::start().await;
    let mut times = [Vec::new(), Vec::new()];
    for end in 0..8 {
        app.resident(&format!("1380000010{end}")).sign_in().await;
    }
    app.advance("61s").await;
    for end in 0..8 {
        for (place, phone) in [format!("1380000010{end}"), format!("1380000020{end}")]
            .iter()
            .enumerate()
        {
            let resident = app.resident(phone);
            let page = resident.browser.get("/account").await;
            let began = Instant::now();
            let page = resident.ask_for_code(&page).await;
            times[place].push(began.elapsed());
            assert!(page.has("#code"));
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let [known, unknown] = times.each_mut().map(median);
    println!("median with an account {known:?}, without {unknown:?}");
    assert!(
        known < unknown * 5 && unknown < known * 5,
        "{known:?} and {unknown:?}"
    );
}
