//! Two accounts that together hold more than one may: everything stays, and nothing is added before there is room.

use yimen_http_tests::Page;

use super::{XIUYING, at_account, prove, start};
use crate::phones::add;

const FIRST: &str = "13800000001";
const SECOND: &str = "13800000002";
const NEW: &str = "13800000009";

fn said(account: &Page) -> String {
    account.text("[role=status]")
}

#[tokio::test]
async fn what_a_merging_brings_in_stays_and_there_is_no_more_until_there_is_room() {
    let (app, _authority) = start().await;
    let (one, two) = (app.resident(FIRST), app.resident(SECOND));
    let mut account = prove(&at_account(&one).await, XIUYING).await;
    let numbers: Vec<String> = (3..=6).map(|end| format!("1380000000{end}")).collect();
    for number in &numbers {
        account = add(&app, &account, number).await;
        assert!(said(&account).contains("号码已添加"), "{}", account.answer.body);
    }
    let many = add(&app, &account, NEW).await;
    assert!(
        said(&many).contains("已经够多了"),
        "five are the most: {}",
        many.answer.body
    );

    let page = prove(&at_account(&two).await, XIUYING).await;
    app.advance("61s").await;
    let page = page.press("#merge", &[]).await;
    let question = two.lend_to(FIRST).sign_in_at(&page).await;
    assert!(
        question.text("#remark").contains("超过 5 个"),
        "{}",
        question.answer.body
    );
    let account = question.press("#confirm", &[]).await;
    assert!(said(&account).contains("合成一个了"), "{}", account.answer.body);
    for number in [FIRST, SECOND]
        .into_iter()
        .chain(numbers.iter().map(String::as_str))
    {
        let tail = format!("138 **** {}", &number[7..]);
        assert!(account.text("#methods").contains(&tail), "{tail}");
    }
    app.advance("61s").await;
    let by_second = two.elsewhere();
    assert_eq!(by_second.sign_in().await.text("h1"), XIUYING.0, "it signs in");

    // With one gone there are five: still no room.
    let mut account = by_second.browser.get("/account").await;
    for (held, room) in [(6, false), (5, false), (4, true)] {
        app.advance("61s").await;
        let asked = add(&app, &account, NEW).await;
        let expected = if room {
            "号码已添加"
        } else {
            "已经够多了"
        };
        assert!(said(&asked).contains(expected), "{held}: {}", said(&asked));
        if room {
            break;
        }
        let button = "#methods li form[action='/account/phones/remove'] button";
        let ending = asked.press(button, &[]).await.press("#confirm", &[]).await;
        assert_eq!(ending.status(), 200, "{}", ending.answer.body);
        app.advance("73h").await;
        account = by_second.sign_in().await;
    }
}
