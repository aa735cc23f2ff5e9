//! When a sign-in or sign-out does not go through: what happened, in calm words, and the way on. Never a loop: a
//! fresh start is a link that the person follows, not a redirect.

use axum::response::Response;
use http::StatusCode;
use http::header::{HeaderValue, SET_COOKIE};

use crate::attempt::Attempt;
use crate::chance;
use crate::client::Yimen;
use crate::demand::Demand;
use crate::error::Error;
use crate::local_path::LocalPath;
use crate::page::{Action, Page, Words};
use crate::quote::quote;

pub(crate) struct Fault {
    kind: Kind,
    return_to: LocalPath,
    /// What a fresh start is to reach.
    demand: Demand,
    /// Ends the attempt's cookie where the attempt is over.
    ending: Option<HeaderValue>,
}

enum Kind {
    /// The answer belongs to no attempt of this browser. It is thrown away, its code never redeemed.
    Discarded,
    Declined,
    /// Nobody is signed in, because the person said no to a record that was asked for on the way.
    RecordDeclined,
    /// The person did not confirm who they are as far, or as lately, as was asked.
    NotConfirmed,
    Provider(String),
    OtherIssuer(String),
    NotOurForm,
    NoWordOfSignOut(Error),
    Failed(Error),
}

impl Fault {
    fn new(kind: Kind, return_to: LocalPath) -> Self {
        Self {
            kind,
            return_to,
            demand: Demand::default(),
            ending: None,
        }
    }

    pub(crate) fn discarded(yimen: &Yimen) -> Self {
        Self::new(Kind::Discarded, yimen.home().clone())
    }

    /// The provider's own word that the sign-in ended without a code (OpenID Connect Core §3.1.2.6).
    pub(crate) fn provider_said(yimen: &Yimen, error: &str, attempt: &Attempt) -> Self {
        let about = |kind| Self::new(kind, attempt.return_to.clone());
        match error {
            "access_denied" if attempt.demand.records.is_empty() => about(Kind::Declined),
            "access_denied" => about(Kind::RecordDeclined).wanting(&attempt.demand),
            // RFC 9396 §5.
            "invalid_authorization_details" => {
                about(Kind::Failed(yimen.may_not_ask(error, &[]))).wanting(&attempt.demand)
            }
            "unmet_authentication_requirements" => Self::not_confirmed(attempt),
            code => about(Kind::Provider(quote(code))),
        }
    }

    /// Remembers what the sign-in was to reach, for the way on.
    pub(crate) fn wanting(self, demand: &Demand) -> Self {
        Self {
            demand: demand.clone(),
            ..self
        }
    }

    /// The sign-in reached less than was asked for: asking at once again would go round in circles.
    pub(crate) fn not_confirmed(attempt: &Attempt) -> Self {
        Self::new(Kind::NotConfirmed, attempt.return_to.clone()).wanting(&attempt.demand)
    }

    pub(crate) fn other_issuer(yimen: &Yimen, found: Option<&str>) -> Self {
        Self::new(
            Kind::OtherIssuer(quote(found.unwrap_or_default())),
            yimen.home().clone(),
        )
    }

    pub(crate) fn not_our_form(yimen: &Yimen) -> Self {
        Self::new(Kind::NotOurForm, yimen.home().clone())
    }

    pub(crate) fn no_word_of_sign_out(yimen: &Yimen, error: Error) -> Self {
        Self::new(Kind::NoWordOfSignOut(error), yimen.home().clone())
    }

    pub(crate) fn failed(error: Error, return_to: LocalPath) -> Self {
        Self::new(Kind::Failed(error), return_to)
    }

    pub(crate) fn ending(mut self, cookie: Option<HeaderValue>) -> Self {
        self.ending = self.ending.or(cookie);
        self
    }

    pub(crate) fn into_response(self, yimen: &Yimen) -> Response {
        let reference = self.reference();
        self.log(reference.as_deref());
        let page = Page {
            status: self.status(),
            title: self.title(),
            text: self.text(),
            actions: self.actions(yimen),
            reference,
        };
        let mut response = page.into_response(yimen.settings().prefix());
        if let Some(cookie) = self.ending {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }

    fn status(&self) -> StatusCode {
        match &self.kind {
            Kind::Discarded | Kind::OtherIssuer(_) => StatusCode::BAD_REQUEST,
            Kind::Declined | Kind::RecordDeclined | Kind::NotConfirmed | Kind::NotOurForm => {
                StatusCode::FORBIDDEN
            }
            Kind::Provider(_) => StatusCode::BAD_GATEWAY,
            Kind::NoWordOfSignOut(error) | Kind::Failed(error) => error.status(),
        }
    }

    /// For what somebody may ask the helpline about.
    fn reference(&self) -> Option<String> {
        match &self.kind {
            Kind::Provider(_) | Kind::Failed(_) => chance::reference().ok(),
            _ => None,
        }
    }

    fn log(&self, reference: Option<&str>) {
        match &self.kind {
            Kind::Failed(error @ Error::SessionStore { .. }) => {
                tracing::error!(reference, %error, "the session store is away");
            }
            Kind::Failed(error @ Error::Holder { .. }) => {
                tracing::warn!(reference, %error, "a record was not told");
            }
            Kind::Failed(error) | Kind::NoWordOfSignOut(error) if error.is_temporary() => {
                tracing::warn!(reference, %error, "the provider is away");
            }
            Kind::Failed(error) | Kind::NoWordOfSignOut(error) => {
                tracing::error!(reference, %error, "a sign-in failed");
            }
            Kind::Provider(code) => tracing::warn!(reference, code, "the provider ended a sign-in"),
            Kind::OtherIssuer(iss) => {
                tracing::warn!(iss, "somebody asked for a sign-in at another provider")
            }
            Kind::Discarded
            | Kind::Declined
            | Kind::RecordDeclined
            | Kind::NotConfirmed
            | Kind::NotOurForm => {}
        }
    }

    fn title(&self) -> Words {
        match &self.kind {
            Kind::Discarded => Words {
                zh: "请重新登录一次",
                en: "Please sign in once more",
            },
            Kind::Declined => Words {
                zh: "没有登录",
                en: "You are not signed in",
            },
            Kind::RecordDeclined => Words {
                zh: "没有调取您的记录",
                en: "Your record was not fetched",
            },
            Kind::NotConfirmed => Words {
                zh: "还没有确认是您本人",
                en: "It is not confirmed yet that it is you",
            },
            Kind::OtherIssuer(_) => Words {
                zh: "这个登录链接不能用",
                en: "This sign-in link does not work here",
            },
            Kind::NotOurForm => Words {
                zh: "没有退出登录",
                en: "You are still signed in",
            },
            Kind::NoWordOfSignOut(_) => Words {
                zh: "已在本网站退出",
                en: "You are signed out of this site",
            },
            Kind::Failed(Error::SessionStore { .. }) => Words {
                zh: "本网站暂时忙不过来",
                en: "This site cannot answer right now",
            },
            Kind::Failed(Error::UnknownClient { .. }) => Words {
                zh: "这项服务还没有接入统一登录",
                en: "This service is not connected to the city’s sign-in",
            },
            Kind::Failed(Error::TurnedAway { .. }) => Words {
                zh: "这项服务的登录已被暂停",
                en: "Sign-in to this service is suspended",
            },
            Kind::Failed(Error::MayNotAsk { .. } | Error::Holder { .. }) => Words {
                zh: "现在取不到您的记录",
                en: "Your record cannot be fetched now",
            },
            Kind::Failed(error) if error.is_temporary() => Words {
                zh: "登录暂时用不了",
                en: "Sign-in is not available right now",
            },
            Kind::Provider(_) | Kind::Failed(_) => Words {
                zh: "这次没能登录，不是您的问题",
                en: "We couldn’t sign you in. It’s not your fault",
            },
        }
    }

    fn text(&self) -> Words {
        match &self.kind {
            Kind::Discarded => Words {
                zh: "这次登录是在别处开始的，或者放得太久了，我们没有采用它。您的信息没有被取用。",
                en: "That sign-in was begun elsewhere or waited too long, so we set it aside. None of your \
                     information was used.",
            },
            Kind::Declined => Words {
                zh: "您选择了不提供信息，我们什么也没有收到。想办理时可以随时再登录。",
                en: "You chose not to share, and we received nothing. You can sign in whenever you like.",
            },
            Kind::RecordDeclined => Words {
                zh: "您没有同意，我们什么也没有收到，您也还没有登录。不调取也可以继续，需要的材料由您自己提交。",
                en: "You said no; we received nothing, and you are not signed in yet. You can go on without it, and hand in \
                     yourself what is needed.",
            },
            Kind::NotConfirmed => Words {
                zh: "这一步要先确认是您本人，所以还没有办。想办的时候再确认就行，也可以带证件去服务窗口。别的事不受影响。",
                en: "This step needs to be sure that it is you, so it has not been done. Confirm whenever you like, or \
                     bring your document to a service window. Everything else works as before.",
            },
            Kind::OtherIssuer(_) => Words {
                zh: "它指向另一个登录平台。请从首页登录。",
                en: "It points to another sign-in service. Please sign in from the home page.",
            },
            Kind::NotOurForm => Words {
                zh: "退出的请求不是从本网站的页面发来的，或者那个页面太旧了。请回到首页，再点一次“退出”。",
                en: "The request did not come from a page of this site, or that page was too old. Go to the home \
                     page and sign out there.",
            },
            Kind::NoWordOfSignOut(_) => Words {
                zh: "统一登录平台暂时联系不上，您在那里可能还是登录状态。用完公共电脑请关闭浏览器。",
                en: "The city’s sign-in service cannot be reached, so you may still be signed in there. On a shared \
                     computer, close the browser.",
            },
            Kind::Failed(error) => failure(error),
            Kind::Provider(_) => SET_ASIDE,
        }
    }

    /// What the sign-in was to reach, by somebody who goes on without its records.
    fn declined(&self) -> Demand {
        let mut demand = self.demand.clone();
        if let Kind::Failed(Error::MayNotAsk { records, .. }) = &self.kind {
            demand.records.extend_from_slice(records);
        }
        demand.declined()
    }

    fn actions(&self, yimen: &Yimen) -> Vec<Action> {
        let words = match self.kind {
            Kind::NotConfirmed => Words {
                zh: "去确认",
                en: "Confirm",
            },
            _ => Words {
                zh: "重新登录",
                en: "Sign in again",
            },
        };
        let sign_in = Action {
            id: "again",
            address: sign_in_address(yimen, &self.return_to, &self.demand),
            words,
        };
        let without = || Action {
            id: "without",
            address: sign_in_address(yimen, &self.return_to, &self.declined()),
            words: Words {
                zh: "不调取，继续办",
                en: "Go on without it",
            },
        };
        let same_page = || Action {
            id: "again",
            address: self.return_to.to_string(),
            words: Words {
                zh: "再试一次",
                en: "Try again",
            },
        };
        let home = Action {
            id: "home",
            address: yimen.home().to_string(),
            words: Words {
                zh: "返回首页",
                en: "Home page",
            },
        };
        match self.kind {
            Kind::RecordDeclined | Kind::Failed(Error::MayNotAsk { .. }) => vec![without(), home],
            Kind::Failed(Error::Holder { .. }) => vec![same_page(), home],
            Kind::Declined
            | Kind::NotConfirmed
            | Kind::Failed(Error::UnknownClient { .. } | Error::TurnedAway { .. }) => vec![home, sign_in],
            Kind::OtherIssuer(_) | Kind::NotOurForm | Kind::NoWordOfSignOut(_) => vec![home],
            _ => vec![sign_in, home],
        }
    }
}

/// Where nothing more can be said.
const SET_ASIDE: Words = Words {
    zh: "登录没有通过检查，我们没有采用它。请再试一次；还不行，就把下面的编号告诉服务热线。",
    en: "The sign-in did not pass our checks, so we set it aside. Please try again; if that fails too, \
         tell the helpline the number below.",
};

/// What to say of a failure of ours, of the provider's or of another department's.
fn failure(error: &Error) -> Words {
    match error {
        Error::SessionStore { .. } => Words {
            zh: "我们暂时查不到您有没有登录，您不用重新登录。请过一会儿再试；还不行，就把下面的编号告诉服务热线。",
            en: "We cannot see right now whether you are signed in. You need not sign in again: please try again in a \
                 moment. If that fails too, tell the helpline the number below.",
        },
        Error::UnknownClient { .. } => Words {
            zh: "统一登录平台还不认识这个网站，所以您现在不能在这里登录。这不是您的问题，您的账号和别的服务不受影响。要问进展，\
                 请把下面的编号告诉服务热线。",
            en: "The city’s sign-in service does not know this site yet, so you cannot sign in here now. It is not your \
                 fault; your account and other services are not affected. To ask about it, tell the helpline the \
                 number below.",
        },
        Error::TurnedAway { .. } => Words {
            zh: "统一登录平台暂停了这个网站的登录，所以您现在不能在这里登录。这不是您的问题，您的账号和别的服务不受影响。要问\
                 进展，请把下面的编号告诉服务热线。",
            en: "The city’s sign-in service has suspended this site, so you cannot sign in here now. It is not your \
                 fault; your account and other services are not affected. To ask about it, tell the helpline the \
                 number below.",
        },
        Error::MayNotAsk { .. } => Words {
            zh: "本网站还不能向别的部门调取这份记录，这不是您的问题。不调取也可以继续，需要的材料由您自己提交。要问进展，请把\
                 下面的编号告诉服务热线。",
            en: "This site may not fetch that record from another department yet. It is not your fault. You can go on \
                 without it, and hand in yourself what is needed. To ask about it, tell the helpline the number below.",
        },
        Error::Holder { .. } => Words {
            zh: "保存这份记录的部门暂时没有答复，这不是您的问题。请过一会儿再试；还不行，就把下面的编号告诉服务热线。",
            en: "The department that holds it does not answer as it should. It is not your fault. Please try again in a \
                 moment; if that fails too, tell the helpline the number below.",
        },
        error if error.is_temporary() => Words {
            zh: "统一登录平台暂时联系不上。请过一会儿再试。",
            en: "The city’s sign-in service cannot be reached. Please try again in a moment.",
        },
        _ => SET_ASIDE,
    }
}

/// Where a browser begins to sign in, as far as `demand` has it, to come back to `return_to`.
pub(crate) fn sign_in_address(yimen: &Yimen, return_to: &LocalPath, demand: &Demand) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", return_to.as_str());
    demand.append_to(&mut query);
    format!("{}/yimen/sign-in?{}", yimen.settings().prefix(), query.finish())
}
