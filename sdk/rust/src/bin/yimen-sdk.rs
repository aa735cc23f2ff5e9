//! `yimen-sdk check`: whether a department that runs can join, and what to mend where it cannot.

use std::process::ExitCode;

use serde_json::{Value, json};
use yimen_sdk::{Checked, Yimen};

const USAGE: &str = "yimen-sdk check [--json] [URL]

Looks at a department that runs from outside, by its public name, and at its provider. Run it in the
department's folder and with its settings: YIMEN_ISSUER, YIMEN_DEPARTMENT (or URL), YIMEN_KEY_FILE ...";

#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line's own voice"
)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_json = arguments.iter().any(|word| word == "--json");
    let words = arguments.iter().map(String::as_str);
    let words: Vec<&str> = words.filter(|word| *word != "--json").collect();
    let builder = match words[..] {
        ["check"] => Yimen::from_env(),
        ["check", url] if !url.starts_with('-') => Yimen::from_env().department(url),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let steps: Vec<(String, Value)> = match builder.check().await {
        Ok(steps) => steps.iter().map(said).collect(),
        Err(error) => vec![(
            format!("✗ settings: {error}"),
            as_json("settings", false, &error.to_string()),
        )],
    };
    let is_right = steps.iter().all(|(_, value)| value["ok"] == true);
    if is_json {
        let steps: Vec<&Value> = steps.iter().map(|(_, value)| value).collect();
        println!("{}", json!({ "ok": is_right, "steps": steps }));
    } else {
        steps.iter().for_each(|(line, _)| println!("{line}"));
    }
    if is_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn said(step: &Checked) -> (String, Value) {
    let (Ok(said) | Err(said)) = &step.found;
    (step.to_string(), as_json(step.step, step.found.is_ok(), said))
}

fn as_json(step: &str, is_right: bool, said: &str) -> Value {
    json!({ "step": step, "ok": is_right, "said": said })
}
