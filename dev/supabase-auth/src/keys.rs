//! The ES256 key that signs tokens: made on first use, kept in one file of its owner.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, ensure};
use jsonwebtoken::jwk::{Jwk, KeyOperations, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};

/// A private key, and what others may know of it.
pub(crate) struct SigningKey {
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    pub(crate) kid: String,
    /// The public half, as `/.well-known/jwks.json` lists it.
    pub(crate) jwk: Jwk,
}

impl SigningKey {
    /// Reads the key from `path`, or makes one there if there is none.
    pub(crate) fn load_or_make(path: &Path) -> anyhow::Result<Self> {
        if !path.try_exists().context("look for the key")? {
            make(path)?;
            // Read back: another process may have been first.
        }
        Self::load(path)
    }

    /// Reads the key from `path`.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let pem = fs::read_to_string(path).context("read the key")?;
        let mode = fs::metadata(path)
            .context("read the key's permissions")?
            .permissions()
            .mode();
        // Neither the group's nor the others' three bits are set.
        ensure!(
            mode.trailing_zeros() >= 6,
            "others may read it (mode {:o}); chmod 600 it",
            mode & 0o777
        );
        Self::from_pem(&pem)
    }

    fn from_pem(pem: &str) -> anyhow::Result<Self> {
        let encoding = EncodingKey::from_ec_pem(pem.as_bytes())
            .context("not a P-256 private key in PKCS#8 PEM; delete it to have a new one made")?;
        let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::ES256)
            .context("derive the public key; delete the file to have a new one made")?;
        let kid = jwk
            .thumbprint(ThumbprintHash::SHA256)
            .context("name the key")?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_operations = Some(vec![KeyOperations::Verify]);
        let decoding = DecodingKey::from_jwk(&jwk).context("derive the verifying key")?;
        Ok(Self {
            encoding,
            decoding,
            kid,
            jwk,
        })
    }
}

/// Writes a new key whole or not at all, and never over one that is there.
fn make(path: &Path) -> anyhow::Result<()> {
    let pem = random_key()
        .to_pkcs8_pem(LineEnding::LF)
        .context("encode the key")?;
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .with_context(|| format!("create {}", draft.display()))?;
    file.set_permissions(Permissions::from_mode(0o600))
        .context("protect the key")?;
    file.write_all(pem.as_bytes())
        .and_then(|()| file.sync_all())
        .context("write the key")?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).context("remove the draft")?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).context("put the key into its place")
        }
        _ => Ok(()),
    }
}

fn random_key() -> SecretKey {
    loop {
        // All but one in 2^32 draws is a valid scalar.
        if let Ok(key) = SecretKey::from_slice(&rand::random::<[u8; 32]>()) {
            return key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("auth.pem");
        let first = SigningKey::load_or_make(&path).expect("made");
        let second = SigningKey::load_or_make(&path).expect("loaded");
        assert_eq!(first.kid, second.kid);
        assert_eq!(
            fs::metadata(&path).expect("file").permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(folder.path()).expect("folder").count(),
            1,
            "no draft is left"
        );
    }

    #[test]
    fn each_file_gets_another_key() {
        let folder = tempfile::tempdir().expect("folder");
        let kid = |name| {
            SigningKey::load_or_make(&folder.path().join(name))
                .expect("made")
                .kid
        };
        assert_ne!(kid("a.pem"), kid("b.pem"));
    }

    #[test]
    fn refuses_a_file_that_others_read_or_that_is_no_key() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("auth.pem");
        SigningKey::load_or_make(&path).expect("made");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        let error = SigningKey::load_or_make(&path)
            .err()
            .expect("refused")
            .to_string();
        assert!(error.contains("644"), "{error}");

        fs::write(&path, "").expect("write");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("chmod");
        assert!(SigningKey::load_or_make(&path).is_err());
    }
}
