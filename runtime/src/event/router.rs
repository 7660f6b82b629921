//! The router: which handler gets what.

use std::{collections::HashMap, fmt, future::ready, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::Value;

use super::{
    Answer, Cause, Delivered, Delivery, Failure, Handler, Memory, Seen,
    delivery::Key,
    later,
    route::Route,
    state::{Claim, FailureHook, Job, State, report},
    ticket::{APP_TICKET, Ticket},
};
use crate::{BoxFuture, Client, EventType};

/// Brings each event to its handler, and nothing is lost on the way, or handled twice. Cheap to clone; the clones share the work under way.
///
/// ```
/// # mod message {
/// #     use flybook_runtime::{EventType, decode};
/// #     #[derive(Clone, Debug, Default)]
/// #     pub struct Message { pub message_id: String, pub chat_id: String }
/// #     decode!(Message, message_id, chat_id);
/// #     #[derive(Clone, Debug, Default)]
/// #     pub struct Received { pub message: Message }
/// #     decode!(Received, message);
/// #     impl EventType for Received { type Reply = (); const TYPE: &'static str = "im.message.receive_v1"; }
/// # }
/// # mod card {
/// #     use flybook_runtime::{EventType, decode, encode};
/// #     #[derive(Clone, Debug, Default)]
/// #     pub struct ActionTrigger {}
/// #     decode!(ActionTrigger);
/// #     impl EventType for ActionTrigger { type Reply = ActionReply; const TYPE: &'static str = "card.action.trigger"; }
/// #     #[derive(Clone, Debug, Default)]
/// #     pub struct ActionReply { pub toast: Option<String> }
/// #     encode!(ActionReply; toast);
/// #     pub struct Toast;
/// #     impl Toast { pub fn success(_: &str) -> Self { Self } }
/// #     impl From<Toast> for ActionReply { fn from(_: Toast) -> Self { Self::default() } }
/// # }
/// # mod flybook { pub use flybook_runtime::*; }
/// # use card::{ActionTrigger, Toast};
/// use flybook::{Error, Event, Router};
///
/// async fn greet(event: Event<message::Received>) -> Result<(), Error> {
///     println!("{} in {}", event.message.message_id, event.message.chat_id);
///     Ok(())
/// }
///
/// let router = Router::new()
///     .on::<message::Received>(greet)
///     .on::<ActionTrigger>(|_| async { Ok::<_, Error>(Toast::success("Saved")) })
///     .fallback(|event| async move { println!("nobody handles {}", event.envelope.event_type) })
///     .on_failure(|failure| eprintln!("{failure}"));
/// ```
///
/// # What holds
///
/// - **Nothing is lost.** An event is acknowledged after its handler is done. Where that takes longer than 2.5 s the platform is asked
///   to send it again (it does after 15 s, 5 min, 1 h and 6 h), and then hears how the work ended. An error, a panic and the end of the
///   process lead to the same: the event comes again, and is handled again.
/// - **Nothing is handled twice.** Repeats are told by the event's id (received messages by theirs) for 8 hours. One that comes while
///   the first is still being handled waits for its end. [`seen`](Self::seen) shares the memory among processes, with [`InStore`](crate::events::InStore) in Redis.
/// - **Order is kept** among the events of one chat: one at a time, as they came. Different chats do not wait for each other.
/// - **A user never waits in vain.** A callback whose handler is not done after 2.5 s is answered with a toast where it can have one; the work
///   goes on.
/// - **What cannot be read is not dropped.** A body that does not decode fails as a handler would, and is reported with its
///   raw JSON. The platform gives up after four retries, so that the 7 hours in between are there to mend it.
///
/// Each of these can be set otherwise for a route: [`on_with`](Self::on_with) and [`Delivery`].
#[derive(Clone)]
pub struct Router {
    table: Arc<Table>,
    pub(super) state: Arc<State>,
}

#[derive(Clone)]
struct Table {
    routes: HashMap<String, Arc<Route>>,
    fallback: Option<Arc<Route>>,
    tickets: Vec<Arc<Ticket>>,
    seen: Arc<dyn Seen>,
    on_failure: Option<Arc<FailureHook>>,
}

impl Router {
    /// A router that handles nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles events of the type `E`: `router.on::<message::Received>(greet)`. A second handler of one type takes the place of the first.
    pub fn on<E: EventType>(self, handler: impl Handler<E, E::Reply>) -> Self {
        self.on_with::<E>(handler, |delivery| delivery)
    }

    /// As [`on`](Self::on), with the delivery to one's liking: `.on_with::<message::Received>(greet, |delivery| delivery.concurrency(4))`.
    pub fn on_with<E: EventType>(
        self,
        handler: impl Handler<E, E::Reply>,
        delivery: impl FnOnce(Delivery<E, E::Reply>) -> Delivery<E, E::Reply>,
    ) -> Self {
        let defaults = Delivery::new(Key::At(E::DEDUPE), E::ORDER, E::LATE);
        self.route(E::TYPE, Route::new(delivery(defaults), handler))
    }

    /// Handles events of a type that this release does not know; their body is plain JSON.
    pub fn on_type(self, event_type: &str, handler: impl Handler<Value, Value>) -> Self {
        self.route(event_type, Route::new(Delivery::new(Key::At(&[]), &[], None), handler))
    }

    /// Handles what nobody else does. Without it, such events are answered as taken and dropped.
    pub fn fallback(mut self, handler: impl Handler<Value, Value>) -> Self {
        let route = Route::new(Delivery::new(Key::At(&[]), &[], None), handler);
        self.table_mut().fallback = Some(Arc::new(route));
        self
    }

    /// Gives `client` the tickets that the platform pushes to its app (`app_ticket`), which a store app lives on.
    pub fn client(mut self, client: &Client) -> Self {
        self.table_mut().tickets.push(Arc::new(Ticket::new(client.clone())));
        self
    }

    /// Where to remember which events were handled; [`Memory`] unless said otherwise.
    pub fn seen(mut self, seen: impl Seen) -> Self {
        self.table_mut().seen = Arc::new(seen);
        self
    }

    /// Hears of every event that was not handled: errors and panics of handlers, deliveries that could not be read. The log has them too.
    pub fn on_failure(mut self, hook: impl Fn(&Failure) + Send + Sync + 'static) -> Self {
        self.table_mut().on_failure = Some(Arc::new(hook));
        self
    }

    /// Waits until nothing is being handled any more; meanwhile new deliveries are answered "not now". After `limit` it ends what is
    /// still under way and says `false`; the platform sends those events again, unless they were acknowledged first.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.state.drain(limit).await
    }

    /// One delivery: the plain JSON of an event or a callback, by a door of your own (a queue, a test). Resolves when the platform may
    /// be answered.
    ///
    /// The work begins with the call, which needs a tokio runtime, and goes on when the future is dropped.
    pub fn deliver(&self, payload: Bytes) -> BoxFuture<'static, Answer> {
        match Delivered::parse(&payload) {
            Ok(delivered) => self.deliver_parsed(delivered),
            Err(why) => Box::pin(ready(self.unreadable(why))),
        }
    }

    /// A delivery of the platform that is no event, for this reason.
    pub(crate) fn unreadable(&self, why: String) -> Answer {
        report(self.table.on_failure.as_deref(), None, Cause::Unreadable(why));
        Answer::Failed
    }

    /// As [`deliver`](Self::deliver), for a door that had to look into the delivery.
    pub(crate) fn deliver_parsed(&self, delivered: Delivered) -> BoxFuture<'static, Answer> {
        if self.state.is_draining() || tokio::runtime::Handle::try_current().is_err() {
            return Box::pin(ready(Answer::Busy));
        }
        let event_type = delivered.envelope.event_type.as_str();
        let ticket = event_type == APP_TICKET
            && self
                .table
                .tickets
                .iter()
                .fold(false, |taken, ticket| ticket.take(&delivered) | taken);
        let fallback = self.table.fallback.as_ref().filter(|_| !ticket);
        let Some(route) = self.table.routes.get(event_type).or(fallback) else {
            let answer = if ticket { Answer::Done(None) } else { Answer::Unhandled };
            return Box::pin(ready(answer));
        };
        let prepared = match route.prepare(&delivered) {
            Ok(prepared) => prepared,
            Err(cause) => {
                report(self.table.on_failure.as_deref(), Some(&delivered), cause);
                return Box::pin(ready(Answer::Failed));
            }
        };
        let key = match prepared.id.as_str() {
            "" => String::new(),
            id => format!("{}:{event_type}:{id}", delivered.envelope.app_id),
        };
        let (waiter, flight) = self.state.flights.join(&key);
        if let Some(flight) = flight {
            let Some(seat) = route.seat() else {
                return Box::pin(ready(Answer::Busy));
            };
            let job = Job {
                claim: Claim {
                    flight,
                    seen: self.table.seen.clone(),
                },
                route: route.clone(),
                on_failure: self.table.on_failure.clone(),
                work: prepared.work,
                place: route.queue(prepared.order),
                seat,
                delivered,
            };
            self.state.spawn(job.run());
        }
        let settings = &route.settings;
        let late = match &settings.late_reply {
            Some(reply) => Answer::Done(Some(reply.clone())),
            None if settings.first => Answer::Done(None),
            None => Answer::Busy,
        };
        Box::pin(waiter.wait(later(settings.deadline), settings.first, late))
    }

    #[cfg(test)]
    pub(super) fn route_of(&self, event_type: &str) -> Option<&Arc<Route>> {
        self.table.routes.get(event_type)
    }

    fn route(mut self, event_type: &str, route: Route) -> Self {
        let before = self.table_mut().routes.insert(event_type.to_owned(), Arc::new(route));
        if before.is_some() {
            tracing::warn!(target: "flybook::event", "{event_type} has two handlers; the last one gets the events");
        }
        self
    }

    fn table_mut(&mut self) -> &mut Table {
        Arc::make_mut(&mut self.table)
    }
}

impl Default for Router {
    fn default() -> Self {
        Self {
            table: Arc::new(Table {
                routes: HashMap::new(),
                fallback: None,
                tickets: Vec::new(),
                seen: Arc::new(Memory::default()),
                on_failure: None,
            }),
            state: Arc::default(),
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut types: Vec<_> = self.table.routes.keys().collect();
        types.sort();
        f.debug_struct("Router").field("types", &types).finish_non_exhaustive()
    }
}
