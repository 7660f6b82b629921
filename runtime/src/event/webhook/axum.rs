//! The handler as a handler of axum.

use axum::{body::Body, extract::Request, response::Response};
use tower_service::Service;

use super::Handler;
use crate::BoxFuture;

/// Marks the way by which a webhook's [`Handler`] is a handler of axum; nobody has to name it.
///
/// ```
/// use axum::{Router, routing::post};
/// use flybook_runtime::webhook::Handler;
///
/// fn app(handler: Handler) -> Router {
///     Router::new().route("/feishu", post(handler))
/// }
/// ```
#[derive(Debug)]
pub enum Via {}

impl<S> axum::handler::Handler<Via, S> for Handler {
    type Future = BoxFuture<'static, Response>;

    fn call(mut self, request: Request, _: S) -> Self::Future {
        let answer = Service::call(&mut self, request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => response.map(Body::new),
                Err(never) => match never {},
            }
        })
    }
}
