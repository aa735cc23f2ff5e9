use std::time::Duration;

use thiserror::Error;

use super::super::limits::Senders;
use super::super::sessions::{Sessions, Whereabouts};
use super::records::{self, Kiosk};
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Clock;
use crate::config::Config;
use crate::department::Departments;
use crate::place::Places;
use crate::store::{Db, StoreError, Vault};
use crate::web::Cookies;

/// How long the code waits for the kiosk's browser. Ours: somebody has to walk there.
const WAITS: Duration = Duration::from_secs(24 * 3600);
/// It stands in one line on a telephone.
const LONGEST_NAME: usize = 40;

/// Why the kiosks are as they were.
#[derive(Debug, Error)]
pub enum KioskError {
    #[error("a kiosk's name is 1 to {LONGEST_NAME} characters, as written on it, such as 市民中心一楼3号机")]
    Name,
    #[error(
        "there is a kiosk named {0} already; `yimen kiosk remove` it first if its browser is to join anew"
    )]
    Exists(String),
    #[error("there is no kiosk named {0}")]
    Unknown(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A kiosk just registered, with the code that is told this once.
pub struct AddedKiosk {
    pub kiosk: Kiosk,
    pub code: String,
}

impl std::fmt::Debug for AddedKiosk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddedKiosk")
            .field("kiosk", &self.kiosk)
            .finish_non_exhaustive()
    }
}

/// Registers a kiosk, which waits for its browser.
///
/// # Errors
/// Where the name is none, or is taken.
pub async fn add_kiosk(db: &Db, context: &Context, name: &str) -> Result<AddedKiosk, KioskError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(KioskError::Name);
    }
    let mut change = Change::begin(db, context).await?;
    let code = change.rng().token();
    let kiosk = Kiosk {
        id: change.rng().uuid(context.now),
        name: name.to_owned(),
        created_at: context.now,
        enrolled_at: None,
        enrolment_ends_at: context.now.plus(WAITS),
    };
    if !records::insert(&mut change, &kiosk, &code).await? {
        return Err(KioskError::Exists(kiosk.name));
    }
    change
        .record(Event::new(Action::KioskAdded).with("kiosk", kiosk.id))
        .await?;
    change.commit().await?;
    Ok(AddedKiosk { kiosk, code })
}

/// # Errors
/// Where the database does not answer.
pub async fn list_kiosks(db: &Db) -> Result<Vec<Kiosk>, StoreError> {
    records::list(db).await
}

/// Ends a registration, and with it what is open on its browser: from now on that is a browser like any other, whose
/// sessions last for hours. Answers how many sessions ended.
///
/// # Errors
/// Where there is no such kiosk.
pub async fn remove_kiosk(
    db: &Db,
    config: &Config,
    context: &Context,
    name: &str,
) -> Result<usize, KioskError> {
    // Nobody signs in here: no place is looked up.
    let whereabouts = Whereabouts::new(
        Vault::new(&config.master_key, context.rng.clone()),
        Senders::new(config.settings.dev),
        Places::default(),
    );
    let sessions = Sessions::new(
        &config.settings.session,
        db.clone(),
        Cookies::for_url(config.public_url.url()),
        context.rng.clone(),
        Departments::new(db.clone(), Clock::system()),
        whereabouts,
    );
    let mut change = Change::begin(db, context).await?;
    let removed = records::remove(&mut change, name).await?;
    let id = removed.ok_or_else(|| KioskError::Unknown(name.to_owned()))?;
    change
        .record(Event::new(Action::KioskRemoved).with("kiosk", id))
        .await?;
    let ended = sessions.end_at_kiosk(&mut change, id).await?;
    change.commit().await?;
    Ok(ended)
}
