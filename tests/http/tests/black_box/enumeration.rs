//! Whether a number has an account is nobody's business: the pages are the same, and so is the work.

use yimen_http_tests::{Authenticator, Page, Resident, Setup, TestApp, options_on};

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

    let at_known = mistype(&known, &at_known).await;
    let at_unknown = mistype(&unknown, &at_unknown).await;
    assert_eq!(shape(&at_known, &known), shape(&at_unknown, &unknown));
    assert_eq!(
        (at_known.status(), headers(&at_known)),
        (at_unknown.status(), headers(&at_unknown))
    );
}

async fn mistype(resident: &Resident, page: &Page) -> Page {
    let right = resident.latest_code().await;
    let wrong = if right == "111111" { "222222" } else { "111111" };
    let page = page.press("#verify", &[("code", wrong)]).await;
    assert!(page.has("#code-error"), "{}", page.answer.body);
    page
}

/// A list of credentials to choose from would say who has one: the authenticator alone knows (WebAuthn Level 3 §14.6.2).
#[tokio::test]
async fn the_options_of_a_sign_in_name_nobodys_passkey() {
    let app = TestApp::start().await;
    let (known, unknown) = (app.resident("13800000001"), app.resident("13800000002"));
    let account = known.sign_in().await;
    Authenticator::new()
        .enrol(&account.click("#add-passkey").await)
        .await;
    known.browser.get("/account").await.press("#sign-out", &[]).await;
    app.advance("61s").await;
    let mut given = Vec::new();
    for resident in [&known, &unknown, &app.resident("13800000003")] {
        let page = resident.browser.get("/account").await;
        let before = options_on(&page).await;
        // Also once the number is known.
        resident.ask_for_code(&page).await;
        for mut options in [before, options_on(&page.reload().await).await] {
            let allowed = &options["allowCredentials"];
            assert!(
                allowed.is_null() || allowed.as_array().is_some_and(Vec::is_empty),
                "{options}"
            );
            options["challenge"] = serde_json::Value::Null;
            given.push(options);
        }
    }
    assert!(given.windows(2).all(|two| two[0] == two[1]), "{given:?}");
}

/// Times are noise on a busy machine, and what takes them is not: the database is asked as many things about a number
/// with an account as about one without, when a code is sent and when a wrong one is typed.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn a_number_with_an_account_costs_as_much_as_one_without() {
    const EACH: usize = 5;
    let (setup, taps) = Setup::new().with_taps();
    let app = setup.start().await;
    for end in 0..EACH {
        app.resident(&format!("1380000010{end}")).sign_in().await;
    }
    app.advance("61s").await;
    let mut sent = [Vec::new(), Vec::new()];
    let mut mistyped = [Vec::new(), Vec::new()];
    for end in 0..EACH {
        let phones = [format!("1380000010{end}"), format!("1380000020{end}")];
        for (place, phone) in phones.iter().enumerate() {
            let resident = app.resident(phone);
            let page = resident.browser.get("/account").await;
            let before = taps.database.statements();
            let page = resident.ask_for_code(&page).await;
            let between = taps.database.statements();
            mistype(&resident, &page).await;
            sent[place].push(between - before);
            mistyped[place].push(taps.database.statements() - between);
        }
    }
    // What the server does of its own accord meanwhile only adds.
    let least = |counts: &Vec<usize>| counts.iter().copied().min().unwrap_or_default();
    for (what, [known, unknown]) in [("a code sent", sent), ("a code mistyped", mistyped)] {
        assert!(least(&known) > 0, "{what}: {known:?}");
        assert_eq!(
            least(&known),
            least(&unknown),
            "{what}: {known:?} and {unknown:?}"
        );
    }
}
