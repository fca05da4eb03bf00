//! How a receiver knows that a delivery comes from here, and is not an old one that is played back.

use std::fmt::Write;

use ring::hmac;

/// Value of the header: the time and the signature over time and body.
pub(super) fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let mut header = format!("t={seconds},v1=");
    for byte in context.sign().as_ref() {
        let _ = write!(header, "{byte:02x}");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_any_other_implementation() {
        // printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        assert_eq!(
            sign("0123456789abcdef", 1_700_000_000, br#"{"id":1}"#),
            "t=1700000000,v1=4bcaced68dfea90a68df035b89cb7fb26692d899d32a1ccb1b0616cf48e4d1ed"
        );
    }
}
