//! Whose authenticators staff may sign in with, where the city says so (WebAuthn Level 3 §7.1, steps 23 and 24).

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use webauthn_rs::prelude::{
    AttestationCaList, AttestationCaListBuilder, AttestedPasskeyRegistration, Passkey, PasskeyRegistration,
    RegisterPublicKeyCredential, Uuid, WebauthnError,
};

use super::relying_party::{RelyingParty, RelyingPartyError, discoverable, json};
use crate::config::{Attestation, Operator as Settings};

/// A ceremony for a passkey of staff, under way.
#[derive(Debug, Serialize, Deserialize)]
pub enum StaffEnrolment {
    /// What the authenticator says of itself is kept and not checked.
    OfAnyMaker(PasskeyRegistration),
    OfAccepted(AttestedPasskeyRegistration),
}

/// The authorities whose authenticators are accepted; none where nothing is asked of their make.
pub(super) fn accepted(settings: &Settings) -> Result<Option<AttestationCaList>, RelyingPartyError> {
    let Some(path) = &settings.attestation_ca else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(|fault| wrong(path, &fault))?;
    let mut accepted = AttestationCaList::default();
    for certificate in certificates(&text) {
        let list = of_authority(certificate, &settings.attestation_models);
        accepted.union(&list.map_err(|fault| wrong(path, &fault))?);
    }
    if accepted.is_empty() {
        return Err(wrong(path, &"it holds no certificate"));
    }
    Ok(Some(accepted))
}

fn wrong(path: &Path, said: &impl ToString) -> RelyingPartyError {
    RelyingPartyError::Makers {
        file: path.to_path_buf(),
        said: said.to_string(),
    }
}

fn certificates(text: &str) -> impl Iterator<Item = &[u8]> {
    let begins = "-----BEGIN CERTIFICATE-----";
    text.split_inclusive("-----END CERTIFICATE-----")
        .filter_map(move |part| Some(&part.as_bytes()[part.find(begins)?..]))
}

/// One authority, with these models of its authenticators, or with all where none is named.
fn of_authority(certificate: &[u8], models: &[Uuid]) -> Result<AttestationCaList, String> {
    if models.is_empty() {
        return AttestationCaList::try_from(certificate).map_err(|fault| fault.to_string());
    }
    let mut list = AttestationCaListBuilder::new();
    for model in models {
        list.insert_device_pem(certificate, *model, model.to_string(), BTreeMap::new())
            .map_err(|fault| fault.to_string())?;
    }
    Ok(list.build())
}

impl RelyingParty {
    /// Options for a new passkey of somebody on the staff.
    ///
    /// # Errors
    /// Where the ceremony is not what WebAuthn says.
    pub fn begin_staff_enrolment(
        &self,
        handle: Uuid,
        name: &str,
        attestation: Attestation,
    ) -> Result<(Value, StaffEnrolment), WebauthnError> {
        let (mut options, ceremony) = match self.accepted_makers() {
            None => {
                let (options, ceremony) = self.begin_enrolment(handle, name, Vec::new())?;
                (options, StaffEnrolment::OfAnyMaker(ceremony))
            }
            Some(makers) => {
                let (options, ceremony) = self.webauthn().start_attested_passkey_registration(
                    handle,
                    name,
                    name,
                    None,
                    makers.clone(),
                    None,
                )?;
                let options = discoverable(json(&options)?["publicKey"].take());
                (options, StaffEnrolment::OfAccepted(ceremony))
            }
        };
        options["attestation"] = match attestation {
            Attestation::None => "none".into(),
            Attestation::Direct => "direct".into(),
            Attestation::Enterprise => "enterprise".into(),
        };
        Ok((options, ceremony))
    }

    /// # Errors
    /// Where the ceremony is not what WebAuthn says, or the authenticator is of none that are accepted.
    pub fn finish_staff_enrolment(
        &self,
        answer: &RegisterPublicKeyCredential,
        ceremony: &StaffEnrolment,
    ) -> Result<Passkey, WebauthnError> {
        match ceremony {
            // The city has said whose are accepted since this was begun.
            StaffEnrolment::OfAnyMaker(_) if self.accepted_makers().is_some() => {
                Err(WebauthnError::MissingAttestationCaList)
            }
            StaffEnrolment::OfAnyMaker(ceremony) => self.finish_enrolment(answer, ceremony),
            StaffEnrolment::OfAccepted(ceremony) => self
                .webauthn()
                .finish_attested_passkey_registration(answer, ceremony)
                .map(Passkey::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<AttestationCaList>, RelyingPartyError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("makers.pem");
        std::fs::write(&path, text).unwrap();
        accepted(&Settings {
            attestation_ca: Some(path),
            ..Settings::default()
        })
    }

    #[test]
    fn a_file_without_a_certificate_accepts_nobody_and_says_so() {
        assert!(accepted(&Settings::default()).unwrap().is_none());
        for text in [
            "",
            "yubico",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        ] {
            let fault = read(text).unwrap_err().to_string();
            assert!(fault.starts_with("operator.attestation_ca /"), "{fault}");
        }
        let nowhere = accepted(&Settings {
            attestation_ca: Some("/nowhere/makers.pem".into()),
            ..Settings::default()
        });
        assert!(nowhere.is_err());
    }
}
