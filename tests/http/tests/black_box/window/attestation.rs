//! Whose authenticators staff may enrol, where the city accepts some only.

use toml::Value;
use yimen_http_tests::{Authenticator, Lie, Maker, Model, Page, Setup, TestApp, options_on, origin_of};

const ACCEPTED: Model = [1; 16];
const OTHER: Model = [2; 16];

/// A city that has bought its keys from these makers.
async fn city(makers: &[&Maker], models: &[&str]) -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("makers.pem");
    let certificates: String = makers.iter().map(|maker| maker.pem()).collect();
    std::fs::write(&file, certificates).unwrap();
    let models: Vec<Value> = models.iter().map(|model| Value::from(*model)).collect();
    let app = Setup::new()
        .set("operator.attestation", "direct")
        .set("operator.attestation_ca", file.to_str().unwrap())
        .set("operator.attestation_models", models)
        .start()
        .await;
    (app, folder)
}

async fn enrol(app: &TestApp, authenticator: &Authenticator, lie: &Lie) -> Page {
    let page = app.enrolment_page("w").await;
    let options = options_on(&page).await;
    assert_eq!(options["attestation"], "direct");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    let made = authenticator.make(&origin_of(&page), &options, lie);
    page.press("#passkey", &[("credential", &made.to_string())]).await
}

#[track_caller]
fn assert_refused(page: &Page, why: &str) {
    assert_eq!(page.status(), 422, "{why}: {}", page.url);
}

#[tokio::test]
async fn only_what_an_accepted_maker_vouches_for_is_enrolled() {
    let (maker, second) = (Maker::new("Keys Ltd", ACCEPTED), Maker::new("Locks Ltd", OTHER));
    let (app, _folder) = city(&[&maker, &second], &[]).await;
    let honest = Lie::default();
    assert_refused(&enrol(&app, &Authenticator::new(), &honest).await, "says nothing");
    let stranger = Authenticator::of(Maker::new("Others Ltd", ACCEPTED));
    assert_refused(&enrol(&app, &stranger, &honest).await, "nobody's");
    let forger = Authenticator::of(Maker::new("Keys Ltd", ACCEPTED));
    assert_refused(
        &enrol(&app, &forger, &honest).await,
        "the maker's name, another key",
    );
    for accepted in [maker, second] {
        let key = Authenticator::of(accepted);
        let lie = Lie {
            model: Some([3; 16]),
            ..Lie::default()
        };
        assert_refused(
            &enrol(&app, &key, &lie).await,
            "another model than its certificate's",
        );
        let unverified = Lie {
            is_unverified: true,
            ..Lie::default()
        };
        assert_refused(&enrol(&app, &key, &unverified).await, "nobody looked");
        let synced = Lie {
            is_synced: true,
            ..Lie::default()
        };
        assert_refused(&enrol(&app, &key, &synced).await, "copied to other devices");
        let sign_in = enrol(&app, &key, &honest).await;
        assert_eq!(sign_in.url.path(), "/admin/sign-in", "{}", sign_in.answer.body);
        let desk = key.sign_in(&sign_in).await;
        assert_eq!((desk.status(), desk.url.path()), (200, "/admin"));
    }
}

#[tokio::test]
async fn of_an_accepted_maker_only_the_models_that_are_named() {
    let maker = Maker::new("Keys Ltd", ACCEPTED);
    let (app, _folder) = city(&[&maker], &["02020202-0202-0202-0202-020202020202"]).await;
    let page = enrol(&app, &Authenticator::of(maker), &Lie::default()).await;
    assert_refused(&page, "another model");
    let maker = Maker::new("Keys Ltd", OTHER);
    let (app, _folder) = city(&[&maker], &["02020202-0202-0202-0202-020202020202"]).await;
    let page = enrol(&app, &Authenticator::of(maker), &Lie::default()).await;
    assert_eq!(page.url.path(), "/admin/sign-in", "{}", page.answer.body);
}

/// What residents use is none of this.
#[tokio::test]
async fn residents_are_not_asked_whose_theirs_is() {
    let maker = Maker::new("Keys Ltd", ACCEPTED);
    let (app, _folder) = city(&[&maker], &[]).await;
    let resident = app.resident(super::PHONE);
    let passkey = Authenticator::new();
    let page = resident.sign_in().await.click("#add-passkey").await;
    assert_eq!(options_on(&page).await["attestation"], "none");
    passkey.enrol(&page).await;
    let account = passkey.sign_in(&app.browser().get("/account").await).await;
    assert_eq!(account.url.path(), "/account");
}
