//! Mnemonics (BIP-39) and the keys they give (BIP-32, BIP-44).

use std::str::FromStr;

use bip39::{Error as WordsError, Language};
use btt_api::keystore::SecretKey;
use hmac::{Hmac, KeyInit, Mac};
use k256::elliptic_curve::PrimeField;
use k256::{Scalar, ecdsa::SigningKey};
use rand::TryRngCore;
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{CliError, Code};

/// Added to an index whose child cannot be derived from the public key alone.
const HARDENED: u32 = 1 << 31;
/// Deepest path that is read.
const MAX_DEPTH: usize = 16;

/// A mnemonic. It has no `Debug`, and is wiped when dropped.
pub struct Mnemonic(bip39::Mnemonic);

impl Mnemonic {
    /// Twelve new English words.
    ///
    /// # Errors
    /// [`Code::Io`] where the system gives no random numbers.
    pub fn random() -> Result<Self, CliError> {
        let mut entropy = Zeroizing::new([0u8; 16]);
        rand::rngs::OsRng.try_fill_bytes(entropy.as_mut_slice()).map_err(|error| {
            CliError::new(Code::Io, format!("the system gives no random numbers: {error}"))
        })?;
        bip39::Mnemonic::from_entropy(entropy.as_slice())
            .map(Self)
            .map_err(|error| CliError::new(Code::Io, error.to_string()))
    }

    /// Reads English words, however they are spaced and cased.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] names the place of a wrong word, never the word.
    pub fn parse(words: &str) -> Result<Self, CliError> {
        let spaced: Vec<&str> = words.split_whitespace().collect();
        let mut words = Zeroizing::new(spaced.join(" "));
        words.make_ascii_lowercase();
        let refuse = |why: String| {
            CliError::new(Code::InvalidArgument, format!("not a mnemonic: {why}"))
                .hint("Give the 12, 15, 18, 21 or 24 English words in their order")
        };
        bip39::Mnemonic::parse_in(Language::English, words.as_str()).map(Self).map_err(|error| {
            refuse(match error {
                WordsError::BadWordCount(count) => format!("it has {count} words"),
                WordsError::UnknownWord(index) => {
                    format!("word {} is not in the English list", index + 1)
                }
                WordsError::InvalidChecksum => {
                    "the checksum is wrong, so a word is mistyped or out of order".to_owned()
                }
                other => other.to_string(),
            })
        })
    }

    /// The words, for a user who asked to see them.
    pub fn phrase(&self) -> Zeroizing<String> {
        let mut phrase = Zeroizing::new(String::with_capacity(24 * 9));
        for word in self.0.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        phrase
    }

    /// The key at `path`.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for the one path in 2¹²⁷ that has no key.
    pub fn derive(&self, passphrase: &str, path: &Path) -> Result<SecretKey, CliError> {
        let seed = Zeroizing::new(self.0.to_seed(passphrase));
        derive(seed.as_slice(), path).ok_or_else(|| {
            CliError::new(Code::InvalidArgument, "this path has no key").hint("Take the next index")
        })
    }
}

/// A BIP-32 path, such as `m/44'/60'/0'/0/0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<u32>);

impl Path {
    /// The `index`th account as Ethereum wallets number them: `m/44'/60'/0'/0/index`.
    pub fn ethereum(index: u32) -> Self {
        Self(vec![44 | HARDENED, 60 | HARDENED, HARDENED, 0, index & !HARDENED])
    }
}

impl FromStr for Path {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self, CliError> {
        let refuse = || {
            CliError::new(Code::InvalidArgument, format!("--path '{text}' is no BIP-32 path"))
                .hint("A path looks like m/44'/60'/0'/0/0")
        };
        let mut steps = text.split('/');
        if steps.next() != Some("m") {
            return Err(refuse());
        }
        let indices: Option<Vec<u32>> = steps
            .map(|step| {
                let hardened = step.ends_with(['\'', 'h', 'H']);
                let digits = step.trim_end_matches(['\'', 'h', 'H']);
                let index: u32 = digits.parse().ok().filter(|index| index & HARDENED == 0)?;
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
                plain.then_some(if hardened { index | HARDENED } else { index })
            })
            .collect();
        indices.filter(|indices| indices.len() <= MAX_DEPTH).map(Self).ok_or_else(refuse)
    }
}

/// BIP-32's private derivation, from the seed down. `None` where a step has no key.
fn derive(seed: &[u8], path: &Path) -> Option<SecretKey> {
    let mut node = hmac_sha512(b"Bitcoin seed", &[seed]);
    for index in &path.0 {
        let (key, chain_code) = node.split_at(32);
        let index_bytes = index.to_be_bytes();
        let child = if index & HARDENED != 0 {
            hmac_sha512(chain_code, &[&[0], key, &index_bytes])
        } else {
            let public = SigningKey::from_slice(key).ok()?.verifying_key().to_sec1_point(true);
            hmac_sha512(chain_code, &[public.as_bytes(), &index_bytes])
        };
        let mut sum = scalar(key)? + scalar(&child[..32])?;
        let mut next = Zeroizing::new([0u8; 64]);
        let mut sum_bytes = sum.to_bytes();
        next[..32].copy_from_slice(&sum_bytes);
        next[32..].copy_from_slice(&child[32..]);
        sum.zeroize();
        sum_bytes.as_mut_slice().zeroize();
        node = next;
    }
    let mut key = Zeroizing::new([0u8; 32]);
    key.copy_from_slice(&node[..32]);
    SecretKey::from_bytes(&key).ok()
}

fn scalar(bytes: &[u8]) -> Option<Scalar> {
    let mut repr = Zeroizing::new([0u8; 32]);
    repr.copy_from_slice(bytes);
    Option::from(Scalar::from_repr((*repr).into()))
}

fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    let mut tag = Zeroizing::new([0u8; 64]);
    tag.copy_from_slice(&mac.finalize().into_bytes());
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::vectors;

    const TEST_WORDS: &str = "test test test test test test test test test test test junk";

    #[test]
    fn the_test_mnemonic_gives_the_accounts_that_every_ethereum_tool_knows() {
        let mnemonic = Mnemonic::parse(TEST_WORDS).unwrap();
        let address = |index| mnemonic.derive("", &Path::ethereum(index)).unwrap().address();
        assert_eq!(address(0).to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        assert_eq!(address(9).to_string(), "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720");
    }

    #[test]
    fn a_random_mnemonic_has_twelve_words_and_reads_back() {
        let mnemonic = Mnemonic::random().unwrap();
        let phrase = mnemonic.phrase();
        assert_eq!(phrase.split(' ').count(), 12);
        assert_eq!(Mnemonic::parse(&phrase).unwrap().phrase(), phrase);
        assert_ne!(Mnemonic::random().unwrap().phrase(), phrase);
    }

    #[test]
    fn spacing_and_case_of_the_words_do_not_matter() {
        let spaced = TEST_WORDS.replace(' ', "  \t").to_uppercase();
        assert_eq!(Mnemonic::parse(&spaced).unwrap().phrase().as_str(), TEST_WORDS);
    }

    #[test]
    fn wrong_words_are_placed_but_not_repeated() {
        let why = |words: &str| Mnemonic::parse(words).err().unwrap().message;
        assert_eq!(why("test test"), "not a mnemonic: it has 2 words");
        assert_eq!(
            why(&TEST_WORDS.replace("junk", "jnuk")),
            "not a mnemonic: word 12 is not in the English list"
        );
        assert!(why(&TEST_WORDS.replace("junk", "test")).contains("checksum is wrong"));
    }

    #[test]
    fn paths_are_read_and_bad_ones_refused() {
        assert_eq!("m/44'/60'/0'/0/7".parse::<Path>().unwrap(), Path::ethereum(7));
        assert_eq!("m/44h/60H/0'/0/7".parse::<Path>().unwrap(), Path::ethereum(7));
        assert_eq!("m".parse::<Path>().unwrap(), Path(vec![]));
        let deep = format!("m{}", "/0".repeat(17));
        for bad in ["", "44'/60'", "m/", "m/x", "m/-1", "m/+1", "m/2147483648", "m//0", &deep] {
            assert_eq!(bad.parse::<Path>().unwrap_err().code, Code::InvalidArgument, "{bad}");
        }
    }

    #[test]
    fn seeds_are_those_of_bip39() {
        let Some(cases) = vectors("trezor/bip39.json") else { return };
        let cases = cases["english"].as_array().unwrap();
        assert_eq!(cases.len(), 24);
        for case in cases {
            let mnemonic = Mnemonic::parse(case[1].as_str().unwrap()).unwrap();
            let seed = alloy_primitives::hex::encode(mnemonic.0.to_seed("TREZOR"));
            assert_eq!(seed, case[2].as_str().unwrap());
        }
    }

    #[test]
    fn keys_at_every_path_are_those_of_ethers() {
        let Some(cases) = vectors("ethers/mnemonics.json.gz") else { return };
        let mut checked = 0;
        for case in cases.as_array().unwrap() {
            let seed = alloy_primitives::hex::decode(case["seed"].as_str().unwrap()).unwrap();
            for node in case["nodes"].as_array().unwrap() {
                let path: Path = node["path"].as_str().unwrap().parse().unwrap();
                let key = derive(&seed, &path).unwrap();
                assert_eq!(key.to_hex().as_str(), node["privateKey"].as_str().unwrap(), "{path:?}");
                checked += 1;
            }
        }
        assert!(checked > 1000, "{checked}");
    }
}
