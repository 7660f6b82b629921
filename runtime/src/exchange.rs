//! One exchange with the platform: what goes out, and what comes back.

use std::mem::take;

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{AUTHORIZATION, USER_AGENT},
};
use tokio::time::Instant;

use crate::{
    Body, Chunks, Error, Outgoing, Received, Reply, Result, Secret,
    client::Inner,
    error::{Answer, Kind},
    headers::HELPDESK,
    progress::{Exchange, Progress},
    reply::log_id,
    scrub::shown,
    token::value,
    trip::{JSON_LIMIT, Payload, Read, Stage, Trip},
};

/// The largest download, unless the builder says otherwise.
const DOWNLOAD_LIMIT: usize = 256 << 20;

impl Inner {
    /// Sends a call once; it is left to the caller to [report](Self::report) it. The last time it is not kept for another.
    pub(crate) async fn exchange(
        &self,
        trip: &mut Trip,
        last: bool,
        token: Option<HeaderValue>,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let Trip {
            endpoint,
            method,
            read,
            range,
            wait,
            ..
        } = *trip;
        let upload = match &trip.encoded.upload {
            // Boxed, as all that few calls come to, so that the others are not as large.
            Some(upload) => Some(
                Box::pin(upload.open())
                    .await
                    .map_err(|problem| Error::unsent(endpoint, problem))?,
            ),
            None => None,
        };
        let encoded = &mut trip.encoded;
        let (url, mut headers, mut secrets) = match last {
            true => (
                take(&mut encoded.url),
                take(&mut encoded.headers),
                take(&mut encoded.secrets),
            ),
            false => (encoded.url.clone(), encoded.headers.clone(), encoded.secrets.clone()),
        };
        let body = encoded.body.clone();
        if let Some((header, token)) = self.helpdesk.as_ref().filter(|_| endpoint.helpdesk) {
            secrets.push(token.clone());
            headers.insert(HELPDESK, header.clone());
        }
        secrets.extend(headers.values().filter(|header| header.is_sensitive()).map(value));
        if let Some(token) = &token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        let otherwise = if endpoint.reply == Reply::Bytes {
            DOWNLOAD_LIMIT
        } else {
            JSON_LIMIT
        };
        let body_limit = self.body_limit.unwrap_or(otherwise);

        let bodies = self.trace_bodies && !endpoint.sensitive && tracing::enabled!(tracing::Level::DEBUG);
        if bodies {
            let text = shown(&body, &masks(&secrets, token.as_ref()));
            tracing::debug!(
                endpoint = endpoint.id,
                attempt = progress.attempt,
                body = text,
                "request"
            );
        }

        let watched = self.is_watched(progress);
        progress.stage = Stage::Sent;
        progress.attempts = progress.attempt;
        let exchange = progress.exchange.insert(Exchange {
            start: Instant::now(),
            sent: upload.as_ref().map_or(body.len() as u64, |upload| upload.length()),
            received: 0,
            status: None,
            log_id: None,
        });
        let streams = upload.is_some() || matches!(read, Read::Chunks);
        let call = Outgoing {
            endpoint,
            method,
            url,
            headers,
            body,
            body_limit,
            upload,
        };
        let response = match streams {
            true => self.transport.open(call).await,
            false => self.transport.send(call).await.map(|response| response.map(Body::from)),
        };
        // Of what is read whole, the head alone is no response yet.
        let response = match response {
            Ok(response) if matches!(read, Read::Whole(_)) => {
                let (head, body) = response.into_parts();
                let bytes = body.whole(body_limit).await;
                bytes.map(|bytes| http::Response::from_parts(head, (bytes, Body::default())))
            }
            other => other.map(|response| response.map(|body| (Bytes::new(), body))),
        };
        let response = response.map_err(|error| {
            let error = error.masked(&masks(&secrets, token.as_ref()));
            Error::of(endpoint, self.platform, Answer::default(), Kind::Transport(error))
        })?;
        let status = response.status();
        exchange.status = Some(status);
        if watched {
            exchange.log_id = log_id(response.headers()).map(str::to_owned);
        }
        let problem = range.and_then(|range| range.problem(status, response.headers()));
        let (head, (bytes, body)) = response.into_parts();
        exchange.received = bytes.len() as u64;
        let received = Received {
            endpoint,
            platform: self.platform,
            response: http::Response::from_parts(head, bytes),
            secrets,
            token,
        };
        if bodies && matches!(read, Read::Whole(_)) {
            let text = shown(received.response.body(), &received.masks());
            let status = status.as_u16();
            tracing::debug!(
                endpoint = endpoint.id,
                attempt = progress.attempts,
                status,
                body = text,
                "reply"
            );
        }
        let problem = problem.map(|problem| received.error(Kind::Unreadable(problem)));
        let outcome = match read {
            Read::Whole(read) => read(received),
            Read::Chunks => {
                let chunks = Box::pin(Chunks::begin(received, body, self.body_limit, wait)).await;
                if let Ok(chunks) = &chunks {
                    exchange.received = chunks.begun();
                }
                chunks.map(|chunks| Box::new(chunks) as _)
            }
        };
        // A refusal is the error it is; only a success is looked at further.
        outcome.and_then(|payload| problem.map_or(Ok(payload), Err))
    }
}

/// All that must not show: the secrets of the request, and its token.
pub(crate) fn masks(secrets: &[Secret], token: Option<&HeaderValue>) -> Vec<Secret> {
    secrets.iter().cloned().chain(token.map(value)).collect()
}
