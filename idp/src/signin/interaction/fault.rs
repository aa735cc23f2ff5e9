use url::Url;

use super::model::Interaction;
use crate::department::Client;
use crate::web::{ErrorKind, Halt, PageError, see_other};

/// Why an interaction does not go on.
#[derive(Debug)]
pub enum InteractionFault {
    /// Left open for too long; nothing was issued for it.
    Expired(Box<Interaction>),
    /// It has been answered (this is Back, or a bookmark), or is lost; the client's id is what the
    /// browser's cookie says.
    Gone { client_id: Option<String> },
    /// This browser did not begin it, or has lost its cookie.
    OtherBrowser(Box<Interaction>),
}

impl InteractionFault {
    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Expired(interaction) | Self::OtherBrowser(interaction) => interaction.client_id.as_deref(),
            Self::Gone { client_id } => client_id.as_deref(),
        }
    }
}

/// The one place that says where such a browser goes: the same once more where nothing was issued
/// and the request may be repeated, else back through the service's `initiate_login_uri`
/// (OpenID Connect Core 1.0 §4), else a page that says what to do.
///
/// A browser that did not begin the interaction is sent nowhere by itself, since somebody may have
/// sent it here: it is offered a fresh start.
pub(super) fn way_back(fault: &InteractionFault, client: Option<&Client>, issuer: &str) -> Halt {
    let begin = client.and_then(|client| begin_again(client, issuer));
    match fault {
        InteractionFault::Expired(interaction) => match interaction.restart.clone().or(begin) {
            Some(begin) => Halt::elsewhere(see_other(&begin, [])),
            None => page(ErrorKind::Expired, client, None)
                .in_language(interaction.ui_locales.as_deref())
                .into(),
        },
        InteractionFault::Gone { .. } => match begin {
            Some(begin) => Halt::elsewhere(see_other(&begin, [])),
            None => page(ErrorKind::Expired, client, None).into(),
        },
        InteractionFault::OtherBrowser(interaction) => {
            let begin = begin.or_else(|| interaction.restart.clone());
            let page = page(ErrorKind::OtherBrowser, client, begin.as_deref());
            page.in_language(interaction.ui_locales.as_deref()).into()
        }
    }
}

/// The page for a request that is over, where nothing says that this browser began it.
#[must_use]
pub fn offer_fresh_start(client: &Client, issuer: &str) -> PageError {
    let begin = begin_again(client, issuer);
    page(ErrorKind::Expired, Some(client), begin.as_deref())
}

fn page(kind: ErrorKind, client: Option<&Client>, begin: Option<&str>) -> PageError {
    let Some(client) = client else {
        return PageError::new(kind);
    };
    let page = PageError::new(kind).about(|locale| client.asking(locale));
    match begin {
        Some(begin) => page.back(begin),
        None => page,
    }
}

/// The service's own beginning, told who asks (OpenID Connect Core 1.0 §4: `iss`).
fn begin_again(client: &Client, issuer: &str) -> Option<String> {
    let mut url = Url::parse(client.metadata.initiate_login_uri.as_deref()?).ok()?;
    url.query_pairs_mut().append_pair("iss", issuer);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use axum::http::header::LOCATION;

    use super::*;

    const BEGIN: &str = "https://gjj.city.example/in";
    const BEGUN: &str = "https://gjj.city.example/in?iss=https%3A%2F%2Fid.city.example";

    fn client(initiate: Option<&str>) -> Client {
        let mut client = Client::sample("https://gjj.city.example/cb");
        client.metadata.initiate_login_uri = initiate.map(str::to_owned);
        client
    }

    fn sent_to(fault: &InteractionFault, client: Option<&Client>) -> Result<String, ErrorKind> {
        match way_back(fault, client, "https://id.city.example") {
            Halt::Elsewhere(response) => Ok(response.headers()[LOCATION].to_str().unwrap().to_owned()),
            Halt::Page(error) => Err(error.kind()),
        }
    }

    fn interaction(client_id: Option<&str>, restart: Option<&str>) -> Box<Interaction> {
        let (client_id, restart) = (client_id.map(str::to_owned), restart.map(str::to_owned));
        Box::new(Interaction {
            client_id,
            restart,
            ..Interaction::sample()
        })
    }

    #[test]
    fn an_expired_request_is_asked_once_more() {
        let again = "/oauth2/authorize?client_id=gjj";
        let service = client(Some(BEGIN));
        let expired = InteractionFault::Expired(interaction(Some("gjj"), Some(again)));
        assert_eq!(sent_to(&expired, Some(&service)).as_deref(), Ok(again));
        let pushed = InteractionFault::Expired(interaction(Some("gjj"), None));
        assert_eq!(sent_to(&pushed, Some(&service)).as_deref(), Ok(BEGUN));
    }

    #[test]
    fn a_lost_interaction_goes_back_through_the_service() {
        let lost = InteractionFault::Gone { client_id: None };
        assert_eq!(sent_to(&lost, Some(&client(Some(BEGIN)))).as_deref(), Ok(BEGUN));
        assert_eq!(sent_to(&lost, None), Err(ErrorKind::Expired));
    }

    #[test]
    fn a_browser_that_did_not_begin_is_asked_first() {
        let other = InteractionFault::OtherBrowser(interaction(None, Some("/oauth2/authorize?x")));
        assert_eq!(
            sent_to(&other, Some(&client(Some(BEGIN)))),
            Err(ErrorKind::OtherBrowser)
        );
    }
}
