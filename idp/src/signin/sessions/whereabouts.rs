use std::collections::HashMap;
use std::net::IpAddr;

use axum::http::HeaderMap;
use uuid::Uuid;

use super::super::limits::Senders;
use super::device::Device;
use super::records::Sessions;
use crate::args;
use crate::place::{Place, Places};
use crate::store::{StoreError, Vault, same};

/// Where the place of a session stands, sealed.
pub const SEALED_PLACE: &str = "session.place";

const OPEN: &str = "SELECT id, seen_network, place FROM session WHERE account_id = $1 AND ended_at IS NULL";

/// Makes of an address what may be kept: a network to compare with, and the place if the operator gives a database.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    vault: Vault,
    senders: Senders,
    places: Places,
}

/// The browser that a session is begun in, and from where.
#[derive(Clone, Debug)]
pub struct Whence {
    pub device: Device,
    pub address: IpAddr,
    pub place: Option<Place>,
}

/// What is known of where a session is, for its resident.
#[derive(Clone, Debug, Default)]
pub struct Whereabout {
    /// Whether it was last used in the network that its resident is in now, where that can be told.
    pub near: Option<bool>,
    /// Where it was begun.
    pub place: Option<Place>,
}

impl Whereabouts {
    #[must_use]
    pub const fn new(vault: Vault, senders: Senders, places: Places) -> Self {
        Self {
            vault,
            senders,
            places,
        }
    }

    /// About where an address is, where the operator has given a database.
    pub(in crate::signin) fn place_of(&self, address: IpAddr) -> Option<Place> {
        self.places.of(address)
    }

    /// The range of addresses that this one lies in, as the record with this id knows it: a keyed hash, which no other
    /// record shares. Whoever reads the records learns neither where somebody was nor who was there together.
    pub(in crate::signin) fn network(&self, id: &str, address: IpAddr) -> Option<[u8; 32]> {
        let range = self.senders.range_of(address)?;
        Some(self.vault.index("network", &format!("{id} {range}")))
    }

    /// Whether an address lies in the network that the record with this id has kept, where that can be told.
    #[must_use]
    pub fn is_near(&self, id: &str, kept: Option<&[u8]>, address: IpAddr) -> Option<bool> {
        Some(same(kept?, &self.network(id, address)?))
    }

    fn seal(&self, session: Uuid, place: &Place) -> Result<Vec<u8>, StoreError> {
        self.vault
            .seal(SEALED_PLACE, &session.to_string(), &place.to_record())
    }
}

impl Sessions {
    /// The browser of a request, and where that is.
    ///
    /// # Errors
    /// As [`Sessions::device`].
    pub(in crate::signin) async fn whence(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Whence, StoreError> {
        Ok(Whence {
            device: self.device(headers).await?,
            place: self.whereabouts.place_of(address),
            address,
        })
    }

    pub(super) fn sealed_place(&self, session: Uuid, whence: &Whence) -> Result<Option<Vec<u8>>, StoreError> {
        let place = whence.place.as_ref();
        place
            .map(|place| self.whereabouts.seal(session, place))
            .transpose()
    }

    /// Where an account's open sessions are, as seen from this address.
    ///
    /// # Errors
    /// Where the database does not answer, or a place cannot be opened.
    pub async fn whereabouts_of(
        &self,
        account: Uuid,
        address: IpAddr,
    ) -> Result<HashMap<Uuid, Whereabout>, StoreError> {
        let mut found = HashMap::new();
        for row in self.db.all(OPEN, args![account]).await? {
            let id = row.text("id")?;
            let kept = row.maybe_bytes("seen_network")?;
            let place = row.maybe_bytes("place")?;
            let place = place.map(|sealed| self.whereabouts.vault.open(SEALED_PLACE, &id, &sealed));
            let whereabout = Whereabout {
                near: self.whereabouts.is_near(&id, kept.as_deref(), address),
                place: place.transpose()?.as_deref().and_then(Place::from_record),
            };
            found.insert(row.uuid("id")?, whereabout);
        }
        Ok(found)
    }

    /// For whoever shows what the records hold.
    #[must_use]
    pub const fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }
}
