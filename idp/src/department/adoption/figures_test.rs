use super::*;

fn people(from: u8, count: u8) -> BTreeSet<Person> {
    (from..from + count).map(|one| [one; 16]).collect()
}

fn of(times: i64, people: BTreeSet<Person>) -> Found {
    Found {
        times,
        people,
        is_enough: false,
    }
}

/// Each person once in every cell named.
fn week(cells: &[(Cell, u8, u8)]) -> BTreeMap<Cell, Found> {
    cells
        .iter()
        .map(|(cell, from, count)| (*cell, of(i64::from(*count), people(*from, *count))))
        .collect()
}

#[test]
fn nine_are_too_few_and_ten_are_not() {
    let nine = publish(&week(&[(Cell::Finished, 0, 9), (Cell::BySms, 0, 9)]));
    assert_eq!(
        (nine.finished, nine.begun, nine.parts[&Cell::BySms]),
        (None, None, None)
    );
    let ten = publish(&week(&[(Cell::Finished, 0, 10), (Cell::BySms, 0, 10)]));
    assert_eq!(
        (ten.finished, ten.begun, ten.parts[&Cell::BySms]),
        (Some(10), Some(10), Some(10))
    );
}

#[test]
fn one_person_a_hundred_times_is_one_person() {
    let found = BTreeMap::from([
        (Cell::Finished, of(100, people(0, 1))),
        (Cell::LeftCode, of(100, people(0, 1))),
    ]);
    let figures = publish(&found);
    assert_eq!((figures.finished, figures.parts[&Cell::LeftCode]), (None, None));
}

#[test]
fn without_anybody_there_is_nothing_to_show() {
    let figures = publish(&BTreeMap::new());
    assert_eq!(
        (figures.begun, figures.finished, figures.returning_percent),
        (None, None, None)
    );
    assert!(figures.parts.values().all(Option::is_none));
}

/// Who knows everybody but one looks for that one: in the total, in the parts, in what the parts leave of the total.
#[test]
fn one_person_is_in_no_difference() {
    for others in 10..=60_u8 {
        for odd in 0..=12_u8 {
            let figures = publish(&week(&[
                (Cell::Finished, 0, others + odd),
                (Cell::BySms, 0, others),
                (Cell::ByPasskey, others, odd),
                (Cell::Returning, 0, others),
                (Cell::New, others, odd),
                (Cell::LeftCode, 200, odd),
            ]));
            let (sms, passkey) = (figures.parts[&Cell::BySms], figures.parts[&Cell::ByPasskey]);
            match odd {
                0 => assert_eq!((sms.is_some(), passkey), (true, None)),
                1..10 => assert_eq!((sms, passkey), (None, None), "{others} and {odd}"),
                _ => assert!(sms.is_some() && passkey.is_some()),
            }
            assert_eq!(figures.returning_percent.is_some(), odd == 0 || odd >= 10);
            let counted = i64::from(others) + i64::from(odd);
            assert_eq!(figures.finished, Some((counted + 5) / 10 * 10));
            let left = figures.parts[&Cell::LeftCode];
            assert_eq!(figures.begun, Some(figures.finished.unwrap() + left.unwrap_or(0)));
            assert_eq!(left.is_some(), odd >= 10);
        }
    }
}

/// Two hidden parts of five people each are ten to whoever subtracts.
#[test]
fn hidden_parts_hide_one_another() {
    let figures = publish(&week(&[
        (Cell::Finished, 0, 40),
        (Cell::BySms, 0, 30),
        (Cell::ByPasskey, 30, 5),
        (Cell::ByPhone, 35, 5),
    ]));
    assert_eq!(figures.parts[&Cell::BySms], Some(30));
    assert_eq!(
        (figures.parts[&Cell::ByPasskey], figures.parts[&Cell::ByPhone]),
        (None, None)
    );
}

#[test]
fn the_same_five_people_in_two_hidden_parts_are_five() {
    let figures = publish(&week(&[
        (Cell::Finished, 0, 40),
        (Cell::BySms, 0, 35),
        (Cell::ByPasskey, 35, 5),
        (Cell::ByPhone, 35, 5),
    ]));
    assert_eq!(figures.parts[&Cell::BySms], None);
}

#[test]
fn the_returning_share_comes_from_what_may_be_shown() {
    let figures = publish(&week(&[
        (Cell::Finished, 0, 40),
        (Cell::Returning, 0, 30),
        (Cell::New, 30, 10),
    ]));
    assert_eq!(figures.returning_percent, Some(80));
    let all = publish(&week(&[(Cell::Finished, 0, 40), (Cell::Returning, 0, 40)]));
    assert_eq!(all.returning_percent, Some(100));
}

#[test]
fn what_is_published_is_read_again() {
    let figures = publish(&week(&[(Cell::Finished, 0, 40), (Cell::BySms, 0, 40)]));
    let written = serde_json::to_string(&figures).unwrap();
    assert_eq!(serde_json::from_str::<Figures>(&written).unwrap(), figures);
    assert!(written.contains("\"by_sms\":40"), "{written}");
}
