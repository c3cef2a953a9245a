//! The JSON of a version 3 key file.

use alloy_primitives::{Address, hex};
use serde::Deserialize;
use serde_json::{Value, json};

use super::kdf::{DERIVED_BYTES, ScryptParams, pbkdf2_sha256};
use super::secret::random_bytes;
use super::{KeystoreError, SecretKey, cipher};

/// Largest key file that is read, in bytes. Ours have about 500.
pub const MAX_FILE_BYTES: usize = 64 * 1024;

/// How the password becomes a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kdf {
    Scrypt(ScryptParams),
    Pbkdf2 { rounds: u32 },
}

/// A parsed version 3 key file: everything but the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    address: Option<Address>,
    id: String,
    kdf: Kdf,
    salt: Vec<u8>,
    iv: [u8; 16],
    ciphertext: [u8; 32],
    mac: [u8; 32],
}

/// The fields as they stand in the file. Unknown ones are left aside: geth, ethers and others add their own.
#[derive(Deserialize)]
struct Raw {
    version: u64,
    #[serde(default)]
    id: String,
    address: Option<String>,
    // Old ethers and Mist wrote it with a capital.
    #[serde(alias = "Crypto")]
    crypto: RawCrypto,
}

#[derive(Deserialize)]
struct RawCrypto {
    cipher: String,
    cipherparams: RawCipherParams,
    ciphertext: String,
    kdf: String,
    kdfparams: RawKdfParams,
    mac: String,
}

#[derive(Deserialize)]
struct RawCipherParams {
    iv: String,
}

#[derive(Deserialize)]
struct RawKdfParams {
    dklen: u64,
    salt: String,
    n: Option<u64>,
    r: Option<u32>,
    p: Option<u32>,
    c: Option<u32>,
    prf: Option<String>,
}

impl KeyFile {
    /// Reads the JSON text of a key file.
    ///
    /// # Errors
    /// [`KeystoreError::Malformed`] names the field; `Unsupported…` what no V3 reader knows.
    pub fn parse(text: &str) -> Result<Self, KeystoreError> {
        if text.len() > MAX_FILE_BYTES {
            return Err(KeystoreError::Malformed(format!("larger than {MAX_FILE_BYTES} bytes")));
        }
        let raw: Raw = serde_json::from_str(text)
            .map_err(|error| KeystoreError::Malformed(error.to_string()))?;
        if raw.version != 3 {
            return Err(KeystoreError::UnsupportedVersion(raw.version));
        }
        let crypto = raw.crypto;
        if crypto.cipher != "aes-128-ctr" {
            return Err(KeystoreError::UnsupportedCipher(crypto.cipher));
        }
        let kdf = parse_kdf(&crypto.kdf, &crypto.kdfparams)?;
        let salt = hex::decode(&crypto.kdfparams.salt)
            .map_err(|_| KeystoreError::Malformed("kdfparams.salt is not hex".to_owned()))?;
        let address = match raw.address.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Address::from(fixed::<20>("address", text)?)),
        };
        Ok(Self {
            address,
            id: raw.id,
            kdf,
            salt,
            iv: fixed("cipherparams.iv", &crypto.cipherparams.iv)?,
            ciphertext: fixed("ciphertext", &crypto.ciphertext)?,
            mac: fixed("mac", &crypto.mac)?,
        })
    }

    /// Encrypts `key` under `password` with a fresh salt, iv and id.
    ///
    /// # Errors
    /// [`KeystoreError::KdfOutOfRange`] for parameters outside the limits, and
    /// [`KeystoreError::NoRandomness`].
    pub fn encrypt(
        key: &SecretKey,
        password: &str,
        params: ScryptParams,
    ) -> Result<Self, KeystoreError> {
        let mut salt = vec![0u8; 32];
        let mut iv = [0u8; 16];
        let mut id = [0u8; 16];
        random_bytes(&mut salt)?;
        random_bytes(&mut iv)?;
        random_bytes(&mut id)?;
        let derived = params.derive(password.as_bytes(), &salt)?;
        let ciphertext = *cipher::apply(&derived, &iv, &key.to_bytes());
        Ok(Self {
            address: Some(key.address()),
            id: uuid::Builder::from_random_bytes(id).into_uuid().to_string(),
            kdf: Kdf::Scrypt(params),
            salt,
            iv,
            mac: cipher::mac(&derived, &ciphertext).0,
            ciphertext,
        })
    }

    /// Opens the file.
    ///
    /// # Errors
    /// [`KeystoreError::WrongPassword`] where the MAC does not match, and
    /// [`KeystoreError::AddressMismatch`] where someone changed the address in the file.
    pub fn decrypt(&self, password: &str) -> Result<SecretKey, KeystoreError> {
        let password = password.as_bytes();
        let derived = match self.kdf {
            Kdf::Scrypt(params) => params.derive(password, &self.salt)?,
            Kdf::Pbkdf2 { rounds } => pbkdf2_sha256(password, &self.salt, rounds)?,
        };
        if !equal_in_constant_time(&cipher::mac(&derived, &self.ciphertext).0, &self.mac) {
            return Err(KeystoreError::WrongPassword);
        }
        let bytes = cipher::apply(&derived, &self.iv, &self.ciphertext);
        let key = SecretKey::from_bytes(&bytes).map_err(|_| KeystoreError::InvalidKey)?;
        let actual = key.address();
        match self.address {
            Some(stated) if stated != actual => {
                Err(KeystoreError::AddressMismatch { stated, actual })
            }
            _ => Ok(key),
        }
    }

    /// The address the file states; Foundry's files state none.
    pub fn address(&self) -> Option<Address> {
        self.address
    }

    /// The JSON text, as geth writes it (address and bytes without `0x`).
    pub fn to_json(&self) -> String {
        let (kdf, kdfparams) = match &self.kdf {
            Kdf::Scrypt(ScryptParams { n, r, p }) => (
                "scrypt",
                json!({ "dklen": DERIVED_BYTES, "n": n, "p": p, "r": r, "salt": hex::encode(&self.salt) }),
            ),
            Kdf::Pbkdf2 { rounds } => (
                "pbkdf2",
                json!({ "c": rounds, "dklen": DERIVED_BYTES, "prf": "hmac-sha256", "salt": hex::encode(&self.salt) }),
            ),
        };
        let mut file = json!({
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": { "iv": hex::encode(self.iv) },
                "ciphertext": hex::encode(self.ciphertext),
                "kdf": kdf,
                "kdfparams": kdfparams,
                "mac": hex::encode(self.mac),
            },
            "id": self.id,
            "version": 3,
        });
        if let (Some(address), Value::Object(fields)) = (self.address, &mut file) {
            fields.insert("address".to_owned(), hex::encode(address).into());
        }
        file.to_string()
    }
}

fn parse_kdf(name: &str, params: &RawKdfParams) -> Result<Kdf, KeystoreError> {
    if params.dklen != DERIVED_BYTES as u64 {
        return Err(KeystoreError::KdfOutOfRange(format!(
            "dklen is {}, must be {DERIVED_BYTES}",
            params.dklen
        )));
    }
    let missing = |field: &str| KeystoreError::Malformed(format!("kdfparams.{field} is missing"));
    match name {
        "scrypt" => Ok(Kdf::Scrypt(ScryptParams {
            n: params.n.ok_or_else(|| missing("n"))?,
            r: params.r.ok_or_else(|| missing("r"))?,
            p: params.p.ok_or_else(|| missing("p"))?,
        })),
        "pbkdf2" => match params.prf.as_deref() {
            Some("hmac-sha256") => {
                Ok(Kdf::Pbkdf2 { rounds: params.c.ok_or_else(|| missing("c"))? })
            }
            other => Err(KeystoreError::UnsupportedKdf(format!(
                "pbkdf2 with {}",
                other.unwrap_or("no prf")
            ))),
        },
        other => Err(KeystoreError::UnsupportedKdf(other.to_owned())),
    }
}

/// Exactly `N` bytes of hex, with or without `0x`.
fn fixed<const N: usize>(field: &str, text: &str) -> Result<[u8; N], KeystoreError> {
    let mut bytes = [0u8; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| KeystoreError::Malformed(format!("{field} is not {N} bytes of hex")))?;
    Ok(bytes)
}

/// The time taken must not say how many bytes of a guessed MAC were right.
fn equal_in_constant_time(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter().zip(right).fold(0u8, |different, (l, r)| different | (l ^ r)) == 0
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Read;
    use std::path::Path;

    use super::*;

    /// Cheap enough for tests in any number.
    pub(crate) const FAST: ScryptParams = ScryptParams { n: 2, r: 8, p: 1 };
    const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    /// An outside vector file; `None`, with a line that says so, where the folder is absent.
    pub(crate) fn vectors(name: &str) -> Option<Value> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = ["../../../shared/vectors", "../../shared/vectors"]
            .iter()
            .map(|folder| here.join(folder).join(name))
            .find(|path| path.exists());
        let Some(path) = path else {
            println!("skipped: no outside vectors {name}");
            return None;
        };
        let bytes = std::fs::read(&path).unwrap();
        let mut text = String::new();
        if name.ends_with(".gz") {
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(bytes).unwrap();
        }
        Some(serde_json::from_str(&text).unwrap())
    }

    fn sample() -> Value {
        let key = SecretKey::from_hex(KEY).unwrap();
        serde_json::from_str(&KeyFile::encrypt(&key, "pw", FAST).unwrap().to_json()).unwrap()
    }

    fn parse(value: &Value) -> Result<KeyFile, KeystoreError> {
        KeyFile::parse(&value.to_string())
    }

    #[test]
    fn a_written_file_opens_with_its_password_alone() {
        let key = SecretKey::from_hex(KEY).unwrap();
        let file = KeyFile::encrypt(&key, "correct horse", FAST).unwrap();
        let read = KeyFile::parse(&file.to_json()).unwrap();
        assert_eq!(read, file);
        assert_eq!(read.address(), Some(key.address()));
        assert_eq!(read.decrypt("correct horse").unwrap().to_hex().as_str(), KEY);
        for wrong in ["", "correct horse ", "Correct horse"] {
            assert!(matches!(read.decrypt(wrong), Err(KeystoreError::WrongPassword)), "{wrong}");
        }
    }

    #[test]
    fn a_foreign_address_in_the_file_is_noticed() {
        let mut value = sample();
        value["address"] = "00000000000000000000000000000000000000aa".into();
        let refused = parse(&value).unwrap().decrypt("pw");
        assert!(matches!(refused, Err(KeystoreError::AddressMismatch { .. })), "{refused:?}");
    }

    #[test]
    fn malformed_files_name_the_field() {
        let cases: [(&str, Value, &str); 6] = [
            ("/crypto/cipherparams/iv", "00".into(), "cipherparams.iv is not 16 bytes"),
            ("/crypto/ciphertext", "".into(), "ciphertext is not 32 bytes"),
            ("/crypto/mac", "zz".into(), "mac is not 32 bytes"),
            ("/crypto/kdfparams/salt", "xyz".into(), "salt is not hex"),
            ("/crypto/kdfparams/n", Value::Null, "kdfparams.n is missing"),
            ("/address", "12".into(), "address is not 20 bytes"),
        ];
        for (pointer, value, expected) in cases {
            let mut file = sample();
            *file.pointer_mut(pointer).unwrap() = value;
            match parse(&file) {
                Err(KeystoreError::Malformed(text)) => assert!(text.contains(expected), "{text}"),
                other => panic!("{pointer}: {other:?}"),
            }
        }
        for text in ["", "{}", "[]", "{\"version\":3}", &"x".repeat(MAX_FILE_BYTES + 1)] {
            assert!(matches!(KeyFile::parse(text), Err(KeystoreError::Malformed(_))), "{text:.20}");
        }
    }

    #[test]
    fn unknown_versions_ciphers_and_derivations_are_named() {
        let mut file = sample();
        file["version"] = 1.into();
        assert!(matches!(parse(&file), Err(KeystoreError::UnsupportedVersion(1))));
        let mut file = sample();
        file["crypto"]["cipher"] = "aes-128-cbc".into();
        assert!(matches!(parse(&file), Err(KeystoreError::UnsupportedCipher(_))));
        let mut file = sample();
        file["crypto"]["kdf"] = "argon2id".into();
        assert!(matches!(parse(&file), Err(KeystoreError::UnsupportedKdf(_))));
        let mut file = sample();
        file["crypto"]["kdfparams"]["dklen"] = 16.into();
        assert!(matches!(parse(&file), Err(KeystoreError::KdfOutOfRange(_))));
    }

    #[test]
    fn a_damaged_file_never_panics_and_never_gives_another_key() {
        let text = sample().to_string();
        let address = SecretKey::from_hex(KEY).unwrap().address();
        let mut refused = 0;
        for place in 0..text.len() {
            let truncated = text[..place].to_owned();
            let replaced = ["0", "9", "f", "\"", "}"]
                .map(|other| format!("{}{other}{}", &text[..place], &text[place + 1..]));
            for damaged in replaced.into_iter().chain([truncated]) {
                match KeyFile::parse(&damaged).and_then(|file| file.decrypt("pw")) {
                    Ok(key) => assert_eq!(key.address(), address, "{damaged}"),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > text.len(), "{refused}");
    }

    #[test]
    fn the_key_files_of_ethereum_tests_open() {
        let Some(cases) = vectors("ethereum-tests/KeyStoreTests/basic_tests.json") else { return };
        for (name, case) in cases.as_object().unwrap() {
            let opened = parse(&case["json"]).unwrap().decrypt(case["password"].as_str().unwrap());
            if name == "test2" {
                // N = 2¹⁸ with r = 1 breaks RFC 7914's N < 2^(128·r/8); OpenSSL refuses it as well.
                assert!(matches!(opened, Err(KeystoreError::KdfOutOfRange(_))), "{opened:?}");
                continue;
            }
            let key = opened.unwrap();
            let expected = case["priv"].as_str().unwrap();
            assert_eq!(key.to_hex().trim_start_matches("0x"), expected, "{name}");
        }
    }

    #[test]
    fn the_key_files_of_ethers_open() {
        let Some(cases) = vectors("ethers/wallets.json.gz") else { return };
        let mut opened = 0;
        for case in cases.as_array().unwrap() {
            if case["type"] != "keystore" {
                continue;
            }
            let password = hex::decode(case["password"].as_str().unwrap()).unwrap();
            let password = String::from_utf8(password).unwrap();
            let key = KeyFile::parse(case["content"].as_str().unwrap()).unwrap().decrypt(&password);
            let address = key.unwrap().address().to_checksum(None);
            assert_eq!(address, case["address"].as_str().unwrap(), "{}", case["name"]);
            opened += 1;
        }
        assert_eq!(opened, 7);
    }
}
