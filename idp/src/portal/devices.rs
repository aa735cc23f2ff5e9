use super::Portal;
use crate::clock::Timestamp;
use crate::signin::Session;
use crate::web::{Facts, Page, PageError};

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

    pub(super) fn is_handheld(&self) -> bool {
        matches!(self.kind, DeviceKind::Phone | DeviceKind::Tablet)
    }
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
        let mut devices = Vec::new();
        for session in self.sessions.list(current.account, facts.now).await? {
            let mut services = Vec::new();
            for client_id in visited.remove(&session.id).unwrap_or_default() {
                services.extend(self.service_name(&client_id, page).await?);
            }
            devices.push(Device {
                session: session.id.to_string(),
                kind: kind_of(&session.device.system),
                browser: session.device.to_string(),
                started: session.auth_time,
                last_seen: session.last_seen_at,
                current: session.id == current.id,
                services,
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
