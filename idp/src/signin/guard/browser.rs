use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::super::limits::{BrowserKnown, DAY};
use super::super::sessions::Device;
use crate::args;
use crate::audit::{Action, Change, Event};
use crate::clock::Timestamp;
use crate::rng::Rng;
use crate::store::{Db, StoreError, hash};
use crate::web::{Cookies, Locale};

/// The long-lived cookie by which a browser is known again.
const COOKIE: &str = "browser";

/// Browsers keep no cookie longer (RFC 6265bis §5.5).
pub(in crate::signin) const KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

const REMEMBER: &str = "INSERT INTO known_browser (browser_hash, account_id, created_at, last_used_at) \
     VALUES ($1, $2, $3, $3) \
     ON CONFLICT (browser_hash, account_id) DO UPDATE SET last_used_at = excluded.last_used_at, disowned_at = NULL";

/// An account knows the twenty browsers it used last (ours): one that keeps no cookies becomes another at every
/// sign-in. And the ten that it has known longest, until their cookies are over: whoever has got in for a while comes
/// from twenty new ones, and would have the account forget its owner's.
const FORGET: &str = "DELETE FROM known_browser WHERE account_id = $1 AND last_used_at < \
     (SELECT last_used_at FROM known_browser WHERE account_id = $1 ORDER BY last_used_at DESC LIMIT 1 OFFSET 19) \
     AND created_at > \
     (SELECT created_at FROM known_browser WHERE account_id = $1 ORDER BY created_at LIMIT 1 OFFSET 9)";

/// A browser, by its long-lived cookie; one that keeps no cookies is nobody.
#[derive(Clone)]
pub(in crate::signin) struct Browser(Option<String>);

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Browser")
    }
}

/// Whether an account knows a browser.
const KNOWN: &str =
    "SELECT created_at, disowned_at FROM known_browser WHERE account_id = $1 AND browser_hash = $2";

impl Browser {
    /// Whether this account has signed in here before.
    pub(in crate::signin) async fn is_known(
        &self,
        db: &Db,
        account: Uuid,
    ) -> Result<BrowserKnown, StoreError> {
        let Some(token) = &self.0 else {
            return Ok(BrowserKnown::No);
        };
        Ok(match db.maybe(KNOWN, args![account, hash(token)]).await? {
            Some(row) if row.maybe_time("disowned_at")?.is_none() => BrowserKnown::Yes,
            _ => BrowserKnown::No,
        })
    }

    /// Whether whoever was here has said that this account is another person's.
    pub(in crate::signin) async fn has_disowned(
        &self,
        change: &mut Change,
        account: Uuid,
    ) -> Result<bool, StoreError> {
        let Some(token) = &self.0 else {
            return Ok(false);
        };
        Ok(match change.maybe(KNOWN, args![account, hash(token)]).await? {
            Some(row) => row.maybe_time("disowned_at")?.is_some(),
            None => false,
        })
    }

    pub(in crate::signin) fn of(cookies: Cookies, headers: &HeaderMap) -> Self {
        Self(
            cookies
                .read(headers, COOKIE)
                .filter(|token| token.len() == 43)
                .map(str::to_owned),
        )
    }

    /// A cookie for a browser that has none yet, so that its wrong codes are counted as its own.
    pub(in crate::signin) fn greet(&mut self, cookies: Cookies, rng: &Rng) -> Option<HeaderValue> {
        if self.0.is_some() {
            return None;
        }
        let token = rng.token();
        let cookie = cookies.set(COOKIE, &token, Some(KEPT));
        self.0 = Some(token);
        Some(cookie)
    }

    /// What tallies call it.
    pub(in crate::signin) fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

const DISOWN: &str = "UPDATE known_browser SET disowned_at = $3 WHERE account_id = $1 AND browser_hash = $2";

/// Whoever is at this browser has said that the account is another person's: it is known to the account no more.
pub(in crate::signin) async fn disown_in(
    change: &mut Change,
    account: Uuid,
    browser: &Browser,
) -> Result<(), StoreError> {
    let Some(token) = browser.name() else {
        return Ok(());
    };
    let args = args![account, hash(token), change.now()];
    change.execute(DISOWN, args).await.map(drop)
}

const FORGET_SINCE: &str = "DELETE FROM known_browser WHERE account_id = $1 \
     AND (created_at >= $2 OR (created_at >= $3 AND browser_hash <> $4)) \
     AND created_at > (SELECT created_at FROM account WHERE id = $1)";

/// Forgets the browsers that an account has come to know since `lately`, and of those since `then` all but this one: it
/// is its owner's, who reads the account's messages here. The one in which the account was opened stays.
///
/// # Errors
/// Where the database does not answer.
pub async fn forget_browsers_since(
    change: &mut Change,
    account: Uuid,
    lately: Timestamp,
    then: Timestamp,
    (cookies, headers): (Cookies, &HeaderMap),
) -> Result<(), StoreError> {
    let here = Browser::of(cookies, headers);
    let here = hash(here.name().unwrap_or_default());
    change
        .execute(FORGET_SINCE, args![account, lately, then, here])
        .await
        .map(drop)
}

/// Remembers that this browser has signed in with this account; answers the cookie it gets.
///
/// One that was not known gets a new token: what it brought along might have been planted there,
/// and then another browser would be known with it. A kiosk is everybody's, and is not remembered.
pub(in crate::signin) async fn remember_browser(
    change: &mut Change,
    browser: &Browser,
    known: BrowserKnown,
    account: Uuid,
    device: &Device,
    locale: Locale,
    cookies: Cookies,
) -> Result<Option<HeaderValue>, StoreError> {
    remember_language(change, browser, account, locale).await?;
    if device.kiosk.is_some() {
        return Ok(None);
    }
    let kept = browser.0.clone().filter(|_| known == BrowserKnown::Yes);
    let is_new = kept.is_none();
    let token = kept.unwrap_or_else(|| change.rng().token());
    let now = change.now();
    change
        .execute(REMEMBER, args![hash(&token), account, now])
        .await?;
    if is_new {
        change.execute(FORGET, args![account]).await?;
    }
    Ok(Some(cookies.set(COOKIE, &token, Some(KEPT))))
}

/// A browser that the account has known for a day may say it, and the sign-in that opens the account. Whoever has
/// just come in does not choose the language in which the owner is told of it, nor of what they do next.
const SPEAK: &str = "UPDATE account SET language = $2 WHERE id = $1 AND (language IS NULL OR language <> $2) \
     AND (created_at = $3 OR EXISTS (SELECT 1 FROM known_browser k \
         WHERE k.account_id = $1 AND k.browser_hash = $4 AND k.created_at <= $5 AND k.disowned_at IS NULL))";

/// Remembers the language of the page on which an account's owner has signed in.
async fn remember_language(
    change: &mut Change,
    browser: &Browser,
    account: Uuid,
    locale: Locale,
) -> Result<(), StoreError> {
    let now = change.now();
    let token = browser.name().unwrap_or_default();
    let args = args![account, locale.tag(), now, hash(token), now.minus(DAY)];
    if change.execute(SPEAK, args).await? == 1 {
        let event = Event::new(Action::LanguageRemembered).account(account);
        change.record(event.with("language", locale.tag())).await?;
    }
    Ok(())
}
