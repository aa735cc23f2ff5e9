use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use uuid::Uuid;

use super::super::kiosks::Kiosk;

/// What a resident recognises a browser by: its name and its system, as it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    pub browser: String,
    pub system: String,
    /// The kiosk that it is: its name then stands for the browser's, and the browser's for the system's.
    pub kiosk: Option<Uuid>,
}

impl Device {
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let agent = headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let agent = agent.get(..LONGEST).unwrap_or(agent);
        let parsed = woothee::parser::Parser::new().parse(agent);
        let (browser, system) = parsed.map_or(("", ""), |parsed| (parsed.name, parsed.os));
        let in_app = IN_APP
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name);
        Self {
            browser: known(in_app.unwrap_or(browser)),
            system: known(system),
            kiosk: None,
        }
    }

    /// The same as a registered kiosk.
    pub(super) fn at(self, kiosk: Kiosk) -> Self {
        Self {
            browser: kiosk.name,
            system: self.browser,
            kiosk: Some(kiosk.id),
        }
    }

    /// As [`Device`] prints it, read back.
    pub(super) fn from_record(text: &str, kiosk: Option<Uuid>) -> Self {
        let (browser, system) = text.split_once(SEPARATOR).unwrap_or((text, ""));
        Self {
            browser: browser.to_owned(),
            system: system.to_owned(),
            kiosk,
        }
    }
}

/// Apps whose own browser residents know by the app's name.
const IN_APP: [(&str, &str); 4] = [
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("DingTalk", "DingTalk"),
    ("HuaweiBrowser", "Huawei Browser"),
];

/// Longer names of browsers are made up.
const LONGEST: usize = 512;
const SEPARATOR: &str = " · ";

fn known(name: &str) -> String {
    if name == "UNKNOWN" {
        String::new()
    } else {
        name.to_owned()
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SEPARATOR}{}", self.browser, self.system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(agent: &[u8]) -> Device {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, http::HeaderValue::from_bytes(agent).unwrap());
        Device::of(&headers)
    }

    #[test]
    fn browsers_are_named_as_residents_know_them() {
        let chrome = device(b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36");
        assert_eq!(chrome.to_string(), "Chrome · Windows 10");
        assert_eq!(Device::from_record(&chrome.to_string(), None), chrome);
        let wechat = device(b"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0.49");
        assert_eq!(
            (wechat.browser.as_str(), wechat.system.as_str()),
            ("WeChat", "Android")
        );
    }

    #[test]
    fn junk_is_nobody() {
        for agent in [&b""[..], b"\xff\xfe", b"<script>alert(1)</script>", &[b'x'; 5000]] {
            let device = device(agent);
            assert!(
                !device.to_string().contains('<') && device.to_string().len() < 40,
                "{device}"
            );
        }
    }
}
