use crate::keys::jose::to_base64url;
use crate::signin::Session;
use crate::store::Vault;

/// A session's id as one sector sees it: departments cannot join their tables by it.
pub(super) fn sid(vault: &Vault, session: &Session, sector: &str) -> String {
    let of = format!("{}\0{sector}", session.id);
    to_base64url(&vault.mac("sid", of.as_bytes())[..16])
}
