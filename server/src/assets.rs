//! The page's files: named by the hash of their content, so that they can be kept for ever.
//!
//! They are read once at the start, with their compressed copies: from a folder, or out of the binary itself.

use anyhow::{Context, Result};
use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{mailbox::NETWORK, reply::Refused, router::Site};

/// What the build wrote about itself.
#[derive(Debug, Deserialize)]
struct Manifest {
    build: String,
    js: String,
    wasm: String,
    parts: BTreeMap<String, Vec<String>>,
    css: String,
    forms: String,
    reader: String,
    keep: String,
    boot: String,
    worker: String,
    fonts: Vec<String>,
    names: HashMap<String, String>,
    icons: Option<String>,
    icon: Option<String>,
    art: Option<String>,
    files: HashMap<String, Sizes>,
}

/// How large a file is; the log tells the whole at the start.
#[derive(Debug, Deserialize)]
struct Sizes {
    bytes: u64,
}

/// A file in its forms.
#[derive(Debug)]
struct File {
    kind: &'static str,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// All files of the page.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    by_name: Arc<HashMap<String, File>>,
    pub(crate) page: Arc<app::Assets>,
    /// The addresses of all that a page of the program loads.
    pub(crate) kept: Arc<Vec<String>>,
    /// The worker that keeps them.
    pub(crate) worker: Bytes,
    /// Every current file by what the sources call it.
    names: Arc<HashMap<String, String>>,
}

/// The page's files inside the binary.
#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../target/site/pkg"]
struct Embedded;

#[cfg(feature = "embed")]
fn read(_: &std::path::Path, name: &str) -> Option<Bytes> {
    Embedded::get(name).map(|file| match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    })
}

#[cfg(not(feature = "embed"))]
fn read(folder: &std::path::Path, name: &str) -> Option<Bytes> {
    std::fs::read(folder.join(name)).ok().map(Bytes::from)
}

impl Files {
    /// Reads what the build wrote.
    pub(crate) fn load(folder: &std::path::Path) -> Result<Self> {
        let text = read(folder, "assets.json")
            .with_context(|| format!("the page is not built: {} has no assets.json", folder.display()))?;
        let manifest: Manifest = serde_json::from_slice(&text).context("assets.json cannot be read")?;
        let mut files = HashMap::new();
        let bytes: u64 = manifest.files.values().map(|sizes| sizes.bytes).sum();
        tracing::debug!(files = manifest.files.len(), bytes, "the page has {} files", manifest.files.len());
        for name in manifest.files.keys() {
            let plain = read(folder, name).with_context(|| format!("the page's file {name} is missing"))?;
            let (brotli, gzip) = (read(folder, &format!("{name}.br")), read(folder, &format!("{name}.gz")));
            files.insert(name.clone(), File { kind: kind(name), plain, brotli, gzip });
        }
        let at = |name: &String| format!("/pkg/{name}");
        let page = app::Assets {
            js: at(&manifest.js),
            wasm: at(&manifest.wasm),
            parts: manifest.parts.iter().map(|(part, files)| (part.clone(), files.iter().map(at).collect())).collect(),
            css: at(&manifest.css),
            icons: manifest.icons.as_ref().map(at).unwrap_or_default(),
            icon: manifest.icon.as_ref().map(at).unwrap_or_default(),
            art: manifest.art.as_ref().map(at).unwrap_or_default(),
            forms: at(&manifest.forms),
            reader: at(&manifest.reader),
            keep: at(&manifest.keep),
            boot: at(&manifest.boot),
            network: None,
            build: manifest.build,
        };
        let program = [&page.js, &page.wasm, &page.css, &page.icons, &page.icon, &page.reader, &page.keep, &page.boot];
        let parts: BTreeSet<&String> = page.parts.values().flatten().collect();
        let fonts = manifest.fonts.iter().map(at);
        let kept =
            program.into_iter().chain(parts).filter(|address| !address.is_empty()).cloned().chain(fonts).collect();
        let worker = files.get(&manifest.worker).map(|file| file.plain.clone()).unwrap_or_default();
        Ok(Self {
            by_name: Arc::new(files),
            page: Arc::new(page),
            kept: Arc::new(kept),
            worker,
            names: Arc::new(manifest.names),
        })
    }

    /// The same, with pages that can pretend to have a bad network.
    pub(crate) fn with_network(mut self) -> Self {
        Arc::make_mut(&mut self.page).network = Some(NETWORK.to_owned());
        self
    }

    /// The address of a file by what the sources call it; empty when there is none.
    pub(crate) fn named(&self, logical: &str) -> String {
        self.names.get(logical).map(|name| format!("/pkg/{name}")).unwrap_or_default()
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "json" | "webmanifest" => "application/json",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// `GET /pkg/{name}`.
pub(crate) async fn serve(State(site): State<Site>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = site.files.by_name.get(&name) else {
        return Refused(model::Refusal::NotFound).into_response();
    };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let accepts = |coding: &str| accepted.split(',').any(|part| part.trim().split(';').next() == Some(coding));
    let (bytes, coding) = match (&file.brotli, &file.gzip) {
        (Some(brotli), _) if accepts("br") => (brotli, Some("br")),
        (_, Some(gzip)) if accepts("gzip") => (gzip, Some("gzip")),
        _ => (&file.plain, None),
    };
    let mut response = Response::new(Body::from(bytes.clone()));
    *response.status_mut() = StatusCode::OK;
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}
