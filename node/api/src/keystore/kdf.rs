//! From a password to the 32 bytes that open a key file.

use sha2::Sha256;
use zeroize::Zeroizing;

use super::KeystoreError;

/// Largest product n·r·p of scrypt that is run: four times what we write, 1 GiB of memory.
pub const MAX_SCRYPT_WORK: u64 = 1 << 23;
/// Most PBKDF2 rounds that are run: about four seconds.
pub const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;
/// Longest salt, in bytes.
pub const MAX_SALT_BYTES: usize = 256;
/// Length of the derived key, in bytes; the format fixes it.
pub const DERIVED_BYTES: usize = 32;

/// scrypt's cost: memory is 128·n·r bytes, time grows with n·r·p.
///
/// # Source
/// RFC 7914
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScryptParams {
    /// CPU and memory cost N, a power of two.
    pub n: u64,
    /// Block size r.
    pub r: u32,
    /// Parallelism p.
    pub p: u32,
}

impl ScryptParams {
    /// What new key files are written with (geth's "standard").
    pub const STANDARD: Self = Self { n: 1 << 18, r: 8, p: 1 };

    /// Derives the key.
    ///
    /// # Errors
    /// [`KeystoreError::KdfOutOfRange`] before any work is done.
    pub fn derive(
        &self,
        password: &[u8],
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; DERIVED_BYTES]>, KeystoreError> {
        check_salt(salt)?;
        let Self { n, r, p } = *self;
        if !n.is_power_of_two() || n < 2 {
            return Err(out_of_range(format!("n = {n} is not a power of two above 1")));
        }
        let work = n.checked_mul(u64::from(r)).and_then(|nr| nr.checked_mul(u64::from(p)));
        if work.is_none_or(|work| work == 0 || work > MAX_SCRYPT_WORK) {
            return Err(out_of_range(format!(
                "n·r·p of n = {n}, r = {r}, p = {p} is not in 1..={MAX_SCRYPT_WORK}"
            )));
        }
        // n is at most MAX_SCRYPT_WORK, so its logarithm fits.
        let log_n = n.trailing_zeros() as u8;
        let params = scrypt::Params::new(log_n, r, p, DERIVED_BYTES)
            .map_err(|_| out_of_range(format!("scrypt refuses n = {n}, r = {r}, p = {p}")))?;
        let mut key = Zeroizing::new([0u8; DERIVED_BYTES]);
        scrypt::scrypt(password, salt, &params, key.as_mut_slice())
            .map_err(|error| out_of_range(error.to_string()))?;
        Ok(key)
    }
}

/// PBKDF2 with HMAC-SHA256: read in others' files, never written.
///
/// # Errors
/// [`KeystoreError::KdfOutOfRange`] before any work is done.
///
/// # Source
/// RFC 8018
pub fn pbkdf2_sha256(
    password: &[u8],
    salt: &[u8],
    rounds: u32,
) -> Result<Zeroizing<[u8; DERIVED_BYTES]>, KeystoreError> {
    check_salt(salt)?;
    if rounds == 0 || rounds > MAX_PBKDF2_ROUNDS {
        return Err(out_of_range(format!("c = {rounds} is not in 1..={MAX_PBKDF2_ROUNDS}")));
    }
    let mut key = Zeroizing::new([0u8; DERIVED_BYTES]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key.as_mut_slice());
    Ok(key)
}

fn check_salt(salt: &[u8]) -> Result<(), KeystoreError> {
    if salt.len() > MAX_SALT_BYTES {
        return Err(out_of_range(format!(
            "a salt of {} bytes is longer than {MAX_SALT_BYTES}",
            salt.len()
        )));
    }
    Ok(())
}

fn out_of_range(what: String) -> KeystoreError {
    KeystoreError::KdfOutOfRange(what)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    #[test]
    fn scrypt_gives_the_bytes_of_rfc_7914() {
        let params = ScryptParams { n: 1024, r: 8, p: 16 };
        let key = params.derive(b"password", b"NaCl").unwrap();
        assert_eq!(
            key.as_slice(),
            hex!("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
        );
    }

    #[test]
    fn new_files_cost_what_geths_do() {
        assert_eq!(ScryptParams::STANDARD, ScryptParams { n: 262_144, r: 8, p: 1 });
    }

    #[test]
    fn pbkdf2_gives_the_bytes_of_rfc_7914() {
        let key = pbkdf2_sha256(b"passwd", b"salt", 1).unwrap();
        assert_eq!(
            key.as_slice(),
            hex!("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
        );
    }

    #[test]
    fn hostile_parameters_are_refused_before_any_memory_is_taken() {
        for (n, r, p) in [
            (0, 8, 1),
            (1, 8, 1),
            (1000, 8, 1),
            (1 << 18, 0, 1),
            (1 << 18, 8, 0),
            (1 << 21, 8, 1),
            (1 << 18, 8, 5),
            (1 << 63, u32::MAX, u32::MAX),
        ] {
            let refused = ScryptParams { n, r, p }.derive(b"x", b"salt");
            assert!(matches!(refused, Err(KeystoreError::KdfOutOfRange(_))), "{n} {r} {p}");
        }
        for rounds in [0, MAX_PBKDF2_ROUNDS + 1] {
            assert!(matches!(
                pbkdf2_sha256(b"x", b"salt", rounds),
                Err(KeystoreError::KdfOutOfRange(_))
            ));
        }
        let salt = [0u8; MAX_SALT_BYTES + 1];
        assert!(matches!(pbkdf2_sha256(b"x", &salt, 1), Err(KeystoreError::KdfOutOfRange(_))));
    }
}
