//! The handler as a service of tower.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tower_service::Service;

use super::{Handler, admit::Refused, answer};
use crate::{BoxFuture, event::BoxError};

impl<B> Service<Request<B>> for Handler
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let handler = self.clone();
        Box::pin(async move { Ok(handler.answer(request).await.map(Full::new)) })
    }
}

impl Handler {
    async fn answer<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        if request.method() != Method::POST {
            let mut response = answer::said(StatusCode::METHOD_NOT_ALLOWED, "events come by POST");
            let post = HeaderValue::from_static("POST");
            response.headers_mut().insert(header::ALLOW, post);
            return response;
        }
        let (parts, body) = request.into_parts();
        match Limited::new(body, self.body_limit()).collect().await {
            Ok(body) => self.handle(&parts.headers, body.to_bytes()).await,
            Err(error) if error.is::<LengthLimitError>() => answer::refusal(Refused::TooLarge),
            Err(_) => answer::refusal(Refused::Malformed("the body ended too early".into())),
        }
    }
}
