//! Proving who is there: sign-in by SMS code or passkey, the real name behind it, and the sessions that follow.
//! May import: account, department, events, carrier, place, sms, proofing, audit, web, store, state, clock, rng, config.

mod arrival;
mod code;
mod due;
mod errands;
mod guard;
mod handlers;
mod handover;
mod hold;
mod identity;
pub mod interaction;
mod kiosks;
mod limits;
mod moves;
mod new_number;
mod outbox;
pub mod pages;
mod passkeys;
mod send_code;
mod send_turn;
pub mod sessions;
mod sweep;
#[cfg(test)]
mod tests;
mod verify_code;
mod whose;
mod window_code;

use std::sync::Arc;

pub use errands::Errands;
pub use guard::forget_browsers_since;
pub use handlers::{another_account, enter_code, enter_phone, resend, show_code, show_phone, stop};
pub use handover::{Answered, Handover, Handovers, begin_handover, handover_state, show_handover};
pub use identity::{
    IdentityPage, Outcome, Prove, RealNames, Setting, Stop, StoppedPage, TO_FILL_IN, Trouble, Typed,
    prove_identity, show_identity, to_disown, to_prove,
};
pub use interaction::{
    Aim, Caller, Interaction, InteractionFault, Interactions, KEPT as INTERACTION_KEPT, NewInteraction,
    offer_fresh_start,
};
pub use kiosks::{
    AddedKiosk, Kiosk, KioskError, REST, add_kiosk, enrol_kiosk, is_kiosk, list_kiosks, remove_kiosk, rest,
    show_enrolment,
};
pub use limits::Senders;
pub use moves::settle_moves;
pub use new_number::NewNumber;
pub use outbox::{outbox, outbox_json};
pub use passkeys::{
    Enrolled, PasskeyTrouble, Passkeys, RelyingParty, RelyingPartyError, StaffEnrolment, Ways, credential_id,
    decline, enrol, enrol_later, enrolment_options, offer, raise, read_credential, sign_in_options,
    sign_in_with_passkey,
};
pub use sessions::{Device, FRESH, Session, Sessions};
pub use sweep::sweep;
pub use whose::{answer_whose, show_whose};
pub use window_code::{Redemption, count_window_tries_anew};

use crate::carrier::Carrier;
use crate::config::Config;
use crate::rng::Rng;
use crate::sms::Sms;
use crate::state::State;
use crate::store::{Db, Vault};
use crate::web::Site;

/// The handles that signing in uses.
#[derive(Clone, Debug)]
pub struct Signin {
    pub config: Arc<Config>,
    pub rng: Rng,
    pub db: Db,
    pub state: State,
    pub vault: Vault,
    pub sms: Sms,
    pub site: Site,
    pub senders: Senders,
    pub interactions: Interactions,
    pub sessions: Sessions,
    pub passkeys: Passkeys,
    pub real_names: RealNames,
    pub handovers: Handovers,
    pub carrier: Option<Carrier>,
    pub errands: Errands,
}
