//! A maker of authenticators: the certificates by which its keys say whose they are (WebAuthn Level 3 §8.2.1), in DER
//! by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

/// Which model an authenticator says it is.
pub type Model = [u8; 16];

pub struct Maker {
    root: Vec<u8>,
    /// Of one batch of authenticators; its key signs what they say of themselves.
    batch: Vec<u8>,
    batch_key: EcdsaKeyPair,
    pub(crate) model: Model,
}

impl Maker {
    /// Two of one name have different keys.
    pub fn new(name: &str, model: Model) -> Maker {
        let (root_key, batch_key) = (key(), key());
        let root_name = distinguished(&[(CN, name)]);
        let subject = distinguished(&[
            (C, "CN"),
            (O, name),
            (OU, "Authenticator Attestation"),
            (CN, "batch 1"),
        ]);
        let root_rules = [
            extension(BASIC_CONSTRAINTS, true, &sequence(&[&tlv(0x01, &[0xff])])),
            // Its one bit: keyCertSign.
            extension(KEY_USAGE, true, &tlv(0x03, &[2, 0x04])),
        ];
        let batch_rules = [
            extension(BASIC_CONSTRAINTS, true, &sequence(&[])),
            extension(AAGUID, false, &tlv(0x04, &model)),
        ];
        Maker {
            root: certificate(&root_name, &root_name, &root_key, &root_key, &root_rules.concat()),
            batch: certificate(&root_name, &subject, &batch_key, &root_key, &batch_rules.concat()),
            batch_key,
            model,
        }
    }

    /// What an operator of the city is given by the maker.
    pub fn pem(&self) -> String {
        // RFC 7468 §2: 64 characters a line.
        let text = STANDARD.encode(&self.root).into_bytes();
        let lines: Vec<_> = text.chunks(64).map(String::from_utf8_lossy).collect();
        let text = lines.join("\n");
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// `{"alg": -7, "sig": …, "x5c": [batch]}` (§8.2), in canonical CBOR.
    pub(crate) fn statement(&self, signed: &[u8]) -> Vec<u8> {
        let signature = sign(&self.batch_key, signed);
        [
            b"\xa3\x63alg\x26\x63sig\x58".as_slice(),
            &[u8::try_from(signature.len()).expect("short")],
            &signature,
            b"\x63x5c\x81\x59",
            &u16::try_from(self.batch.len()).expect("short").to_be_bytes(),
            &self.batch,
        ]
        .concat()
    }
}

const C: &[u8] = &[0x55, 0x04, 0x06];
const O: &[u8] = &[0x55, 0x04, 0x0a];
const OU: &[u8] = &[0x55, 0x04, 0x0b];
const CN: &[u8] = &[0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// id-fido-gen-ce-aaguid.
const AAGUID: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xe5, 0x1c, 0x01, 0x01, 0x04];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// RFC 5280 §4.1, good until 2049.
fn certificate(
    issuer: &[u8],
    subject: &[u8],
    key: &EcdsaKeyPair,
    issuers_key: &EcdsaKeyPair,
    rules: &[u8],
) -> Vec<u8> {
    let algorithm = sequence(&[&tlv(0x06, ECDSA_WITH_SHA256)]);
    let validity = sequence(&[&tlv(0x17, b"200101000000Z"), &tlv(0x17, b"490101000000Z")]);
    let kind = sequence(&[&tlv(0x06, EC_PUBLIC_KEY), &tlv(0x06, P256)]);
    let public = sequence(&[&kind, &bits(key.public_key().as_ref())]);
    let signed = sequence(&[
        &tlv(0xa0, &tlv(0x02, &[2])),
        &tlv(0x02, &[1]),
        &algorithm,
        issuer,
        &validity,
        subject,
        &public,
        &tlv(0xa3, &tlv(0x30, rules)),
    ]);
    let signature = sign(issuers_key, &signed);
    sequence(&[&signed, &algorithm, &bits(&signature)])
}

fn distinguished(parts: &[(&[u8], &str)]) -> Vec<u8> {
    let sets = parts.iter().map(|(kind, text)| {
        // A country is a PrintableString.
        let tag = if *kind == C { 0x13 } else { 0x0c };
        tlv(0x31, &sequence(&[&tlv(0x06, kind), &tlv(tag, text.as_bytes())]))
    });
    tlv(0x30, &sets.collect::<Vec<_>>().concat())
}

fn extension(kind: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if is_critical {
        tlv(0x01, &[0xff])
    } else {
        Vec::new()
    };
    sequence(&[&tlv(0x06, kind), &critical, &tlv(0x04, value)])
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    let length = match content.len() {
        0..=127 => vec![length[1]],
        128..=255 => vec![0x81, length[1]],
        _ => vec![0x82, length[0], length[1]],
    };
    [&[tag], length.as_slice(), content].concat()
}

fn key() -> EcdsaKeyPair {
    let chance = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &chance)
        .expect("the key just made")
}

fn sign(key: &EcdsaKeyPair, text: &[u8]) -> Vec<u8> {
    let signature = key.sign(&SystemRandom::new(), text).expect("a signature");
    signature.as_ref().to_vec()
}
