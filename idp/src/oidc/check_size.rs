use super::{Code, Parameters, WireError};

/// Octets of all parameters in a query. A request is kept while the resident signs in or is asked: what one may weigh
/// bounds what a stranger can make us keep.
const LONGEST: usize = 8 << 10;

pub(super) fn check_size(parameters: &Parameters) -> Result<(), WireError> {
    let length = parameters.to_query().len();
    if length <= LONGEST {
        return Ok(());
    }
    Err(WireError::new(
        Code::InvalidRequest,
        format!("the request has {length} octets, more than the {LONGEST} that are allowed"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_measured_as_it_is_kept() {
        let with_state = |state: &str| Parameters::parse(format!("client_id=hrss&state={state}").as_bytes());
        assert!(check_size(&with_state(&"x".repeat(8_000))).is_ok());
        assert!(check_size(&with_state(&"x".repeat(9_000))).is_err());
        assert!(
            check_size(&with_state(&"\u{1}".repeat(3_000))).is_err(),
            "three octets each"
        );
    }
}
