use yimen_http_tests::TestApp;

/// Many tries at once win nothing: they are counted before they are compared, and none is lost in the crowd.
#[tokio::test]
async fn guesses_in_parallel_are_all_counted() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    let code = resident.latest_code().await;
    let guesses = (0..40)
        .map(|n| format!("{:06}", n * 24_989))
        .filter(|guess| *guess != code);
    let tries: Vec<_> = guesses
        .map(|guess| tokio::spawn(page.form("#verify").fill("code", &guess).submit()))
        .collect();
    let mut left = Vec::new();
    for one in tries {
        let said = one.await.unwrap().text("main");
        left.extend(
            said.split("还可以试 ")
                .nth(1)
                .and_then(|rest| rest.chars().next()),
        );
    }
    left.sort();
    assert!(!left.is_empty(), "nobody was told how many tries are left");
    // Each count is told once: two guesses that shared a try would both have been told the same.
    assert!(
        "1234".contains(&left.iter().collect::<String>()),
        "tries left, as told: {left:?}"
    );
    let late = page.press("#verify", &[("code", &code)]).await;
    assert!(!late.has("#devices"), "the right code came after five wrong ones");
}

/// One guess each at many numbers, from one browser: the browser runs into its own ceiling.
#[tokio::test]
async fn one_guess_each_at_many_numbers_is_noticed() {
    let app = TestApp::start().await;
    app.begin_period(600).await;
    let browser = app.browser();
    let mut refused = 0;
    for end in 0..14 {
        let victim = app.resident(&format!("138000003{end:02}"));
        let page = browser.get("/account").await;
        let page = page.press("#send-code", &[("phone", &victim.phone)]).await;
        if !page.has("#verify") {
            refused += 1;
            continue;
        }
        let page = page.press("#verify", &[("code", "000000")]).await;
        assert!(!page.has("#devices"), "one in a million");
    }
    assert!(
        refused >= 3,
        "after ten wrong codes the browser waits, whatever number it names"
    );
}

/// A browser that throws its cookies away gets no new tries at the same code.
#[tokio::test]
async fn without_cookies_there_is_no_code_to_guess_at() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    let code = resident.latest_code().await;
    resident.browser.lose_cookies();
    let page = page.press("#verify", &[("code", &code)]).await;
    assert!(!page.has("#devices"), "even the right code is no use elsewhere");
    let account = resident.browser.get("/account").await;
    assert!(account.has("#phone"));
}
