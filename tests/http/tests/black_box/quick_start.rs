//! The quick start as it is printed: its lines of Rust are a department, its one command lets it in.

use std::net::TcpStream;
use std::process::Command;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command as Background};
use yimen_http_tests::{Setup, TestApp, example, wait_for};

const READMES: [(&str, &str); 3] = [
    ("README.md", include_str!("../../../../README.md")),
    (
        "sdk/rust/README.md",
        include_str!("../../../../sdk/rust/README.md"),
    ),
    (
        "docs/department.md",
        include_str!("../../../../docs/department.md"),
    ),
];
/// What cargo has built the program from.
const PROGRAM: &str = include_str!("../../../../sdk/rust/examples/quick_start/main.rs");
const DEPARTMENT: &str = "http://localhost:8003";

/// The first block of Rust in a text.
fn rust_of(text: &str) -> &str {
    let (_, block) = text.split_once("```rust,no_run\n").expect("a block of Rust");
    block.split_once("```").expect("its end").0
}

/// The operator's commands for the department, without the place of the configuration that some texts name.
fn commands_of(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    let ours = lines.filter(|line| line.starts_with("yimen ") && line.contains(DEPARTMENT));
    ours.map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words
            .join(" ")
            .replace(" --config /tmp/yimen-demo/yimen.toml", "")
    })
    .collect()
}

/// Nobody else listens there, such as a demo that somebody left running.
async fn is_free(port: u16) {
    wait_for(
        &format!("the end of whatever listens on port {port}, which the quick start prints"),
        async || match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(_) => Ok(()),
            Err(fault) => Err(fault.to_string()),
        },
    )
    .await;
}

/// `cargo run`, in a folder that has nothing but the program; killed when it is dropped.
async fn run(folder: &TempDir) -> Child {
    let mut program = Background::new(example("quick_start"));
    let program = program.current_dir(folder.path()).kill_on_drop(true).spawn();
    wait_for("the department", async || {
        TcpStream::connect("127.0.0.1:8003").map_err(|fault| fault.to_string())
    })
    .await;
    program.expect("cargo build --workspace --examples has been done")
}

/// Typed at a shell of the operator's, in the folder of the configuration.
fn type_in(app: &TestApp, command: &str) {
    let programs = example("").ancestors().nth(1).expect("a folder").to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(app.dir())
        .env("PATH", format!("{}:{path}", programs.display()))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {said}");
}

#[test]
fn every_quick_start_has_the_same_ten_lines_and_one_command() {
    let [command] = &commands_of(READMES[0].1)[..] else {
        panic!("one operator's command");
    };
    println!("{} lines of Rust, 1 operator's command", PROGRAM.lines().count());
    assert!(PROGRAM.lines().count() <= 10);
    for (name, text) in READMES {
        assert_eq!(rust_of(text), PROGRAM, "{name}");
        assert_eq!(commands_of(text), std::slice::from_ref(command), "{name}");
    }
}

#[tokio::test]
async fn the_quick_start_followed_to_the_letter_leads_to_a_signed_in_page() {
    for port in [8000, 8003] {
        is_free(port).await;
    }
    let app = Setup::new().on(8000).start().await;
    let folder = TempDir::new().expect("a temporary folder");
    let _program = run(&folder).await;
    for key in ["yimen-key.pem", "yimen-federation-key.pem"] {
        assert!(folder.path().join(key).is_file(), "{key}");
    }
    let resident = app.resident("13800000001");
    // A program's request, which sees no page of the department's for one of the provider's.
    let answer = async || {
        let begin = app.http_client().get(format!("{DEPARTMENT}/yimen/sign-in"));
        let answer = begin.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };

    let (_, page) = answer().await;
    assert!(page.contains("这项服务还没有接入统一登录"), "{page}");
    for command in commands_of(READMES[0].1) {
        type_in(&app, &command);
    }
    // Nodes know of a decision within seconds.
    wait_for("the department's joining", async || match answer().await {
        (303, _) => Ok(()),
        (_, page) => Err(page),
    })
    .await;
    let page = resident.browser.get(DEPARTMENT).await;
    let to_the_city = page.left_for().expect("on to the city");
    let page = resident
        .browser
        .follow_from(DEPARTMENT, to_the_city.as_str())
        .await;
    assert_eq!(page.text(".plaque .service"), "社保卡查询");
    let back = resident
        .go_on(page)
        .await
        .left_for()
        .expect("back to the department");
    let page = resident.browser.follow_from(&app.url(""), back.as_str()).await;
    assert_eq!(
        (page.status(), page.url.as_str()),
        (200, "http://localhost:8003/")
    );
    let subs = app.read_records("SELECT sub AS it FROM subject").await;
    assert_eq!(
        subs,
        [page.answer.body],
        "the page is the resident's subject identifier"
    );
}
