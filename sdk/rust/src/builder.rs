//! From a few lines of the department's code, or its environment, to a running client.

use std::path::{Path, PathBuf};

use crate::client::Yimen;
use crate::clock::Clock;
use crate::error::Error;
use crate::identity::Identity;
use crate::keys::DepartmentKey;
use crate::link::{Link, LinkFault, Linked};
use crate::session_store::{AnyStore, SessionLimits, SessionStore};
use crate::settings::{Settings, inner_address, public_address};

const DEFAULT_KEY_FILE: &str = "yimen-key.pem";

/// What the department has said so far. What it leaves out is read from `YIMEN_*` variables by
/// [`Builder::load`], then from defaults.
#[derive(Debug, Default)]
#[must_use = "nothing happens before `.load().await`"]
pub struct Builder {
    issuer: Option<String>,
    department: Option<String>,
    client_id: Option<String>,
    key_file: Option<PathBuf>,
    key_pem: Option<Pem>,
    scopes: Option<Vec<String>>,
    api_callers: Vec<String>,
    internal_address: Option<String>,
    extra_ca: Option<PathBuf>,
    store: AnyStore,
    limits: SessionLimits,
    link: Link,
    clock: Clock,
}

struct Pem(String);

impl std::fmt::Debug for Pem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pem(…)")
    }
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

    /// Where the department's key is kept; it is made there if there is none. `YIMEN_KEY_FILE`, else
    /// `yimen-key.pem`.
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.key_file = Some(path.into());
        self
    }

    /// The department's key itself (PKCS#8, P-256), where a file will not do. `YIMEN_KEY_PEM`.
    pub fn key_pem(mut self, pem: impl Into<String>) -> Self {
        self.key_pem = Some(Pem(pem.into()));
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
        let (settings, key) = self.resolve(&|name| std::env::var(name).ok())?;
        Yimen::start(settings, key, store, limits, link, clock).await
    }

    fn resolve(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<(Settings, DepartmentKey), Error> {
        let or_env =
            |said: Option<String>, name| said.or_else(|| variable(name)).filter(|text| !text.is_empty());
        let path_or_env =
            |said: Option<PathBuf>, name| said.or_else(|| or_env(None, name).map(PathBuf::from));

        let issuer = or_env(self.issuer, "YIMEN_ISSUER").ok_or(Error::NotSet {
            what: "the provider's address",
            call: "Yimen::at",
            variable: "YIMEN_ISSUER",
        })?;
        public_address("the provider's address", &issuer)?;
        let department = or_env(self.department, "YIMEN_DEPARTMENT").ok_or(Error::NotSet {
            what: "the department's address",
            call: ".department",
            variable: "YIMEN_DEPARTMENT",
        })?;
        let internal_address = or_env(self.internal_address, "YIMEN_INTERNAL_ADDRESS");

        let settings = Settings {
            client_id: or_env(self.client_id, "YIMEN_CLIENT_ID").unwrap_or_else(|| department.clone()),
            department: public_address("the department's address", &department)?,
            issuer,
            api_callers: self.api_callers,
            scopes: with_openid(self.scopes.or_else(|| {
                or_env(None, "YIMEN_SCOPES").map(|text| text.split_whitespace().map(str::to_owned).collect())
            })),
            internal_address: internal_address.as_deref().map(inner_address).transpose()?,
            extra_ca: path_or_env(self.extra_ca, "YIMEN_EXTRA_CA"),
        };
        let key = match self
            .key_pem
            .map(|pem| pem.0)
            .or_else(|| or_env(None, "YIMEN_KEY_PEM"))
        {
            Some(pem) => DepartmentKey::from_pem(&pem, Path::new("YIMEN_KEY_PEM or .key_pem"))?,
            None => {
                let path = path_or_env(self.key_file, "YIMEN_KEY_FILE");
                DepartmentKey::load_or_make(path.as_deref().unwrap_or(Path::new(DEFAULT_KEY_FILE)))?
            }
        };
        Ok((settings, key))
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
