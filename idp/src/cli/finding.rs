use serde_json::{Value, json};

use super::failure::Failure;
use super::output::Output;

/// How a thing was found, in a sentence; what is not fine says what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine(String),
    /// It works, and will not for ever.
    Warning(String),
    Fault(String),
}

impl From<Result<String, String>> for Verdict {
    fn from(result: Result<String, String>) -> Self {
        result.map_or_else(Self::Fault, Self::Fine)
    }
}

/// One thing looked at.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
}

impl Finding {
    pub(super) fn new(check: &'static str, verdict: impl Into<Verdict>) -> Self {
        let verdict = verdict.into();
        Self { check, verdict }
    }

    pub(super) const fn is_fault(&self) -> bool {
        matches!(self.verdict, Verdict::Fault(_))
    }

    /// The mark for people, the word for programs, and what is said.
    const fn told(&self) -> (char, &'static str, &String) {
        match &self.verdict {
            Verdict::Fine(said) => ('✓', "fine", said),
            Verdict::Warning(said) => ('!', "warning", said),
            Verdict::Fault(said) => ('✗', "fault", said),
        }
    }

    fn as_json(&self) -> Value {
        let (_, verdict, said) = self.told();
        json!({ "check": self.check, "ok": !self.is_fault(), "verdict": verdict, "said": said })
    }

    fn as_text(&self) -> String {
        let (mark, _, said) = self.told();
        format!("{mark} {}: {said}\n", self.check)
    }
}

/// Says all that was looked at; a failure where something of it is wrong.
pub(super) fn say(findings: &[Finding], output: &Output) -> Result<(), Failure> {
    let list: Vec<Value> = findings.iter().map(Finding::as_json).collect();
    output.say(&list, || findings.iter().map(Finding::as_text).collect());
    let wrong = findings.iter().filter(|one| one.is_fault()).count();
    if wrong == 0 {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "{wrong} of {} checks failed",
            findings.len()
        )))
    }
}
