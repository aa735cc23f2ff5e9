use std::time::Duration;

use super::super::activity::{Activity, AtWindow, Happening};
use super::super::devices::DeviceKind;
use super::super::history::ActivityPage;
use super::super::spared::SparedRecord;
use super::super::told::Line;
use super::*;
use crate::consent::Item;
use crate::place::Place;
use crate::web::sample;

fn ago(hours: u64) -> Timestamp {
    sample::NOW.minus(Duration::from_secs(hours * 3600))
}

fn device(session: &str, kind: DeviceKind, browser: &str, current: bool) -> Device {
    Device {
        session: session.to_owned(),
        kind,
        browser: browser.to_owned(),
        started: ago(60),
        last_seen: ago(if current { 0 } else { 50 }),
        current,
        services: vec!["养老金查询".to_owned(), "公积金提取".to_owned()],
        near: Some(kind == DeviceKind::Computer),
        place: Place::from_record("昆明\nKunming"),
    }
}

fn service(page: &Page, client: &str) -> Service {
    let asking = sample::asking(page);
    let given = |item: Item| Given {
        key: item.name().into_owned(),
        label: crate::consent::pages::item_label(page.words, &item),
        until: sample::NOW.plus(Duration::from_secs(180 * 24 * 3600)),
    };
    Service {
        client: client.to_owned(),
        name: asking.service,
        department: asking.department,
        last_used: ago(1),
        items: [Item::Name, Item::Phone, Item::Offline].map(given).to_vec(),
    }
}

fn spared(page: &Page) -> Spared {
    let asking = sample::asking(page);
    let record = SparedRecord {
        service: asking.service,
        record: "社保缴费记录".to_owned(),
        department: asking.department,
        purpose: "为发放租房补贴".to_owned(),
        times: 3,
        last: ago(2),
    };
    Spared {
        records: vec![record.clone(), record],
    }
}

fn happenings(page: &Page) -> History {
    let at = |hours: usize| ago(hours as u64 * 700);
    let lines = everything(page)
        .into_iter()
        .enumerate()
        .map(|(index, what)| Activity {
            at: at(index),
            what,
            device: "Chrome · Android".to_owned(),
        })
        .collect();
    History {
        lines,
        earlier: Some("/account/activity?before=1.0".to_owned()),
    }
}

fn at_window() -> AtWindow {
    AtWindow {
        file: "W3-0042".to_owned(),
        reason: "lost_phone".to_owned(),
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one of each thing that happens, and none forgotten"
)]
fn everything(page: &Page) -> Vec<Happening> {
    let service = sample::asking(page).service;
    let items = page.say("item-phone").to_string();
    vec![
        Happening::Opened {
            service: service.clone(),
        },
        Happening::WrongCode,
        Happening::Misused {
            service: service.clone(),
        },
        Happening::NameProven,
        Happening::NameRefused,
        Happening::NameElsewhere,
        Happening::NameWithdrawn,
        Happening::NameTakenOff(at_window()),
        Happening::Exported,
        Happening::Left,
        Happening::Kept,
        Happening::Locked,
        Happening::MergingBegun,
        Happening::MergingAgreed,
        Happening::MergingStopped,
        Happening::Merged,
        Happening::KnownTwice {
            service: service.clone(),
        },
        Happening::Unlocked,
        Happening::NumberDisputed,
        Happening::NumberDoubted,
        Happening::NumberReturned,
        Happening::Witnessed(at_window()),
        Happening::WindowCode(at_window()),
        Happening::WindowCodeUsed,
        Happening::WindowCodeRefused,
        Happening::NotWitnessed(at_window()),
        Happening::NoWindowCode(at_window()),
        Happening::DisputeWon(at_window()),
        Happening::DisputeLost(at_window()),
        Happening::DisputeLookedUp(at_window()),
        Happening::NumberAdded,
        Happening::NumberEnding,
        Happening::NumberKept,
        Happening::NumberMoving,
        Happening::NumberMoved,
        Happening::NumberMoveStopped,
        Happening::NumberRemoved,
        Happening::LetIn,
        Happening::NotLetIn,
        Happening::PasskeyRefused,
        Happening::PasskeyCloned,
        Happening::PasskeyAdded,
        Happening::PasskeyRenamed,
        Happening::PasskeyRemoved,
        Happening::SignedIn,
        Happening::Shared {
            service: service.clone(),
            items: items.clone(),
        },
        Happening::Refused {
            service: service.clone(),
        },
        Happening::Fetched {
            service: service.clone(),
            items: items.clone(),
        },
        Happening::Withdrew { service, items },
        Happening::EndedOther,
        Happening::SignedOut,
        Happening::SignedOutEverywhere,
        Happening::AccountMade,
    ]
}

fn who(identity: Identity, strength: Strength) -> Who {
    let proof = IdentityProof {
        at: ago(400),
        source: "人口库".to_owned(),
    };
    Who {
        proof: (identity != Identity::Unknown).then_some(proof),
        identity,
        strength,
        level: Level::of(identity, strength),
        can_be_proven: true,
    }
}

fn account(page: Page) -> AccountPage {
    let phone = |masked: &str, ends| Phone {
        id: "f1".to_owned(),
        ends,
        masked: masked.to_owned(),
        added: ago(9000),
        last_used: Some(ago(3)),
    };
    AccountPage {
        now: sample::NOW,
        token: page.form_token("session"),
        name: None,
        who: who(Identity::Unknown, Strength::Code),
        phones: vec![
            phone("138 **** 0000", None),
            phone("139 **** 1234", Some(sample::NOW)),
        ],
        moving: Some(PendingMove {
            due_at: sample::NOW,
            leaves: false,
        }),
        merging: Some(MergingAhead {
            when: sample::NOW,
            closes: true,
        }),
        merging_offered: true,
        passkeys: vec![PasskeyRow {
            id: "p1".to_owned(),
            name: "Apple <iCloud>".to_owned(),
            added: ago(900),
            last_used: ago(2),
        }],
        passkeys_offered: true,
        signals: vec![Signals {
            rp_id: "id.yunchuan.example".to_owned(),
            user_id: "AAAA".to_owned(),
            accepted: "BBBB CCCC".to_owned(),
            name: "138 **** 0000".to_owned(),
        }],
        devices: vec![
            device("s1", DeviceKind::Phone, "Chrome · Android", true),
            device("s2", DeviceKind::Computer, "Firefox · Windows", false),
            device("s3", DeviceKind::Other, "", false),
        ],
        services: vec![service(&page, "gjj"), service(&page, "hrss")],
        spared: spared(&page),
        activity: happenings(&page),
        news: Some(News {
            lines: vec![Line {
                what: page
                    .say("told-leaving")
                    .with("device", "Chrome · Android")
                    .to_string(),
                at: ago(1),
                place: Some("Kunming".to_owned()),
            }],
            until: 1,
        }),
        notice: Some(AccountNotice::Withdrawn {
            service: sample::asking(&page).service,
        }),
        page,
    }
}

#[test]
fn an_account_shows_what_it_holds() {
    sample::show("account", account);
    sample::show("account-named", |page| AccountPage {
        name: Some("张三丰".to_owned()),
        who: who(Identity::RealName, Strength::NewPasskey),
        merging: Some(MergingAhead {
            when: sample::NOW,
            closes: false,
        }),
        moving: Some(PendingMove {
            due_at: sample::NOW,
            leaves: true,
        }),
        ..account(page)
    });
    sample::show("account-empty", |page| {
        let mut page = account(page);
        page.devices.truncate(1);
        AccountPage {
            services: Vec::new(),
            spared: Spared::default(),
            activity: History::default(),
            news: None,
            notice: None,
            ..page
        }
    });
}

#[test]
fn activity_is_read_a_page_at_a_time() {
    sample::show("activity", |page| ActivityPage {
        now: sample::NOW,
        activity: happenings(&page),
        is_newest: true,
        page,
    });
    sample::show("activity-earlier", |page| ActivityPage {
        now: sample::NOW,
        activity: History::default(),
        is_newest: false,
        page,
    });
}

#[test]
fn what_was_just_done_is_said() {
    let page = sample::page(crate::web::Locale::English, crate::web::Edition::Standard);
    let said = [
        AccountNotice::DeviceEnded,
        AccountNotice::OthersEnded,
        AccountNotice::Merged,
        AccountNotice::NothingToDo,
    ]
    .map(|notice| notice.text(&page));
    assert_eq!(said[0], "That device is signed out");
    assert!(said.iter().all(|text| text.contains(' ')));
}
