//! A download into a file: all of it, or nothing.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};

use crate::{BoxFuture, Result, chunks::Opening, error::Kind, multipart::random};

/// A download on its way into a file. Await it to send the call.
#[must_use = "a call is sent when it is awaited"]
pub struct ToFile {
    opening: Opening,
    path: PathBuf,
    progress: Option<Progress>,
}

type Progress = Box<dyn FnMut(u64, Option<u64>) + Send>;

/// What was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// How many bytes there are in the file.
    pub size: u64,
    /// The name the server gave it. Do not use it as a path unchecked: it is whatever the server says.
    pub file_name: Option<String>,
    /// The content type the server gave it.
    pub content_type: Option<String>,
}

impl ToFile {
    pub(crate) fn new(opening: Opening, path: PathBuf) -> Self {
        Self {
            opening,
            path,
            progress: None,
        }
    }

    /// Calls `report` at the beginning and after each chunk: how many bytes there are, and how many there will be if the server says.
    pub fn progress(mut self, report: impl FnMut(u64, Option<u64>) + Send + 'static) -> Self {
        self.progress = Some(Box::new(report));
        self
    }

    async fn run(self) -> Result<Saved> {
        let Self {
            opening,
            path,
            mut progress,
        } = self;
        let (temporary, mut file) = Temporary::beside(&path)
            .await
            .map_err(|problem| opening.unsent(problem))?;
        let mut chunks = opening.await?;
        let mut size = 0;
        let total = chunks.length();
        let mut report = |size| {
            if let Some(progress) = &mut progress {
                progress(size, total);
            }
        };
        report(0);
        while let Some(chunk) = chunks.try_next().await? {
            if let Err(error) = file.write_all(&chunk).await {
                return Err(chunks.error(unwritten(&path, &error)));
            }
            size += chunk.len() as u64;
            report(size);
        }
        let written = async {
            file.flush().await?;
            file.sync_all().await?;
            drop(file);
            temporary.rename(&path).await
        };
        written.await.map_err(|error| chunks.error(unwritten(&path, &error)))?;
        Ok(Saved {
            size,
            file_name: chunks.file_name(),
            content_type: chunks.content_type(),
        })
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Kind {
    Kind::Disk(format!(
        "`{}` cannot be written: {error}; nothing is left of it",
        path.display()
    ))
}

/// A file that is gone with its owner, unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    /// The directory of the target is the one place from where a rename is sure to be one step.
    async fn beside(path: &Path) -> Result<(Self, File), String> {
        let shown = path.display();
        let is_directory = fs::metadata(path).await.is_ok_and(|metadata| metadata.is_dir());
        if path.file_name().is_none() || is_directory {
            return Err(format!("`{shown}` is a directory; give the path of the file to write"));
        }
        let temporary = path.with_file_name(format!(".flybook-{:016x}.part", random()));
        let file = File::options().write(true).create_new(true).open(&temporary).await;
        let file = file.map_err(|error| format!("no file can be created beside `{shown}`: {error}"))?;
        Ok((Self(temporary), file))
    }

    async fn rename(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path).await
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is none. There is nobody left to tell if it cannot be removed.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl IntoFuture for ToFile {
    type Output = Result<Saved>;
    type IntoFuture = BoxFuture<'static, Result<Saved>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for ToFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToFile")
            .field("call", &self.opening)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
