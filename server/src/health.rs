//! `/healthz` for whoever restarts us, `/metrics` for whoever watches (Prometheus' text form).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use model::Refusal;
use std::sync::atomic::Ordering;

use crate::{reply::Refused, router::Site};

/// Whether the database answers.
pub(crate) async fn healthz(State(site): State<Site>) -> Response {
    match service::query::is_well(&site.cx).await {
        Ok(()) => (StatusCode::OK, "well\n").into_response(),
        Err(_) => Refused(Refusal::Busy { after_s: 5 }).into_response(),
    }
}

/// What is counted.
pub(crate) async fn metrics(State(site): State<Site>) -> Response {
    let (live, writer) = (site.cx.hub().stats(), site.cx.writer_stats());
    let gauge = |name: &'static str, value: usize| {
        // Counts are far below 2^52.
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        metrics::gauge!(name).set(value as f64);
    };
    gauge("muster_live_sockets", live.sockets);
    gauge("muster_live_streams", live.streams);
    gauge("muster_live_behind", live.behind);
    gauge("muster_live_queued_bytes", live.queued_bytes);
    let audit = service::audit::state(&site.cx);
    gauge("muster_audit_entries", usize::try_from(audit.size).unwrap_or(usize::MAX));
    gauge("muster_audit_trouble", usize::from(audit.trouble.is_some()));
    gauge("muster_audit_afar_trouble", usize::from(audit.afar.is_some()));
    gauge("muster_audit_not_whole", usize::from(audit.finding.is_some()));
    metrics::counter!("muster_live_frames_total").absolute(live.frames);
    metrics::counter!("muster_live_deliveries_total").absolute(live.deliveries);
    metrics::counter!("muster_live_fell_behind_total").absolute(live.fell_behind);
    metrics::counter!("muster_live_resyncs_total").absolute(live.resyncs);
    metrics::counter!("muster_write_batches_total").absolute(writer.batches.load(Ordering::Relaxed));
    metrics::counter!("muster_write_items_total").absolute(writer.items.load(Ordering::Relaxed));
    metrics::counter!("muster_write_fallbacks_total").absolute(writer.fallbacks.load(Ordering::Relaxed));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], site.metrics.render()).into_response()
}
