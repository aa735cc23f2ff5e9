//! From a few lines of the department's code, or its environment, to a running client.

use std::path::PathBuf;

use crate::check::{Checked, check};
use crate::client::Yimen;
use crate::clock::Clock;
use crate::error::Error;
use crate::identity::Identity;
use crate::keys::{AnySigner, KeyRotation, KeySettings, Pem, Signer, Source};
use crate::link::{Link, LinkFault, Linked};
use crate::poll::poll_behind;
use crate::session_store::{AnyStore, SessionLimits, SessionStore};
use crate::settings::{Settings, inner_address, public_address};
use crate::trust_mark::TrustMark;
use crate::variables::Variables;

const DEFAULT_KEY_FILE: &str = "yimen-key.pem";

/// What the department has said so far. What it leaves out is read from `YIMEN_*` variables by
/// [`Builder::load`], then from defaults.
#[derive(Debug, Default)]
#[must_use = "nothing happens before `.load().await`"]
pub struct Builder {
    issuer: Option<String>,
    department: Option<String>,
    client_id: Option<String>,
    protocol_key: Option<Source>,
    federation_key: Option<Source>,
    sealing_secret: Option<Pem>,
    rotation: Option<KeyRotation>,
    scopes: Option<Vec<String>>,
    api_callers: Vec<String>,
    internal_address: Option<String>,
    extra_ca: Option<PathBuf>,
    authority_hints: Option<Vec<String>>,
    trust_marks: Vec<String>,
    organisation: Option<String>,
    is_unreachable: bool,
    store: AnyStore,
    limits: SessionLimits,
    link: Link,
    clock: Clock,
}

impl Yimen {
    /// Begins with the provider's `public_url`, exactly as the provider is configured.
    pub fn at(issuer: impl Into<String>) -> Builder {
        Builder {
            issuer: Some(issuer.into()),
            ..Builder::default()
        }
    }

    /// Begins with nothing: `YIMEN_ISSUER` and `YIMEN_DEPARTMENT` are then needed.
    pub fn from_env() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// The department's own address, as residents see it; it may have a path. `YIMEN_DEPARTMENT`.
    pub fn department(mut self, url: impl Into<String>) -> Self {
        self.department = Some(url.into());
        self
    }

    /// How the provider knows the department; its address unless said. `YIMEN_CLIENT_ID`.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// Where the key is kept that proves to the provider who this is; it is made there if there is none.
    /// `YIMEN_KEY_FILE`, else `yimen-key.pem`.
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.protocol_key = Some(Source::File(path.into()));
        self
    }

    /// That key itself (PKCS#8, P-256), where a file will not do. Of several, the first signs and all are published.
    /// `YIMEN_KEY_PEM`.
    pub fn key_pem(mut self, pem: impl Into<String>) -> Self {
        self.protocol_key = Some(Source::Pem(Pem(pem.into()), ".key_pem"));
        self
    }

    /// That key in a hardware security module.
    pub fn protocol_signer(mut self, signer: impl Signer) -> Self {
        self.protocol_key = Some(Source::Signer(AnySigner::new(signer)));
        self
    }

    /// Where the key is kept that signs what the department states in the federation, and nothing else.
    /// `YIMEN_FEDERATION_KEY_FILE`, else `yimen-federation-key.pem` beside the other key's file. Where that other key
    /// is no file and nothing is said of this one, the department states nothing.
    pub fn federation_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.federation_key = Some(Source::File(path.into()));
        self
    }

    /// That key itself. `YIMEN_FEDERATION_KEY_PEM`.
    pub fn federation_key_pem(mut self, pem: impl Into<String>) -> Self {
        self.federation_key = Some(Source::Pem(Pem(pem.into()), ".federation_key_pem"));
        self
    }

    /// That key in a hardware security module.
    pub fn federation_signer(mut self, signer: impl Signer) -> Self {
        self.federation_key = Some(Source::Signer(AnySigner::new(signer)));
        self
    }

    /// What cookies and stored sessions are sealed with, 32 bytes or more that nobody can guess, where several nodes
    /// have their key in a hardware security module: a key in a file or a text has one of its own.
    /// `YIMEN_SEALING_SECRET`.
    pub fn sealing_secret(mut self, secret: impl Into<String>) -> Self {
        self.sealing_secret = Some(Pem(secret.into()));
        self
    }

    /// Whether the SDK replaces keys by new ones in time. `YIMEN_KEY_ROTATION`: `own-files`, `every-file` or `never`.
    pub const fn rotate_keys(mut self, rotation: KeyRotation) -> Self {
        self.rotation = Some(rotation);
        self
    }

    /// What the resident is asked to share: `profile`, `phone` … `openid` is always among them.
    /// `YIMEN_SCOPES`, separated by spaces.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Other systems (by client id, such as a kiosk of the same department) that may call what
    /// [`Bearer`](crate::Bearer) guards with access tokens of their own.
    pub fn api_callers<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.api_callers = ids.into_iter().map(Into::into).collect();
        self
    }

    /// How this machine reaches the provider, if not by its public address. `YIMEN_INTERNAL_ADDRESS`.
    pub fn internal_address(mut self, url: impl Into<String>) -> Self {
        self.internal_address = Some(url.into());
        self
    }

    /// Certificates (PEM) to trust besides the system's. `YIMEN_EXTRA_CA`.
    pub fn extra_ca(mut self, path: impl Into<PathBuf>) -> Self {
        self.extra_ca = Some(path.into());
        self
    }

    /// Who vouches for the department in the federation: the provider unless said, such as the bureau that the
    /// provider knows. `YIMEN_AUTHORITY_HINTS`, separated by spaces.
    pub fn authority_hints<S: Into<String>>(mut self, entities: impl IntoIterator<Item = S>) -> Self {
        self.authority_hints = Some(entities.into_iter().map(Into::into).collect());
        self
    }

    /// Shows a trust mark, the signed text as its issuer made it, until it ends. `YIMEN_TRUST_MARKS`, separated by
    /// spaces.
    pub fn trust_mark(mut self, jwt: impl Into<String>) -> Self {
        self.trust_marks.push(jwt.into());
        self
    }

    /// What the department calls itself in the federation. Residents read the name that the provider's operator has
    /// given it. `YIMEN_ORGANISATION`.
    pub fn organisation(mut self, name: impl Into<String>) -> Self {
        self.organisation = Some(name.into());
        self
    }

    /// The provider cannot reach this department, as on a network of its own. The SDK then sends what the provider would
    /// fetch, and asks it for the sign-outs that it would send. The operator says the same by `--unreachable`, and trusts the
    /// department's federation keys, whose thumbprints you say over another way: the log has both commands.
    /// `YIMEN_UNREACHABLE`: `true`.
    pub const fn unreachable(mut self) -> Self {
        self.is_unreachable = true;
        self
    }

    /// Where sessions are kept: in the memory of this process unless said. Several nodes need one that they share; see
    /// [`session_store`](crate::session_store).
    pub fn session_store(mut self, store: impl SessionStore) -> Self {
        self.store = AnyStore::new(store);
        self
    }

    /// How long sessions live, and how many one person may have.
    pub const fn session_limits(mut self, limits: SessionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Joins the department's old user table to the people who come by the provider.
    ///
    /// Your function is called at the end of every sign-in, before the session begins. Your table alone knows which
    /// sign-in is a person's first: look their [`sub`](Identity::sub) up, and if it is there, answer
    /// [`Linked::Done`]. Otherwise match an old row and write `sub` into it. Two sign-ins of one person may finish at
    /// the same moment, and after an error you are called again: make `sub` unique in your table, and write it by one
    /// statement, only where there is none.
    ///
    /// An error signs nobody in: the person gets a calm page with a number, your log the error with the same number.
    ///
    /// # Whose old account is it?
    /// A phone number alone does not say. Numbers are given out again after some months, shared in families, and
    /// entered wrongly by clerks; who links by number hands a stranger the file of whoever had it before. Match on
    /// two things that were proven apart: the number *and* the real name (`level() >= Some(2)`: the provider has
    /// verified it), and only if exactly one row has both. Otherwise answer [`Linked::Ask`], and let the person prove
    /// that the old account is theirs on a page of yours: by its password, by a number on a letter that you send, at
    /// a window. For what must never go to the wrong person, require level 3 there.
    ///
    /// ```no_run
    /// # use std::sync::Arc;
    /// # use yimen_sdk::{Builder, Linked};
    /// # type Fault = Box<dyn std::error::Error + Send + Sync>;
    /// # struct Users;
    /// # impl Users {
    /// #     async fn has(&self, sub: &str) -> Result<bool, Fault> { Ok(true) }
    /// #     async fn link_the_one(&self, phone: &str, name: &str, sub: &str) -> Result<bool, Fault> { Ok(true) }
    /// # }
    /// # fn joined(yimen: Builder, users: Arc<Users>) -> Builder {
    /// yimen.scopes(["profile", "phone"]).link(move |person| {
    ///     let users = Arc::clone(&users);
    ///     async move {
    ///         if users.has(person.sub()).await? {
    ///             return Ok(Linked::Done);
    ///         }
    ///         if let (Some(phone), Some(name), Some(2..)) = (person.phone(), person.name(), person.level())
    ///             // UPDATE user SET sub = $3 WHERE phone = $1 AND name = $2 AND sub IS NULL
    ///             //     AND 1 = (SELECT COUNT(*) FROM user WHERE phone = $1 AND name = $2)
    ///             && users.link_the_one(phone, name, person.sub()).await?
    ///         {
    ///             return Ok(Linked::Done);
    ///         }
    ///         Ok(Linked::Ask("/old-account"))
    ///     }
    /// })
    /// # }
    /// ```
    pub fn link<F, A>(mut self, link: F) -> Self
    where
        F: Fn(Identity) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Linked, LinkFault>> + Send + 'static,
    {
        self.link = Link::by(link);
        self
    }

    /// Another source of `now`, for tests that move time.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Checks the settings and gets to know the provider. A provider that is down does not fail the
    /// department: it is asked again when somebody wants to sign in. A wrong setting does.
    pub async fn load(self) -> Result<Yimen, Error> {
        let (store, limits) = (self.store.clone(), self.limits);
        let (link, clock) = (self.link.clone(), self.clock.clone());
        let (settings, keys) = self.resolve(&|name| std::env::var(name).ok())?;
        let yimen = Yimen::start(settings, keys.load(&clock)?, store, limits, link, clock).await?;
        if yimen.settings().is_unreachable {
            poll_behind(&yimen);
        }
        Ok(yimen)
    }

    /// Looks at the department from outside, by its public name, and at its provider: whether it can join, step by
    /// step, and what to mend where it cannot. The department must run; nothing is changed, and no key is made. This is
    /// what `yimen-sdk check` prints.
    ///
    /// # Errors
    /// A wrong setting, or a key that cannot be read.
    pub async fn check(self) -> Result<Vec<Checked>, Error> {
        let clock = self.clock.clone();
        let (settings, keys) = self.resolve(&|name| std::env::var(name).ok())?;
        check(settings, keys, clock).await
    }

    fn resolve(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<(Settings, KeySettings), Error> {
        let env = Variables(variable);
        let issuer = env.or(self.issuer, "YIMEN_ISSUER").ok_or(Error::NotSet {
            what: "the provider's address",
            call: "Yimen::at",
            variable: "YIMEN_ISSUER",
        })?;
        public_address("the provider's address", &issuer)?;
        let department = env.or(self.department, "YIMEN_DEPARTMENT").ok_or(Error::NotSet {
            what: "the department's address",
            call: ".department",
            variable: "YIMEN_DEPARTMENT",
        })?;
        let hints = env.words_or(self.authority_hints, "YIMEN_AUTHORITY_HINTS");
        let hints = hints.unwrap_or_else(|| vec![issuer.clone()]);
        for hint in &hints {
            public_address("an authority hint", hint)?;
        }
        let marks = Some(self.trust_marks).filter(|marks| !marks.is_empty());
        let marks = env.words_or(marks, "YIMEN_TRUST_MARKS").unwrap_or_default();
        let marks = marks.iter().map(|jwt| TrustMark::read(jwt, &department));
        let internal_address = env.or(self.internal_address, "YIMEN_INTERNAL_ADDRESS");

        let settings = Settings {
            client_id: env
                .or(self.client_id, "YIMEN_CLIENT_ID")
                .unwrap_or_else(|| department.clone()),
            department: public_address("the department's address", &department)?,
            api_callers: self.api_callers,
            scopes: with_openid(env.words_or(self.scopes, "YIMEN_SCOPES")),
            internal_address: internal_address.as_deref().map(inner_address).transpose()?,
            extra_ca: env.path_or(self.extra_ca, "YIMEN_EXTRA_CA"),
            authority_hints: hints,
            trust_marks: marks.collect::<Result<_, _>>()?,
            organisation: env.or(self.organisation, "YIMEN_ORGANISATION"),
            is_unreachable: self.is_unreachable
                || env
                    .or(None, "YIMEN_UNREACHABLE")
                    .is_some_and(|said| said == "true"),
            entity_id: department,
            issuer,
        };
        let protocol = env.key_or(self.protocol_key, "YIMEN_KEY_PEM", "YIMEN_KEY_FILE");
        let federation = env.key_or(
            self.federation_key,
            "YIMEN_FEDERATION_KEY_PEM",
            "YIMEN_FEDERATION_KEY_FILE",
        );
        let said = env.or(None, "YIMEN_KEY_ROTATION");
        let keys = KeySettings {
            protocol: protocol.unwrap_or_else(|| Source::File(DEFAULT_KEY_FILE.into())),
            federation,
            sealing: env
                .or(self.sealing_secret.map(|secret| secret.0), "YIMEN_SEALING_SECRET")
                .map(Pem),
            rotation: match (self.rotation, said) {
                (Some(rotation), _) => rotation,
                (None, Some(said)) => rotation(&said)?,
                (None, None) => KeyRotation::default(),
            },
        };
        Ok((settings, keys))
    }
}

fn rotation(text: &str) -> Result<KeyRotation, Error> {
    match text {
        "own-files" => Ok(KeyRotation::OwnFiles),
        "every-file" => Ok(KeyRotation::EveryFile),
        "never" => Ok(KeyRotation::Never),
        _ => Err(Error::Setting {
            what: "YIMEN_KEY_ROTATION",
            found: text.to_owned(),
            problem: "is none of the three".to_owned(),
            remedy: "say own-files, every-file or never",
        }),
    }
}

fn with_openid(said: Option<Vec<String>>) -> Vec<String> {
    let mut scopes = said.unwrap_or_default();
    if !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_pem;

    fn resolve(builder: Builder, variables: &[(&str, &str)]) -> Result<Settings, Error> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        builder
            .key_pem(test_pem())
            .resolve(&find)
            .map(|(settings, ..)| settings)
    }

    #[test]
    fn code_comes_before_the_environment_and_that_before_defaults() {
        let variables = [
            ("YIMEN_ISSUER", "https://id.env.example"),
            ("YIMEN_DEPARTMENT", "https://hrss.env.example"),
            ("YIMEN_SCOPES", "profile  phone"),
        ];
        let settings = resolve(Yimen::at("https://id.code.example"), &variables).unwrap();
        assert_eq!(settings.issuer, "https://id.code.example");
        assert_eq!(settings.client_id, "https://hrss.env.example");
        assert_eq!(settings.scopes, ["openid", "profile", "phone"]);
    }

    #[test]
    fn what_joins_a_department_may_all_come_from_the_environment() {
        let variables = [
            ("YIMEN_DEPARTMENT", "https://hrss.city.example"),
            (
                "YIMEN_AUTHORITY_HINTS",
                "https://bureau.city.example https://id.city.example",
            ),
            ("YIMEN_FEDERATION_KEY_FILE", "/etc/federation.pem"),
            ("YIMEN_KEY_ROTATION", "never"),
        ];
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let at = || Yimen::at("https://id.city.example");
        let (settings, keys) = at().resolve(&find).unwrap();
        assert_eq!(
            settings.authority_hints,
            ["https://bureau.city.example", "https://id.city.example"]
        );
        assert_eq!(keys.rotation, KeyRotation::Never);
        assert!(matches!(keys.protocol, Source::File(path) if path.ends_with(DEFAULT_KEY_FILE)));
        assert!(matches!(keys.federation, Some(Source::File(path)) if path.ends_with("federation.pem")));

        let often = |name: &str| (name == "YIMEN_KEY_ROTATION").then(|| "often".to_owned());
        let error = at()
            .department("https://hrss.city.example")
            .resolve(&often)
            .unwrap_err();
        assert!(error.to_string().contains("own-files"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named_with_both_ways_to_set_it() {
        let error = resolve(Yimen::at("https://id.city.example"), &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(".department") && error.contains("YIMEN_DEPARTMENT"),
            "{error}"
        );
    }

    #[test]
    fn a_department_with_a_path_keeps_it_in_its_addresses() {
        let builder = Yimen::at("https://id.city.example").department("https://city.example/hrss/");
        let settings = resolve(builder, &[]).unwrap();
        assert_eq!(
            settings.endpoint("callback"),
            "https://city.example/hrss/yimen/callback"
        );
        assert_eq!(settings.home_address(), "https://city.example/hrss/");
    }
}
