//! Staff at a window: a browser and a passkey of their own.

use crate::app::TestApp;
use crate::authenticator::Authenticator;
use crate::browser::Browser;
use crate::page::Page;
use url::Url;

#[derive(Clone, Debug)]
pub struct Operator {
    pub browser: Browser,
    pub passkey: Authenticator,
}

impl TestApp {
    /// The page behind the link that the command line prints for an operator.
    pub async fn enrolment_page(&self, name: &str) -> Page {
        self.enrolment_page_as(name, "window").await
    }

    async fn enrolment_page_as(&self, name: &str, role: &str) -> Page {
        let link = self.command_json(&["admin", "add", name, "--role", role])["link"].clone();
        let link: Url = link.as_str().expect("a link").parse().expect("a URL");
        self.keep_secret(link.path().rsplit('/').next().expect("its secret part"));
        self.browser().get(link.as_str()).await
    }

    /// Somebody who is on duty at a window.
    pub async fn operator(&self, name: &str) -> Operator {
        self.operator_at(name, "window", "/admin").await
    }

    /// Somebody who decides which departments may join.
    pub async fn city_operator(&self, name: &str) -> Operator {
        self.operator_at(name, "city", "/admin/departments").await
    }

    async fn operator_at(&self, name: &str, role: &str, place: &str) -> Operator {
        let page = self.enrolment_page_as(name, role).await;
        let operator = Operator {
            browser: page.browser().clone(),
            passkey: Authenticator::new(),
        };
        let sign_in = operator.passkey.enrol(&page).await;
        assert_eq!(sign_in.url.path(), "/admin/sign-in", "{}", sign_in.answer.body);
        let desk = operator.passkey.sign_in(&sign_in).await;
        assert_eq!(
            (desk.status(), desk.url.path()),
            (200, place),
            "{}",
            desk.answer.body
        );
        operator
    }
}

impl Operator {
    /// The desk, signed in again where the session is over.
    pub async fn desk(&self) -> Page {
        let page = self.browser.get("/admin").await;
        if page.has("#passkey") {
            return self.passkey.sign_in(&page).await;
        }
        page
    }

    /// Confirms that a person stands at the window with this document, and the carrier's contract for the number.
    pub async fn confirm(&self, phone: &str, person: (&str, &str)) -> Page {
        self.confirm_by(phone, person, true).await
    }

    pub async fn confirm_by(&self, phone: &str, person: (&str, &str), contract: bool) -> Page {
        let fields = with_contract(phone, person, contract);
        self.desk().await.press("#confirm-person", &fields).await
    }

    /// Asks for a code for the account of a number.
    pub async fn give_code(&self, phone: &str, person: (&str, &str), contract: bool) -> Page {
        let fields = with_contract(phone, person, contract);
        self.desk().await.press("#give-code", &fields).await
    }
}

fn with_contract<'a>(
    phone: &'a str,
    (name, number): (&'a str, &'a str),
    contract: bool,
) -> [(&'a str, &'a str); 6] {
    [
        ("phone", phone),
        ("name", name),
        ("number", number),
        ("file", "W3-0042"),
        ("seen", "yes"),
        ("contract", if contract { "yes" } else { "" }),
    ]
}
