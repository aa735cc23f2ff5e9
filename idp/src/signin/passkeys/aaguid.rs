use serde_cbor_2::Value;
use uuid::{Uuid, uuid};

/// Makers of passkeys that residents know by name, by the model number their authenticators give (the community's
/// list of passkey providers, and Microsoft's). What is not here is named by browser and system.
const NAMES: [(Uuid, &str); 18] = [
    (uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"), "Apple iCloud"),
    (uuid!("dd4ec289-e01d-41c9-bb89-70fa845d4bf2"), "Apple iCloud"),
    (uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"), "Google"),
    (uuid!("adce0002-35bc-c60a-648b-0b25f1f05503"), "Chrome · Mac"),
    (uuid!("771b48fd-d3d4-4f74-9232-fc157ab0507a"), "Edge · Mac"),
    (uuid!("08987058-cadc-4b81-b6e1-30de50dcbe96"), "Windows Hello"),
    (uuid!("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"), "Windows Hello"),
    (uuid!("6028b017-b1d4-4c02-b4b3-afcdafc96bb2"), "Windows Hello"),
    (uuid!("d3452668-01fd-4c12-926c-83a4204853aa"), "Microsoft"),
    (uuid!("53414d53-554e-4700-0000-000000000000"), "Samsung"),
    (uuid!("bada5566-a7aa-401f-bd96-45619a55120d"), "1Password"),
    (uuid!("d548826e-79b4-db40-a3d8-11116f7e8349"), "Bitwarden"),
    (uuid!("531126d6-e717-415c-9320-3d9aa6981239"), "Dashlane"),
    (uuid!("fdb141b2-5d84-443e-8a35-4698c205a502"), "KeePassXC"),
    (uuid!("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6"), "Keeper"),
    (uuid!("b84e4048-15dc-4dd0-8640-f4f60813c8af"), "NordPass"),
    (uuid!("50726f74-6f6e-5061-7373-50726f746f6e"), "Proton Pass"),
    (uuid!("b5397666-4885-aa6b-cebf-e52262a439a2"), "Chromium"),
];

/// The name residents know a maker by.
pub(super) fn name(aaguid: Uuid) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(known, _)| *known == aaguid)
        .map(|(_, name)| *name)
}

/// Where the model number stands in authenticator data (WebAuthn Level 3 §6.1): after the relying party's hash, flags
/// and counter.
const AT: std::ops::Range<usize> = 37..53;

/// The model number that an authenticator gives with a new passkey; the library has checked the object and does not
/// hand it on. Nil where there is none. It serves a name, and no decision.
pub(super) fn of(attestation_object: &[u8]) -> Uuid {
    let Ok(Value::Map(mut object)) = serde_cbor_2::from_slice(attestation_object) else {
        return Uuid::nil();
    };
    let Some(Value::Bytes(data)) = object.remove(&Value::Text("authData".to_owned())) else {
        return Uuid::nil();
    };
    data.get(AT)
        .and_then(|bytes| Uuid::from_slice(bytes).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_number_is_found_where_there_is_one() {
        let data = [vec![0; 37], NAMES[2].0.as_bytes().to_vec(), vec![7; 20]].concat();
        let object = |data: Vec<u8>| {
            let object = std::collections::BTreeMap::from([("authData", Value::Bytes(data))]);
            serde_cbor_2::to_vec(&object).unwrap()
        };
        assert_eq!(name(of(&object(data))), Some("Google"));
        for junk in [object(vec![1; 40]), vec![], b"\xff\xff".to_vec(), vec![0x9b; 64]] {
            assert_eq!(of(&junk), Uuid::nil());
        }
    }
}
