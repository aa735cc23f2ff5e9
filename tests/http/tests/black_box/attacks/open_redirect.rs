use yimen_http_tests::{Registration, TestApp};

const VARIANTS: [&str; 16] = [
    "https://evil.example/callback",
    "https://hrss.yunchuan.example.evil.example/callback",
    "https://hrss.yunchuan.example@evil.example/callback",
    "https://evil.example/https://hrss.yunchuan.example/callback",
    "https://hrss.yunchuan.example/callback/../../evil",
    "https://hrss.yunchuan.example/callback?next=https://evil.example",
    "https://hrss.yunchuan.example/callback#https://evil.example",
    "https://hrss.yunchuan.example/Callback",
    "https://hrss.yunchuan.example:443/callback",
    "https://HRSS.yunchuan.example/callback",
    "http://hrss.yunchuan.example/callback",
    "//evil.example/callback",
    "/callback",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://hrss.yunchuan.example/callback\r\nLocation: https://evil.example",
];

#[tokio::test]
async fn only_the_registered_address_is_ever_answered() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    for uri in VARIANTS {
        for prompt in ["", "none"] {
            for mode in ["", "form_post"] {
                let request = client
                    .sign_in()
                    .with("redirect_uri", uri)
                    .with("prompt", prompt)
                    .with("response_mode", mode);
                let page = resident.browser.get(&request.url()).await;
                page.assert_error(400, "redirect_uri_not_registered");
                page.assert_leads_home();
            }
        }
    }
}

#[tokio::test]
async fn no_page_takes_an_address_to_go_on_to() {
    let app = TestApp::start().await;
    let client = app
        .register(
            Registration::new("hrss").option("--initiate-login-uri", "https://hrss.yunchuan.example/login"),
        )
        .await;
    let resident = app.resident("13800000001");
    let page = resident.follow(&client.sign_in()).await;
    let id = page.url.path().split('/').nth(2).unwrap().to_owned();
    for name in [
        "next",
        "continue",
        "continuation",
        "return_to",
        "redirect",
        "url",
        "back",
        "cancel",
        "restart",
    ] {
        for place in [
            format!("/signin/{id}"),
            "/account".to_owned(),
            "/".to_owned(),
            format!("/oauth2/authorize/{id}"),
        ] {
            let page = resident
                .browser
                .get(&format!("{place}?{name}=https://evil.example/"))
                .await;
            assert_eq!(page.left_for(), None, "{place} {name}");
            assert!(!page.answer.body.contains("evil.example\""), "{place} {name}");
        }
        let page = page
            .press("#send-code", &[("phone", "1"), (name, "https://evil.example/")])
            .await;
        assert_eq!(page.left_for(), None);
    }
}
