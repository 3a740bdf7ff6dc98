//! Traces for whoever has a collector: spans of requests, commands and jobs, sent over HTTP as OTLP.
//!
//! Must not know: what is asked and done. Only spans of a list go out, and none of their fields holds what somebody typed, who they
//! are, or an address: routes are told as templates, outcomes as words of ours. Events of the log are never sent.

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{Method, Uri};
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use std::time::Duration;
use tracing::{Instrument as _, Metadata, Span, Subscriber, field::Empty, level_filters::LevelFilter, trace_span};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use ureq::Agent;

/// How long a collector may take for one delivery.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last delivery may take when the server stops.
const LAST: Duration = Duration::from_secs(5);
/// The longest answer of a collector that is read, in bytes.
const LONGEST: u64 = 64 * 1024;
/// The spans that are sent.
const NAMES: [&str; 3] = ["request", "command", "job"];
/// What the standard says a service is called by, if somebody wants another name.
const NAME: &str = "OTEL_SERVICE_NAME";

/// What sends traces until the server ends.
#[derive(Debug)]
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// To a collector; its address is that of OTLP over HTTP, without `/v1/traces`.
    ///
    /// # Errors
    ///
    /// When it is no address.
    pub(crate) fn open(endpoint: &str) -> Result<Self> {
        let wrong = "OTEL_EXPORTER_OTLP_ENDPOINT cannot be used";
        let uri: Uri = endpoint.trim().parse().context(wrong)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        ensure!(is_http && uri.host().is_some(), "{wrong}: it must begin with http:// or https://");
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Courier::new())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim().trim_end_matches('/')))
            .build()
            .context(wrong)?;
        let mut about = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if std::env::var_os(NAME).is_none() {
            about = about.with_service_name("muster");
        }
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(about.build()).build()))
    }

    /// What hears the spans.
    pub(crate) fn layer<S: Subscriber + for<'s> LookupSpan<'s>>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("muster"))
            // Where in the program something is, and on which thread, is nobody's question and half of the bytes.
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_sent).with_max_level_hint(LevelFilter::TRACE))
    }

    /// Sends what is left. What a collector does not take in time is lost.
    pub(crate) fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Whether a span is one of ours that says nothing personal. Of an event nobody knows what it says.
fn is_sent(about: &Metadata<'_>) -> bool {
    about.is_span() && about.target().starts_with("muster") && NAMES.contains(&about.name())
}

/// A request in a span of its own: its method, the template of its route, its status.
pub(crate) async fn of_request(request: Request, next: Next) -> Response {
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default().to_owned();
    let name = format!("{method} {route}");
    let span = trace_span!(
        "request",
        otel.name = name.trim_end(),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty
    );
    async move {
        let response = next.run(request).await;
        let (span, status) = (Span::current(), response.status());
        span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        response
    }
    .instrument(span)
    .await
}

/// A method as the standard tells it: one that nobody knows may be any text.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

/// Brings what is to be sent to the collector. It is asked on the exporter's own thread, where waiting is all that happens.
#[derive(Debug)]
struct Courier(Agent);

impl Courier {
    fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // What is sent is for the address that the operator named.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build();
        Self(config.new_agent())
    }
}

#[async_trait]
impl HttpClient for Courier {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        // The error may name the address, in which there may be a password.
        let answer = self.0.run(http::Request::from_parts(head, &body[..])).map_err(|error| match error {
            ureq::Error::Timeout(_) => "the collector did not answer in time".to_owned(),
            ureq::Error::HostNotFound => "there is no such host".to_owned(),
            ureq::Error::Io(error) => format!("the collector cannot be reached: {}", error.kind()),
            _ => "the collector cannot be reached".to_owned(),
        })?;
        let (head, body) = answer.into_parts();
        let body =
            body.into_with_config().limit(LONGEST).read_to_vec().map_err(|_| "the collector's answer broke off")?;
        Ok(http::Response::from_parts(head, body.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_collector_is_one_or_is_refused() {
        for (endpoint, ok) in [
            ("http://localhost:4318", true),
            ("https://collector.example.org/otlp/", true),
            ("localhost:4318", false),
            ("grpc://localhost:4317", false),
            ("http://", false),
        ] {
            assert_eq!(Traces::open(endpoint).is_ok(), ok, "{endpoint}");
        }
    }
}
