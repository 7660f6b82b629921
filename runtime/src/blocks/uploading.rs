//! An upload in blocks on its way: begun, sent block by block, finished.

use std::{fmt, future::IntoFuture, sync::Arc};

use super::{Block, UploadError, UploadState, source::Source};
use crate::{
    AcceptsApp, AcceptsTenant, AcceptsUser, BoxFuture, Chunked, Client, Error, File, Request, TokenKind,
    call::{Options, identities, options, send},
    file::Report,
};

/// An upload in blocks that has not been sent yet. Await it to send it.
///
/// It sends one block after the other, and has no more than one of them in memory. A block whose fate is unknown is sent again, for the
/// platform keeps one of each number. What the options say holds for each call: a time limit is that of a block.
#[must_use = "an upload is sent when it is awaited"]
pub struct Uploading<R: Chunked> {
    client: Client,
    begin: Begin<R>,
    file: File,
    options: Options,
    report: Option<Report>,
    keep: Option<Keep<R>>,
}

enum Begin<R> {
    New(R),
    Again(UploadState<R>),
}

type Keep<R> = Box<dyn FnMut(&UploadState<R>) + Send>;

impl<R: Chunked> Uploading<R> {
    pub(crate) fn new(client: Client, request: R, file: File) -> Self {
        Self::of(client, Begin::New(request), file)
    }

    pub(crate) fn again(client: Client, state: UploadState<R>, file: File) -> Self {
        Self::of(client, Begin::Again(state), file)
    }

    fn of(client: Client, begin: Begin<R>, file: File) -> Self {
        let report = file.report().cloned();
        Self {
            client,
            begin,
            file,
            options: Options::default(),
            report,
            keep: None,
        }
    }

    identities!();
    options!();

    /// Calls `report` at the beginning and whenever a piece has been handed to the connection: how many bytes in all, and of how many.
    ///
    /// A block that is sent again is counted anew.
    pub fn progress(mut self, report: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// Calls `keep` when the upload has begun and after each block, so that a program that ends in between can go on later. The error of
    /// an upload that fails carries the same.
    pub fn checkpoint(mut self, keep: impl FnMut(&UploadState<R>) + Send + 'static) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    async fn run(mut self) -> Result<<R::Finish as Request>::Reply, UploadError<R>> {
        let length = self.file.length();
        let (said, at) = match &self.begin {
            Begin::New(request) => (request.size(), 0),
            Begin::Again(state) => (state.plan.size, state.done()),
        };
        let early = |problem: String| UploadError::early(Error::unsent(R::ENDPOINT, problem));
        if u64::try_from(said) != Ok(length) {
            let name = self.file.name();
            let problem =
                format!("the upload is of {said} bytes, and the file `{name}` has {length}; they must be the same");
            return Err(match self.begin {
                Begin::New(_) => early(problem),
                Begin::Again(state) => failed(Error::unsent(R::Part::ENDPOINT, problem), state),
            });
        }
        // Whatever is wrong with the file shows before anything is sent.
        let file = self.file.clone();
        let opened = Source::open(&file, at).await;
        let (mut source, state) = match (opened, self.begin) {
            (Ok(source), Begin::New(request)) => {
                // One that was begun twice is forgotten once.
                let reply = send(self.client.clone(), &request, self.options.clone().repeatable());
                let begun = R::begun(reply.await.map_err(UploadError::early)?);
                let state = UploadState::new(begun, said);
                (
                    source,
                    state.map_err(|problem| UploadError::early(Error::endless(R::ENDPOINT, &problem)))?,
                )
            }
            (Ok(source), Begin::Again(state)) => (source, state),
            (Err(problem), Begin::New(_)) => return Err(early(problem)),
            (Err(problem), Begin::Again(state)) => {
                return Err(failed(Error::unsent(R::Part::ENDPOINT, problem), state));
            }
        };
        if let Some(report) = &self.report {
            report(state.done(), state.size());
        }
        let mut state = state;
        while state.plan.next < state.plan.blocks {
            self.keep.iter_mut().for_each(|keep| keep(&state));
            let block = match source.block(state.plan.length()).await {
                Ok(bytes) => block(&state, &file, bytes, self.report.clone()),
                Err(problem) => return Err(failed(Error::unsent(R::Part::ENDPOINT, problem), state)),
            };
            let part = R::part(state.plan.id.clone(), block);
            let sending =
                send::<_, <R::Part as Request>::Reply>(self.client.clone(), &part, self.options.clone().repeatable());
            if let Err(error) = sending.await {
                return Err(failed(error, state));
            }
            state.plan.next += 1;
        }
        self.keep.iter_mut().for_each(|keep| keep(&state));
        let finish = R::finish(state.plan.id.clone(), state.plan.blocks);
        send(self.client, &finish, self.options)
            .await
            .map_err(|error| failed(error, state))
    }
}

fn failed<R>(error: Error, state: UploadState<R>) -> UploadError<R> {
    UploadError {
        error,
        state: Some(state),
    }
}

/// The block that comes next. It is sent in pieces, for a form would hold a copy of it.
fn block<R>(state: &UploadState<R>, file: &File, bytes: bytes::Bytes, report: Option<Report>) -> Block {
    let (done, size) = (state.done(), state.size());
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let piece = File::from_bytes(file.name(), bytes).progress(move |sent, _| {
        if let Some(report) = &report {
            report(done + sent, size);
        }
    });
    Block {
        seq: state.plan.next,
        size: length,
        file: piece,
    }
}

impl<R: Chunked + 'static> IntoFuture for Uploading<R>
where
    <R::Finish as Request>::Reply: Send,
{
    type Output = Result<<R::Finish as Request>::Reply, UploadError<R>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<R: Chunked> fmt::Debug for Uploading<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploading")
            .field("endpoint", &R::ENDPOINT.id)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
