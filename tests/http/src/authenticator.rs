//! What a phone's secure element does, in software (WebAuthn Level 3 §6): it makes passkeys and answers with them.

use crate::maker::{Maker, Model};
use crate::page::Page;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Clone it for the same device; what it holds is shared.
#[derive(Clone, Default)]
pub struct Authenticator {
    passkeys: Arc<Mutex<Vec<Passkey>>>,
    /// Who says whose it is; nobody says so of most.
    maker: Option<Arc<Maker>>,
}

struct Passkey {
    id: Vec<u8>,
    key: EcdsaKeyPair,
    handle: Vec<u8>,
    counter: u32,
}

/// How an answer differs from an honest one.
#[derive(Clone, Debug, Default)]
pub struct Lie {
    pub origin: Option<String>,
    pub rp_id: Option<String>,
    /// Instead of the challenge that was given, in base64url.
    pub challenge: Option<String>,
    /// In place of the next one.
    pub counter: Option<u32>,
    /// Nobody touched or looked.
    pub is_unverified: bool,
    /// Whose it says to be.
    pub handle: Option<Vec<u8>>,
    /// The passkey is copied to other devices (§6.1.3).
    pub is_synced: bool,
    /// Which model it says to be.
    pub model: Option<Model>,
    /// What stands for extensions in the authenticator's data: CBOR, as the standard has it (§6.1), or not.
    pub extensions: Option<Vec<u8>>,
    /// What stands for the attestation statement of a new passkey: CBOR, or not.
    pub statement: Option<Vec<u8>>,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const MAY_BE_COPIED: u8 = 0x08;
const IS_COPIED: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authenticator")
    }
}

impl Authenticator {
    pub fn new() -> Authenticator {
        Authenticator::default()
    }

    /// One whose maker can be told by what it says.
    pub fn of(maker: Maker) -> Authenticator {
        Authenticator {
            maker: Some(Arc::new(maker)),
            ..Authenticator::default()
        }
    }

    /// Makes a passkey as the options ask (`navigator.credentials.create`).
    pub fn make(&self, origin: &str, options: &Value, lie: &Lie) -> Value {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            pkcs8.as_ref(),
            &SystemRandom::new(),
        )
        .expect("the key just made");
        let mut id = vec![0; 16];
        SystemRandom::new().fill(&mut id).expect("chance");
        let rp_id = lie.rp_id.clone().unwrap_or_else(|| text(&options["rp"]["id"]));
        let mut data = head(&rp_id, flags(lie) | ATTESTED, lie.counter.unwrap_or(0));
        data.extend(lie.model.unwrap_or(self.model()));
        data.extend(u16::try_from(id.len()).expect("short").to_be_bytes());
        data.extend(&id);
        data.extend(cose(key.public_key().as_ref()));
        data.extend(lie.extensions.iter().flatten());
        let client_data = client_data("webauthn.create", origin, options, lie);
        let answer = json!({
            "id": encode(&id),
            "rawId": encode(&id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "attestationObject": encode(&self.attestation(&data, &client_data, lie)),
                "transports": ["internal"],
            },
        });
        let handle = decode(&text(&options["user"]["id"]));
        self.passkeys.lock().unwrap().push(Passkey {
            id,
            key,
            handle,
            counter: 0,
        });
        answer
    }

    fn model(&self) -> Model {
        self.maker.as_ref().map_or([0; 16], |maker| maker.model)
    }

    /// `{"fmt": …, "attStmt": …, "authData": data}` (§6.5): "none" (§8.7), or by its maker.
    fn attestation(&self, data: &[u8], client_data: &[u8], lie: &Lie) -> Vec<u8> {
        let (format, statement) = match &self.maker {
            None => (b"\x64none".as_slice(), vec![0xa0]),
            Some(maker) => {
                let signed = [data, digest(&SHA256, client_data).as_ref()].concat();
                (b"\x66packed".as_slice(), maker.statement(&signed))
            }
        };
        let statement = lie.statement.clone().unwrap_or(statement);
        let length = u16::try_from(data.len()).expect("short").to_be_bytes();
        [
            b"\xa3\x63fmt".as_slice(),
            format,
            b"\x67attStmt",
            &statement,
            b"\x68authData\x59",
            &length,
            data,
        ]
        .concat()
    }

    /// Answers with the passkey made last, or with the one that is allowed (`navigator.credentials.get`).
    pub fn answer(&self, origin: &str, options: &Value, lie: &Lie) -> Value {
        let mut passkeys = self.passkeys.lock().unwrap();
        let allowed: Vec<Vec<u8>> = options["allowCredentials"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| decode(&text(&one["id"])))
            .collect();
        let passkey = passkeys
            .iter_mut()
            .rev()
            .find(|passkey| allowed.is_empty() || allowed.contains(&passkey.id))
            .expect("a passkey that is allowed");
        passkey.counter = lie.counter.unwrap_or(passkey.counter + 1);
        let rp_id = lie.rp_id.clone().unwrap_or_else(|| text(&options["rpId"]));
        let mut data = head(&rp_id, flags(lie), passkey.counter);
        data.extend(lie.extensions.iter().flatten());
        let client_data = client_data("webauthn.get", origin, options, lie);
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = passkey
            .key
            .sign(&SystemRandom::new(), &signed)
            .expect("a signature");
        json!({
            "id": encode(&passkey.id),
            "rawId": encode(&passkey.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "authenticatorData": encode(&data),
                "clientDataJSON": encode(&client_data),
                "signature": encode(signature.as_ref()),
                "userHandle": encode(lie.handle.as_deref().unwrap_or(&passkey.handle)),
            },
        })
    }

    /// Makes a passkey on a page that offers one; answers the page that follows.
    pub async fn enrol(&self, page: &Page) -> Page {
        let options = options_on(page).await;
        let credential = self.make(&origin_of(page), &options, &Lie::default());
        page.press("#passkey", &[("credential", &credential.to_string())])
            .await
    }

    /// Signs in with a passkey on a page that takes one.
    pub async fn sign_in(&self, page: &Page) -> Page {
        self.sign_in_lying(page, &Lie::default()).await
    }

    pub async fn sign_in_lying(&self, page: &Page, lie: &Lie) -> Page {
        let options = options_on(page).await;
        let credential = self.answer(&origin_of(page), &options, lie);
        page.press("#passkey", &[("credential", &credential.to_string())])
            .await
    }
}

/// What the page's script would be given for the authenticator.
pub async fn options_on(page: &Page) -> Value {
    let mut form = page.form("#passkey");
    let place = page.attribute("form[data-passkey]", "data-options");
    form.action = page.url.join(&place).expect("a place of the server");
    let answer = form.submit().await.answer;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

pub fn origin_of(page: &Page) -> String {
    page.url.origin().ascii_serialization()
}

fn flags(lie: &Lie) -> u8 {
    let verified = if lie.is_unverified { 0 } else { USER_VERIFIED };
    let synced = if lie.is_synced {
        MAY_BE_COPIED | IS_COPIED
    } else {
        0
    };
    let extended = if lie.extensions.is_some() {
        HAS_EXTENSIONS
    } else {
        0
    };
    USER_PRESENT | verified | synced | extended
}

/// Authenticator data without what is attested (§6.1).
fn head(rp_id: &str, flags: u8, counter: u32) -> Vec<u8> {
    let hash = digest(&SHA256, rp_id.as_bytes());
    [hash.as_ref(), &[flags], &counter.to_be_bytes()].concat()
}

/// A P-256 key for ES256 (RFC 9053 §7.1.1), in CTAP2's canonical CBOR.
fn cose(point: &[u8]) -> Vec<u8> {
    let (x, y) = point[1..].split_at(32);
    [
        &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20],
        x,
        &[0x22, 0x58, 0x20],
        y,
    ]
    .concat()
}

fn client_data(kind: &str, origin: &str, options: &Value, lie: &Lie) -> Vec<u8> {
    let challenge = lie
        .challenge
        .clone()
        .unwrap_or_else(|| text(&options["challenge"]));
    let origin = lie.origin.as_deref().unwrap_or(origin);
    let data = json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false });
    data.to_string().into_bytes()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
