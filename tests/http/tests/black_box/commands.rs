//! What the operator's commands print, and what a change of a registration does to residents.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use yimen_http_tests::{Client, Registration, SignIn, TestApp, Tokens};

fn update(app: &TestApp, options: &[&str]) -> String {
    let (status, said) = app.command(&[&["client", "update", "hrss"], options].concat());
    assert!(status.success(), "{said}");
    said
}

/// What `client update hrss …` says, once the node has seen it: it starts again, which no clock has to be moved for.
fn update_and_start_again(app: &TestApp, options: &[&str]) -> String {
    let said = update(app, options);
    app.start_again();
    said
}

async fn phone_of(client: &Client, tokens: &Tokens) -> Option<String> {
    let claims = client.userinfo(&tokens.access).await.json();
    claims["phone_number"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn keys_and_clients_are_printed_for_people_and_as_json_on_demand() {
    let app = TestApp::start().await;
    app.client("hrss").await;
    for (arguments, field) in [
        (["keys", "list", ""], "/0/kid"),
        (["keys", "rotate", "--now"], "/0/kid"),
        (["client", "show", "hrss"], "/client_id"),
        (["client", "list", ""], "/0/client_id"),
    ] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|one| !one.is_empty()).collect();
        let (status, text) = app.command(&arguments);
        assert!(status.success() && !text.contains(['{', '[']), "{text}");
        let told = app.command_json(&arguments);
        assert!(told.pointer(field).is_some_and(Value::is_string), "{told}");
    }
    let (_, keys) = app.command(&["keys", "list"]);
    assert!(
        keys.contains("what happens next") && keys.contains("signs until"),
        "{keys}"
    );
    let kid = app.command_json(&["keys", "list"])[0]["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, revoked) = app.command(&["keys", "revoke", &kid]);
    assert!(
        revoked.starts_with(&kid) && revoked.contains("has been revoked"),
        "{revoked}"
    );
    let (_, client) = app.command(&["client", "show", "hrss"]);
    for row in [["id", "hrss"], ["name", "hrss系统"], ["scope", "openid"]] {
        let has = |line: &str| line.split_whitespace().take(2).eq(row);
        assert!(client.lines().any(has), "{client}");
    }
}

#[tokio::test]
async fn the_configuration_is_printed_as_resolved_and_its_secrets_are_not() {
    let app = TestApp::start().await;
    let variables = [("YIMEN_SESSION__IDLE", "7m"), ("YIMEN_CITY", "云山市")];
    let (status, said) = app.command_with(&variables, &["config", "print"]);
    assert!(status.success(), "{said}");
    assert!(
        said.starts_with(&format!("# {}", app.dir().join("yimen.toml").display())),
        "{said}"
    );
    let printed: toml::Table = said.parse().expect("what is printed is TOML");
    assert_eq!(printed["session"]["idle"].as_str(), Some("7m"), "{said}");
    assert_eq!(printed["city"].as_str(), Some("云山市"), "{said}");
    let json = app.command_json(&["config", "print"]);
    assert_eq!(json["public_url"], app.url(""));
    let written: toml::Table = std::fs::read_to_string(app.dir().join("yimen.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let key = written["master_key"].as_str().unwrap();
    for text in [&said, &json.to_string()] {
        assert!(!text.contains(key), "the master key is printed: {text}");
    }
}

#[tokio::test]
async fn a_key_is_explained_by_a_part_of_its_name() {
    let app = TestApp::start().await;
    let (status, said) = app.command(&["config", "explain", "session.idle"]);
    assert!(
        status.success() && said.starts_with("session.idle\n") && said.contains("YIMEN_SESSION__IDLE"),
        "{said}"
    );
    let json = app.command_json(&["config", "explain", "session"]);
    let keys = json.as_array().unwrap();
    assert!(keys.len() > 1);
    for key in keys {
        assert!(key["key"].as_str().unwrap().contains("session"), "{key}");
        assert!(!key["explanation"].as_str().unwrap().is_empty(), "{key}");
    }
    let (status, said) = app.command(&["config", "explain", "sesion"]);
    assert!(
        !status.success() && said.contains("no key's name contains `sesion`"),
        "{said}"
    );
}

#[tokio::test]
async fn migrate_says_what_it_would_do_does_it_and_has_nothing_more_to_do() {
    let app = TestApp::start().await;
    let url = format!("sqlite:{}", app.dir().join("empty.db").display());
    let migrate = |options: &[&str]| {
        let variables = [("YIMEN_DATABASE__URL", url.as_str())];
        let (status, said) = app.command_with(&variables, &[&["migrate", "--json"], options].concat());
        assert!(status.success(), "{said}");
        serde_json::from_str::<Value>(&said).expect("one line of JSON")
    };
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations")).unwrap();
    let files = files
        .filter(|file| {
            file.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "sql")
        })
        .count();
    let planned = migrate(&["--plan"]);
    assert_eq!(planned["applied"], false);
    assert_eq!(
        planned["migrations"].as_array().unwrap().len(),
        files,
        "{planned}"
    );
    let done = migrate(&[]);
    assert_eq!(done["applied"], true);
    assert_eq!(done["migrations"], planned["migrations"]);
    assert_eq!(
        migrate(&[]),
        serde_json::json!({ "migrations": [], "applied": true })
    );
}

#[tokio::test]
async fn a_demo_without_its_three_ports_says_which_and_ends() {
    let app = TestApp::start().await;
    let data = app.dir().join("demo").display().to_string();
    let demo = |port: u16| app.command(&["demo", "--data", &data, "--port", &port.to_string()]);
    let (status, said) = demo(app.port());
    assert!(
        !status.success() && said.contains(&app.port().to_string()) && said.contains("in use"),
        "{said}"
    );
    // Free itself, if nobody has taken it, while the first department's is not.
    let (status, said) = demo(app.port() - 1);
    assert!(!status.success() && said.contains("in use"), "{said}");
    for port in [0, 65_534, 65_535] {
        let (status, said) = demo(port);
        assert!(
            !status.success() && said.contains("from 1 to 65533"),
            "{port}: {said}"
        );
    }
}

#[tokio::test]
async fn doctor_and_the_log_name_what_stands_open_with_what_to_run() {
    let app = TestApp::start().await;
    let run = format!("`chmod go= {}`", app.dir().join("yimen.toml").display());
    let (status, said) = app.command(&["doctor"]);
    assert!(
        !status.success() && said.contains("✗ files: ") && said.contains(&run),
        "{said}"
    );
    assert!(app.log().contains(&run), "{}", app.log());
    for file in std::fs::read_dir(app.dir()).unwrap() {
        std::fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o600)).unwrap();
    }
    let (status, said) = app.command(&["doctor"]);
    assert!(status.success(), "{said}");
    for line in [
        "✓ files: ",
        "✓ database: answers",
        "✓ short-lived state: ",
        "✓ public address: ",
        "✓ sms: tried in the order outbox; none of them has a server to try",
    ] {
        assert!(said.contains(line), "{said}");
    }
    // Whatever the test runs on, it is one machine.
    assert!(
        said.contains(" clock: no other machine's clock to compare with"),
        "{said}"
    );
    for finding in app.command_json(&["doctor"]).as_array().unwrap() {
        assert_eq!(finding["ok"], finding["verdict"] != "fault", "{finding}");
    }
    let file = app.dir().join("yimen.toml");
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("nonsense = 1\n{written}")).unwrap();
    let (status, said) = app.command(&["doctor"]);
    assert!(
        !status.success() && said.contains("✗ configuration: ") && said.contains("nonsense"),
        "{said}"
    );
}

#[tokio::test]
async fn an_added_scope_is_asked_for_alone_and_a_removed_one_is_given_no_more() {
    let app = TestApp::start().await;
    let client = app
        .register(Registration::new("hrss").scope("openid profile"))
        .await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let all = || client.sign_in_for("openid profile phone");
    let before = all();
    before.read(&resident.follow(&before).await).code();

    let said = update_and_start_again(&app, &["--scope", "openid profile phone"]);
    assert!(
        said.contains("+ openid profile phone") && said.contains("phone: residents will be asked"),
        "{said}"
    );
    let request = all();
    let page = resident.follow(&request).await;
    assert_eq!(page.count(".claim"), 1, "{}", page.text("main"));
    assert!(page.text(".claim").contains("新增") && page.text(".claim").contains("手机号"));
    let response = request.read(&page.press("#allow", &[]).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(
        phone_of(&client, &tokens).await.as_deref(),
        Some("+8613800000001")
    );

    let said = update_and_start_again(&app, &["--scope", "openid profile"]);
    assert!(
        said.contains("phone: what residents allowed no longer counts"),
        "{said}"
    );
    assert_eq!(
        phone_of(&client, &tokens).await,
        None,
        "nor by a token that was issued before"
    );
    assert_eq!(
        client.introspect(&tokens.access).await.json()["scope"],
        "openid profile"
    );
    let refreshed = client.refresh(&tokens.refresh).await.json();
    assert_eq!(refreshed["scope"], "openid profile");
    let request = all();
    let tokens = client
        .tokens(&request, &request.read(&resident.follow(&request).await))
        .await;
    assert_eq!(phone_of(&client, &tokens).await, None);
    let account = resident.browser.get("/account").await;
    assert!(
        !account.text("#services").contains("手机号"),
        "{}",
        account.text("#services")
    );

    update_and_start_again(&app, &["--scope", "openid profile phone"]);
    let page = resident.follow(&all()).await;
    assert_eq!(page.count(".claim"), 1, "added again, it is asked for again");
}

#[tokio::test]
async fn another_purpose_is_asked_for_again_but_not_other_words_for_the_same() {
    let app = TestApp::start().await;
    let registration = Registration::new("hrss")
        .scope("openid phone")
        .option("--purpose", "phone=通知您办理结果")
        .option("--optional", "phone");
    let client = app.register(registration).await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident.sign_in_at(&resident.follow(&request).await).await;
    let response = request.read(&page.press("#allow", &[("item", "phone")]).await);
    let tokens = client.tokens(&request, &response).await;
    assert!(phone_of(&client, &tokens).await.is_some());

    update_and_start_again(&app, &["--purpose", "phone=告诉您结果", "--same-purpose"]);
    assert!(phone_of(&client, &tokens).await.is_some());

    let said = update_and_start_again(&app, &["--purpose", "phone=给您推荐活动"]);
    assert!(said.contains("residents will be asked again"), "{said}");
    assert_eq!(phone_of(&client, &tokens).await, None);
    let request = client.sign_in();
    let page = resident.follow(&request).await;
    assert_eq!((page.count(".claim"), page.count(".option")), (0, 1));
    assert!(page.text(".option").contains("给您推荐活动"));
    let response = request.read(&page.press("#allow", &[]).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(phone_of(&client, &tokens).await, None, "left out");
    let again = client.sign_in();
    again.read(&resident.follow(&again).await).code();
}

#[tokio::test]
async fn without_offline_access_refresh_tokens_end_with_the_session() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    account.press("#sign-out", &[]).await;
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
    update_and_start_again(&app, &["--scope", "openid profile phone"]);
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn another_address_serves_on_every_node_and_residents_stay_who_they_are() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let sub = resident.sign_in_to(&client).await.sub().to_owned();
    let other = app.second_node().await;
    let new = "https://pension.yunchuan.example/callback";
    let request = SignIn {
        issuer: other.url(""),
        ..client.sign_in().with("redirect_uri", new)
    };
    assert_eq!(other.browser().get(&request.url()).await.status(), 400);
    let said = update(&app, &["--redirect-uri", new]);
    assert!(said.contains(&format!("+ {new}")), "{said}");
    assert!(
        said.contains(&format!("return to {}", client.redirect_uri)),
        "{said}"
    );
    for node in [&app, &other] {
        node.advance("6s").await;
    }
    assert!(other.browser().get(&request.url()).await.has("#phone"));
    let mut moved = client.clone();
    new.clone_into(&mut moved.redirect_uri);
    assert_eq!(resident.sign_in_to(&moved).await.sub(), sub);

    let (status, said) = app.command(&["client", "update", "hrss", "--sector", "yunchuan.example"]);
    assert!(!status.success() && said.contains("--new-subjects"), "{said}");
}

/// What the page told is what the yes is for: a purpose that changes meanwhile is shown before anything is given.
#[tokio::test]
async fn a_yes_is_for_the_purpose_that_was_shown() {
    let app = TestApp::start().await;
    let purpose = Registration::new("hrss").option("--purpose", "phone=通知您办理结果");
    let client = app.register(purpose).await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let shown = resident.sign_in_at(&resident.follow(&request).await).await;
    assert!(shown.text("main").contains("通知您办理结果"));
    update(&app, &["--purpose", "phone=推送广告"]);
    app.advance("5s").await;
    let again = shown.press("#allow", &[]).await;
    assert!(
        again.has("#allow") && again.text("main").contains("推送广告"),
        "{}",
        again.answer.body
    );
    let tokens = client
        .tokens(&request, &request.read(&again.press("#allow", &[]).await))
        .await;
    assert!(phone_of(&client, &tokens).await.is_some());

    // An answer to what a node still remembered counts for that alone, and neither does a code made before the change.
    let request = client.sign_in();
    let response = request.read(&resident.follow(&request).await);
    update(&app, &["--purpose", "phone=评分"]);
    app.advance("5s").await;
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(phone_of(&client, &tokens).await, None);
    assert!(
        !tokens.answer.field("scope").contains("phone"),
        "{}",
        tokens.answer.body
    );
    let asked = resident.follow(&client.sign_in()).await;
    assert!(asked.text("main").contains("评分"));
}

#[tokio::test]
async fn a_sign_in_under_way_does_not_return_to_an_address_that_was_taken_out() {
    let app = TestApp::start().await;
    let client = app
        .register(Registration::new("hrss").scope("openid profile"))
        .await;
    let resident = app.resident("13800000001");
    resident.go_through(&client.sign_in_for("openid")).await;
    let page = resident.follow(&client.sign_in_for("openid profile")).await;
    assert!(page.has("#allow"), "{}", page.text("main"));
    update(
        &app,
        &["--redirect-uri", "https://pension.yunchuan.example/callback"],
    );
    app.advance("6s").await;
    let answer = page.press("#allow", &[]).await;
    assert_eq!(answer.status(), 400);
}
