//! The pages on which the city's operators decide which departments may join.

use serde_json::json;
use yimen_http_tests::{Key, Page, TestApp};

const HRSS: &str = "https://hrss.city.example";

fn path() -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(HRSS.as_bytes()).collect();
    format!("/admin/departments/{encoded}")
}

async fn allow(list: &Page, pattern: &str, name: &str) -> Page {
    let fields = [("pattern", pattern), ("name", name), ("organisation", "人社局")];
    list.press("#allow-department", &fields).await
}

#[tokio::test]
async fn the_city_allows_changes_suspends_and_resumes() {
    let app = TestApp::start().await;
    let city = app.city_operator("市数据局-甲").await;
    let list = city.browser.get("/admin/departments").await;
    assert!(list.text("h1").contains("市数据局-甲"));
    let page = allow(&list, HRSS, "养老金查询").await;
    assert_eq!(
        (page.status(), page.url.path()),
        (200, path().as_str()),
        "{}",
        page.answer.body
    );
    let shown = app.command_json(&["department", "show", HRSS]);
    assert_eq!(
        (&shown["decision"]["name"], &shown["decision"]["scope"]),
        (&json!("养老金查询"), &json!("openid"))
    );

    // The rest of the terms stays when the form changes some.
    let words = ["department", "allow", HRSS, "--range", "10.20.0.0/16"];
    assert!(app.command(&words).0.success());
    let stale = page.press("#allow-department", &[("name", "社保卡")]).await;
    assert_eq!(stale.status(), 422);
    assert!(stale.has("#told"));
    let page = page.reload().await;
    assert!(page.text("#more").contains("10.20.0.0/16"));
    let fields = [
        ("name", "社保卡"),
        ("scope", "phone"),
        ("purpose-phone", "通知您办理结果"),
    ];
    let page = page.press("#allow-department", &fields).await;
    assert_eq!(page.status(), 200, "{}", page.answer.body);
    let decision = &app.command_json(&["department", "show", HRSS])["decision"];
    assert_eq!(
        (&decision["name"], &decision["scope"]),
        (&json!("社保卡"), &json!("openid phone"))
    );
    assert_eq!(
        (&decision["ranges"], &decision["purposes"]["phone"]["zh"]),
        (&json!(["10.20.0.0/16"]), &json!("通知您办理结果"))
    );

    let paused = page.press("#suspend", &[("reason", "maintenance")]).await;
    assert!(paused.has("#resume") && !paused.has("#suspend"));
    let again = page.press("#suspend", &[]).await;
    assert_eq!(again.status(), 422, "it is suspended already");
    let on = paused.press("#resume", &[]).await;
    assert!(on.has("#suspend"));
    let rows = app
        .read_records("SELECT actor || ' ' || detail AS it FROM audit WHERE action LIKE 'department.%' AND detail LIKE '%\"by\"%'")
        .await;
    let id = app.read_records("SELECT id AS it FROM operator").await.remove(0);
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| row.starts_with("operator ") && row.contains(&id)),
        "{rows:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_decided_is_said_in_words_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let city = app.city_operator("c").await;
    let list = city.browser.get("/admin/departments").await;
    for (pattern, name) in [("*.example", "养老金查询"), (HRSS, "x\u{202e}"), ("<b>", "<b>")] {
        let refused = allow(&list, pattern, name).await;
        assert_eq!(refused.status(), 422, "{pattern}");
        assert_eq!(refused.attribute("#d-name", "value"), name);
        assert!(refused.has("#told"));
    }
    assert_eq!(app.count("allowed_department").await, 0);
    assert_eq!(city.browser.get(&path()).await.status(), 404);
    assert_eq!(city.browser.get("/admin/departments/%ff").await.status(), 404);
}

#[tokio::test]
async fn new_keys_are_trusted_where_they_were_compared() {
    let app = TestApp::start().await;
    let city = app.city_operator("c").await;
    allow(&city.browser.get("/admin/departments").await, HRSS, "养老金查询").await;
    let (old, new) = (Key::new(), Key::new());
    let fault = json!({ "step": "keys", "entity": HRSS, "claim": "jwks", "expected": "a pinned key", "found": "<i>x9</i>" });
    app.change_records(&format!(
        "INSERT INTO federation_entity (entity_id, authority, allowed_id, status, jwks, statement_iat, held_jwks, held_at, \
         fault, fault_at, joined_at, updated_at) SELECT '{HRSS}', '', id, 'joined', '{}', 1, '{}', 2, '{fault}', 3, 1, 1 \
         FROM allowed_department",
        old.jwks(),
        new.jwks()
    ))
    .await;
    let page = city.browser.get(&path()).await;
    let systems = page.text("#systems");
    for told in [&old.thumbprint(), &new.thumbprint(), "a pinned key", "<i>x9</i>"] {
        assert!(systems.contains(told), "{told}: {systems}");
    }
    assert_eq!(
        page.press("#trust-keys", &[]).await.status(),
        422,
        "they were not compared"
    );
    let page = page.press("#trust-keys", &[("compared", "yes")]).await;
    assert_eq!(page.status(), 200, "{}", page.answer.body);
    assert!(!page.has("#trust-keys") && page.text("#systems").contains(&new.thumbprint()));
    assert!(!page.text("#systems").contains(&old.thumbprint()));
}

#[tokio::test]
async fn neither_role_acts_in_the_others_place() {
    let app = TestApp::start().await;
    let (window, city) = (app.operator("w").await, app.city_operator("c").await);
    let desk = window.desk().await;
    let list = city.browser.get("/admin/departments").await;
    allow(&list, HRSS, "养老金查询").await;
    let decision = city.browser.get(&path()).await;

    // Staff at a window see nothing of it, whatever forms they have got hold of.
    for place in ["/admin/departments".to_owned(), path()] {
        window.browser.get(&place).await.assert_error(404, "not_found");
        let mut form = desk.form("#sign-out").fill("act", "suspend");
        form.action = desk.url.join(&place).unwrap();
        assert_eq!(form.submit().await.status(), 404, "{place}");
    }
    // The city's see nobody of the window's.
    let there = city.browser.get("/admin").await;
    assert_eq!(there.url.path(), "/admin/departments");
    for place in [
        "/admin/code",
        "/admin/identity",
        "/admin/disputes",
        "/admin/disputes/find",
    ] {
        let mut form = list.form("#sign-out").fill("phone", "13800000001");
        form.action = list.url.join(place).unwrap();
        let posted = form.submit().await;
        assert_eq!(posted.url.path(), "/admin/departments", "{place}");
    }
    // Strangers are asked who they are; other sites' forms are refused.
    let stranger = app.browser().get(&path()).await;
    assert_eq!(stranger.url.path(), "/admin/sign-in");
    let foreign = decision
        .form("#suspend")
        .submit_from("https://evil.example")
        .await;
    assert_eq!(foreign.status(), 403);
    let forged = decision.form("#suspend").fill("token", "x").submit().await;
    assert_eq!(forged.status(), 403);
    let shown = app.command_json(&["department", "show", HRSS]);
    assert_eq!(shown["decision"]["status"], "active");

    // A role that is taken away is over with the next request; a link alone changes none.
    let role = |name: &str| {
        let all = app.command_json(&["admin", "list"]);
        let all = all.as_array().unwrap().clone();
        let one = all.iter().find(|one| one["name"] == name).unwrap();
        one["role"].as_str().unwrap().to_owned()
    };
    let link = app.command_json(&["admin", "add", "c"]);
    app.keep_secret(link["link"].as_str().unwrap().rsplit('/').next().unwrap());
    assert_eq!((role("c"), role("w")), ("city".to_owned(), "window".to_owned()));
    let link = app.command_json(&["admin", "add", "c", "--role", "window"]);
    app.keep_secret(link["link"].as_str().unwrap().rsplit('/').next().unwrap());
    let refused = decision.press("#suspend", &[]).await;
    assert_eq!(refused.status(), 404);
}
