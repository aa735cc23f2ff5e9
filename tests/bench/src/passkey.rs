//! A resident's passkey: made on the account page, then used again and again on one sign-in page, so that a window
//! holds the two requests of a sign-in and nothing else.

use crate::Result;
use crate::browser::{Browser, Jar};
use crate::form::{Form, press};
use yimen_http_tests::{Authenticator, Lie};

const MAKING: &str = "/account/passkeys";
const SESSION: &str = "session";

#[derive(Clone, Debug)]
pub(crate) struct Passkey {
    authenticator: Authenticator,
    /// The cookies of somebody who has been here before and is not signed in.
    jar: Jar,
    page: String,
    /// Asks for the options.
    ask: Form,
}

impl Passkey {
    /// Makes one for whoever has just signed in, whom it then signs out; and opens the page that takes it.
    pub(crate) async fn make(browser: &mut Browser) -> Result<Self> {
        let authenticator = Authenticator::new();
        let page = browser.page(MAKING).await?;
        let options = browser
            .send_form(&ask(&page)?)
            .await?
            .expect(200, MAKING)?
            .json()?;
        let credential = authenticator.make(&browser.origin, &options, &Lie::default());
        let form = press(&page, "passkey", &[("credential", &credential.to_string())])?;
        browser.send_form(&form).await?.expect(303, MAKING)?;
        browser.jar.forget(SESSION)?;
        let page = browser.page(MAKING).await?;
        Ok(Passkey {
            authenticator,
            jar: browser.jar.clone(),
            ask: ask(&page)?,
            page,
        })
    }

    pub(crate) async fn sign_in(&self, browser: &mut Browser) -> Result<()> {
        browser.jar = self.jar.clone();
        let options = browser.send_form(&self.ask).await?;
        let options = options.expect(200, &self.ask.action)?.json()?;
        let credential = self
            .authenticator
            .answer(&browser.origin, &options, &Lie::default());
        let form = press(&self.page, "passkey", &[("credential", &credential.to_string())])?;
        browser.send_form(&form).await?.expect(303, &form.action)?;
        // Without a session, nobody has signed in.
        browser.jar.forget(SESSION)
    }
}

/// The form as the page's script sends it first.
fn ask(page: &str) -> Result<Form> {
    let form = press(page, "passkey", &[])?;
    Ok(Form {
        action: format!("{}/options", form.action),
        body: form.body,
    })
}
