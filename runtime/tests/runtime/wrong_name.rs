//! A certificate that is good, for another host: over real TLS, by the authorities of the environment.

use std::sync::Arc;

use flybook_runtime::Retry;
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::support::{Create, SECRET, builder};

/// The caller, in a process of its own: the environment says whom to trust.
#[tokio::test]
async fn behind_a_wrong_name() {
    let Ok(url) = std::env::var("FLYBOOK_TEST_TLS") else {
        return;
    };
    let client = builder().retry(Retry::default()).base_url(url).build().unwrap();
    let error = client
        .send(Create::default())
        .token(format!("t-{SECRET}"))
        .await
        .unwrap_err();
    assert!(error.is_connect() && !error.may_have_run(), "{error}");
    assert_eq!(error.attempts(), 3, "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    // Trusted, but not for this name.
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    // Other systems have other ways to vouch for a certificate.
    if !cfg!(target_os = "linux") {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/event/socket/tests/tls");
    let certificate = CertificateDer::from_pem_file(format!("{folder}/certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{folder}/key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "wrong_name::behind_a_wrong_name"])
        .env("FLYBOOK_TEST_TLS", format!("https://localhost:{port}"))
        .env("SSL_CERT_FILE", format!("{folder}/certificate.pem"))
        .env("NO_PROXY", "localhost")
        .spawn()
        .unwrap();
    for _ in 0..3 {
        let (socket, _) = listener.accept().await.unwrap();
        // Nothing is said within: the caller hangs up in the handshake.
        assert!(acceptor.accept(socket).await.is_err());
    }
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success());
}
