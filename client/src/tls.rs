//! Encrypted connections: feature `tls`.

#[cfg(feature = "tls")]
mod with_rustls {
    use crate::error::{Error, ErrorKind};
    use rustls::ClientConfig;
    use rustls::pki_types::ServerName;
    use std::sync::Arc;
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::client::TlsStream;

    /// How connections are encrypted, and whom they trust.
    #[derive(Clone)]
    pub struct Tls {
        connector: TlsConnector,
        server_name: Option<ServerName<'static>>,
    }

    impl Tls {
        /// With this configuration of rustls: trusted roots, client certificates. Nodes must show a certificate for the address that they are reached at,
        /// unless [`server_name`](Tls::server_name) says otherwise.
        #[must_use]
        pub fn new(config: Arc<ClientConfig>) -> Self {
            Tls {
                connector: TlsConnector::from(config),
                server_name: None,
            }
        }

        /// The one name that every node's certificate is for.
        ///
        /// # Errors
        /// When it is no name of a server.
        pub fn server_name(mut self, name: &str) -> Result<Self, Error> {
            let name = ServerName::try_from(name.to_owned());
            let name = name.map_err(|error| Error::new(ErrorKind::Usage, format!("no server name: {error}")))?;
            self.server_name = Some(name);
            Ok(self)
        }

        pub(crate) async fn connect(&self, address: &str, socket: TcpStream) -> Result<TlsStream<TcpStream>, Error> {
            let failed = |error: String| Error::new(ErrorKind::Unreachable, format!("no TLS with {address}: {error}"));
            let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let name = match &self.server_name {
                Some(name) => name.clone(),
                None => ServerName::try_from(host).map_err(|error| failed(error.to_string()))?,
            };
            let stream = self.connector.connect(name, socket).await;
            stream.map_err(|error| failed(error.to_string()))
        }
    }
}

#[cfg(feature = "tls")]
pub use with_rustls::Tls;

/// How connections are encrypted. There is none without feature `tls`.
#[cfg(not(feature = "tls"))]
#[derive(Clone, Debug)]
pub enum Tls {}
