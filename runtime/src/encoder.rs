//! Writes a request: URL, headers, body.

use std::io;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{
    Dedupe, File, Secret, headers,
    multipart::{Filled, Form},
    pace::stable_hash,
    retry::Dice,
    secret::Watch,
    token,
    upload::Upload,
    url::{LONGEST, placeholder, push_encoded},
    wire::Param,
};

/// Takes a request apart into URL, headers and body. Requests write themselves into it; see
/// [`Request::encode`](crate::Request::encode).
///
/// The first thing that cannot be sent makes the call fail before anything leaves the machine.
pub struct Encoder {
    url: String,
    /// Where the path starts in `url`.
    path_at: usize,
    has_query: bool,
    headers: Vec<(HeaderName, HeaderValue)>,
    content_type: Option<HeaderValue>,
    body: Body,
    problem: Option<String>,
    secrets: Vec<Secret>,
    receiver: Option<u64>,
    /// The parameter against duplicates, when it matters.
    dedupe: Option<Dedupe>,
    has_key: bool,
}

enum Body {
    None,
    /// A JSON object without its closing brace.
    Object(Vec<u8>),
    /// A JSON value, complete.
    Whole(Vec<u8>),
    Form(Form),
}

/// JSON on its way into a string of JSON. It comes without control characters, so these two are all that must be marked.
struct Quoted<'a>(&'a mut Vec<u8>);

impl io::Write for Quoted<'_> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        for part in json.split_inclusive(|byte| matches!(byte, b'"' | b'\\')) {
            match part {
                [text @ .., mark @ (b'"' | b'\\')] => {
                    self.0.extend_from_slice(text);
                    self.0.extend_from_slice(&[b'\\', *mark]);
                }
                text => self.0.extend_from_slice(text),
            }
        }
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What an [`Encoder`] leaves behind.
pub(crate) struct Encoded {
    pub(crate) url: String,
    /// The last of a name counts. Each attempt makes a map of them, which costs less than the copy of one.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
    /// The body in its place, when it is not in memory.
    pub(crate) upload: Option<Upload>,
    /// The secrets that went into all this.
    pub(crate) secrets: Vec<Secret>,
    /// Stands for the receiver that has a limit of its own.
    pub(crate) receiver: Option<u64>,
    /// Whether it carries a key against duplicates.
    pub(crate) has_key: bool,
}

const BOTH: &str = "a body is either JSON or a form, not both";
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

impl Encoder {
    /// `base` has no trailing slash; `path` starts with one and holds its parameters as `:name`.
    pub(crate) fn new(base: &str, path: &str) -> Self {
        // Most queries and identifiers fit; a longer URL costs one more allocation.
        let mut url = String::with_capacity(base.len() + path.len() + 64);
        url.push_str(base);
        url.push_str(path);
        Self {
            url,
            path_at: base.len(),
            has_query: false,
            headers: Vec::new(),
            content_type: None,
            body: Body::None,
            problem: None,
            secrets: Vec::new(),
            receiver: None,
            dedupe: None,
            has_key: false,
        }
    }

    /// The parameter to [fill](Self::fill_key) when the request leaves it empty.
    pub(crate) fn wants_key(&mut self, dedupe: Option<Dedupe>) {
        self.dedupe = dedupe;
    }

    /// Fills in the parameter against duplicates, where there is one and it was left empty.
    pub(crate) fn fill_key(&mut self, dice: &Dice) {
        match self.dedupe.filter(|_| !self.has_key) {
            Some(Dedupe::Body(name)) => {
                if let Some(json) = self.member(name) {
                    let key = dice.key();
                    json.reserve(40);
                    json.push(b'"');
                    json.extend_from_slice(key.as_str().as_bytes());
                    json.push(b'"');
                    self.has_key = true;
                }
            }
            Some(Dedupe::Query(name)) => self.query_text(name, dice.key().as_str()),
            None => {}
        }
    }

    /// Writes something, and notes the secrets it brings.
    pub(crate) fn watch(&mut self, write: impl FnOnce(&mut Self)) {
        let watch = Watch::begin();
        write(self);
        self.secrets.append(&mut watch.end());
    }

    /// Fills in the path parameter `name`, percent-encoded to one segment. Empty, `.` and `..` cannot be sent.
    pub fn path(&mut self, name: &str, value: &(impl Param + ?Sized)) {
        self.path_text(name, &value.param());
    }

    /// Adds `name=value` to the query.
    pub fn query(&mut self, name: &str, value: &(impl Param + ?Sized)) {
        self.query_text(name, &value.param());
    }

    /// Adds `name=value` to the query, if there is a value.
    pub fn query_opt(&mut self, name: &str, value: &Option<impl Param>) {
        if let Some(value) = value {
            self.query(name, value);
        }
    }

    /// Adds `name=value` for each value: `user_ids=a&user_ids=b`.
    pub fn query_each(&mut self, name: &str, values: &[impl Param]) {
        for value in values {
            self.query(name, value);
        }
    }

    /// [`query_each`](Self::query_each), if there is a list.
    pub fn query_each_opt(&mut self, name: &str, values: &Option<Vec<impl Param>>) {
        self.query_each(name, values.as_deref().unwrap_or_default());
    }

    /// Adds all values under one name: `ranges=a,b`. An empty list is left out.
    pub fn query_joined(&mut self, name: &str, values: &[impl Param]) {
        for (index, value) in values.iter().enumerate() {
            let value = value.param();
            if index == 0 {
                self.query_text(name, &value);
            } else {
                self.url.push(',');
                push_encoded(&mut self.url, &value);
            }
        }
    }

    /// [`query_joined`](Self::query_joined), if there is a list.
    pub fn query_joined_opt(&mut self, name: &str, values: &Option<Vec<impl Param>>) {
        self.query_joined(name, values.as_deref().unwrap_or_default());
    }

    /// Adds a header; one from a [secret](Param::SECRET) is marked sensitive.
    pub fn header<P: Param + ?Sized>(&mut self, name: &str, value: &P) {
        self.header_text(name, &value.param(), P::SECRET);
    }

    /// Adds a header, if there is a value.
    pub fn header_opt(&mut self, name: &str, value: &Option<impl Param>) {
        if let Some(value) = value {
            self.header(name, value);
        }
    }

    /// Adds a member to the JSON body.
    pub fn put(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        let before = self.object().map_or(0, |json| json.len());
        let Some(out) = self.member(key) else { return };
        let start = out.len();
        if let Err(error) = serde_json::to_writer(&mut *out, value) {
            return self.fail(format_args!("the member `{key}` has no JSON form: {error}"));
        }
        let is_empty = matches!(&out[start..], b"\"\"" | b"null");
        if matches!(self.dedupe, Some(Dedupe::Body(name)) if name == key) {
            self.has_key = !is_empty;
            if let (true, Body::Object(json)) = (is_empty, &mut self.body) {
                json.truncate(before);
            }
        }
    }

    /// Adds a member to the JSON body, if there is a value; the body is an object either way.
    pub fn put_opt(&mut self, key: &str, value: &Option<impl Serialize>) {
        match value {
            Some(value) => self.put(key, value),
            None => drop(self.object()),
        }
    }

    /// Adds a member that travels as JSON text in a string.
    pub fn put_json(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        let Some(out) = self.member(key) else { return };
        out.push(b'"');
        let written = serde_json::to_writer(Quoted(out), value);
        out.push(b'"');
        if let Err(error) = written {
            self.fail(format_args!("the member `{key}` has no JSON form: {error}"));
        }
    }

    /// [`put_json`](Self::put_json), if there is a value.
    pub fn put_json_opt(&mut self, key: &str, value: &Option<impl Serialize>) {
        match value {
            Some(value) => self.put_json(key, value),
            None => drop(self.object()),
        }
    }

    /// Adds a text part to the form.
    pub fn part(&mut self, name: &str, value: &(impl Param + ?Sized)) {
        let value = value.param();
        if let Some(form) = self.form() {
            form.text(name, &value);
        }
    }

    /// Adds a text part to the form, if there is a value.
    pub fn part_opt(&mut self, name: &str, value: &Option<impl Param>) {
        if let Some(value) = value {
            self.part(name, value);
        }
    }

    /// Adds a file to the form. Files follow the text parts, as the platform wants it.
    pub fn file(&mut self, name: &str, file: &File) {
        if let Some(form) = self.form() {
            form.file(name, file);
        }
    }

    /// Adds a file to the form, if there is one.
    pub fn file_opt(&mut self, name: &str, file: &Option<File>) {
        if let Some(file) = file {
            self.file(name, file);
        }
    }

    /// Says who receives the call, for [`Endpoint::paced`](crate::Endpoint::paced).
    pub fn paced(&mut self, receiver: &str) {
        self.receiver = Some(stable_hash(&[receiver]));
    }

    /// Makes `value` the whole body.
    pub(crate) fn whole(&mut self, value: &impl Serialize) {
        if matches!(self.body, Body::Form(_)) {
            return self.fail(format_args!("{BOTH}"));
        }
        match serde_json::to_vec(value) {
            Ok(json) => self.body = Body::Whole(json),
            Err(error) => self.fail(format_args!("the body has no JSON form: {error}")),
        }
    }

    /// Says that a body is JSON although there is none: downloads get their file name only so (protocol: `im/v1/files`).
    pub(crate) fn expect_json(&mut self) {
        self.content_type = Some(JSON);
    }

    /// Adds the help desk's credentials: the header, and the token within it.
    pub(crate) fn helpdesk(&mut self, header: &HeaderValue, secret: &Secret) {
        self.secrets.extend([token::value(header), secret.clone()]);
        self.headers.push((headers::HELPDESK, header.clone()));
    }

    /// Keeps the first problem.
    pub(crate) fn fail(&mut self, problem: std::fmt::Arguments<'_>) {
        if self.problem.is_none() {
            self.problem = Some(problem.to_string());
        }
    }

    pub(crate) fn finish(mut self) -> Result<Encoded, String> {
        let path = self.url[self.path_at..].split('?').next().unwrap_or_default();
        if let Some((_, rest)) = path.split_once("/:") {
            let name = rest.split('/').next().unwrap_or_default().to_owned();
            self.fail(format_args!("the path parameter `{name}` has no value"));
        }
        if self.url.len() > LONGEST {
            let length = self.url.len();
            self.fail(format_args!(
                "its URL has {length} bytes, and more than {LONGEST} do not travel; send fewer or shorter parameters"
            ));
        }
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let mut upload = None;
        let body = match self.body {
            Body::None => Bytes::new(),
            Body::Object(mut json) => {
                json.push(b'}');
                self.content_type = Some(JSON);
                json.into()
            }
            Body::Whole(json) => {
                self.content_type = Some(JSON);
                json.into()
            }
            Body::Form(form) => {
                let (content_type, filled) = form.finish();
                self.content_type = Some(content_type);
                match filled {
                    Filled::Whole(body) => body,
                    Filled::Pieces(pieces) => {
                        upload = Some(pieces);
                        Bytes::new()
                    }
                }
            }
        };
        Ok(Encoded {
            url: self.url,
            headers: self.headers,
            content_type: self.content_type,
            body,
            upload,
            secrets: self.secrets,
            receiver: self.receiver,
            has_key: self.has_key,
        })
    }

    fn path_text(&mut self, name: &str, value: &str) {
        if matches!(value, "" | "." | "..") {
            return self.fail(format_args!(
                "the path parameter `{name}` is \"{value}\", which would address another endpoint; give the real value"
            ));
        }
        let Some(at) = placeholder(&self.url[self.path_at..], name) else {
            return self.fail(format_args!("the path has no parameter `{name}`"));
        };
        let at = self.path_at + at;
        let mut encoded = String::with_capacity(value.len());
        push_encoded(&mut encoded, value);
        self.url.replace_range(at..at + 1 + name.len(), &encoded);
    }

    fn query_text(&mut self, name: &str, value: &str) {
        if matches!(self.dedupe, Some(Dedupe::Query(own)) if own == name) {
            if value.is_empty() {
                return;
            }
            self.has_key = true;
        }
        self.url.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        push_encoded(&mut self.url, name);
        self.url.push('=');
        push_encoded(&mut self.url, value);
    }

    pub(crate) fn header_text(&mut self, name: &str, value: &str, secret: bool) {
        let (Ok(header), Ok(mut value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        else {
            return self.fail(format_args!(
                "the header `{}` holds characters that cannot travel in a header",
                name.escape_debug()
            ));
        };
        if let Some(why) = headers::refusal(&header) {
            return self.fail(format_args!("the header `{name}` {why}"));
        }
        if secret || headers::is_secret(&header) {
            value.set_sensitive(true);
            self.secrets.push(token::value(&value));
        }
        self.headers.push((header, value));
    }

    /// The body as an object to add to, its comma or brace already written.
    fn member(&mut self, key: &str) -> Option<&mut Vec<u8>> {
        let json = self.object()?;
        if json.len() > 1 {
            json.push(b',');
        }
        // Writing text into memory cannot fail.
        serde_json::to_writer(&mut *json, key).ok()?;
        json.push(b':');
        Some(json)
    }

    fn object(&mut self) -> Option<&mut Vec<u8>> {
        if let Body::None = self.body {
            let mut json = Vec::with_capacity(256);
            json.push(b'{');
            self.body = Body::Object(json);
        }
        if !matches!(self.body, Body::Object(_)) {
            self.fail(format_args!("{BOTH}"));
        }
        match &mut self.body {
            Body::Object(json) => Some(json),
            _ => None,
        }
    }

    fn form(&mut self) -> Option<&mut Form> {
        if let Body::None = self.body {
            self.body = Body::Form(Form::default());
        }
        if !matches!(self.body, Body::Form(_)) {
            self.fail(format_args!("{BOTH}"));
        }
        match &mut self.body {
            Body::Form(form) => Some(form),
            _ => None,
        }
    }
}

/// The JSON body of a request, or the text parts of a form as an object; for tools that compare it with documented samples.
#[cfg(feature = "roundtrip")]
pub fn body_of<R: crate::Request>(request: &R) -> Result<crate::Value, String> {
    let mut encoder = Encoder::new("", R::ENDPOINT.path);
    request.encode(&mut encoder);
    let json = match encoder.body {
        Body::None => return Ok(crate::Value::Null),
        Body::Object(mut json) => {
            json.push(b'}');
            json
        }
        Body::Whole(json) => json,
        Body::Form(form) => return Ok(form.texts().collect()),
    };
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL and the body may hold secrets.
        f.debug_struct("Encoder")
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
