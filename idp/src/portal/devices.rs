use super::Portal;
use crate::clock::Timestamp;
use crate::place::Place;
use crate::signin::Session;
use crate::signin::sessions::Whereabout;
use crate::web::{Facts, Page, PageError, Words};

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct Device {
    /// Posted as `session`.
    pub session: String,
    pub kind: DeviceKind,
    /// "Chrome · Android", from the User-Agent header; empty if unknown.
    pub browser: String,
    pub started: Timestamp,
    pub last_seen: Timestamp,
    pub current: bool,
    /// Names of the services that were opened there, the last one first.
    pub services: Vec<String>,
    /// Whether it was last used in the network that the resident is in now, where that can be told.
    pub near: Option<bool>,
    /// Where it was begun, where that is known.
    pub place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    Phone,
    Tablet,
    Computer,
    Other,
}

impl Device {
    pub(super) fn kind_name(&self, page: &Page) -> String {
        let id = match self.kind {
            DeviceKind::Phone => "device-phone",
            DeviceKind::Tablet => "device-tablet",
            DeviceKind::Computer => "device-computer",
            DeviceKind::Other => "device-other",
        };
        page.say(id).to_string()
    }

    pub(super) fn network(&self, page: &Page) -> Option<String> {
        let near = self.near.filter(|_| !self.current)?;
        Some(network_words(page.words, near))
    }

    pub(super) fn place_name(&self, page: &Page) -> Option<String> {
        let place = self.place.as_ref()?;
        Some(place_words(page, place))
    }

    pub(super) fn is_handheld(&self) -> bool {
        matches!(self.kind, DeviceKind::Phone | DeviceKind::Tablet)
    }
}

/// Whether that was in the network that its reader is in now.
pub(super) fn network_words(words: Words, near: bool) -> String {
    let id = if near { "network-same" } else { "network-other" };
    words.say(id).to_string()
}

/// About where it was: what is known of an address is seldom exact.
pub(super) fn place_words(page: &Page, place: &Place) -> String {
    let name = place.name(page.locale());
    page.say("device-place").with("place", name).to_string()
}

impl Portal {
    /// The browsers in which an account is signed in, this one first.
    pub(super) async fn devices(
        &self,
        current: &Session,
        facts: &Facts,
        page: &Page,
    ) -> Result<Vec<Device>, PageError> {
        let mut visited = self.sessions.visited(current.account).await?;
        let mut whereabouts = self
            .sessions
            .whereabouts_of(current.account, facts.address)
            .await?;
        let mut devices = Vec::new();
        for session in self.sessions.list(current.account, facts.now).await? {
            let mut services = Vec::new();
            for client_id in visited.remove(&session.id).unwrap_or_default() {
                services.extend(self.service_name(&client_id, page).await?);
            }
            let Whereabout { near, place } = whereabouts.remove(&session.id).unwrap_or_default();
            devices.push(Device {
                session: session.id.to_string(),
                kind: kind_of(&session.device.system),
                browser: session.device.to_string(),
                started: session.auth_time,
                last_seen: session.last_seen_at,
                current: session.id == current.id,
                services,
                near,
                place,
            });
        }
        devices.sort_by_key(|device| !device.current);
        Ok(devices)
    }
}

fn kind_of(system: &str) -> DeviceKind {
    match system {
        "Android" | "iPhone" | "iPod" | "HarmonyOS" | "Windows Phone OS" => DeviceKind::Phone,
        "iPad" => DeviceKind::Tablet,
        "" => DeviceKind::Other,
        _ => DeviceKind::Computer,
    }
}
