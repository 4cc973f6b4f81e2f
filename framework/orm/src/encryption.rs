//! Encryption at rest: attributes that the database holds as ciphertext.
//!
//! A ciphertext is one text of four parts joined by `$`, each in base64: the algorithm with the id of the key
//! (which is authenticated, not secret), the initialisation vector, the encrypted JSON of the value, and the tag.
//! It is what Sails stores (the npm package encrypted-attr), so a table can be taken over with its keys.
//!
//! Nothing here prints a key, a plaintext or a ciphertext.

use std::{collections::BTreeMap, fmt};

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, AeadCore, KeyInit, OsRng, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{
    Meta, Record,
    error::{Code, OrmError, Result},
    model::{AttrDef, Kind, ModelDef},
};

const ALGORITHM: &str = "aes-256-gcm";

/// The key that is used where a query names none.
const DEFAULT: &str = "default";

/// `models.data_encryption_keys`: by id, 32 random bytes in base64.
///
/// New values are encrypted with the key `default`. Each value says which key it needs, so a key is replaced by
/// keeping the former one under another id. Neither `Debug` nor serialising shows a key.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct DataEncryptionKeys(BTreeMap<String, String>);

impl DataEncryptionKeys {
    /// Adds a key.
    #[must_use]
    pub fn with(mut self, id: impl Into<String>, base64: impl Into<String>) -> Self {
        self.0.insert(id.into(), base64.into());
        self
    }

    /// The ids of the keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for DataEncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ids()).finish()
    }
}

impl Serialize for DataEncryptionKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.ids().map(|id| (id, "(secret)")))
    }
}

/// The keys, ready for use.
#[derive(Default)]
pub(crate) struct Ciphers(BTreeMap<String, Aes256Gcm>);

impl Ciphers {
    /// # Errors
    /// [`OrmError::EncryptionKey`] for an id that is no simple word, and for what is not 32 bytes in base64.
    pub(crate) fn new(keys: &DataEncryptionKeys) -> Result<Self> {
        let ready = keys.0.iter().map(|(id, base64)| {
            let refused = |message: &str| OrmError::EncryptionKey { id: id.clone(), message: message.into() };
            if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(refused("the id should be a word of letters and digits"));
            }
            let key = BASE64.decode(base64.trim()).ok().filter(|key| key.len() == 32).ok_or_else(|| {
                refused("a key is 32 random bytes in base64; `openssl rand -base64 32` prints one")
            })?;
            let cipher =
                Aes256Gcm::new_from_slice(&key).map_err(|_| refused("the key has the wrong length"))?;
            Ok((id.clone(), cipher))
        });
        ready.collect::<Result<_>>().map(Self)
    }

    pub(crate) fn can_encrypt(&self) -> bool {
        self.0.contains_key(DEFAULT)
    }

    /// Encrypts those values of the row whose attributes say so; null and `""` stay as they are.
    pub(crate) fn seal(&self, def: &ModelDef, meta: &Meta, row: &mut Record) -> Result<()> {
        for attr in def.attributes.iter().filter(|a| a.encrypt) {
            let Some(value) = row.get_mut(&attr.name) else { continue };
            if value.is_null() || (attr.kind == Kind::Text && *value == "") {
                continue;
            }
            *value = self.encrypt(def, meta.encrypt_with.as_deref().unwrap_or(DEFAULT), value)?.into();
        }
        Ok(())
    }

    /// Decrypts the values of a record whose attributes say so.
    pub(crate) fn open(&self, def: &ModelDef, record: &mut Record) -> Result<()> {
        for attr in def.attributes.iter().filter(|a| a.encrypt) {
            if let Some(value) = record.get_mut(&attr.name) {
                *value = self.decrypt(attr, value.take()).map_err(|reason| OrmError::Decrypt {
                    model: def.identity.clone(),
                    attr: attr.name.clone(),
                    reason,
                })?;
            }
        }
        Ok(())
    }

    fn encrypt(&self, def: &ModelDef, id: &str, value: &Value) -> Result<String> {
        let cipher = self.0.get(id).ok_or_else(|| {
            let message = format!("there is no key `{id}` in `models.data_encryption_keys`");
            OrmError::usage(Code::InvalidMeta, &def.identity, None, "encryptWith", message)
        })?;
        let head = format!("{ALGORITHM}$${id}");
        let iv = Aes256Gcm::generate_nonce(&mut OsRng);
        let plain = value.to_string();
        let sealed =
            cipher.encrypt(&iv, Payload { msg: plain.as_bytes(), aad: head.as_bytes() }).map_err(|_| {
                OrmError::usage(Code::InvalidMeta, &def.identity, None, "encrypt", "the value is too long")
            })?;
        let (secret, tag) = sealed.split_at(sealed.len().saturating_sub(TAG));
        let tag = BASE64.encode(tag);
        let tag = tag.trim_end_matches('=');
        Ok(format!("{}${}${}${tag}", BASE64.encode(head), BASE64.encode(iv), BASE64.encode(secret)))
    }

    fn decrypt(&self, attr: &AttrDef, stored: Value) -> Result<Value, &'static str> {
        let Value::String(text) = stored else { return Ok(stored) };
        if !is_ciphertext(&text) {
            // Written before the attribute was encrypted.
            return Ok(match attr.kind {
                Kind::Json => serde_json::from_str(&text).unwrap_or(Value::String(text)),
                _ => Value::String(text),
            });
        }
        let parts: Vec<Vec<u8>> = text
            .split('$')
            .map(|part| LENIENT.decode(part))
            .collect::<Result<_, _>>()
            .map_err(|_| "it is damaged")?;
        let [head, iv, secret, tag] = parts.as_slice() else { return Err("it is damaged") };
        if iv.len() != IV || tag.len() != TAG {
            return Err("it is damaged");
        }
        let id = std::str::from_utf8(head).ok().and_then(|head| head.rsplit('$').next()).unwrap_or_default();
        let cipher =
            self.0.get(id).ok_or("`models.data_encryption_keys` lacks the key it was encrypted with")?;
        let sealed = [secret.as_slice(), tag].concat();
        let plain = cipher
            .decrypt(Nonce::from_slice(iv), Payload { msg: &sealed, aad: head })
            .map_err(|_| "the key is another one, or the value was tampered with")?;
        serde_json::from_slice(&plain).map_err(|_| "what it holds is no JSON")
    }
}

impl fmt::Debug for Ciphers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Bytes of an initialisation vector and of a tag.
const IV: usize = 12;
const TAG: usize = 16;

/// Base64 with or without padding: the tag has none.
const LENIENT: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

fn is_ciphertext(text: &str) -> bool {
    // The base64 of `aes-256-gcm$`, with which every ciphertext begins.
    text.starts_with("YWVzLTI1Ni1nY20k")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn ciphers() -> Ciphers {
        let keys = DataEncryptionKeys::default()
            .with("default", BASE64.encode([7u8; 32]))
            .with("former", BASE64.encode([9u8; 32]));
        Ciphers::new(&keys).unwrap()
    }

    fn def() -> ModelDef {
        let mut def = ModelDef::new("Vault");
        def.attributes =
            vec![AttrDef::new("code", Kind::Text).encrypt(), AttrDef::new("data", Kind::Json).encrypt()];
        def
    }

    fn record(value: Value) -> Record {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_again_and_says_which_key_it_needs() {
        let (ciphers, def) = (ciphers(), def());
        let plain = record(json!({ "code": "1234", "data": { "n": [1, "é"] } }));
        for id in [None, Some("former".to_string())] {
            let mut row = plain.clone();
            let meta = Meta { encrypt_with: id.clone(), ..Meta::default() };
            ciphers.seal(&def, &meta, &mut row).unwrap();
            let text = row["code"].as_str().unwrap();
            assert_eq!(text.split('$').count(), 4);
            let head = BASE64.decode(text.split('$').next().unwrap()).unwrap();
            assert_eq!(head, format!("aes-256-gcm$${}", id.as_deref().unwrap_or("default")).into_bytes());
            ciphers.open(&def, &mut row).unwrap();
            assert_eq!(row, plain);
        }
    }

    #[test]
    fn empty_values_are_not_encrypted_and_plain_ones_from_before_are_read() {
        let (ciphers, def) = (ciphers(), def());
        let mut row = record(json!({ "code": "", "data": null }));
        ciphers.seal(&def, &Meta::default(), &mut row).unwrap();
        assert_eq!(row, record(json!({ "code": "", "data": null })));
        let mut row = record(json!({ "code": "old", "data": "[1]" }));
        ciphers.open(&def, &mut row).unwrap();
        assert_eq!(row, record(json!({ "code": "old", "data": [1] })));
    }

    #[test]
    fn what_sails_encrypted_is_read() {
        // Made with encrypted-attr 1.0.6 on Node, key 32 times the byte 7, of the JSON text "hello".
        let stored = "YWVzLTI1Ni1nY20kJGRlZmF1bHQ=$IPCFub3MR9JZ6W3Y$spP8BZwGtQ==$TLv1IVNAa7cdHZsJO1F7yw";
        let mut row = record(json!({ "code": stored }));
        ciphers().open(&def(), &mut row).unwrap();
        assert_eq!(row["code"], "hello");
    }

    #[test]
    fn another_key_and_every_changed_part_are_refused() {
        let (ciphers, def) = (ciphers(), def());
        let mut row = record(json!({ "code": "1234" }));
        ciphers.seal(&def, &Meta::default(), &mut row).unwrap();
        let text = row["code"].as_str().unwrap().to_string();
        let parts: Vec<&str> = text.split('$').collect();
        let former_head = BASE64.encode("aes-256-gcm$$former");
        let changed: Vec<String> = vec![
            [&former_head, parts[1], parts[2], parts[3]].join("$"),
            [parts[0], &BASE64.encode([1u8; 12]), parts[2], parts[3]].join("$"),
            [parts[0], parts[1], &BASE64.encode([1u8; 6]), parts[3]].join("$"),
            [parts[0], parts[1], parts[2], BASE64.encode([1u8; 16]).trim_end_matches('=')].join("$"),
            [parts[0], parts[1], parts[2]].join("$"),
            [&BASE64.encode("aes-256-gcm$$gone"), parts[1], parts[2], parts[3]].join("$"),
            format!("{text}$"),
            format!("{}$é$ $", parts[0]),
        ];
        for stored in changed {
            let mut row = record(json!({ "code": stored }));
            let e = ciphers.open(&def, &mut row).unwrap_err();
            assert_eq!(e.code(), "E_DECRYPT", "{e}");
            assert!(!e.to_string().contains(parts[2]), "{e}");
        }
        let other =
            Ciphers::new(&DataEncryptionKeys::default().with("default", BASE64.encode([8u8; 32]))).unwrap();
        assert_eq!(other.open(&def, &mut row).unwrap_err().code(), "E_DECRYPT");
    }

    #[test]
    fn keys_are_checked_and_never_shown() {
        for (id, key) in [("default", "short"), ("default", "%%"), ("a-b", "AAAA"), ("", "AAAA")] {
            let e = Ciphers::new(&DataEncryptionKeys::default().with(id, key)).unwrap_err();
            assert_eq!(e.code(), "E_INVALID_DATA_ENCRYPTION_KEYS");
            assert!(
                !e.to_string().contains(&format!("`{key}`")) && !format!("{e:?}").contains("short"),
                "{e:?}"
            );
        }
        let keys = DataEncryptionKeys::default().with("default", "c2VjcmV0");
        let shown = format!("{keys:?} {} {:?}", serde_json::to_string(&keys).unwrap(), ciphers());
        assert!(!shown.contains("c2VjcmV0") && shown.contains("default"), "{shown}");
    }
}
