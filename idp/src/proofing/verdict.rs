use serde::Deserialize;

use super::claim::Claim;
use super::name::RealName;
use super::number::IdentityNumber;

/// What an authority answered.
#[derive(Clone, Debug)]
pub enum Verdict {
    Matched(Match),
    /// Name and number do not belong together, or there is no such number: the two are not told apart.
    NoMatch(Reference),
    /// A guardian must agree first.
    Minor,
    /// By the authority's records the person is dead: a mistake of theirs, or somebody's attempt.
    Deceased(Reference),
}

/// By what an answer is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Whose records were asked, in the authority's words.
    pub source: String,
    /// Ours, by which the authority finds the question.
    pub transaction: String,
}

/// A person whom the authority has confirmed. Only its answer makes one.
#[derive(Clone, Debug)]
pub struct Match {
    name: RealName,
    number: Option<IdentityNumber>,
    person: Option<String>,
    reference: Reference,
}

impl Match {
    #[must_use]
    pub const fn name(&self) -> &RealName {
        &self.name
    }

    /// None where the person used a network identity.
    #[must_use]
    pub const fn number(&self) -> Option<&IdentityNumber> {
        self.number.as_ref()
    }

    /// The authority's own name for the person, where it has one: the same at every question.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    #[must_use]
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }
}

/// An answer as it stands on the wire.
#[derive(Deserialize)]
pub(super) struct Answer {
    transaction: String,
    matched: bool,
    source: String,
    #[serde(default)]
    minor: bool,
    #[serde(default)]
    deceased: bool,
    name: Option<String>,
    person: Option<String>,
}

/// Longer ones are no name of a source or a person.
const LONGEST: usize = 128;

/// What an answer says to a claim.
///
/// # Errors
/// Says what about it makes no sense.
pub(super) fn read(answer: Answer, claim: &Claim, transaction: &str) -> Result<Verdict, &'static str> {
    if answer.transaction != transaction {
        return Err("it names another transaction");
    }
    if !is_token(&answer.source) {
        return Err("it names no source");
    }
    let reference = Reference {
        source: answer.source,
        transaction: answer.transaction,
    };
    if !answer.matched {
        return Ok(Verdict::NoMatch(reference));
    }
    if answer.minor {
        return Ok(Verdict::Minor);
    }
    if answer.deceased {
        return Ok(Verdict::Deceased(reference));
    }
    let person = answer.person.filter(|person| is_token(person));
    let (name, number) = match claim {
        Claim::Document { name, number, .. } => (name.clone(), Some(number.clone())),
        Claim::NetworkIdentity(_) if person.is_none() => return Err("it does not say which person it is"),
        Claim::NetworkIdentity(_) => {
            let name = RealName::read(answer.name.as_deref().unwrap_or_default());
            (name.map_err(|_| "it does not say the person's name")?, None)
        }
    };
    Ok(Verdict::Matched(Match {
        name,
        number,
        person,
        reference,
    }))
}

fn is_token(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
impl Match {
    /// As an authority would have confirmed it.
    pub(crate) fn sample(name: &str, number: Option<&str>, person: Option<&str>) -> Self {
        let now = crate::clock::Timestamp::from_seconds(1_795_396_361);
        Self {
            name: RealName::read(name).unwrap(),
            number: number.map(|number| IdentityNumber::read(number, now).unwrap()),
            person: person.map(str::to_owned),
            reference: Reference {
                source: "population register".to_owned(),
                transaction: "t1".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::claim::Assertion;
    use super::super::photo::Photo;
    use super::*;
    use crate::clock::Timestamp;

    fn document() -> Claim {
        Claim::Document {
            name: RealName::read("李秀英").unwrap(),
            number: IdentityNumber::read("11010519491231002X", Timestamp::from_seconds(1_795_396_361))
                .unwrap(),
            photo: Some(Photo::read("/9j/4AAQ").unwrap()),
        }
    }

    fn asserted() -> Claim {
        Claim::NetworkIdentity(Assertion::read("AbC.dEf").unwrap())
    }

    fn read(claim: &Claim, change: &Value) -> Result<Verdict, &'static str> {
        let mut answer = json!({ "transaction": "t1", "matched": true, "source": "population register" });
        for (name, value) in change.as_object().unwrap() {
            answer[name] = value.clone();
        }
        super::read(serde_json::from_value(answer).unwrap(), claim, "t1")
    }

    #[test]
    fn what_the_person_said_is_what_was_confirmed() {
        let Ok(Verdict::Matched(matched)) = read(&document(), &json!({ "name": "王五", "person": "p7" }))
        else {
            panic!("no match");
        };
        assert_eq!(matched.name().as_str(), "李秀英");
        assert_eq!(matched.number().unwrap().as_str(), "11010519491231002X");
        assert_eq!(matched.person(), Some("p7"));
        assert_eq!(matched.reference().source, "population register");
    }

    #[test]
    fn a_network_identity_is_named_by_the_authority() {
        let Ok(Verdict::Matched(matched)) = read(&asserted(), &json!({ "name": "李秀英", "person": "p7" }))
        else {
            panic!("no match");
        };
        assert_eq!((matched.name().as_str(), matched.number()), ("李秀英", None));
        for without in [json!({ "name": "李秀英" }), json!({ "person": "p7" })] {
            assert!(read(&asserted(), &without).is_err());
        }
    }

    #[test]
    fn only_a_plain_yes_is_a_match() {
        let verdict = |change: Value| read(&document(), &change).unwrap();
        assert!(matches!(
            verdict(json!({ "matched": false })),
            Verdict::NoMatch(_)
        ));
        assert!(matches!(
            verdict(json!({ "matched": false, "deceased": true })),
            Verdict::NoMatch(_)
        ));
        assert!(matches!(verdict(json!({ "minor": true })), Verdict::Minor));
        assert!(matches!(
            verdict(json!({ "deceased": true })),
            Verdict::Deceased(_)
        ));
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_none() {
        for change in [
            json!({ "transaction": "t2" }),
            json!({ "source": "" }),
            json!({ "source": "a\nb" }),
            json!({ "source": "s".repeat(129) }),
        ] {
            assert!(read(&document(), &change).is_err());
        }
        for text in [
            "{}",
            "[]",
            r#"{"transaction":"t1","source":"s"}"#,
            r#"{"transaction":"t1","source":"s","matched":1}"#,
        ] {
            assert!(serde_json::from_str::<Answer>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_personal_is_printed() {
        let verdict = read(&document(), &json!({})).unwrap();
        let printed = format!("{verdict:?} {:?} {:?}", document(), asserted());
        for personal in ["秀英", "19491231", "AbC", "4AAQ"] {
            assert!(!printed.contains(personal), "{printed}");
        }
    }
}
