use serde::Serialize;
use serde_json::json;

use super::failure::Failure;

/// Where a command speaks: text for people or JSON for programs, on standard output; failures on
/// standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line's own voice"
)]
impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says one result: `value` for programs, `text` for people.
    pub(super) fn say(self, value: &impl Serialize, text: impl FnOnce() -> String) {
        if self.json {
            println!("{}", serde_json::to_string(value).unwrap_or_default());
        } else {
            println!("{}", text().trim_end());
        }
    }

    pub(super) fn failed(self, failure: &Failure) {
        if self.json {
            eprintln!("{}", json!({ "error": failure.to_string() }));
        } else {
            eprintln!("yimen: {failure}");
        }
    }
}
