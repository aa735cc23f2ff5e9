use super::{allowed, sign_in};
use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn a_department_that_moves_knows_its_residents_again_at_its_new_address() {
    let app = TestApp::start().await;
    let (old, new) = (allowed(&app).await, app.system());
    let (wang, li) = (app.resident("13800000001"), app.resident("13800000002"));
    let known = sign_in(&wang, &old.client()).await;
    app.allow(&new.id, &["--moved-from", &old.id]).await;
    new.publish();
    app.department(&["remove", &old.id]).await;
    // It is another system, so residents are asked anew what it may have.
    assert_eq!(sign_in(&wang, &new.client()).await.sub(), known.sub());
    assert_ne!(sign_in(&li, &new.client()).await.sub(), known.sub());
    assert_eq!(sign_in(&wang, &new.client()).await.sub(), known.sub());
    // And when it moves once more.
    let newest = app.system();
    app.allow(&newest.id, &["--moved-from", &new.id]).await;
    newest.publish();
    assert_eq!(sign_in(&wang, &newest.client()).await.sub(), known.sub());
}

#[tokio::test]
async fn one_that_was_registered_by_hand_may_join_by_itself_and_knows_its_residents() {
    let app = TestApp::start().await;
    let by_hand = app.register(Registration::new("hrss").with_key()).await;
    let wang = app.resident("13800000001");
    let known = wang.sign_in_to(&by_hand).await;
    let system = app.system();
    app.allow(&system.id, &["--moved-from", "hrss"]).await;
    system.publish();
    assert_eq!(sign_in(&wang, &system.client()).await.sub(), known.sub());
}

/// Whoever has come to a system would be a stranger there from one day to the next.
#[tokio::test]
async fn residents_of_a_system_that_has_joined_keep_their_identifiers() {
    let app = TestApp::start().await;
    let (old, new) = (allowed(&app).await, allowed(&app).await);
    let wang = app.resident("13800000001");
    let (known, other) = (
        sign_in(&wang, &old.client()).await,
        sign_in(&wang, &new.client()).await,
    );
    assert_ne!(known.sub(), other.sub());
    let refused = |words: &[&str]| {
        let (status, said) = app.command(&[&["department", "allow"], words].concat());
        assert!(!status.success(), "{said}");
        said
    };
    let moved = ["--moved-from", old.id.as_str()];
    let said = refused(&[&[new.id.as_str()], &moved[..]].concat());
    let remedy = format!("yimen department remove {}", new.id);
    assert!(said.contains(&remedy), "{said}");
    assert_eq!(sign_in(&wang, &new.client()).await.sub(), other.sub());
    let names = ["--name", "养老金查询", "--organisation", "人社局"];
    let said = refused(&[&["*.city.example"], &moved[..], &names[..]].concat());
    assert!(said.contains("--moved-from"), "{said}");
    let nobody = ["--moved-from", "https://nobody.city.example"];
    let said = refused(&[&["https://newer.city.example"], &nobody[..], &names[..]].concat());
    assert!(said.contains("yimen client list"), "{said}");

    // The operator may mean it, and says so in two steps.
    app.department(&["remove", &new.id]).await;
    app.allow(&new.id, &moved).await;
    assert_eq!(sign_in(&wang, &new.client()).await.sub(), known.sub());
}
