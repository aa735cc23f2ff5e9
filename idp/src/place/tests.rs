use super::*;

fn settings(file: &str) -> Settings {
    toml::from_str(&format!("[place]\ndatabase = {file:?}\n")).unwrap()
}

/// Made by `tests/http/places/make.py`.
fn made(file: &str) -> String {
    format!("{}/../tests/http/places/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn place(places: &Places, address: &str) -> Option<[String; 2]> {
    let place = places.of(address.parse().unwrap())?;
    Some(Locale::ALL.map(|locale| place.name(locale).to_owned()))
}

#[test]
fn an_address_has_the_most_exact_name_that_there_is() {
    let places = Places::open(&settings(&made("cities.mmdb"))).unwrap();
    for (address, names) in [
        ("203.0.113.7", Some(["昆明", "Kunming"])),
        ("::ffff:203.0.113.7", Some(["昆明", "Kunming"])),
        ("198.51.100.1", Some(["大理州", "Dali Prefecture"])),
        ("192.0.2.1", Some(["新加坡", "Singapore"])),
        // In one language.
        ("2001:db8:1::1", Some(["Dali", "Dali"])),
        // Known, and yet no place; unknown; private; this machine.
        ("192.0.2.130", None),
        ("192.0.2.200", None),
        ("198.51.101.1", None),
        ("10.1.2.3", None),
        ("192.168.1.1", None),
        ("fd00::1", None),
        ("127.0.0.1", None),
        ("::1", None),
    ] {
        let found = place(&places, address);
        assert_eq!(found, names.map(|names| names.map(str::to_owned)), "{address}");
    }
}

#[test]
fn without_a_database_there_are_no_places() {
    let places = Places::open(&Settings::default()).unwrap();
    assert_eq!(place(&places, "203.0.113.7"), None);
    assert_eq!(Places::examine(&Settings::default()).unwrap(), None);
}

#[test]
fn a_database_of_ipv4_knows_nothing_of_ipv6() {
    let places = Places::open(&settings(&made("v4.mmdb"))).unwrap();
    assert!(place(&places, "203.0.113.7").is_some());
    assert_eq!(place(&places, "2001:db8:1::1"), None);
}

#[test]
fn a_database_says_what_it_is() {
    let about = Places::examine(&settings(&made("cities.mmdb"))).unwrap().unwrap();
    assert_eq!(about.kind, "Yimen-Test-City");
    assert_eq!(about.built.to_string(), "2026-01-15T00:00:00Z");
    assert!(about.lacks.is_empty());
    let about = Places::examine(&settings(&made("v4.mmdb"))).unwrap().unwrap();
    assert_eq!(about.lacks, ["zh-CN"]);
}

#[test]
fn what_is_no_such_database_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(made("cities.mmdb")).unwrap();
    let refused = |name: &str, bytes: Option<&[u8]>| {
        let file = dir.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&file, bytes).unwrap();
        }
        let fault = Places::open(&settings(file.to_str().unwrap()))
            .unwrap_err()
            .to_string();
        assert!(
            fault.starts_with("place.database ") && fault.contains(name),
            "{fault}"
        );
        assert!(
            fault.contains(".mmdb") && fault.contains("take out [place]"),
            "{fault}"
        );
        fault
    };
    assert!(refused("none", None).contains("No such file"));
    assert!(refused("empty", Some(b"")).contains("is no such database"));
    assert!(refused("text", Some(&b"city,place\n".repeat(1000))).contains("is no such database"));
    assert!(refused("half", Some(&whole[..whole.len() / 2])).contains("is no such database"));
    assert!(refused("end", Some(&whole[whole.len() / 2..])).contains("is no such database"));
}

/// A disk that has lost some of it: whatever is read, nobody is kept from signing in.
#[test]
fn a_damaged_database_is_found_out_and_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(made("cities.mmdb")).unwrap();
    let file = dir.path().join("damaged.mmdb");
    let settings = settings(file.to_str().unwrap());
    let (mut found_out, mut opened) = (0, 0);
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        std::fs::write(&file, &damaged).unwrap();
        found_out += usize::from(Places::examine(&settings).is_err());
        if let Ok(places) = Places::open(&settings) {
            opened += 1;
            for address in [
                "203.0.113.7",
                "198.51.100.1",
                "192.0.2.1",
                "2001:db8:1::1",
                "10.0.0.1",
            ] {
                let _ = place(&places, address);
            }
        }
    }
    assert!(found_out > 10 && opened > 10, "{found_out} {opened}");
}
