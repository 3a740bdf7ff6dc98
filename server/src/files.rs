//! Where files are kept that people fetch later: a folder, or a bucket of S3 or what speaks its language.
//!
//! Must not know: what is in the files.

use anyhow::{Context, Result};
use object_store::{ObjectStore, aws::AmazonS3Builder, local::LocalFileSystem, prefix::PrefixStore};
use std::{path::Path, sync::Arc};

/// Opens the place: a folder, which is made if it is not there, or `s3://bucket/prefix`. How to reach a bucket say the usual
/// variables (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT` …).
pub(crate) fn open(place: &str) -> Result<Arc<dyn ObjectStore>> {
    if let Some(bucket) = place.strip_prefix("s3://") {
        let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build();
        let store = store.with_context(|| format!("the bucket {bucket} cannot be used"))?;
        return Ok(Arc::new(PrefixStore::new(store, prefix)));
    }
    let folder = Path::new(place);
    std::fs::create_dir_all(folder).with_context(|| format!("the folder {place} cannot be made"))?;
    let store =
        LocalFileSystem::new_with_prefix(folder).with_context(|| format!("the folder {place} cannot be used"))?;
    Ok(Arc::new(store.with_automatic_cleanup(true)))
}
