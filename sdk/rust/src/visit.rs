//! One request as the layer saw it: what the extractors ask of it, and how it is answered when they refuse.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE, WWW_AUTHENTICATE};
use http::{Method, StatusCode, Uri};
use serde_json::json;

use crate::client::Yimen;
use crate::demand::Demand;
use crate::error::Error;
use crate::fault::{Fault, sign_in_address};
use crate::kiosk::{KioskIdle, is_html};
use crate::local_path::LocalPath;
use crate::page::{Action, Page, Words};
use crate::person::Person;
use crate::sign_in::redirect;

#[derive(Clone, Debug)]
pub(crate) struct Visit {
    yimen: Yimen,
    path: LocalPath,
    manner: Manner,
    /// By somebody before the screen, as far as the browser says: no page that loads itself anew.
    is_asked_for: bool,
    personal: Arc<AtomicBool>,
    kiosk: Option<KioskIdle>,
    /// The session that the browser of a kiosk speaks of has ended.
    is_left: Arc<AtomicBool>,
}

/// Fetch Metadata §2.4: `Sec-Fetch-User` comes with a navigation that somebody has begun.
fn is_asked_for(method: &Method, headers: &HeaderMap) -> bool {
    let says_nothing = !headers.contains_key("sec-fetch-site");
    !method.is_safe() || says_nothing || headers.get("sec-fetch-user").is_some_and(|user| user == "?1")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// A browser that opens a page: it can be sent elsewhere and back.
    Opening,
    /// A browser that submits a form: what it sent would be lost on the way, so it gets a page that says so.
    Submitting,
    /// A script or a program.
    Calling,
}

impl Visit {
    pub(crate) fn new(yimen: Yimen, method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let path = outside_path(&yimen, uri).unwrap_or_else(|| yimen.home().clone());
        Self {
            path,
            manner: Manner::of(method, headers),
            is_asked_for: is_asked_for(method, headers),
            kiosk: KioskIdle::of_request(yimen.cookies(), headers),
            yimen,
            personal: Arc::default(),
            is_left: Arc::default(),
        }
    }

    pub(crate) const fn yimen(&self) -> &Yimen {
        &self.yimen
    }

    pub(crate) fn make_personal(&self) {
        self.personal.store(true, Ordering::Relaxed);
    }

    /// Who is here. From now on the answer counts as personal.
    pub(crate) async fn person(&self, headers: &HeaderMap) -> Result<Option<Person>, Error> {
        self.make_personal();
        let person = Person::find(&self.yimen, headers).await?;
        match &person {
            Some(person) if self.is_asked_for => person.stay_at_kiosk(),
            Some(_) => {}
            None => self.is_left.store(self.kiosk.is_some(), Ordering::Relaxed),
        }
        Ok(person)
    }

    /// A page made for one person is not to be shown by Back after they have signed out, nor by any cache.
    pub(crate) fn keep_private(&self, response: &mut Response) {
        if self.personal.load(Ordering::Relaxed) {
            response
                .headers_mut()
                .entry(CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
        }
    }

    /// At a kiosk, what stands on the screen goes by itself, and a session that has ended leaves no cookie behind.
    pub(crate) fn keep_for_nobody(&self, response: &mut Response) {
        if self.is_left.load(Ordering::Relaxed) {
            let names = self.yimen.cookies();
            if let Some(cookie) = names.clear(names.session()) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        } else if let Some(kiosk) = self.kiosk
            && (self.manner != Manner::Calling || is_html(response))
        {
            kiosk.watch(self.yimen.settings(), response);
        }
    }

    pub(crate) fn refuse(&self, error: Error) -> Response {
        match (&error, self.manner) {
            (&Error::InsufficientAuthentication { level, max_age }, manner) => {
                self.ask_more(&Demand::new(level, max_age), manner)
            }
            (Error::RecordNotGiven { records }, manner) => {
                self.ask_more(&Demand::default().with(records.clone()), manner)
            }
            (Error::SignedOut | Error::AccessExpired, Manner::Opening) => redirect(&self.sign_in_address()),
            (Error::SignedOut | Error::AccessExpired, Manner::Submitting) => self.please_sign_in(),
            (Error::SignedOut | Error::AccessExpired, Manner::Calling) => self.unauthorized(),
            (_, Manner::Calling) => {
                tracing::error!(%error, "a request failed");
                let code = if error.is_temporary() {
                    "temporarily_unavailable"
                } else {
                    "server_error"
                };
                (error.status(), no_store(), axum::Json(json!({ "error": code }))).into_response()
            }
            _ => Fault::failed(error, self.path.clone()).into_response(&self.yimen),
        }
    }

    /// For a page that asks for more than there is.
    pub(crate) fn ask_for(&self, demand: &Demand) -> Response {
        self.ask_more(demand, self.manner)
    }

    fn ask_more(&self, demand: &Demand, manner: Manner) -> Response {
        // Where the person confirms who they are, to come back here.
        let raise = sign_in_address(&self.yimen, &self.path, demand);
        match manner {
            Manner::Opening => redirect(&raise),
            Manner::Submitting if demand.records.is_empty() => self.please_confirm(raise),
            Manner::Submitting => self.please_answer(raise),
            Manner::Calling if !demand.records.is_empty() => self.challenge("", "consent_required", &raise),
            Manner::Calling => self.insufficient(demand, &raise),
        }
    }

    fn sign_in_address(&self) -> String {
        sign_in_address(&self.yimen, &self.path, &Demand::default())
    }

    fn unauthorized(&self) -> Response {
        self.challenge("", "sign_in_required", &self.sign_in_address())
    }

    /// The parameters of RFC 9470 §3, in the challenge of our own scheme: what is shown here is no bearer token.
    fn insufficient(&self, demand: &Demand, raise: &str) -> Response {
        const ERROR: &str = "insufficient_user_authentication";
        let wanted = demand.challenge(self.yimen.settings());
        self.challenge(&format!(", error=\"{ERROR}\"{wanted}"), ERROR, raise)
    }

    fn challenge(&self, parameters: &str, error: &str, sign_in: &str) -> Response {
        let challenge = format!("Yimen realm=\"{}\"{parameters}", self.yimen.settings().origin());
        let mut response = (
            StatusCode::UNAUTHORIZED,
            no_store(),
            axum::Json(json!({ "error": error, "sign_in": sign_in })),
        )
            .into_response();
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn please_confirm(&self, raise: String) -> Response {
        Page {
            status: StatusCode::UNAUTHORIZED,
            title: Words { zh: "请先确认是您本人", en: "Please confirm first that it is you" },
            text: Words {
                zh: "这一步要先确认是您本人，刚才提交的内容还没有生效。确认以后请再提交一次。",
                en: "This step needs to be sure that it is you, so what you sent has had no effect yet. Confirm, and \
                     then send it once more.",
            },
            actions: vec![Action {
                id: "again",
                address: raise,
                words: Words { zh: "去确认", en: "Confirm" },
            }],
            reference: None,
        }
        .into_response(self.yimen.settings().prefix())
    }

    fn please_answer(&self, ask: String) -> Response {
        Page {
            status: StatusCode::UNAUTHORIZED,
            title: Words { zh: "请先回答是否同意", en: "Please say first whether you allow it" },
            text: Words {
                zh: "这一步要向别的部门调取您的记录，先要问您是否同意，刚才提交的内容还没有生效。同意或不同意都可以，回答以后请再\
                     提交一次。",
                en: "This step fetches a record of yours from another department, and you are asked first, so what you sent has \
                     had no effect yet. Say yes or no, and then send it once more.",
            },
            actions: vec![Action {
                id: "again",
                address: ask,
                words: Words { zh: "去回答", en: "Answer" },
            }],
            reference: None,
        }
        .into_response(self.yimen.settings().prefix())
    }

    fn please_sign_in(&self) -> Response {
        Page {
            status: StatusCode::UNAUTHORIZED,
            title: Words { zh: "请先登录", en: "Please sign in first" },
            text: Words {
                zh: "您的登录已经结束，刚才填写的内容还没有提交。请登录后再填一次。",
                en: "Your session has ended and what you just filled in was not sent. Please sign in and fill it in \
                     again.",
            },
            actions: vec![Action {
                id: "again",
                address: self.sign_in_address(),
                words: Words { zh: "登录", en: "Sign in" },
            }],
            reference: None,
        }
        .into_response(self.yimen.settings().prefix())
    }
}

impl Manner {
    fn of(method: &Method, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let accept = headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("*/*");
        let page = match text("sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => accept.contains("text/html") || (*method == Method::GET && accept.contains("*/*")),
        };
        let json_first = accept.trim_start().starts_with("application/json");
        match (page && !json_first, method == Method::GET) {
            (true, true) => Self::Opening,
            (true, false) => Self::Submitting,
            (false, _) => Self::Calling,
        }
    }
}

/// The path as the browser knows it: a proxy may have taken the department's own prefix off.
fn outside_path(yimen: &Yimen, uri: &Uri) -> Option<LocalPath> {
    let inside = uri.path_and_query().map_or("/", |path| path.as_str());
    let prefix = yimen.settings().prefix();
    let outside = inside
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if outside {
        LocalPath::parse(inside)
    } else {
        LocalPath::parse(&format!("{prefix}{inside}"))
    }
}

fn no_store() -> [(http::HeaderName, HeaderValue); 1] {
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}
