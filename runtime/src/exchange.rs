//! One exchange with the platform: what goes out, and what comes back.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use tokio::time::{Instant, timeout};

use crate::{
    Chunks, Endpoint, Error, Outgoing, Received, Reply, Result, Secret, TransportError,
    client::Inner,
    error::{Answer, Kind},
    progress::{Exchange, Progress},
    reply::log_id,
    scrub::shown,
    token::value,
    trip::{JSON_LIMIT, Payload, Read, Stage, Trip},
    upload::{Outflow, Upload},
};

/// The largest download, unless the builder says otherwise.
const DOWNLOAD_LIMIT: usize = 256 << 20;

impl Inner {
    /// Sends a call once; it is left to the caller to [report](Self::report) it.
    pub(crate) async fn exchange(&self, trip: &mut Trip, progress: &mut Progress) -> Result<Payload> {
        match self.retry(&trip.options).attempt_limit() {
            None => self.once(trip, progress).await,
            Some(limit) => Box::pin(self.within(limit, trip, progress)).await,
        }
    }

    async fn within(&self, limit: Duration, trip: &mut Trip, progress: &mut Progress) -> Result<Payload> {
        let outcome = timeout(limit, self.once(trip, progress)).await;
        outcome.unwrap_or_else(|_| {
            if matches!(progress.stage, Stage::Opening) {
                let kind = Kind::FileTimeout(limit);
                return Err(Error::of(trip.endpoint, self.platform, Answer::default(), kind));
            }
            let error = TransportError::timeout(format!("the attempt took longer than {limit:?}"));
            Err(self.broken(error, trip))
        })
    }

    async fn once(&self, trip: &mut Trip, progress: &mut Progress) -> Result<Payload> {
        match trip.read {
            Read::Whole(read) if trip.encoded.upload.is_none() => {
                let call = self.outgoing(trip, None, progress);
                let response = self.transport.send(call).await;
                self.read(read, response, trip, progress)
            }
            // Boxed, as all that few calls come to, so that the others are not as large.
            _ => Box::pin(self.stream(trip, progress)).await,
        }
    }

    /// The same where one of the bodies is a stream.
    async fn stream(&self, trip: &mut Trip, progress: &mut Progress) -> Result<Payload> {
        let upload = match &trip.encoded.upload {
            Some(upload) => Some(self.opened(upload, trip, progress).await?),
            None => None,
        };
        let call = self.outgoing(trip, upload, progress);
        let limit = call.body_limit;
        let response = self.transport.open(call).await;
        match trip.read {
            Read::Whole(read) => {
                let response = match response.map(Response::into_parts) {
                    // The head alone is no response yet.
                    Ok((head, body)) => body.whole(limit).await.map(|body| Response::from_parts(head, body)),
                    Err(error) => Err(error),
                };
                self.read(read, response, trip, progress)
            }
            Read::Chunks => {
                let response = response.map_err(|error| self.broken(error, trip))?;
                let (head, body) = response.into_parts();
                let received = self.received(Response::from_parts(head, Bytes::new()), trip, progress);
                let problem = self.problem(&received, trip);
                let chunks = Chunks::begin(received, body, self.body_limit, progress.limit).await;
                if let (Ok(chunks), Some(exchange)) = (&chunks, &mut progress.exchange) {
                    exchange.received = chunks.begun();
                }
                // A refusal is the error it is; only a success is looked at further.
                chunks.and_then(|chunks| problem.map_or(Ok(Box::new(chunks) as _), Err))
            }
        }
    }

    async fn opened(&self, upload: &Upload, trip: &Trip, progress: &mut Progress) -> Result<Outflow> {
        progress.stage = Stage::Opening;
        let opened = upload.open().await;
        opened.map_err(|problem| Error::unsent(trip.endpoint, problem))
    }

    /// What is sent; from here on it counts as sent.
    fn outgoing(&self, trip: &Trip, upload: Option<Outflow>, progress: &mut Progress) -> Outgoing {
        let (endpoint, encoded) = (trip.endpoint, &trip.encoded);
        let mut headers = HeaderMap::with_capacity(encoded.headers.len() + 4);
        for (name, value) in &encoded.headers {
            headers.insert(name, value.clone());
        }
        if let Some(content_type) = &encoded.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        if let Some(token) = &trip.token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        if self.shows_bodies(trip) {
            let body = shown(&encoded.body, &trip.masks());
            tracing::debug!(endpoint = endpoint.id, attempt = progress.attempt, body, "request");
        }
        let call = Outgoing {
            endpoint,
            method: trip.method,
            url: encoded.url.clone(),
            headers,
            body: encoded.body.clone(),
            body_limit: self.limit(endpoint),
            upload,
        };
        progress.stage = Stage::Sent;
        progress.attempts = progress.attempt;
        progress.exchange = Some(Exchange {
            start: Instant::now(),
            sent: call.length(),
            received: 0,
            status: None,
            log_id: None,
        });
        call
    }

    /// Reads the payload of a response that is there as a whole.
    fn read(
        &self,
        read: fn(Received) -> Result<Payload>,
        response: Result<Response<Bytes>, TransportError>,
        trip: &Trip,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let response = response.and_then(|response| self.checked(response, trip.endpoint));
        let response = response.map_err(|error| self.broken(error, trip))?;
        let received = self.received(response, trip, progress);
        if self.shows_bodies(trip) {
            let body = shown(received.response.body(), &received.masks());
            let status = received.response.status().as_u16();
            tracing::debug!(
                endpoint = trip.endpoint.id,
                attempt = progress.attempts,
                status,
                body,
                "reply"
            );
        }
        let problem = self.problem(&received, trip);
        // A refusal is the error it is; only a success is looked at further.
        read(received).and_then(|payload| problem.map_or(Ok(payload), Err))
    }

    /// How large the body of a response may be.
    fn limit(&self, endpoint: &Endpoint) -> usize {
        self.body_limit.unwrap_or(match endpoint.reply {
            Reply::Bytes => DOWNLOAD_LIMIT,
            _ => JSON_LIMIT,
        })
    }

    /// Not every transport heeds the limit.
    fn checked(&self, response: Response<Bytes>, endpoint: &Endpoint) -> Result<Response<Bytes>, TransportError> {
        let limit = self.limit(endpoint);
        match response.body().len() > limit {
            true => Err(TransportError::body_too_large(limit)),
            false => Ok(response),
        }
    }

    /// Writes down what came.
    fn received(&self, response: Response<Bytes>, trip: &Trip, progress: &mut Progress) -> Received {
        let is_watched = self.is_watched(progress);
        if let Some(exchange) = &mut progress.exchange {
            exchange.status = Some(response.status());
            exchange.received = response.body().len() as u64;
            if is_watched {
                exchange.log_id = log_id(response.headers()).map(str::to_owned);
            }
        }
        Received {
            endpoint: trip.endpoint,
            platform: self.platform,
            response,
            secrets: trip.encoded.secrets.clone(),
            token: trip.token.clone(),
        }
    }

    /// Why a success is none: it brings another part of the file than was asked for.
    fn problem(&self, received: &Received, trip: &Trip) -> Option<Error> {
        let response = &received.response;
        let problem = trip.options.range?.problem(response.status(), response.headers())?;
        Some(received.error(Kind::Unreadable(problem)))
    }

    #[cold]
    fn broken(&self, error: TransportError, trip: &Trip) -> Error {
        let kind = Kind::Transport(error.masked(&trip.masks()));
        Error::of(trip.endpoint, self.platform, Answer::default(), kind)
    }

    fn shows_bodies(&self, trip: &Trip) -> bool {
        self.trace_bodies && !trip.endpoint.sensitive && tracing::enabled!(tracing::Level::DEBUG)
    }
}

impl Trip {
    fn masks(&self) -> Vec<Secret> {
        masks(&self.encoded.secrets, self.token.as_ref())
    }
}

/// All that must not show: the secrets of the request, and its token.
pub(crate) fn masks(secrets: &[Secret], token: Option<&HeaderValue>) -> Vec<Secret> {
    secrets.iter().cloned().chain(token.map(value)).collect()
}
