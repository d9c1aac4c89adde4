//! Tests of the signature. The vector was computed with another implementation (Python's `hmac`).

use super::*;

const BODY: &[u8] = br#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1795430000,"livemode":false,"api_version":"2026-10-28.endive","data":{"object":{"id":"in_1","object":"invoice","customer":"cus_1"}}}"#;
const NOW: i64 = 1_795_430_000;
const SIGNATURE: &str = "63217700f21ec8f29316c64ca9d067a21699eb211bff8a95815aa5f8eb7910a5";

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

fn secrets() -> Vec<Secret> {
    vec![secret("whsec_test_secret")]
}

fn check(header: &str) -> Result<Event, SignatureError> {
    verify(&secrets(), header, BODY, NOW)
}

#[test]
fn a_known_signature_is_made_and_accepted() {
    let header = sign(&secrets()[0], BODY, NOW);
    assert_eq!(header, format!("t={NOW},v1={SIGNATURE}"));
    let event = check(&header).unwrap();
    assert_eq!(
        (event.id.as_str(), event.kind.as_str()),
        ("evt_1", "invoice.paid")
    );
    assert_eq!(event.customer(), Some("cus_1"));
    assert_eq!(event.data.object.id.as_deref(), Some("in_1"));
}

#[test]
fn other_schemes_spaces_and_upper_case_do_not_matter() {
    let upper = SIGNATURE.to_uppercase();
    assert!(check(&format!("v0=abc, t={NOW} ,x, v1={upper},v2=")).is_ok());
}

#[test]
fn any_signature_may_match_any_secret() {
    let secrets = [secret("whsec_new"), secret("whsec_test_secret")];
    let header = format!("t={NOW},v1={},v1={SIGNATURE},v1=zz", "0".repeat(64));
    assert!(verify(&secrets, &header, BODY, NOW).is_ok());
}

#[test]
fn a_changed_byte_is_refused_wherever_it_is() {
    let header = sign(&secrets()[0], BODY, NOW);
    let mut body = BODY.to_vec();
    body.push(b' ');
    assert!(matches!(
        verify(&secrets(), &header, &body, NOW),
        Err(SignatureError::Mismatch)
    ));
    let moved = header.replace(&NOW.to_string(), &(NOW + 1).to_string());
    assert!(matches!(check(&moved), Err(SignatureError::Mismatch)));
    let other = [secret("whsec_other")];
    assert!(matches!(
        verify(&other, &header, BODY, NOW),
        Err(SignatureError::Mismatch)
    ));
}

#[test]
fn signatures_that_are_cut_or_no_hexadecimal_match_nothing() {
    for signature in ["", "zz", &SIGNATURE[..62], &format!("{SIGNATURE}00"), "é"] {
        let answer = check(&format!("t={NOW},v1={signature}"));
        assert!(
            matches!(answer, Err(SignatureError::Mismatch)),
            "{signature:?}"
        );
    }
}

#[test]
fn the_tolerance_holds_both_ways() {
    let header = sign(&secrets()[0], BODY, NOW);
    for now in [NOW - 300, NOW, NOW + 300] {
        assert!(verify(&secrets(), &header, BODY, now).is_ok(), "{now}");
    }
    for now in [NOW - 301, NOW + 301, 0, i64::MIN, i64::MAX] {
        let answer = verify(&secrets(), &header, BODY, now);
        assert!(
            matches!(answer, Err(SignatureError::OutsideTolerance)),
            "{now}"
        );
    }
}

#[test]
fn a_time_that_is_missing_broken_or_twice_is_refused() {
    let missing = [
        "",
        "v1=00",
        "t,v1=00",
        "t=,v1=00",
        "t=-1,v1=00",
        "t=+1,v1=00",
        "t= 1,v1=00",
    ];
    for header in missing
        .into_iter()
        .chain(["t=1e9,v1=00", "t=9999999999999999999999,v1=00"])
    {
        assert!(
            matches!(check(header), Err(SignatureError::NoTimestamp)),
            "{header:?}"
        );
    }
    let twice = format!("t={NOW},t={NOW},v1={SIGNATURE}");
    assert!(matches!(
        check(&twice),
        Err(SignatureError::DuplicateTimestamp)
    ));
}

#[test]
fn the_number_of_signatures_and_the_length_are_limited() {
    assert!(matches!(
        check(&format!("t={NOW}")),
        Err(SignatureError::NoSignature)
    ));
    let many = format!("t={NOW}{}", ",v1=00".repeat(9));
    assert!(matches!(
        check(&many),
        Err(SignatureError::TooManySignatures)
    ));
    let long = format!("t={NOW},v1={SIGNATURE},{}", "x".repeat(1024));
    assert!(matches!(check(&long), Err(SignatureError::HeaderTooLong)));
}

#[test]
fn blank_secrets_cannot_be_held() {
    for text in ["", " ", "whsec_", "whsec_ ", "\t\n"] {
        assert_eq!(
            Secret::new(text).err(),
            Some(InvalidSecret::Blank),
            "{text:?}"
        );
    }
    assert_eq!(
        Secret::new("whsec_a\n").err(),
        Some(InvalidSecret::Character)
    );
    assert!(Secret::parse_list("whsec_a,").is_err());
    assert!(Secret::parse_list("").is_err());
    assert_eq!(Secret::parse_list("whsec_a, whsec_b").unwrap().len(), 2);
}

#[test]
fn no_secret_accepts_nothing() {
    let header = sign(&secrets()[0], BODY, NOW);
    assert!(matches!(
        verify(&[], &header, BODY, NOW),
        Err(SignatureError::NoSecret)
    ));
}

#[test]
fn the_body_is_read_only_after_its_signature() {
    let body = b"not json";
    let answer = verify(&secrets(), &format!("t={NOW},v1={SIGNATURE}"), body, NOW);
    assert!(matches!(answer, Err(SignatureError::Mismatch)));
    let header = sign(&secrets()[0], body, NOW);
    let answer = verify(&secrets(), &header, body, NOW);
    assert!(matches!(answer, Err(SignatureError::NotAnEvent(_))));
}
