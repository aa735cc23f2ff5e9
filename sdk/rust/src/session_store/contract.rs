//! What a [`SessionStore`] must do, as a check to run against one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Ending, NewSession, SessionStore, Watermark, Whom};
use crate::chance;

/// Runs every rule of the contract against a store, which may have sessions in it: the check makes its own.
///
/// # Errors
/// The rule that the store has broken, in words, or what it said when it could not be asked.
pub async fn check(store: &impl SessionStore) -> Result<(), String> {
    let run = Run {
        store,
        names: chance::token().map_err(|error| error.to_string())?,
    };
    run.sessions_end_in_time().await?;
    run.content_is_replaced_once().await?;
    run.a_person_pushes_out_nobody_else().await?;
    run.an_end_reaches_all_it_names_and_no_other().await?;
    run.a_word_counts_once().await?;
    run.what_ends_while_it_is_finishing_never_begins().await
}

/// Seconds of the check's own time.
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) u64);

const IDLE: Duration = Duration::from_secs(10);
const ABSOLUTE: u64 = 25;
const PER_PERSON: usize = 3;

impl At {
    pub(super) fn time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + self.0)
    }

    pub(super) fn session<'a>(self, key: &'a str, person: &'a str, sign_in: &'a str) -> NewSession<'a> {
        NewSession {
            key,
            person,
            sign_in: Some(sign_in),
            content: "content",
            now: self.time(),
            idle: IDLE,
            ends: Self(self.0 + ABSOLUTE).time(),
            per_person: PER_PERSON,
        }
    }
}

struct Run<'s, S> {
    store: &'s S,
    /// Makes the names of this run unlike those of any other.
    names: String,
}

impl<S: SessionStore> Run<'_, S> {
    fn name(&self, of: &str) -> String {
        format!("{of}-{}", self.names)
    }

    async fn watermark(&self) -> Result<Watermark, String> {
        self.store.watermark().await.map_err(unasked)
    }

    async fn begin(&self, key: &str, person: &str, sign_in: &str, at: At) -> Result<(), String> {
        let since = self.watermark().await?;
        let begun = self.begin_since(key, person, sign_in, at, since).await?;
        ensure(begun, "a session that nobody has ended begins")
    }

    async fn begin_since(
        &self,
        key: &str,
        person: &str,
        sign_in: &str,
        at: At,
        since: Watermark,
    ) -> Result<bool, String> {
        let [key, person, sign_in] = [key, person, sign_in].map(|name| self.name(name));
        let session = at.session(&key, &person, &sign_in);
        self.store.begin(session, since).await.map_err(unasked)
    }

    async fn lives(&self, key: &str, at: At) -> Result<bool, String> {
        let found = self.store.find(&self.name(key), at.time(), IDLE).await;
        Ok(found.map_err(unasked)?.is_some())
    }

    async fn replace(&self, key: &str, former: &str, content: &str) -> Result<bool, String> {
        let replaced = self.store.replace(&self.name(key), former, content).await;
        replaced.map_err(unasked)
    }

    async fn end_person(&self, person: &str, word: &str, at: At) -> Result<Option<u64>, String> {
        self.end_all(Whom::Person(&self.name(person)), word, at).await
    }

    async fn end_sign_in(&self, sign_in: &str, word: &str, at: At) -> Result<Option<u64>, String> {
        self.end_all(Whom::SignIn(&self.name(sign_in)), word, at).await
    }

    async fn end_all(&self, whom: Whom<'_>, word: &str, at: At) -> Result<Option<u64>, String> {
        let ending = Ending {
            whom,
            word: &self.name(word),
            now: at.time(),
            until: At(at.0 + 300).time(),
        };
        self.store.end_all(ending).await.map_err(unasked)
    }

    async fn sessions_end_in_time(&self) -> Result<(), String> {
        ensure(!self.lives("a", At(0)).await?, "what never began is not found")?;
        self.begin("a", "p", "x", At(0)).await?;
        for second in [9, 18, 24] {
            ensure(
                self.lives("a", At(second)).await?,
                "being asked for keeps it from going idle",
            )?;
        }
        ensure(!self.lives("a", At(25)).await?, "it ends in any case at `ends`")?;
        self.begin("b", "p", "x", At(30)).await?;
        ensure(self.lives("b", At(39)).await?, "it lives until it is idle")?;
        ensure(
            self.lives("b", At(35)).await?,
            "a node whose clock is behind finds it",
        )?;
        ensure(
            self.lives("b", At(48)).await?,
            "and does not shorten what another node has given it",
        )?;
        self.begin("c", "p", "x", At(50)).await?;
        ensure(!self.lives("c", At(60)).await?, "it ends when it is idle")?;
        self.begin("d", "p", "x", At(70)).await?;
        self.store.end(&self.name("d")).await.map_err(unasked)?;
        ensure(!self.lives("d", At(71)).await?, "`end` ends it")?;
        self.store.end(&self.name("d")).await.map_err(unasked)
    }

    async fn content_is_replaced_once(&self) -> Result<(), String> {
        self.begin("e", "q", "y", At(100)).await?;
        ensure(
            !self.replace("e", "another", "new").await?,
            "what was not there is not replaced",
        )?;
        let (one, two) = tokio::join!(
            self.replace("e", "content", "one"),
            self.replace("e", "content", "two")
        );
        let (one, two) = (one?, two?);
        ensure(one != two, "of two that replace the same content, one does")?;
        let found = self
            .store
            .find(&self.name("e"), At(101).time(), IDLE)
            .await
            .map_err(unasked)?;
        let expected = if one { "one" } else { "two" };
        ensure(
            found.as_deref() == Some(expected),
            "the content is what was put there last",
        )?;
        ensure(
            !self.replace("never", "content", "new").await?,
            "what never began is not made by replacing",
        )?;
        ensure(!self.lives("never", At(101)).await?, "nor found afterwards")
    }

    async fn a_person_pushes_out_nobody_else(&self) -> Result<(), String> {
        self.begin("theirs", "r", "z", At(200)).await?;
        for (second, key) in (201..).zip(["f", "g", "h", "i", "j"]) {
            self.begin(key, "s", key, At(second)).await?;
        }
        ensure(
            self.lives("theirs", At(206)).await?,
            "who signs in again and again pushes out nobody else",
        )?;
        ensure(!self.lives("g", At(206)).await?, "their own oldest gives way")?;
        for key in ["h", "i", "j"] {
            ensure(self.lives(key, At(206)).await?, "`per_person` sessions stay")?;
        }
        Ok(())
    }

    async fn an_end_reaches_all_it_names_and_no_other(&self) -> Result<(), String> {
        for (key, person, sign_in) in [
            ("k", "t", "x1"),
            ("l", "t", "x1"),
            ("m", "t", "x2"),
            ("n", "u", "x3"),
        ] {
            self.begin(key, person, sign_in, At(300)).await?;
        }
        ensure(
            self.end_sign_in("x1", "w1", At(301)).await? == Some(2),
            "an end of a sign-in counts its sessions",
        )?;
        ensure(
            !self.lives("k", At(302)).await? && !self.lives("l", At(302)).await?,
            "an end of a sign-in ends its sessions",
        )?;
        ensure(
            self.lives("m", At(302)).await?,
            "another sign-in of the person goes on",
        )?;
        ensure(
            self.end_person("t", "w2", At(303)).await? == Some(1),
            "an end of a person counts the sessions that are left",
        )?;
        ensure(!self.lives("m", At(304)).await?, "an end of a person ends them")?;
        ensure(self.lives("n", At(304)).await?, "another person's go on")?;
        ensure(
            !self.replace("m", "content", "new").await?,
            "what has ended is not brought back by a refresh",
        )?;
        ensure(!self.lives("m", At(304)).await?, "nor found after one")
    }

    async fn a_word_counts_once(&self) -> Result<(), String> {
        self.begin("o", "v", "x4", At(400)).await?;
        let (one, two) = tokio::join!(
            self.end_sign_in("x4", "w3", At(401)),
            self.end_sign_in("x4", "w3", At(401))
        );
        let (one, two) = (one?, two?);
        ensure(
            one.max(two) == Some(1) && one.min(two).is_none(),
            "of two ends by the same word, one counts",
        )?;
        self.begin("o", "v", "x4", At(402)).await?;
        ensure(
            self.end_person("v", "w3", At(403)).await?.is_none() && self.lives("o", At(403)).await?,
            "a word that was used ends nothing",
        )?;
        ensure(
            self.end_person("v", "w3", At(701)).await?.is_some(),
            "a word is remembered until its time",
        )
    }

    async fn what_ends_while_it_is_finishing_never_begins(&self) -> Result<(), String> {
        let before = self.watermark().await?;
        self.end_sign_in("x5", "w4", At(800)).await?;
        let after = self.watermark().await?;
        ensure(after > before, "an end raises the watermark")?;
        ensure(
            !self.begin_since("a1", "w", "x5", At(801), before).await?,
            "a sign-in that was ended while it was finishing begins no session",
        )?;
        ensure(!self.lives("a1", At(801)).await?, "nor leaves one")?;
        ensure(
            self.begin_since("a2", "w", "x6", At(801), before).await?,
            "another sign-in of the person begins",
        )?;
        ensure(
            self.begin_since("a3", "w", "x5", At(801), after).await?,
            "a sign-in that noted the end begins",
        )?;
        self.end_person("w", "w5", At(802)).await?;
        ensure(
            !self.begin_since("a4", "w", "x7", At(803), after).await?,
            "a person who was ended meanwhile begins no session",
        )?;
        ensure(
            !self
                .begin_since("a5", "w9", "x9", At(803), Watermark(i64::MAX))
                .await?,
            "a sign-in that knows more than the store begins no session: the store has lost its memory",
        )
    }
}

fn ensure(holds: bool, rule: &str) -> Result<(), String> {
    holds
        .then_some(())
        .ok_or_else(|| format!("this does not hold: {rule}"))
}

#[expect(clippy::needless_pass_by_value, reason = "an error to map")]
fn unasked(fault: super::StoreFault) -> String {
    format!("the store cannot be asked: {fault}")
}
