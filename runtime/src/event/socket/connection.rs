//! One open connection: the driver between socket, session, clock and work.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep_until, timeout},
};

use super::{
    discovery::Address,
    figures::Figures,
    health::Report,
    session::{Heard, Session},
    wire::{Gone, Wire},
    work::Work,
};
use crate::{Secret, TransportError, Upgraded};

/// How long the server may take to return the farewell.
const FAREWELL: Duration = Duration::from_secs(1);

/// The end that was asked for, which comes once.
pub(super) struct Stop<'a> {
    asked: Pin<&'a mut (dyn Future<Output = ()> + Send)>,
    is_over: bool,
}

impl<'a> Stop<'a> {
    pub(super) fn new(asked: Pin<&'a mut (dyn Future<Output = ()> + Send)>) -> Self {
        let is_over = false;
        Self { asked, is_over }
    }

    pub(super) async fn wait(&mut self) {
        if !self.is_over {
            self.asked.as_mut().await;
            self.is_over = true;
        }
    }
}

/// An open connection.
pub(super) struct Connection {
    wire: Wire,
    session: Session,
    /// What the server's last words must not repeat.
    secrets: Vec<Secret>,
    acks: UnboundedSender<Bytes>,
    acked: UnboundedReceiver<Bytes>,
}

impl Connection {
    pub(super) async fn new(socket: Upgraded, address: Address, figures: Figures) -> Self {
        let (acks, acked) = unbounded_channel();
        Self {
            wire: Wire::new(socket).await,
            session: Session::new(address.service, figures, Instant::now()),
            secrets: address.secrets,
            acks,
            acked,
        }
    }

    /// Serves until it is told to stop, or the connection is lost: then the error says why.
    pub(super) async fn serve(
        &mut self,
        work: &mut Work,
        stop: &mut Stop<'_>,
        report: &Report,
    ) -> Result<(), TransportError> {
        loop {
            if let Some(ping) = self.session.ping(Instant::now()) {
                self.wire.queue(ping);
            }
            let wake = self.wake();
            tokio::select! {
                biased;
                () = stop.wait() => return Ok(()),
                () = work.ended() => {}
                Some(ack) = self.acked.recv() => self.wire.queue(ack),
                message = self.wire.next() => if let Some(message) = message.map_err(|gone| self.lost(gone))? {
                    self.hear(&message, work, report);
                },
                // The last in line: what has arrived counts before the clock does.
                () = sleep_until(wake) => self.check()?,
            }
        }
    }

    fn hear(&mut self, message: &Bytes, work: &mut Work, report: &Report) {
        match self.session.hear(message, Instant::now()) {
            Heard::Nothing => {}
            Heard::Reply(frame) => self.wire.queue(frame),
            Heard::Delivery(receipt, payload) => work.take(receipt, payload, &self.acks),
        }
        report.heard(self.session.heard());
    }

    fn lost(&self, Gone(why): Gone) -> TransportError {
        TransportError::other(why).masked(&self.secrets)
    }

    fn wake(&self) -> Instant {
        let stalled = self
            .wire
            .waiting()
            .map(|since| since + self.session.figures().deadline());
        stalled.into_iter().fold(self.session.wake(), Instant::min)
    }

    fn check(&mut self) -> Result<(), TransportError> {
        let now = Instant::now();
        let deadline = self.session.figures().deadline();
        if self.session.is_dead(now) {
            return Err(TransportError::timeout(format!(
                "the connection was silent for {deadline:?}"
            )));
        }
        if self.wire.waiting().is_some_and(|since| now >= since + deadline) {
            return Err(TransportError::timeout(format!(
                "the server did not read for {deadline:?}"
            )));
        }
        Ok(())
    }

    /// The figures as they are after all.
    pub(super) fn figures(&self) -> Figures {
        self.session.figures()
    }

    /// Finishes what is being handled and acknowledges it, until `end`; then says farewell. Events that arrive meanwhile are left to
    /// the platform to send again.
    pub(super) async fn finish(mut self, work: &mut Work, end: Instant) {
        let mut drained = work.drain(end.saturating_duration_since(Instant::now()));
        let mut is_drained = false;
        loop {
            while let Ok(ack) = self.acked.try_recv() {
                self.wire.queue(ack);
            }
            if is_drained && work.is_empty() && self.wire.waiting().is_none() {
                break;
            }
            if let Some(ping) = self.session.ping(Instant::now()) {
                self.wire.queue(ping);
            }
            let wake = self.wake().min(end);
            let is_lost = tokio::select! {
                biased;
                () = work.ended() => false,
                _ = &mut drained, if !is_drained => {
                    is_drained = true;
                    false
                }
                message = self.wire.next() => match message {
                    Ok(message) => {
                        let heard = message.map(|message| self.session.hear(&message, Instant::now()));
                        if let Some(Heard::Reply(frame)) = heard {
                            self.wire.queue(frame);
                        }
                        false
                    }
                    Err(_) => true,
                },
                () = sleep_until(wake) => self.check().is_err(),
            };
            if is_lost {
                // With nobody left to acknowledge to, the work is finished all the same.
                return work.settle(end).await;
            }
            if Instant::now() >= end {
                work.give_up();
                break;
            }
        }
        self.wire.close();
        let _ = timeout(FAREWELL, async { while self.wire.next().await.is_ok() {} }).await;
    }
}
