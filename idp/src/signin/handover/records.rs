use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::interaction::{Interaction, is_interaction_id};
use super::super::sessions::{Device, Session, Whereabouts};
use super::model::{Answer, Answered, Approval, Handover, OPEN};
use crate::clock::Timestamp;
use crate::place::Place;
use crate::rng::Rng;
use crate::state::State;
use crate::store::{Vault, same};
use crate::web::{ErrorKind, PageError};

/// Where the place of a browser stands, sealed.
const SEALED: &str = "handover.place";
/// How often an answer is written down against others at the same moment.
const ATTEMPTS: usize = 8;

/// The hand-overs under way, each kept under its interaction. The phone's page comes here to look at one and to answer.
#[derive(Clone, Debug)]
pub struct Handovers {
    state: State,
    vault: Vault,
    rng: Rng,
    whereabouts: Whereabouts,
}

impl Handovers {
    #[must_use]
    pub const fn new(state: State, vault: Vault, rng: Rng, whereabouts: Whereabouts) -> Self {
        Self {
            state,
            vault,
            rng,
            whereabouts,
        }
    }

    /// Asks anew for this interaction; what its screen has shown before is good for nothing from now on.
    pub(super) async fn begin(
        &self,
        interaction: &Interaction,
        device: &Device,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let place = self.whereabouts.place_of(address);
        let seal = |place: Place| self.vault.seal(SEALED, &interaction.id, &place.to_record());
        let asked = Handover {
            number: self.rng.six_digits().split_off(3),
            nonce: self.rng.id(),
            client: interaction.client.clone(),
            device: device.to_string(),
            kiosk: device.kiosk.map(|_| device.browser.clone()),
            network: self.whereabouts.network(&interaction.id, address),
            place: place.map(seal).transpose()?,
            fresh_after: interaction.fresh_after,
            wrong: 0,
            answer: None,
            ends_at: now.plus(OPEN),
        };
        let value = encode(&asked)?;
        Ok(self.state.put(&key(&interaction.id), &value, now, OPEN).await?)
    }

    /// What an interaction asks, while it can be answered or its answer fetched.
    pub(super) async fn find(&self, id: &str, now: Timestamp) -> Result<Option<Handover>, PageError> {
        let kept = self.state.get(&key(id), now).await?;
        // What an older version wrote and this one cannot read is over.
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
    }

    /// The secret half of the picture's address. Worked out, so that it stands nowhere.
    pub(super) fn code(&self, id: &str, asked: &Handover) -> String {
        let mac = self
            .vault
            .mac("handover", format!("{id}.{}", asked.nonce).as_bytes());
        URL_SAFE_NO_PAD.encode(&mac[..16])
    }

    /// What stands behind a picture that a camera has read; none where it is over, or never was.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn scanned(&self, id: &str, code: &str, now: Timestamp) -> Result<Option<Handover>, PageError> {
        if !is_interaction_id(id) {
            return Ok(None);
        }
        let asked = self.find(id, now).await?;
        Ok(asked.filter(|asked| asked.is_open() && same(self.code(id, asked).as_bytes(), code.as_bytes())))
    }

    /// Whether somebody at this address shares the browser's network, where that can be told.
    #[must_use]
    pub fn is_near(&self, id: &str, asked: &Handover, address: IpAddr) -> Option<bool> {
        let kept = asked.network.as_ref().map(<[u8; 32]>::as_slice);
        self.whereabouts.is_near(id, kept, address)
    }

    /// About where the browser is, where that is known.
    ///
    /// # Errors
    /// Where the place cannot be opened.
    pub fn place(&self, id: &str, asked: &Handover) -> Result<Option<Place>, PageError> {
        let open = |sealed: &Vec<u8>| self.vault.open(SEALED, id, sealed);
        let place = asked.place.as_ref().map(open).transpose()?;
        Ok(place.as_deref().and_then(Place::from_record))
    }

    /// Says yes for the account of this session, with the number its owner has read off the screen.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn approve(
        &self,
        id: &str,
        code: &str,
        number: &str,
        session: &Session,
        now: Timestamp,
    ) -> Result<Answered, PageError> {
        let approval = Approval {
            account: session.account,
            session: session.id,
            by_passkey: session.passkey.is_some(),
        };
        self.answer(id, code, now, |asked| asked.approve(number, approval))
            .await
    }

    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn refuse(&self, id: &str, code: &str, now: Timestamp) -> Result<Answered, PageError> {
        self.answer(id, code, now, Handover::refuse).await
    }

    /// One compare-and-swap, and nothing is said before it has succeeded: a hundred numbers at once are still three.
    async fn answer(
        &self,
        id: &str,
        code: &str,
        now: Timestamp,
        answer: impl Fn(&mut Handover) -> Answered,
    ) -> Result<Answered, PageError> {
        for _ in 0..ATTEMPTS {
            let Some(asked) = self.scanned(id, code, now).await? else {
                return Ok(Answered::Over);
            };
            let mut new = asked.clone();
            let answered = answer(&mut new);
            let (old, new, left) = (encode(&asked)?, encode(&new)?, asked.ends_at.since(now));
            if self.state.swap(&key(id), &old, &new, now, left).await? {
                return Ok(answered);
            }
        }
        Err(PageError::new(ErrorKind::Unavailable).because("too many answers to one hand-over at once"))
    }

    /// Fetches the yes, for exactly one request.
    pub(super) async fn take(&self, id: &str, now: Timestamp) -> Result<Option<Approval>, PageError> {
        let kept = self.state.take(&key(id), now).await?;
        let asked: Option<Handover> = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        Ok(asked.and_then(|asked| match asked.answer {
            Some(Answer::Yes(approval)) => Some(approval),
            Some(Answer::No) | None => None,
        }))
    }
}

fn key(id: &str) -> String {
    format!("handover:{{{id}}}")
}

fn encode(asked: &Handover) -> Result<Vec<u8>, PageError> {
    serde_json::to_vec(asked).map_err(PageError::internal)
}
