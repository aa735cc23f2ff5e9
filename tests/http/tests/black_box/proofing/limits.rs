use super::{JIANGUO, XIUYING, at_account, prove, start};

#[tokio::test]
async fn an_account_may_try_five_times_a_day() {
    let (app, authority) = start().await;
    app.begin_period(86_400).await;
    let resident = app.resident("13800000001");
    let page = at_account(&resident).await;
    for _ in 0..5 {
        assert_eq!(prove(&page, ("李秀莲", XIUYING.1)).await.status(), 422);
    }
    let sixth = prove(&page, XIUYING).await;
    assert_eq!(sixth.status(), 429, "even the right one, and nobody is asked");
    assert!(sixth.text("#prove-error").contains("试得太多了"));
    assert_eq!(authority.asked().len(), 5);
    app.advance("24h").await;
    let page = at_account(&resident.elsewhere()).await;
    assert_eq!(prove(&page, XIUYING).await.url.path(), "/account");
}

/// Whoever knows a person's region and birth date has five hundred numbers to try, and takes many accounts for it.
#[tokio::test]
async fn many_accounts_together_find_nobodys_number() {
    let (app, authority) = start().await;
    app.begin_period(86_400).await;
    let guesses = ["0038", "0046", "0054", "0062", "0070"];
    for phone in ["13800000001", "13800000002"] {
        let page = at_account(&app.resident(phone)).await;
        for guess in guesses {
            let answer = prove(&page, (XIUYING.0, &format!("11010519491231{guess}"))).await;
            assert_eq!(answer.status(), 422);
            assert!(answer.has("#prove-error"), "a number that is one");
        }
    }
    let third = at_account(&app.resident("13800000003")).await;
    assert_eq!(prove(&third, XIUYING).await.status(), 429);
    assert_eq!(authority.asked().len(), 10);
    assert_eq!(
        prove(&third, JIANGUO).await.url.path(),
        "/account",
        "others go on"
    );
    app.advance("24h").await;
    let owner = at_account(&app.resident("13800000004")).await;
    assert_eq!(prove(&owner, XIUYING).await.url.path(), "/account");
}

#[tokio::test]
async fn who_is_right_takes_no_try_from_others_of_their_birthday() {
    let (app, _) = start().await;
    app.begin_period(86_400).await;
    for round in 0..12 {
        let page = at_account(&app.resident(&format!("138000001{round:02}"))).await;
        let answer = prove(&page, XIUYING).await;
        assert_ne!(answer.status(), 429, "{round}");
    }
}

#[tokio::test]
async fn many_tries_at_once_are_still_five() {
    let (app, authority) = start().await;
    app.begin_period(86_400).await;
    let page = at_account(&app.resident("13800000001")).await;
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let page = page.clone();
            tokio::spawn(async move { prove(&page, ("李秀莲", XIUYING.1)).await.status() })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        refused += usize::from(task.await.unwrap() == 429);
    }
    assert_eq!((refused, authority.asked().len()), (7, 5));
}
