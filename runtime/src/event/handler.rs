//! What a handler may be, and what it may return.

use std::future::Future;

use super::{BoxError, Event};

/// An async function or closure that takes an [`Event`]. It returns nothing, or a `Result` with what the platform is to be told:
/// `()` for an event, the typed reply for a callback. The error may be of any type; the event then counts as not handled.
///
/// In a closure that ends in `Ok(…)`, Rust wants to hear the type of the error: `Ok::<_, flybook::Error>(())`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle this event",
    note = "a handler is `async fn(Event<T>) -> Result<(), E>`, or an async closure like it, whose future is `Send`",
    note = "for a callback the `Ok` holds its reply, or what turns into it"
)]
pub trait Handler<T, R>: Fn(Event<T>) -> <Self as Handler<T, R>>::Work + Send + Sync + 'static {
    /// The future of one event.
    type Work: Future<Output: Outcome<R>> + Send + 'static;
}

impl<T, R, F, W> Handler<T, R> for F
where
    F: Fn(Event<T>) -> W + Send + Sync + 'static,
    W: Future<Output: Outcome<R>> + Send + 'static,
{
    type Work = W;
}

/// What a handler returns: nothing, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "a handler of this event cannot return `{Self}`",
    note = "return nothing, or a `Result` whose `Ok` is `()` for an event and `{R}` (or what turns into it) for a callback"
)]
pub trait Outcome<R> {
    /// The reply, or why there is none.
    fn into_result(self) -> Result<R, Box<dyn std::error::Error + Send + Sync>>;
}

impl<R: Default> Outcome<R> for () {
    fn into_result(self) -> Result<R, BoxError> {
        Ok(R::default())
    }
}

impl<T: Into<R>, R, E: Into<BoxError>> Outcome<R> for Result<T, E> {
    fn into_result(self) -> Result<R, BoxError> {
        self.map(Into::into).map_err(Into::into)
    }
}
