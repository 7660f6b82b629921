//! A sandbox that listens, as tests hold it.

use std::{fmt, io, ops::Deref};

use crate::{builder::Builder, sandbox::Sandbox, server::Server};

/// A sandbox and the address it listens on, until it is dropped. It can do what a [`Sandbox`] can.
pub struct Running {
    sandbox: Sandbox,
    server: Server,
}

impl Sandbox {
    /// A sandbox as [`Sandbox::new`] makes it, listening on any free port of `127.0.0.1` until it is dropped.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub async fn start() -> io::Result<Running> {
        Self::builder().start().await
    }
}

impl Builder {
    /// The sandbox, listening on any free port of `127.0.0.1` until it is dropped.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub async fn start(self) -> io::Result<Running> {
        let sandbox = self.build();
        let server = sandbox.serve(0).await?;
        Ok(Running { sandbox, server })
    }
}

impl Running {
    /// Where it listens: `http://127.0.0.1:PORT`, the base URL for a client.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Takes no more calls, and returns when those under way are answered, or after five seconds.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

impl Deref for Running {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Running")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
