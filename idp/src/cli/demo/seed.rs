//! Whom and what the demo has from the start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use yimen_demo::{Kind, PEOPLE, RECYCLED, SCREEN, TERMINAL};

use super::super::admin;
use super::super::client::operator;
use super::super::failure::Failure;
use super::super::kiosk;
use super::Department;
use crate::account::{self, PhoneNumber, Proven};
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::department::trust::allowed::{Pattern, Terms};
use crate::department::trust::{allow, decided};
use crate::department::{
    self, AuthMethod, ClientMetadata, DEVICE_CODE, DataKey, ManageError, Purpose, Words,
};
use crate::federation::{EntityId, Relaxation};
use crate::fetch::extra_roots;
use crate::gateway::http_client;
use crate::operator::invite;
use crate::proofing::{Authority, Claim, IdentityNumber, Match, RealName, Verdict};
use crate::signin::{add_kiosk, list_kiosks, remove_kiosk};
use crate::store::{Db, Vault};

/// Residents who are there from the start, each proven by the authority; anyone else's first sign-in makes their
/// account. The last one's number was given to somebody else since.
pub(super) const RESIDENTS: [(&str, &str); 4] = [
    ("13800000001", "张三丰"),
    ("13800000002", "李秀英"),
    ("13800000003", "Maria Rossi"),
    (RECYCLED, "何晓梅"),
];
/// How long ago somebody last signed in by the number that is another's now.
const GIVEN_AWAY: Duration = Duration::from_secs(400 * 24 * 3600);

const KIOSK: &str = "市民中心大厅1号机";
const CONTRIBUTIONS: &str = "contribution_record";
const OPERATOR: &str = "一号窗口-周";
pub(super) const SCREEN_SCOPE: &str = "openid profile";

/// What staff would start at a hall.
pub(super) struct Hall {
    pub kiosk: &'static str,
    /// What makes a browser the kiosk; none where one is that already.
    pub open: Option<String>,
    pub operator: &'static str,
    pub enrol: String,
    /// By which the terminal signs in.
    pub terminal_key: PathBuf,
}

/// Lets the departments join, and settles the residents and the hall, as far as they are not there yet.
pub(super) async fn seed(
    config: &Config,
    departments: &[Department; 2],
    terminal_key: PathBuf,
    now: Timestamp,
) -> Result<Hall, Failure> {
    let db = Db::open(&config.settings.database).await?;
    db.migrate().await?;
    let context = Context { now, ..operator() };
    for department in departments {
        let (id, pattern) = address_of(department)?;
        if decided(&db, &pattern).await?.is_none() {
            allow(
                &db,
                &context,
                &pattern,
                None,
                terms_of(department.kind, departments)?,
                Relaxation::PlainLoopback,
            )
            .await?;
        }
        if department.kind == Kind::BusinessRegistration {
            // The bureau's own devices: they know people by the same names as it does.
            let sector = || Some(id.place().to_owned());
            register(&db, &context, SCREEN, sector(), screen()).await?;
            register(&db, &context, TERMINAL, sector(), terminal(&terminal_key)?).await?;
        }
    }
    let vault = Vault::new(&config.master_key, context.rng.clone());
    let http = http_client(extra_roots(&config.settings.fetch)?)?;
    let authority = Authority::new(&config.settings, http, context.rng.clone())?;
    let authority = authority.ok_or_else(|| Failure::new("the demo's configuration names no authority"))?;
    for (number, name) in RESIDENTS {
        let phone = PhoneNumber::read(number, &config.settings.sms.country_codes)?;
        if account::find_by_phone(&db, &vault, &phone).await?.is_some() {
            continue;
        }
        let matched = confirmed(&authority, name, now).await?;
        let mut then = context.clone();
        if number == RECYCLED {
            then.now = now.minus(GIVEN_AWAY);
        }
        settle(&db, &vault, &then, &phone, &matched).await?;
    }
    let hall = open_hall(config, &db, &context, terminal_key).await?;
    db.close().await;
    Ok(hall)
}

async fn register(
    db: &Db,
    context: &Context,
    id: &str,
    sector: Option<String>,
    metadata: ClientMetadata,
) -> Result<(), Failure> {
    match department::add(db, context, Some(id.to_owned()), sector, metadata, true).await {
        Ok(_) | Err(ManageError::Exists(_)) => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

async fn confirmed(authority: &Authority, name: &str, now: Timestamp) -> Result<Match, Failure> {
    let unproven = || Failure::new(format!("the authority did not confirm {name}"));
    let number = PEOPLE.iter().find(|person| person.name == name);
    let number = number.ok_or_else(unproven)?.number;
    let claim = Claim::Document {
        name: RealName::read(name)?,
        number: IdentityNumber::read(number, now)?,
        photo: None,
    };
    match authority.ask(&claim, now).await {
        Ok(Verdict::Matched(matched)) => Ok(matched),
        _ => Err(unproven()),
    }
}

/// A resident with an account and a name that the authority has confirmed.
async fn settle(
    db: &Db,
    vault: &Vault,
    context: &Context,
    phone: &PhoneNumber,
    matched: &Match,
) -> Result<(), Failure> {
    let mut change = Change::begin(db, context).await?;
    let resident = account::enter(&mut change, vault, phone).await?;
    if account::prove_real_name(&mut change, vault, resident, None, matched).await? != Proven::Done {
        return Err(Failure::new("a name that was confirmed could not be kept"));
    }
    change.record(Event::new(Action::Demo).account(resident)).await?;
    change.commit().await?;
    Ok(())
}

/// Codes are told once: at each start there are new ones, but for a kiosk that has its browser.
async fn open_hall(
    config: &Config,
    db: &Db,
    context: &Context,
    terminal_key: PathBuf,
) -> Result<Hall, Failure> {
    let standing = list_kiosks(db).await?.into_iter().find(|one| one.name == KIOSK);
    let has_browser = standing.as_ref().is_some_and(|one| one.enrolled_at.is_some());
    if standing.is_some() && !has_browser {
        remove_kiosk(db, config, context, KIOSK).await?;
    }
    let open = if has_browser {
        None
    } else {
        Some(kiosk::address(config, &add_kiosk(db, context, KIOSK).await?))
    };
    Ok(Hall {
        kiosk: KIOSK,
        open,
        operator: OPERATOR,
        enrol: admin::link(config, &invite(db, context, OPERATOR, None).await?),
        terminal_key,
    })
}

fn address_of(department: &Department) -> Result<(EntityId, Pattern), Failure> {
    let id = EntityId::parse(&department.url, Relaxation::PlainLoopback)?;
    Ok((id.clone(), Pattern::Entity(id)))
}

/// The rest the provider asks of the department, when the first resident comes from there.
fn terms_of(kind: Kind, departments: &[Department; 2]) -> Result<Terms, Failure> {
    let why = |zh: &str, en: &str| {
        let (zh, en, optional) = (zh.to_owned(), en.to_owned(), false);
        Purpose { zh, en, optional }
    };
    let purpose = |scope: &str, zh: &str, en: &str| (scope.to_owned(), why(zh, en));
    let identity = purpose("profile", "核对是您本人", "to check that it is you");
    let (name, name_en, organisation, organisation_en, scope, purposes) = match kind {
        Kind::SocialSecurity => (
            "养老金查询",
            "Pension statement",
            "云川市人力资源和社会保障局",
            "Yunchuan Social Security Bureau",
            "openid profile phone",
            vec![
                identity,
                purpose("phone", "通知您办理结果", "to tell you the outcome"),
            ],
        ),
        Kind::BusinessRegistration => (
            "企业登记",
            "Business registration",
            "云川市市场监督管理局",
            "Yunchuan Market Regulation Bureau",
            "openid profile",
            vec![identity],
        ),
    };
    let mut terms = Terms {
        name: name.to_owned(),
        name_en: name_en.to_owned(),
        organisation: organisation.to_owned(),
        organisation_en: organisation_en.to_owned(),
        scope: scope.to_owned(),
        purposes: purposes.into_iter().collect(),
        ..Terms::default()
    };
    // What social security knows, business registration may ask for: nobody hands it in again.
    match kind {
        Kind::SocialSecurity => {
            let words = Words {
                zh: "社保缴费记录".to_owned(),
                en: "Social-security contribution record".to_owned(),
            };
            terms.records.insert(CONTRIBUTIONS.to_owned(), words);
        }
        Kind::BusinessRegistration => {
            let [holder, _] = departments;
            let key = DataKey::new("startup_subsidy", CONTRIBUTIONS, &holder.url);
            let key = key.ok_or_else(|| Failure::new("the demo's record has no name"))?;
            terms
                .asks
                .insert(key, why("审核创业补贴", "to check your start-up subsidy"));
        }
    }
    Ok(terms)
}

fn screen() -> ClientMetadata {
    ClientMetadata {
        client_name: "大厅查询屏".to_owned(),
        client_name_en: "Hall screen".to_owned(),
        organisation: "云川市市场监督管理局".to_owned(),
        organisation_en: "Yunchuan Market Regulation Bureau".to_owned(),
        token_endpoint_auth_method: AuthMethod::None,
        grant_types: vec![DEVICE_CODE.to_owned()],
        scope: SCREEN_SCOPE.to_owned(),
        ..ClientMetadata::default()
    }
}

fn terminal(key_file: &Path) -> Result<ClientMetadata, Failure> {
    Ok(ClientMetadata {
        client_name: "大厅自助终端".to_owned(),
        client_name_en: "Hall terminal".to_owned(),
        token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
        jwks: Some(public_jwks(key_file)?),
        id_token_signed_response_alg: "ES256".to_owned(),
        ..screen()
    })
}

fn public_jwks(key_file: &Path) -> Result<serde_json::Value, Failure> {
    yimen_demo::public_jwks(key_file).map_err(|fault| Failure::new(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::super::{demo_clock, departments, secret_in, write_configuration};
    use super::*;
    use crate::clock::Clock;
    use crate::config;
    use crate::rng::Rng;

    #[tokio::test]
    async fn both_departments_may_join_and_residents_are_there() {
        let data = std::env::temp_dir().join(format!("yimen-demo-seed-{}", std::process::id()));
        std::fs::create_dir_all(&data).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let authority = format!("http://{}", listener.local_addr().unwrap());
        let secret = std::fs::read_to_string(secret_in(&data).unwrap()).unwrap();
        let clock = Clock::system();
        let asked = demo_clock(clock.clone());
        tokio::spawn(async move {
            yimen_demo::serve_counterparts(&secret, asked, listener, std::future::pending()).await
        });
        let file = write_configuration(&data, 8000, &authority).unwrap();
        let config = config::load(&file, std::iter::empty()).unwrap();
        let departments = departments(&data, 8000);
        let key = data.join("terminal.key");
        let first = seed(&config, &departments, key.clone(), clock.now()).await;
        let again = seed(&config, &departments, key, clock.now()).await.unwrap();
        let first = first.unwrap();
        assert_ne!(first.open, again.open, "a code is told once");
        let db = Db::open(&config.settings.database).await.unwrap();
        let vault = Vault::new(&config.master_key, Rng::system());
        let phone = PhoneNumber::read(RESIDENTS[0].0, &[86]).unwrap();
        let resident = account::find_by_phone(&db, &vault, &phone)
            .await
            .unwrap()
            .unwrap();
        assert!(account::identity_proof(&db, resident.id).await.unwrap().is_some());
        for department in &departments {
            let (_, pattern) = address_of(department).unwrap();
            assert!(decided(&db, &pattern).await.unwrap().is_some(), "{pattern}");
        }
        let sectors = department::list(&db).await.unwrap().into_iter();
        let sectors: Vec<_> = sectors.map(|client| client.sector).collect();
        assert_eq!(
            sectors, ["localhost:8002"; 2],
            "a department's own devices have its sector"
        );
        db.close().await;
        std::fs::remove_dir_all(&data).unwrap();
    }
}
