//! Signing in by SMS.

use yimen_http_tests::TestApp;

#[tokio::test]
async fn a_resident_signs_in_with_nothing_but_a_phone() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    let account = resident.sign_in().await;
    assert!(
        account.text("#methods").contains("138 **** 0001"),
        "{}",
        account.text("#methods")
    );
}
