use super::house::House;
use super::walk::Browser;
use super::whereabouts::nowhere;
use crate::audit::{Change, Context};
use crate::department::{AuthMethod, ClientMetadata, add};
use crate::signin::Session;
use crate::signin::sessions::{Proof, Whence};
use crate::signin::{Device, add_kiosk, remove_kiosk};
use crate::store::StoreError;

const PHONE: &str = "13812345678";

async fn department(house: &House, client_id: &str, takes_logout: bool) {
    let address = format!("https://{client_id}.city.example");
    let metadata = ClientMetadata {
        client_name: "公积金提取".to_owned(),
        organisation: "住房公积金管理中心".to_owned(),
        redirect_uris: vec![format!("{address}/cb")],
        backchannel_logout_uri: takes_logout.then(|| format!("{address}/logout")),
        token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
        ..ClientMetadata::default()
    };
    add(
        &house.signin.db,
        &house.context(),
        Some(client_id.to_owned()),
        None,
        metadata,
        true,
    )
    .await
    .unwrap();
}

async fn visit(house: &House, session: &Session, client_id: &str) -> bool {
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    let sessions = &house.signin.sessions;
    let is_live = sessions.is_live(&mut change, session.id).await.unwrap();
    if is_live {
        sessions
            .join(&mut change, session.id, client_id, "sub", "sid")
            .await
            .unwrap();
        change.commit_housekeeping().await.unwrap();
    }
    is_live
}

async fn messages(house: &House) -> Vec<String> {
    let rows = house
        .rows("SELECT client_id FROM outbox WHERE kind = 'logout' ORDER BY client_id")
        .await;
    rows.iter().map(|row| row.text("client_id").unwrap()).collect()
}

#[tokio::test]
async fn signing_out_tells_every_department_that_wants_to_know() {
    let house = House::open().await;
    for (client, takes_logout) in [("gjj", true), ("hrss", true), ("quiet", false)] {
        department(&house, client, takes_logout).await;
    }
    let mut browser = house.browser();
    let session = browser.sign_in(PHONE).await;
    for client in ["gjj", "hrss", "quiet", "gjj"] {
        assert!(visit(&house, &session, client).await);
    }
    let cookies = house
        .signin
        .sessions
        .sign_out(&house.context(), &session)
        .await
        .unwrap();
    assert!(
        cookies[0]
            .to_str()
            .unwrap()
            .starts_with("session=; Path=/; Max-Age=0")
    );
    assert!(browser.session().await.is_none());
    assert_eq!(messages(&house).await, ["gjj", "hrss"]);
    assert!(
        !visit(&house, &session, "gjj").await,
        "an ended session visits nobody"
    );
    house
        .signin
        .sessions
        .sign_out(&house.context(), &session)
        .await
        .unwrap();
    assert_eq!(
        messages(&house).await.len(),
        2,
        "ending it twice tells nobody twice"
    );
}

async fn change(house: &House) -> (Change, Context) {
    let context = house.context();
    (Change::begin(&house.signin.db, &context).await.unwrap(), context)
}

#[tokio::test]
async fn the_other_devices_can_be_signed_out_and_this_one_stays() {
    let house = House::open().await;
    let (mut one, mut two) = (house.browser(), house.browser());
    let here = one.sign_in(PHONE).await;
    house.wait(61);
    two.sign_in(PHONE).await;
    let (mut change, _) = change(&house).await;
    assert_eq!(
        house
            .signin
            .sessions
            .end_others(&mut change, here.account, here.id)
            .await
            .unwrap(),
        1
    );
    change.commit().await.unwrap();
    assert!(one.session().await.is_some() && two.session().await.is_none());
}

#[tokio::test]
async fn signing_out_everywhere_ends_what_was_granted_before() {
    let house = House::open().await;
    department(&house, "gjj", true).await;
    let (mut one, mut two) = (house.browser(), house.browser());
    let session = one.sign_in(PHONE).await;
    visit(&house, &session, "gjj").await;
    house.wait(61);
    two.sign_in(PHONE).await;
    let (mut change, context) = change(&house).await;
    house
        .signin
        .sessions
        .end_everywhere(&mut change, session.account)
        .await
        .unwrap();
    change.commit().await.unwrap();
    assert!(one.session().await.is_none() && two.session().await.is_none());
    assert_eq!(messages(&house).await, ["gjj"]);
    let account = crate::account::find_by_phone(
        &house.signin.db,
        &house.signin.vault,
        &super::house::number(PHONE),
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(account.signed_out_at, context.now);
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session() {
    let house = House::open().await;
    let (mut mine, mut theirs) = (house.browser(), house.browser());
    let (mine, their_session) = (mine.sign_in(PHONE).await, theirs.sign_in("13800000001").await);
    let (mut change, _) = change(&house).await;
    let sessions = &house.signin.sessions;
    assert!(
        !sessions
            .end_of_account(&mut change, mine.account, their_session.id)
            .await
            .unwrap()
    );
    drop(change);
    assert!(theirs.session().await.is_some());
}

#[tokio::test]
async fn a_session_ends_by_silence_and_by_age() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    house.wait(29 * 60);
    assert!(browser.session().await.is_some(), "and this use is written down");
    house.wait(29 * 60);
    assert!(browser.session().await.is_some());
    house.wait(31 * 60);
    assert!(browser.session().await.is_none());

    let mut busy = house.browser();
    busy.sign_in(PHONE).await;
    for _ in 0..28 {
        house.wait(25 * 60);
        assert!(busy.session().await.is_some());
    }
    house.wait(25 * 60);
    assert!(is_over(&busy).await, "twelve hours are over, however busy it was");
}

/// The request had seen the kiosk; what ended with it is not to begin after it.
#[tokio::test]
async fn nobody_signs_in_at_a_kiosk_that_was_just_removed() {
    let (house, name) = (House::open().await, "市民中心一楼3号机");
    let account = house.browser().sign_in(PHONE).await.account;
    let (signin, context) = (&house.signin, house.context());
    let added = add_kiosk(&signin.db, &context, name).await.unwrap();
    let device = Device {
        kiosk: Some(added.kiosk.id),
        ..Device::default()
    };
    let begin = async |device: Device| {
        let whence = Whence { device, ..nowhere() };
        let mut change = Change::begin(&signin.db, &context).await.unwrap();
        let sessions = &signin.sessions;
        let begun = sessions
            .begin(&mut change, account, Proof::Code, None, &whence)
            .await?;
        change.commit().await?;
        Ok::<_, StoreError>(begun.id)
    };
    assert!(begin(device.clone()).await.is_ok());
    let ended = remove_kiosk(&signin.db, &signin.config, &context, name).await;
    assert_eq!(ended.unwrap(), 1);
    assert!(matches!(begin(device).await, Err(StoreError::Missing)));
}

/// A department's word keeps a session that is in use, and brings none back that the node has yet to end.
#[tokio::test]
async fn a_departments_word_comes_too_late_where_nobody_was_at_the_kiosk() {
    let house = House::open().await;
    let account = house.browser().sign_in(PHONE).await.account;
    let (signin, sessions) = (&house.signin, &house.signin.sessions);
    let added = add_kiosk(&signin.db, &house.context(), "市民中心一楼3号机").await;
    let device = Device {
        kiosk: Some(added.unwrap().kiosk.id),
        ..Device::default()
    };
    let whence = Whence { device, ..nowhere() };
    let mut change = Change::begin(&signin.db, &house.context()).await.unwrap();
    let begun = sessions
        .begin(&mut change, account, Proof::Code, None, &whence)
        .await
        .unwrap();
    change.commit().await.unwrap();
    for (later, ended) in [(110, 0), (110, 0), (121, 1)] {
        house.wait(later);
        let context = house.context();
        sessions.note_use_at_kiosk(begun.id, context.now).await.unwrap();
        assert_eq!(sessions.end_idle_at_kiosks(&context).await.unwrap(), ended);
    }
}

async fn is_over(browser: &Browser<'_>) -> bool {
    browser.session().await.is_none()
}

#[tokio::test]
async fn the_session_used_longest_ago_gives_way_to_one_too_many() {
    let house = House::open().await;
    department(&house, "hrss", true).await;
    let mut first = house.browser();
    let session = first.sign_in(PHONE).await;
    assert!(visit(&house, &session, "hrss").await);
    let sessions = &house.signin.sessions;
    for _ in 0..50 {
        house.wait(1);
        assert!(messages(&house).await.is_empty());
        let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
        sessions
            .begin(&mut change, session.account, Proof::Code, None, &nowhere())
            .await
            .unwrap();
        change.commit().await.unwrap();
    }
    assert!(first.session().await.is_none(), "the oldest has ended");
    assert_eq!(messages(&house).await, ["hrss"], "and departments are told");
    let open = sessions.list_open(session.account).await.unwrap();
    assert_eq!(open.len(), 50);
}
