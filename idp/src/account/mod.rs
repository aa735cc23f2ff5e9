//! The resident as a record: one account, the numbers it holds, and what is known of the person.
//! May import: events, operator, place, proofing, audit, web, store, clock, rng, config.

mod assurance;
mod disputes;
mod in_person;
mod lease;
mod leaving;
mod lock;
mod merging;
mod model;
mod moves;
mod notices;
mod numbers;
mod passkeys;
mod phone;
mod real_name;
#[cfg(test)]
mod real_name_tests;
mod records;
mod sweep;
#[cfg(test)]
mod tests;
mod window_codes;
#[cfg(test)]
mod window_tests;
mod withdrawal;

pub use assurance::{Identity, Lacking, Level, Strength};
pub use disputes::{Decided, Dispute, Disputes, Ruling, decide_dispute, disputes, disputes_over};
pub use in_person::{Shown, Witnessed, prove_in_person};
pub use lease::{Lease, begin_anew, doubt, free_from, is_by_phone_alone, is_in_doubt, take_back};
pub use leaving::{Return, WAY_BACK, erased_at, leave, may_return, stay};
pub use lock::{Behind, hold_behind, lock, unlock};
pub use merging::{
    Merged, Merging, OFFERED, TO_MERGE, agree_to_merge, begin_merging, due_mergings, find_merging,
    is_merging_offered, merge, pending_merging, propose_merging, stop_merging,
};
pub use model::{Account, HeldPhone, Profile};
pub use moves::{
    DueMove, MoveAsked, Moved, PendingMove, ask_for_move, due_moves, pending_move, settle_move, stop_move,
};
pub use notices::{
    LINK, Notice, SEALED_PLACE, Told, find_notice, see_notices, tell, tell_of_place, unseen_notices,
};
pub use numbers::{
    GivenUp, MOST_PHONES, PhoneAdded, add_phone, end_given_up, give_up_phone, keep_phone, restore_numbers,
};
pub use passkeys::{
    Found, MOST_PASSKEYS, NewPasskey, Passkey, PasskeyAdded, PasskeyEnd, add_passkey, end_passkey,
    end_passkeys_made_in, end_passkeys_since, find_passkey, known_handle, may_offer_passkey, merged_handles,
    passkey_handle, passkey_owner, passkeys, postpone_passkey_offer, rename_passkey, stands_alone,
    use_passkey, vouch_for_passkey,
};
pub use phone::{PhoneError, PhoneNumber};
pub use real_name::{
    IdentityProof, Proven, end_proof_since, identity_proof, is_proven, is_proven_to_be, prove_real_name,
};
pub use records::{enter, find_by_phone, hold, phones, profile};
pub use sweep::sweep;
pub use window_codes::{
    Issued, Redeemed, Seen, WindowCode, end_window_codes, issue_window_code, redeem_window_code,
    sweep_window_codes,
};
pub use withdrawal::{Withdrawn, withdraw_proof};
