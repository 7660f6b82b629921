//! Where to connect: a fresh address for every attempt.

use std::fmt;

use tokio::time::timeout;

use super::{
    failure::{DISCOVERY, Failure, late, of_discovery, unreadable},
    figures::{Figures, Told},
};
use crate::{
    AppKind, Client, Encoder, Error, Received, Result, Retry, Secret,
    call::Options,
    reply::FromReply,
    trip::{Payload, Read, Trip},
};

/// Where to connect, once.
pub(crate) struct Address {
    /// The URL. Its query holds a ticket.
    pub(crate) url: Secret,
    /// The service every frame names.
    pub(crate) service: i32,
    /// What the platform calls the connection; it is no secret.
    pub(crate) device: String,
    /// What must not show up anywhere: the URL, and the values in its query.
    pub(crate) secrets: Vec<Secret>,
}

#[derive(Default)]
struct Found {
    url: Secret,
    figures: Told,
}

// It never travels back, not even with the feature `roundtrip`.
crate::__decode!(Found, url = "URL", figures = "ClientConfig");

/// Asks the platform where to connect, and for its figures.
pub(super) async fn discover(client: &Client, figures: &mut Figures) -> Result<Address, Failure> {
    let inner = client.inner();
    if inner.app.kind == AppKind::Store {
        let problem = "long connections are for custom apps; a store app receives its events through a webhook";
        return Err(Failure::Final(Error::unsent(&DISCOVERY, problem)));
    }
    let base = inner.base(DISCOVERY.host);
    let mut call = Encoder::new(base, DISCOVERY.path);
    call.watch(|call| {
        call.header("locale", "zh");
        call.put("AppID", &inner.app.id);
        call.put("AppSecret", &inner.app.secret);
    });
    let encoded = call.finish();
    let encoded = encoded.map_err(|problem| Failure::Final(Error::unsent(&DISCOVERY, problem)))?;
    // The connection has a rhythm of its own for what fails.
    let options = Options {
        retry: Some(Box::new(Retry::off())),
        ..Options::default()
    };
    let mut trip = Trip::new(&DISCOVERY, encoded, options, Read::Whole(found));
    let reply = timeout(inner.timeout, inner.apart(&mut trip)).await;
    let reply = reply.map_err(|_| late(client, &DISCOVERY, inner.timeout))?;
    let reply = reply.map_err(of_discovery)?;
    let found = reply.downcast::<Found>().map(|found| *found).unwrap_or_default();
    figures.apply(&found.figures);
    match found.url.expose() {
        "" => Err(unreadable(
            client,
            &DISCOVERY,
            "the platform reports success but names no address",
        )),
        url if url.starts_with("wss://") => Ok(Address::new(url)),
        // A ticket in the clear is only good enough where the app's secret travelled in the clear as well.
        url if url.starts_with("ws://") && base.starts_with("http://") => Ok(Address::new(url)),
        _ => Err(unreadable(
            client,
            &DISCOVERY,
            "the platform names an address that is not `wss://`",
        )),
    }
}

fn found(reply: Received) -> Result<Payload> {
    Found::from_reply(reply).map(|found| Box::new(found) as _)
}

impl Address {
    fn new(url: &str) -> Self {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let mut address = Self {
            url: url.into(),
            service: 0,
            device: String::new(),
            secrets: vec![url.into()],
        };
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match key {
                "service_id" => address.service = value.parse().unwrap_or_default(),
                "device_id" => address.device = crate::line::flat(value, 64),
                _ => address.secrets.push(value.into()),
            }
        }
        address
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("service", &self.service)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
