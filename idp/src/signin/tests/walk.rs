//! A browser on its way through the house.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::task::Poll;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use tower::ServiceExt as _;
use url::form_urlencoded;

use super::house::{House, ORIGIN_OF_OURS};
use crate::signin::{NewInteraction, Session};
use crate::web::{ClientAddress, Facts, RequestId};

pub(super) fn asked_by_nobody() -> NewInteraction {
    NewInteraction {
        continuation: "/account".to_owned(),
        cancel: "/cancelled".to_owned(),
        restart: Some("/account?again".to_owned()),
        client: None,
        redirect: None,
        ui_locales: None,
        login_hint: None,
        fresh_after: None,
        by_themselves: false,
        aim: None,
        carried: String::new(),
    }
}

/// A browser that keeps cookies as browsers do.
#[derive(Clone)]
pub(super) struct Browser<'h> {
    pub(super) house: &'h House,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) address: IpAddr,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) body: String,
    pub(super) set_cookies: Vec<String>,
}

impl Reply {
    pub(super) fn token(&self) -> String {
        self.after(r#"name="token" value=""#)
    }

    /// Whether the form has to be paid for before it goes on.
    pub(super) fn is_held(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS && self.body.contains("data-work=\"")
    }

    /// What the page's script would find.
    pub(super) fn work(&self) -> String {
        let challenge = self.after("data-work=\"");
        let zeros = 32 - self.after("data-bits=\"").parse::<u32>().unwrap();
        let first_word = |work: &str| {
            let hash = crate::store::hash(format!("{challenge}{work}"));
            u32::from_be_bytes(hash[..4].try_into().unwrap())
        };
        (0_u64..)
            .map(|n| n.to_string())
            .find(|work| first_word(work) >> zeros == 0)
            .unwrap()
    }

    pub(super) fn after(&self, opening: &str) -> String {
        let (_, rest) = self.body.split_once(opening).expect(opening);
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser<'_> {
    pub(super) async fn begin(&mut self) -> String {
        self.begin_with(asked_by_nobody()).await
    }

    pub(super) async fn begin_with(&mut self, new: NewInteraction) -> String {
        let id = self.house.signin.rng.id();
        let interactions = &self.house.signin.interactions;
        let facts = Facts {
            now: self.house.now(),
            request_id: String::new(),
            address: self.address,
        };
        let cookies = interactions
            .open(id.clone(), new, &self.headers(), &facts)
            .await
            .unwrap();
        self.keep(cookies.iter().map(|cookie| cookie.to_str().unwrap()));
        id
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        HeaderMap::from_iter([(COOKIE, cookies.join("; ").parse().unwrap())])
    }

    pub(super) fn keep<'c>(&mut self, cookies: impl Iterator<Item = &'c str>) {
        for cookie in cookies {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let mut request = request;
        let cookies = self.headers();
        request.headers_mut().extend(cookies);
        request.extensions_mut().insert(self.house.now());
        request
            .extensions_mut()
            .insert(RequestId::new(&self.house.signin.rng));
        request.extensions_mut().insert(ClientAddress(self.address));
        let response = self.house.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        Reply {
            status: parts.status,
            location: parts.headers.get(LOCATION).map(text).unwrap_or_default(),
            set_cookies: parts.headers.get_all(SET_COOKIE).iter().map(text).collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// As a second copy of a request whose answer the browser throws away.
    pub(super) async fn send_and_forget(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(form(path, fields)).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        let reply = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        self.keep(reply.set_cookies.iter().map(String::as_str));
        reply
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.send(form(path, fields)).await;
        self.keep(reply.set_cookies.iter().map(String::as_str));
        reply
    }

    pub(super) async fn ask_for_code(&mut self, id: &str, phone: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}")).await.token();
        self.post(
            &format!("/signin/{id}/phone"),
            &[("token", &token), ("phone", phone)],
        )
        .await
    }

    pub(super) async fn answer(&mut self, id: &str, code: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}/code")).await.token();
        self.post(
            &format!("/signin/{id}/code"),
            &[("token", &token), ("code", code)],
        )
        .await
    }

    /// Posts a code with the token of another page: the code page may no longer show a form.
    pub(super) async fn answer_blindly(&mut self, id: &str, code: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}")).await.token();
        self.post(
            &format!("/signin/{id}/code"),
            &[("token", &token), ("code", code)],
        )
        .await
    }

    pub(super) async fn send_again(&mut self, id: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}/code")).await.token();
        self.post(&format!("/signin/{id}/resend"), &[("token", &token)])
            .await
    }

    /// The whole way, from a new interaction to signed in.
    pub(super) async fn sign_in(&mut self, phone: &str) -> Session {
        let fresh_after = Some(self.house.now());
        let id = self
            .begin_with(NewInteraction {
                fresh_after,
                ..asked_by_nobody()
            })
            .await;
        assert_eq!(self.ask_for_code(&id, phone).await.status, StatusCode::SEE_OTHER);
        let code = self.house.codes(phone)[0].clone();
        let reply = self.answer(&id, &code).await;
        assert_eq!(
            (reply.status, reply.location.as_str()),
            (StatusCode::SEE_OTHER, "/account"),
            "{}",
            reply.body
        );
        self.session().await.unwrap()
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            now: self.house.now(),
            request_id: String::new(),
            address: self.address,
        }
    }

    pub(super) async fn session(&self) -> Option<Session> {
        self.house
            .signin
            .sessions
            .current(&self.headers(), &self.facts())
            .await
            .unwrap()
    }
}

pub(super) fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ORIGIN, ORIGIN_OF_OURS)
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap()
}

/// A code that is not this one.
pub(super) fn not(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

/// Drives all of them together to their ends.
pub(super) async fn all_at_once<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut futures {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}
