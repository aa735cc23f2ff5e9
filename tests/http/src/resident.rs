//! A person with a phone and a browser.

use crate::answer::Answer;
use crate::app::Reach;
use crate::browser::Browser;
use crate::client::Client;
use crate::page::Page;
use crate::request::{Response, SignIn};
use crate::wait::wait_for;
use serde_json::Value;
use url::Url;

#[derive(Clone, Debug)]
pub struct Resident {
    pub phone: String,
    pub browser: Browser,
    reach: Reach,
}

impl Resident {
    pub(crate) fn new(reach: Reach, phone: &str) -> Resident {
        reach.secrets.remember(phone);
        Resident {
            phone: phone.to_owned(),
            browser: Browser::new(reach.clone()),
            reach,
        }
    }

    /// The same person at another machine.
    #[must_use]
    pub fn elsewhere(&self) -> Resident {
        Resident::new(self.reach.clone(), &self.phone)
    }

    /// As [`Browser::at`].
    #[must_use]
    pub fn at(self, address: &str) -> Resident {
        Resident {
            browser: self.browser.at(address),
            ..self
        }
    }

    /// Somebody else, at this one's browser.
    pub fn lend_to(&self, phone: &str) -> Resident {
        Resident {
            browser: self.browser.clone(),
            ..Resident::new(self.reach.clone(), phone)
        }
    }

    /// Every code sent to this phone, the oldest first.
    pub async fn codes(&self) -> Vec<String> {
        // The outbox shows the newest first.
        let codes: Vec<String> = self.messages().await.iter().rev().filter_map(code_of).collect();
        codes.iter().for_each(|code| self.reach.secrets.remember(code));
        codes
    }

    async fn messages(&self) -> Vec<Value> {
        let outbox = format!("{}/dev/outbox.json", self.reach.url);
        let url = Url::parse_with_params(&outbox, [("phone", &self.phone)]).expect("a URL");
        let answer = Answer::of(self.reach.http.get(url)).await;
        assert_eq!(answer.status, 200, "/dev/outbox.json: {}", answer.body);
        answer.json().as_array().cloned().expect("a list of messages")
    }

    /// Every message to this phone as it reads, the oldest first.
    pub async fn texts(&self) -> Vec<String> {
        let messages = self.messages().await;
        let texts = messages.iter().rev().filter_map(|one| one["text"].as_str());
        texts.map(str::to_owned).collect()
    }

    /// Waits for so many notices to this phone; answers the paths of their links, the oldest first.
    pub async fn notices(&self, count: usize) -> Vec<String> {
        let what = format!("notice {count} to {}", self.phone);
        wait_for(&what, async || {
            let messages = self.messages().await;
            let links: Vec<String> = messages.iter().rev().filter_map(link_of).collect();
            if links.len() >= count {
                return Ok(links);
            }
            Err(format!("{messages:#?}"))
        })
        .await
    }

    /// Waits for a notice that says this; answers its link, of several that of the last.
    pub async fn told_of(&self, what: &str) -> String {
        self.told_anew_of(what, "").await
    }

    /// As [`Resident::told_of`], of one whose link is another than this.
    pub async fn told_anew_of(&self, what: &str, before: &str) -> String {
        let wanted = format!("a notice of {what:?} to {}", self.phone);
        wait_for(&wanted, async || {
            let messages = self.messages().await;
            let says = |message: &&Value| message["text"].as_str().is_some_and(|text| text.contains(what));
            let last = messages.iter().find(says).and_then(link_of);
            last.filter(|link| link != before)
                .ok_or_else(|| format!("{messages:#?}"))
        })
        .await
    }

    pub async fn latest_code(&self) -> String {
        self.codes()
            .await
            .pop()
            .unwrap_or_else(|| panic!("no message was sent to {}", self.phone))
    }

    /// Asks for a code on a sign-in page.
    pub async fn ask_for_code(&self, page: &Page) -> Page {
        page.press("#send-code", &[("phone", &self.phone)]).await
    }

    /// From a sign-in page, by SMS, to whatever comes next.
    pub async fn sign_in_at(&self, page: &Page) -> Page {
        self.enter_code(&self.ask_for_code(page).await).await
    }

    /// Types the code that was sent last, on the page that asks for it.
    pub async fn enter_code(&self, page: &Page) -> Page {
        page.press("#verify", &[("code", &self.latest_code().await)])
            .await
    }

    /// Signs in at the account page and returns it.
    pub async fn sign_in(&self) -> Page {
        let page = self.sign_in_at(&self.browser.get("/account").await).await;
        assert_eq!(
            (page.status(), page.url.path()),
            (200, "/account"),
            "{}",
            page.answer.body
        );
        page
    }

    /// Comes from the department with its request: to the first page the server shows, or straight back.
    pub async fn follow(&self, request: &SignIn) -> Page {
        self.browser.follow_from(&request.origin(), &request.url()).await
    }

    /// Goes through whatever the server asks until it sends the browser back to the department.
    pub async fn go_through(&self, request: &SignIn) -> Response {
        let page = self.follow(request).await;
        request.read(&self.go_on(page).await)
    }

    /// From a page of an interaction to where the browser is sent away, or a page that asks nothing.
    pub async fn go_on(&self, mut page: Page) -> Page {
        if page.has("#phone") {
            page = self.sign_in_at(&page).await;
        }
        if page.has("#allow") {
            page = page.press("#allow", &[]).await;
        }
        page
    }

    /// A whole sign-in at `client`: the tokens it gets.
    pub async fn sign_in_to(&self, client: &Client) -> crate::client::Tokens {
        let request = client.sign_in();
        let response = self.go_through(&request).await;
        client.tokens(&request, &response).await
    }
}

/// The code in one message; a notice has none.
fn code_of(message: &Value) -> Option<String> {
    message["code"].as_str().map(str::to_owned)
}

/// The path of a notice's link.
fn link_of(message: &Value) -> Option<String> {
    let text = message["text"].as_str()?;
    let link = text[text.find("http")?..].split_whitespace().next()?;
    Some(Url::parse(link).ok()?.path().to_owned())
}
