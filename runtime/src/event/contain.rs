//! Panics end here.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use crate::line::flat;

/// What the future gives, or what it panicked with.
pub(super) async fn contain<W: Future>(work: W) -> Result<W::Output, String> {
    let mut work = pin!(work);
    poll_fn(move |context| {
        // After a panic the future is dropped and never polled again, so nothing sees it half done.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(said(&*panic))),
        }
    })
    .await
}

/// As [`contain`], for what is no future.
pub(super) fn contained<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| said(&*panic))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    flat(text.unwrap_or("(no text)"), 500)
}
