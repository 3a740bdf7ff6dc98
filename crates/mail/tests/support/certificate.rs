//! Certificates for the mail server of the tests, each from an authority of its own.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::server::{Server, Tls};

impl Server {
    /// A server whose certificate is for `localhost`.
    pub(crate) async fn start(tls: Tls) -> Self {
        Self::start_as("localhost", tls).await
    }

    /// A server whose certificate is for another name.
    pub(crate) async fn start_as(name: &str, tls: Tls) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Self::certified(tls, &authority.pem(), certificate.der().clone(), key).await
    }
}
