use axum::http::{HeaderMap, HeaderValue};

use super::super::limits::{MINUTE, Senders};
use super::super::sessions::Session;
use super::cookie::{self, KEPT};
use super::fault::{InteractionFault, way_back};
use super::model::{Interaction, NewInteraction};
use super::standing::{Standing, standing};
use crate::clock::Timestamp;
use crate::config as settings;
use crate::department::Departments;
use crate::department::adoption::{Adoption, Finish, Step, Who};
use crate::rng::Rng;
use crate::state::State;
use crate::store::{StoreError, hash, same};
use crate::web::{ErrorKind, Facts, Halt, PageError, PostedForm, Site, TRY_AGAIN};

/// The interactions under way. Other rooms come here to begin, to check and to end one.
#[derive(Clone, Debug)]
pub struct Interactions {
    state: State,
    site: Site,
    rng: Rng,
    departments: Departments,
    adoption: Adoption,
    senders: Senders,
    /// How many one sender may begin in a minute.
    per_minute: u64,
}

impl Interactions {
    #[must_use]
    pub const fn new(
        state: State,
        site: Site,
        rng: Rng,
        departments: Departments,
        adoption: Adoption,
        senders: Senders,
        settings: &settings::Http,
    ) -> Self {
        Self {
            state,
            site,
            rng,
            departments,
            adoption,
            senders,
            per_minute: settings.sign_ins_per_minute,
        }
    }

    /// Begins an interaction under `id` (from [`Rng::id`]); answers the cookies to set.
    ///
    /// # Errors
    /// Where the short-lived state does not answer or has no room, or the sender has begun too many.
    pub async fn open(
        &self,
        id: String,
        new: NewInteraction,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<Vec<HeaderValue>, PageError> {
        let now = facts.now;
        self.admit(facts).await?;
        let secret = self.rng.token();
        let client_id = new.client.as_ref().map(|caller| caller.client_id.clone());
        let cookies = cookie::hand_out(self.site.cookies(), headers, &id, &secret, client_id.as_deref());
        let interaction = Interaction {
            browser_hash: hash(&secret),
            client_id,
            client: new.client,
            continuation: new.continuation,
            cancel: new.cancel,
            restart: new.restart,
            redirect: new.redirect,
            ui_locales: new.ui_locales,
            login_hint: new.login_hint,
            fresh_after: new.fresh_after,
            by_themselves: new.by_themselves,
            aim: new.aim,
            raise_declined: false,
            carried: new.carried,
            stay: None,
            created_at: now,
            touched_at: now,
            id,
        };
        self.state
            .put(&key(&interaction.id), &encode(&interaction)?, now, KEPT)
            .await?;
        Ok(cookies)
    }

    /// What is begun and left takes up room for hours: nobody begins without end, and all together leave room for those
    /// who have begun.
    ///
    /// # Errors
    /// Where the sender has begun too many, or there is no room.
    pub async fn admit(&self, facts: &Facts) -> Result<(), PageError> {
        if !self.state.has_room(facts.now) {
            return Err(PageError::new(ErrorKind::Unavailable)
                .retry_after(TRY_AGAIN)
                .because("state.memory_limit is nearly reached, what is left is kept for sign-ins under way: raise it, or use Redis"));
        }
        let Some(sender) = self.senders.sender_of(facts.address) else {
            return Ok(());
        };
        let begun = self
            .state
            .count(&format!("begun:{sender}"), facts.now, MINUTE)
            .await?;
        if begun > self.per_minute {
            return Err(PageError::new(ErrorKind::TooManyRequests)
                .retry_after(MINUTE)
                .because("one address begins too many sign-ins"));
        }
        Ok(())
    }

    /// An open interaction that this browser began for the resident's own pages and that goes on
    /// to `continuation`, and that `session` does not answer yet: asked for again, it is gone on with, and no other has
    /// to make room.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn own_pending(
        &self,
        continuation: &str,
        session: Option<&Session>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<String>, PageError> {
        for id in cookie::own(self.site.cookies(), headers) {
            if let Ok(found) = self.prove(id, headers, now).await?
                && found.client_id.is_none()
                && found.continuation == continuation
                && session.is_none_or(|session| !found.accepts(session))
            {
                return Ok(Some(found.id));
            }
        }
        Ok(None)
    }

    /// The interaction of this id, if this browser began it and it still goes on.
    ///
    /// # Errors
    /// Where the browser goes otherwise.
    pub async fn pick_up(&self, id: &str, headers: &HeaderMap, now: Timestamp) -> Result<Interaction, Halt> {
        match self.prove(id, headers, now).await? {
            Ok(interaction) => Ok(interaction),
            Err(fault) => Err(self.send_elsewhere(fault).await?),
        }
    }

    /// As [`Interactions::pick_up`], behind a form of its pages.
    ///
    /// # Errors
    /// Where the browser goes otherwise, or the form is not ours.
    pub async fn posted(
        &self,
        id: &str,
        form: &PostedForm,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Interaction, Halt> {
        let interaction = self.pick_up(id, headers, now).await?;
        form.check_token(&interaction.form_binding())?;
        Ok(interaction)
    }

    /// As [`Interactions::pick_up`]; inside, why it does not go on.
    async fn prove(
        &self,
        id: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Result<Interaction, InteractionFault>, PageError> {
        if !cookie::is_id(id) {
            return Err(PageError::new(ErrorKind::NotFound));
        }
        let presented = cookie::present(self.site.cookies(), headers, id);
        let Some(stored) = self.state.get(&key(id), now).await? else {
            let client_id = presented.into_iter().find_map(|one| one.client_id);
            return Ok(Err(InteractionFault::Gone { client_id }));
        };
        let interaction = decode(&stored)?;
        let is_ours = |secret: &str| same(&hash(secret), &interaction.browser_hash);
        if !presented.iter().any(|one| is_ours(one.secret)) {
            return Ok(Err(InteractionFault::OtherBrowser(Box::new(interaction))));
        }
        Ok(match standing(&interaction, now) {
            Standing::Open => Ok(interaction),
            Standing::Stale => Ok(self.touch(&stored, interaction, now).await?),
            Standing::Expired => Err(InteractionFault::Expired(Box::new(interaction))),
        })
    }

    /// From now on the interaction takes no sign-in older than this moment, and no other device's yes.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub(in crate::signin) async fn demand_sign_in(
        &self,
        interaction: &Interaction,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let demanding = Interaction {
            fresh_after: Some(now),
            by_themselves: true,
            touched_at: now,
            ..interaction.clone()
        };
        self.change(&demanding, now).await
    }

    /// The resident would not raise the sign-in to the interaction's aim, and is not asked again.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub(in crate::signin) async fn decline_raise(
        &self,
        interaction: &Interaction,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let declined = Interaction {
            raise_declined: true,
            touched_at: now,
            ..interaction.clone()
        };
        self.change(&declined, now).await
    }

    /// Counts that a sign-in has come to a step: once, however often its page is shown. Where the interaction changed meanwhile, a twin of this request counts it.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn reach(
        &self,
        interaction: &Interaction,
        step: Step,
        who: Who<'_>,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let (Some(client_id), from) = (&interaction.client_id, &interaction.stay) else {
            return Ok(());
        };
        if from.as_ref().is_some_and(|stay| stay.is_at_or_beyond(step)) {
            return Ok(());
        }
        let begun = interaction.created_at;
        let stay = self.adoption.stay(client_id, begun, step, who);
        let moved = Interaction {
            stay: Some(stay.clone()),
            ..interaction.clone()
        };
        let (key, before) = (key(&interaction.id), encode(interaction)?);
        if self
            .state
            .swap(&key, &before, &encode(&moved)?, now, KEPT)
            .await?
        {
            self.adoption.came(client_id, begun, from.as_ref(), &stay);
        }
        Ok(())
    }

    /// Counts that a sign-in has ended at its department; one that needed no page had no interaction.
    pub fn count_finish(
        &self,
        client_id: &str,
        interaction: Option<&Interaction>,
        finish: Finish,
        now: Timestamp,
    ) {
        let begun = interaction.map_or(now, |interaction| interaction.created_at);
        let stay = interaction.and_then(|interaction| interaction.stay.as_ref());
        self.adoption.finished(client_id, begun, stay, finish);
    }

    async fn change(&self, changed: &Interaction, now: Timestamp) -> Result<(), PageError> {
        let key = key(&changed.id);
        let Some(stored) = self.state.get(&key, now).await? else {
            return Ok(());
        };
        // Where it changed meanwhile, a twin of this form was quicker, or it has been answered.
        self.state
            .swap(&key, &stored, &encode(changed)?, now, KEPT)
            .await?;
        Ok(())
    }

    /// Forgets an interaction for which a response is about to be issued: from now on Back leads
    /// to a fresh start.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn answer(&self, interaction: &Interaction) -> Result<(), PageError> {
        Ok(self.state.remove(&key(&interaction.id)).await?)
    }

    /// Where a browser goes whose interaction does not go on: to a fresh start wherever there is one.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn send_elsewhere(&self, fault: InteractionFault) -> Result<Halt, StoreError> {
        let client = match fault.client_id() {
            Some(client_id) => self
                .departments
                .client(client_id)
                .await?
                .filter(|client| client.is_active()),
            None => None,
        };
        Ok(way_back(&fault, client.as_deref(), self.site.origin()))
    }

    /// Notes the resident's step, unless another request of the same browser has just done so.
    async fn touch(
        &self,
        stored: &[u8],
        interaction: Interaction,
        now: Timestamp,
    ) -> Result<Interaction, PageError> {
        let touched = Interaction {
            touched_at: now,
            ..interaction
        };
        self.state
            .swap(&key(&touched.id), stored, &encode(&touched)?, now, KEPT)
            .await?;
        Ok(touched)
    }
}

/// The braces keep all keys of one interaction on one node of a Redis Cluster; no operation spans two
/// keys, so this is for whoever looks at them, and for the day one does.
fn key(id: &str) -> String {
    format!("interaction:{{{id}}}")
}

fn encode(interaction: &Interaction) -> Result<Vec<u8>, PageError> {
    serde_json::to_vec(interaction).map_err(|fault| internal(&fault))
}

fn decode(stored: &[u8]) -> Result<Interaction, PageError> {
    serde_json::from_slice(stored).map_err(|fault| internal(&fault))
}

fn internal(fault: &serde_json::Error) -> PageError {
    PageError::new(ErrorKind::Internal)
        .because(format!("an interaction cannot be read: {:?}", fault.classify()))
}
