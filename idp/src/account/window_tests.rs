use super::*;

#[test]
fn a_window_code_is_read_as_people_type_it() {
    for typed in [
        "123456789012",
        " 1234 5678 9012 ",
        "1234-5678-9012",
        "１２３４５６７８９０１２",
    ] {
        assert_eq!(
            WindowCode::read(typed).unwrap().shown(),
            "1234 5678 9012",
            "{typed}"
        );
    }
    for typed in [
        "",
        "12345678901",
        "1234567890123",
        "12345678901x",
        &"1".repeat(4000),
    ] {
        assert!(WindowCode::read(typed).is_none(), "{typed}");
    }
}
