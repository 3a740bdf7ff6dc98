//! The pages, painted by `app`: what each request brings into the painting.

use app::{App, shell};
use axum::Router;
use http::{HeaderValue, header};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};

use crate::{
    edge::{Asker, page_policy},
    router::Site,
};

/// The routes of the pages and of the questions that they ask.
pub(crate) fn routes(site: &Site) -> Router<Site> {
    let (context, assets) = (site.clone(), site.files.page.clone());
    let provide = move || {
        let asker = use_context::<http::request::Parts>().and_then(|parts| parts.extensions.get::<Asker>().copied());
        provide_context(asker.and_then(|a| a.0));
        provide_context(context.cx.clone());
        provide_context(assets.as_ref().clone());
        if let (Some(nonce), Some(options)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce))
        {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    };
    let assets = site.files.page.clone();
    Router::new().leptos_routes_with_context(site, generate_route_list(App), provide, move || shell(&assets))
}

/// What Leptos wants to know; we load the page's files ourselves.
pub(crate) fn leptos_options() -> LeptosOptions {
    LeptosOptions::builder().output_name("muster").build()
}
