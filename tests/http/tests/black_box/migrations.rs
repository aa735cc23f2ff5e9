//! A binary and the records it finds: older than it, or newer.

use std::sync::Arc;
use yimen_http_tests::{Setup, TestApp};

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn an_empty_postgresql_is_migrated_by_command() {
    let app = Setup::new().set("database.migrate_at_start", false).start().await;
    app.kill();
    app.change_records("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let told = app.try_to_start_again().expect_err("nothing is there to serve");
    assert!(
        told.contains("run `yimen migrate`") && told.contains("0001"),
        "{told}"
    );
    let (status, told) = app.command(&["doctor"]);
    assert!(
        !status.success() && told.contains("migrations are missing"),
        "{told}"
    );

    let (status, said) = app.command(&["migrate"]);
    assert!(status.success() && said.contains("0001"), "{said}");
    app.start_again();
    app.resident("13800000001").sign_in().await;
}

/// One of them waits for the other, and then finds nothing to do.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn two_nodes_that_start_at_once_on_an_empty_postgresql_migrate_it_once() {
    let app = Arc::new(TestApp::start().await);
    app.kill();
    app.change_records("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let again = Arc::clone(&app);
    let first = tokio::task::spawn_blocking(move || again.try_to_start_again());
    let second = app.second_node().await;
    first.await.unwrap().expect("the first node serves");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let files = std::fs::read_dir(folder).unwrap().count();
    let applied = app
        .rows("SELECT COUNT(*) FROM _sqlx_migrations WHERE success")
        .await;
    assert_eq!(usize::try_from(applied).unwrap(), files);
    app.resident("13800000001").sign_in().await;
    assert_eq!(second.get("/readyz").await.status, 200);
}

/// The release after this one.
async fn migrate_ahead(app: &TestApp) {
    app.change_records(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 9999, 'of the next release', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
}

#[tokio::test]
async fn a_node_goes_on_while_the_next_release_migrates_and_does_not_come_back() {
    let app = Setup::new().set("database.migrate_at_start", false).start().await;
    migrate_ahead(&app).await;
    app.resident("13800000001").sign_in().await;
    assert_eq!(app.get("/readyz").await.status, 200);

    let told = app.try_to_start_again().expect_err("the records are newer");
    assert!(
        told.contains("migration 9999") && told.contains("newer"),
        "{told}"
    );
    for command in [["client", "list"], ["doctor", "--json"], ["migrate", "--plan"]] {
        let (status, told) = app.command(&command);
        assert!(!status.success() && told.contains("migration 9999"), "{told}");
    }
}

/// Whoever lets nodes migrate lets none of them migrate back.
#[tokio::test]
async fn a_node_that_may_migrate_does_not_take_newer_records_either() {
    let app = TestApp::start().await;
    migrate_ahead(&app).await;
    let told = app.try_to_start_again().expect_err("the records are newer");
    assert!(
        told.contains("migration 9999") && told.contains("newer"),
        "{told}"
    );
}
