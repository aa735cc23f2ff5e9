use askama::Template;

use crate::clock::Timestamp;
use crate::web::{Page, views};

/// The question before something ends. Its form repeats the request with `confirmed=yes`.
#[derive(Template)]
#[template(path = "portal/confirm.html")]
pub struct ConfirmPage {
    pub page: Page,
    pub token: String,
    pub question: Question,
}

/// What is about to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    EndDevice {
        session: String,
        device: String,
    },
    EndOthers,
    SignOutEverywhere,
    /// Another account of the same person is closed into this one.
    Merge {
        /// That account's, masked.
        numbers: String,
        /// When it is done, where its owner has time to say no.
        due: Option<Timestamp>,
        /// How many numbers an account may add, where both together have more.
        more_than: Option<usize>,
    },
    RemovePasskey {
        passkey: String,
        name: String,
    },
    RemovePhone {
        phone: String,
        masked: String,
    },
    WithdrawItem {
        client: String,
        service: String,
        item: String,
        label: String,
    },
    WithdrawAll {
        client: String,
        service: String,
    },
    Leave {
        /// When everything is erased.
        until: Timestamp,
    },
}

impl Question {
    fn action(&self) -> &'static str {
        match self {
            Self::EndDevice { .. } | Self::EndOthers => "/account/sessions/end",
            Self::SignOutEverywhere => "/account/sign-out-everywhere",
            Self::Merge { .. } => "/account/merge",
            Self::RemovePasskey { .. } => "/account/passkeys/remove",
            Self::RemovePhone { .. } => "/account/phones/remove",
            Self::WithdrawItem { .. } | Self::WithdrawAll { .. } => "/account/services/withdraw",
            Self::Leave { .. } => "/account/leave",
        }
    }

    /// The hidden fields that repeat the request.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::EndDevice { session, .. } => vec![("session", session)],
            Self::EndOthers => vec![("session", "others")],
            Self::SignOutEverywhere | Self::Merge { .. } | Self::Leave { .. } => Vec::new(),
            Self::RemovePasskey { passkey, .. } => vec![("passkey", passkey)],
            Self::RemovePhone { phone, .. } => vec![("phone", phone)],
            Self::WithdrawItem { client, item, .. } => vec![("client", client), ("item", item)],
            Self::WithdrawAll { client, .. } => vec![("client", client), ("item", "all")],
        }
    }

    fn title(&self, page: &Page) -> String {
        match self {
            Self::EndDevice { device, .. } => page.say("ask-end-device").with("device", device).to_string(),
            Self::EndOthers => page.say("ask-end-others").to_string(),
            Self::SignOutEverywhere => page.say("ask-sign-out-everywhere").to_string(),
            Self::Merge { numbers, .. } => page.say("ask-merge").with("numbers", numbers).to_string(),
            Self::Leave { .. } => page.say("ask-leave").to_string(),
            Self::RemovePasskey { name, .. } => page.say("ask-remove-passkey").with("name", name).to_string(),
            Self::RemovePhone { masked, .. } => {
                page.say("ask-remove-phone").with("phone", masked).to_string()
            }
            Self::WithdrawItem { service, label, .. } => page
                .say("ask-withdraw-item")
                .with("service", service)
                .with("item", label)
                .to_string(),
            Self::WithdrawAll { service, .. } => {
                page.say("ask-withdraw-all").with("service", service).to_string()
            }
        }
    }

    fn explanation(&self, page: &Page) -> String {
        let id = match self {
            Self::EndDevice { .. } | Self::EndOthers => "ask-end-what",
            Self::SignOutEverywhere => "ask-sign-out-everywhere-what",
            Self::Merge { due: None, .. } => "ask-merge-what",
            Self::Merge { due: Some(due), .. } => {
                let date = page.date(due);
                return page.say("ask-merge-what-later").with("date", &date).to_string();
            }
            Self::RemovePasskey { .. } => "ask-remove-passkey-what",
            Self::RemovePhone { .. } => "ask-remove-phone-what",
            Self::WithdrawItem { .. } | Self::WithdrawAll { .. } => "ask-withdraw-what",
            Self::Leave { until } => {
                // What happens until then is written down too.
                let kept = until.plus(page.audit_kept());
                return page
                    .say("ask-leave-what")
                    .with("date", &page.date(until))
                    .with("kept", &page.date(&kept))
                    .to_string();
            }
        };
        page.say(id).to_string()
    }

    /// What else the resident should know first.
    fn remark(&self, page: &Page) -> Option<String> {
        let Self::Merge {
            more_than: Some(most),
            ..
        } = self
        else {
            return None;
        };
        let count = most.to_string();
        Some(page.say("ask-merge-many").with("count", &count).to_string())
    }

    fn answer(&self, page: &Page) -> String {
        let id = match self {
            Self::EndDevice { .. } | Self::EndOthers | Self::SignOutEverywhere => "ask-sign-out-yes",
            Self::Merge { .. } => "ask-merge-yes",
            Self::RemovePasskey { .. } => "ask-remove-passkey-yes",
            Self::RemovePhone { .. } => "ask-remove-phone-yes",
            Self::WithdrawItem { .. } | Self::WithdrawAll { .. } => "ask-withdraw-yes",
            Self::Leave { .. } => "ask-leave-yes",
        };
        page.say(id).to_string()
    }
}

views!(ConfirmPage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn nothing_ends_without_a_question() {
        let text = ToOwned::to_owned;
        for (name, question) in [
            (
                "device",
                Question::EndDevice {
                    session: text("s2"),
                    device: text("Firefox · Windows"),
                },
            ),
            ("others", Question::EndOthers),
            (
                "merge",
                Question::Merge {
                    numbers: "138 **** 0001".to_owned(),
                    due: None,
                    more_than: None,
                },
            ),
            (
                "merge-later",
                Question::Merge {
                    numbers: "138 **** 0001".to_owned(),
                    due: Some(sample::NOW),
                    more_than: Some(5),
                },
            ),
            ("everywhere", Question::SignOutEverywhere),
            (
                "phone",
                Question::RemovePhone {
                    phone: text("f1"),
                    masked: text("139 **** 1234"),
                },
            ),
            (
                "withdraw",
                Question::WithdrawItem {
                    client: text("gjj"),
                    service: text("住房公积金提取"),
                    item: text("phone"),
                    label: text("手机号"),
                },
            ),
            (
                "withdraw-all",
                Question::WithdrawAll {
                    client: text("gjj"),
                    service: text("住房公积金提取"),
                },
            ),
        ] {
            sample::show(&format!("confirm-{name}"), |page| ConfirmPage {
                token: page.form_token("session"),
                question: question.clone(),
                page,
            });
        }
    }
}
