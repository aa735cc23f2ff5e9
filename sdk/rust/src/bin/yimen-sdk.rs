//! `yimen-sdk check`: whether a department that runs can join, and what to mend where it cannot.

use std::process::ExitCode;

use yimen_sdk::Yimen;

const USAGE: &str = "yimen-sdk check [URL]

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
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let builder = match words[..] {
        ["check"] => Yimen::from_env(),
        ["check", url] if !url.starts_with('-') => Yimen::from_env().department(url),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match builder.check().await {
        Ok(steps) => {
            for step in &steps {
                println!("{step}");
            }
            let is_right = steps.iter().all(|step| step.found.is_ok());
            if is_right {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            println!("✗ settings: {error}");
            ExitCode::FAILURE
        }
    }
}
