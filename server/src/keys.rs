//! The vault's keys: read from where the settings say; in development made once.

use anyhow::{Context, Result};
use service::Chance;
use std::{io::Write, path::Path, sync::Arc};
use vault::{KeyId, KeyRing, Vault};

use crate::settings::KeySource;

/// Opens the vault.
pub(crate) fn open(source: &KeySource, chance: Arc<dyn Chance>) -> Result<Vault> {
    let text = match source {
        KeySource::Text(text) => text.clone(),
        KeySource::File(path) => read(path)?,
        KeySource::Made(path) => {
            if !path.exists() {
                make(path, &*chance)?;
            }
            read(path)?
        }
    };
    let ring = KeyRing::parse(&text).context("the key ring cannot be used")?;
    Ok(Vault::new(ring, move || {
        let mut nonce = [0; 24];
        chance.fill(&mut nonce);
        nonce
    }))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("the key ring {} cannot be read", path.display()))
}

fn make(path: &Path, chance: &dyn Chance) -> Result<()> {
    let mut random = [0; 32];
    chance.fill(&mut random);
    let id = KeyId::new(1).context("key numbers begin with 1")?;
    let ring = KeyRing::generate(id, random)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(ring.to_text().expose().as_bytes())?;
    file.sync_all()?;
    tracing::warn!(
        "made a key ring in {}. Without it, names and addresses cannot be read: keep a copy.",
        path.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::SystemChance;

    #[test]
    fn a_key_ring_is_made_once_and_only_its_owner_can_read_it() {
        let folder = std::env::temp_dir().join(format!("muster-keys-{}", std::process::id()));
        let source = KeySource::Made(folder.join("keyring"));
        let column = vault::Column::new("test.column");
        let sealed = open(&source, Arc::new(SystemChance)).unwrap().seal(column, [1; 16], b"hello");
        let again = open(&source, Arc::new(SystemChance)).unwrap();
        assert_eq!(again.open(column, [1; 16], &sealed).unwrap().expose(), b"hello");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.join("keyring")).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_file_that_is_not_there_is_an_error_and_not_a_new_key() {
        assert!(open(&KeySource::File("/nowhere/keyring".into()), Arc::new(SystemChance)).is_err());
    }
}
