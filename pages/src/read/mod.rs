//! From the raw form of a page to its facts. Nothing here fails: what cannot be read is noted on the page.

mod cell;
mod table;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    facts::*,
    markup::{self, Node, elements},
};

/// Reads one page.
pub fn read(file: &str, source: &str) -> Page {
    let (front, body) = front_matter(source);
    let front_value = |key: &str| {
        let line = front
            .iter()
            .find_map(|line| line.strip_prefix(key)?.trim().strip_prefix(':'));
        line.map(|value| value.trim().trim_matches('"').to_owned())
            .unwrap_or_default()
    };
    let mut page = Page {
        file: file.to_owned(),
        title: front_value("title"),
        path: front_value("fullPath"),
        updated: front_value("updateTime").parse().unwrap_or_default(),
        numbers: numbers(body),
        ..Page::default()
    };
    page.home = tried(body);
    let sections = sections(body);
    let basics = sections
        .iter()
        .flat_map(|section| table::tables(&section.body))
        .map(Basics::new)
        .find(|basics| basics.get("HTTP URL").or(basics.get("事件类型")).is_some());
    let Some(basics) = basics else {
        if body.contains("HTTP Method") {
            page.unread
                .push("no table says method and URL, or the event's type".to_owned());
        }
        return page;
    };
    page.subject = match basics.get("HTTP URL") {
        Some(url) => {
            let mut operation = Box::new(operation(&sections, &basics, &mut page.unread));
            (operation.host, operation.path) = address(&markup::text(url));
            if operation.path.is_empty() {
                page.unread
                    .push(format!("no path in the URL `{}`", markup::text(url).trim()));
            }
            name_paths(&mut operation);
            operation.rate = said_rate(body)
                .filter(|_| operation.rate.as_deref().is_none_or(|rate| rate == "special"))
                .or(operation.rate);
            if page.home.is_none() {
                page.home = home_of(&operation.path, &page.path);
            }
            Subject::Operation(operation)
        }
        None => {
            let event = Box::new(event(&sections, &basics, &mut page.unread));
            if page.home.is_none() {
                page.home = home_of_event(&event.event_type);
            }
            Subject::Event(event)
        }
    };
    if page.home.is_none() {
        page.unread
            .push("neither link nor path tell project, version, resource and method".to_owned());
    }
    page
}

/// The lines between the two `---` at the top, and what follows.
fn front_matter(source: &str) -> (Vec<&str>, &str) {
    let inside = source.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---"));
    match inside {
        Some((front, body)) => (front.lines().collect(), body),
        None => (Vec::new(), source),
    }
}

/// The names in the link to the explorer: `…?project=im&version=v1&resource=message&method=create`.
fn tried(body: &str) -> Option<Home> {
    let query = body.split("api_explore_config?").nth(1)?;
    let query = query.split([')', ' ', '\n', '"']).next()?;
    let of = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    Some(Home {
        project: of("project")?,
        version: of("version")?,
        resource: of("resource")?,
        name: of("method").or_else(|| of("event"))?,
    })
}

/// A headline and what stands under it.
struct Section {
    title: String,
    body: String,
}

fn sections(body: &str) -> Vec<Section> {
    let mut all = vec![Section {
        title: String::new(),
        body: String::new(),
    }];
    let mut fenced = false;
    for line in body.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let title = line.trim_start_matches('#');
        let depth = line.len() - title.len();
        if !fenced && (1..=6).contains(&depth) && title.starts_with([' ', '\u{a0}']) {
            all.push(Section {
                title: title.trim().to_owned(),
                body: String::new(),
            });
        } else if let Some(section) = all.last_mut() {
            section.body.push_str(line);
            section.body.push('\n');
        }
    }
    all
}

/// The rows of the table at the top: what each is about, and its cell.
struct Basics(Vec<(String, Vec<Node>)>);

impl Basics {
    fn new(table: Vec<table::Row>) -> Self {
        let rows = table.into_iter().filter(|row| row.cells.len() > 1);
        let rows = rows.map(|row| {
            let key = row.text(0);
            let key = key.lines().next().unwrap_or_default().trim().to_owned();
            (key, row.cells[1].clone())
        });
        Self(rows.collect())
    }

    fn get(&self, key: &str) -> Option<&[Node]> {
        let (_, cell) = self.0.iter().find(|(known, _)| known == key)?;
        Some(cell)
    }

    /// A cell; nothing where the page has none.
    fn of(&self, key: &str) -> &[Node] {
        self.get(key).unwrap_or_default()
    }

    fn text(&self, key: &str) -> String {
        markup::text(self.of(key)).trim().to_owned()
    }
}

fn operation(sections: &[Section], basics: &Basics, unread: &mut Vec<String>) -> Operation {
    let mut operation = Operation {
        method: basics.text("HTTP Method").to_ascii_uppercase(),
        apps: apps(basics.of("支持的应用类型")),
        scopes: scopes(basics.of("权限要求")),
        field_scopes: scopes(basics.of("字段权限要求")),
        rate: rate(&basics.text("接口频率限制")),
        ..Operation::default()
    };
    if operation.method.is_empty() {
        unread.push("no HTTP method".to_owned());
    }
    let mut in_reply = false;
    for section in sections {
        let title = section.title.trim_matches([' ', '*']);
        if title.starts_with("响应") || title.starts_with("返回") {
            in_reply = true;
        } else if title == "请求" {
            in_reply = false;
        }
        let mut fields = |what: &str| table::fields(&section.body, what, unread);
        match title {
            "请求头" | "扩展请求头" | "请求 Header" => headers(&section.body, &mut operation),
            "路径参数" => operation.path_fields.extend(fields("path")),
            "查询参数" | "请求参数" if !in_reply => operation.query.extend(fields("query")),
            "请求体" => operation.body.extend(fields("body")),
            "请求体示例" | "请求示例" => operation.request_samples.extend(samples(&section.body)),
            "响应体" | "返回参数" | "响应参数" if operation.reply.is_empty() => {
                operation.reply = fields("reply")
            }
            "响应体示例" | "响应示例" | "返回示例" => {
                operation.reply_samples.extend(samples(&section.body))
            }
            "响应" => operation.bytes = section.body.contains("二进制") || section.body.contains("文件流"),
            title if title.starts_with("错误码") => operation.errors.extend(errors(&section.body)),
            _ => {}
        }
    }
    // Old pages say in the table at the top what others say of the headers.
    if operation.tokens.is_empty() {
        operation.tokens = token_kinds(&basics.text("凭证要求"));
    }
    operation.form |= basics.text("HTTP Content-Type").contains("multipart/form-data");
    operation.bytes &= operation.reply.is_empty();
    operation
}

/// The kinds of tokens that a text names.
fn token_kinds(text: &str) -> Vec<String> {
    let kinds = [
        ("tenant_access_token", "tenant"),
        ("user_access_token", "user"),
        ("app_access_token", "app"),
    ];
    let named = kinds.iter().filter(|(token, _)| text.contains(token));
    named.map(|(_, kind)| (*kind).to_owned()).collect()
}

/// Tokens, the kind of body, and headers of the call's own.
fn headers(section: &str, operation: &mut Operation) {
    for table in table::tables(section) {
        for row in table.iter().skip(1) {
            let name = row.text(0);
            let cells: Vec<Node> = row.cells.iter().flatten().cloned().collect();
            match name.trim() {
                "Authorization" => {
                    let mut tags = Vec::new();
                    tagged(&cells, &mut tags);
                    operation.tokens.extend(tags);
                    if operation.tokens.is_empty() {
                        operation.tokens = token_kinds(&markup::text(&cells));
                    }
                }
                "Content-Type" => operation.form |= markup::text(&cells).contains("multipart/form-data"),
                _ => {}
            }
        }
    }
    let own = table::fields(section, "headers", &mut Vec::new());
    let known = ["Authorization", "Content-Type", "Content-type", "Accept", "User-Agent"];
    operation
        .headers
        .extend(own.into_iter().filter(|field| !known.contains(&field.name.as_str())));
}

fn tagged(nodes: &[Node], tokens: &mut Vec<String>) {
    for element in elements(nodes) {
        if let Some(kind) = element.attribute("type").and_then(|kind| kind.strip_prefix("token-")) {
            tokens.push(kind.to_owned());
        }
        tagged(&element.children, tokens);
    }
}

fn event(sections: &[Section], basics: &Basics, unread: &mut Vec<String>) -> Event {
    let mut event = Event {
        event_type: basics.text("事件类型"),
        apps: apps(basics.of("支持的应用类型")),
        scopes: scopes(basics.of("权限要求")),
        field_scopes: scopes(basics.of("字段权限要求")),
        ..Event::default()
    };
    for section in sections {
        match section.title.trim() {
            "事件体" | "回调结构体" | "回调体" if event.fields.is_empty() => {
                event.fields = table::fields(&section.body, "event", unread)
            }
            "事件体示例" | "回调体示例" => event.samples.extend(samples(&section.body)),
            _ => {}
        }
    }
    event
}

fn apps(cell: &[Node]) -> Vec<String> {
    let mut types = Vec::new();
    for element in elements(cell) {
        for kind in element.attribute("types").unwrap_or_default().split(',') {
            match kind.trim() {
                "custom" => types.push("custom".to_owned()),
                "isv" => types.push("store".to_owned()),
                _ => {}
            }
        }
    }
    types
}

fn scopes(cell: &[Node]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for element in elements(cell) {
        if element.name == "md-perm" {
            let name = element.attribute("name").unwrap_or_default().trim().to_owned();
            if !name.is_empty() && !all.contains(&name) {
                all.push(name);
            }
        }
        for scope in scopes(&element.children) {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
    }
    all
}

/// `[1000 次/分钟、50 次/秒](…)` as `1000/min 50/s`.
fn rate(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('[');
    let text = text.split(']').next().unwrap_or_default();
    if text.contains("特殊") {
        return Some("special".to_owned());
    }
    let windows: Vec<String> = text
        .split(['、', ',', '，'])
        .filter_map(|window| {
            let (count, unit) = window.split_once("次/")?;
            let unit = match unit.trim() {
                "秒" => "s",
                "分钟" => "min",
                _ => return None,
            };
            Some(format!("{}/{unit}", count.trim().parse::<u32>().ok()?))
        })
        .collect();
    (!windows.is_empty()).then(|| windows.join(" "))
}

/// A rate that only the text tells: `调用频率上限为每秒 5 次`, `调用频率上限为 5 QPS`.
fn said_rate(body: &str) -> Option<String> {
    let said = body.split("调用频率上限为").nth(1)?.trim_start();
    let number = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
    };
    let count = match said.strip_prefix("每秒") {
        Some(said) => number(said),
        None => {
            let count = number(said);
            let unit = said[count.len()..].trim_start();
            unit.starts_with("QPS").then_some(count)?
        }
    };
    Some(format!("{}/s", count.parse::<u32>().ok()?))
}

/// The numbers of a text, without the commas in them.
fn numbers(body: &str) -> BTreeSet<String> {
    let plain = body.split(|c: char| !(c.is_ascii_digit() || c == ','));
    plain
        .map(|number| number.replace(',', ""))
        .filter(|number| !number.is_empty())
        .collect()
}

/// Host and path of a URL; parameters in any spelling become `:name`, a query that is part of the URL goes.
fn address(url: &str) -> (&'static str, String) {
    let url = url.trim().trim_matches('`');
    let url = url.split_whitespace().next().unwrap_or_default();
    let url = url
        .split_once("](")
        .map_or(url, |(text, _)| text.trim_start_matches('['));
    let (host, path) = match url.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
        Some((host, path)) => (host, path),
        None => ("open.feishu.cn", url.trim_start_matches('/')),
    };
    let host = match host.split('.').next() {
        Some("accounts") => "accounts",
        Some("www") => "web",
        _ => "open",
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if path.is_empty() {
        return (host, String::new());
    }
    let parts = path.split('/').map(
        |part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => format!(":{name}"),
            None => part.to_owned(),
        },
    );
    (host, format!("/{}", parts.collect::<Vec<_>>().join("/")))
}

/// Path parameters that the table leaves out are strings all the same; a name the URL spells otherwise follows the URL.
fn name_paths(operation: &mut Operation) {
    let path = operation.path.clone();
    let named: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix(':')).collect();
    operation
        .path_fields
        .retain(|field| named.contains(&field.name.as_str()));
    for name in named {
        if !operation.path_fields.iter().any(|field| field.name == name) {
            operation.path_fields.push(Field {
                name: name.to_owned(),
                ty: "string".to_owned(),
                required: Some(true),
                ..Field::default()
            });
        }
    }
}

/// The names of an old page, from its URL: `/open-apis/calendar/v4/calendars/search`, or from its own path.
fn home_of(url: &str, page: &str) -> Option<Home> {
    let version = |part: &str| part.len() > 1 && part.starts_with('v') && part[1..].chars().all(|c| c.is_ascii_digit());
    // `…/reference/contact-v3/user/create`
    let parts: Vec<&str> = page.split('/').filter(|part| !part.is_empty()).collect();
    if let [.., service, resource, name] = parts.as_slice()
        && let Some((project, number)) = service.rsplit_once('-')
        && version(number)
        && !name.chars().any(|c| c.is_ascii_uppercase())
    {
        return Some(Home {
            project: project.replace('-', "_"),
            version: number.to_owned(),
            resource: resource.replace('-', "_"),
            name: name.replace('-', "_"),
        });
    }
    let after = url.strip_prefix("/open-apis/").or_else(|| url.strip_prefix('/'))?;
    let literal: Vec<&str> = after
        .split('/')
        .filter(|part| !part.is_empty() && !part.starts_with(':'))
        .collect();
    let (service, rest) = literal.split_first()?;
    let at = rest.iter().position(|part| version(part));
    let number = at.map_or("v1", |at| rest[at]);
    let words: Vec<String> = rest
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != at)
        .map(|(_, part)| part.replace('-', "_").to_ascii_lowercase())
        .collect();
    let (name, resource) = match words.split_last() {
        Some((name, [])) => (name.clone(), (*service).to_owned()),
        Some((name, resource)) => (name.clone(), resource.join(".")),
        None => ("get".to_owned(), (*service).to_owned()),
    };
    Some(Home {
        project: service.replace('-', "_"),
        version: number.to_owned(),
        resource,
        name,
    })
}

/// `im.message.receive_v1`; an old type is its own name.
fn home_of_event(event_type: &str) -> Option<Home> {
    let (rest, version) = event_type.rsplit_once("_v").unwrap_or((event_type, "1"));
    let parts: Vec<&str> = rest.split('.').collect();
    let (project, resource, name) = match parts.as_slice() {
        [""] | [] => return None,
        [name] => ("event", "event".to_owned(), *name),
        [project, name] => (*project, (*project).to_owned(), *name),
        [project, resource @ .., name] => (*project, resource.join("."), *name),
    };
    Some(Home {
        project: project.to_owned(),
        version: format!("v{version}"),
        resource,
        name: name.to_owned(),
    })
}

/// The JSON texts of a section, in `md-code-json` or between fences; what is no JSON is no sample.
fn samples(section: &str) -> Vec<Value> {
    let mut texts: Vec<String> = Vec::new();
    for element in elements(&markup::parse(section)) {
        let codes = match element.name.as_str() {
            "md-code-json" => vec![element],
            _ => element.all(&["md-code-json"]),
        };
        texts.extend(codes.iter().map(|code| code.text()));
    }
    let mut fences = section.split("```");
    fences.next();
    while let Some(fence) = fences.next() {
        let (language, text) = fence.split_once('\n').unwrap_or(("", fence));
        if matches!(language.trim().to_ascii_lowercase().as_str(), "json" | "") {
            texts.push(text.to_owned());
        }
        fences.next();
    }
    texts
        .iter()
        .filter_map(|text| serde_json::from_str(text.trim()).ok())
        .collect()
}

/// The rows of the error tables, by the titles of their columns.
fn errors(section: &str) -> Vec<ErrorRow> {
    let mut all: Vec<ErrorRow> = Vec::new();
    for table in table::tables(section) {
        let Some(titles) = table.first() else { continue };
        let titles: Vec<String> = (0..titles.cells.len())
            .map(|at| titles.text(at).replace([' ', '*'], ""))
            .collect();
        let at = |names: &[&str]| titles.iter().position(|title| names.contains(&title.as_str()));
        let Some(code) = at(&["错误码", "code", "Code", "错误代码"]) else {
            continue;
        };
        let status = at(&["HTTP状态码", "HTTPCode", "HTTP码"]);
        let message = at(&["描述", "说明", "错误信息", "错误描述", "msg"]);
        let advice = at(&["排查建议", "解决方案", "建议", "处理建议"]);
        for row in &table[1..] {
            let text = |at: Option<usize>| at.map(|at| row.text(at)).unwrap_or_default();
            let Ok(code) = text(Some(code)).parse() else { continue };
            let found = ErrorRow {
                status: text(status).parse().ok(),
                code,
                message: text(message),
                advice: text(advice),
            };
            if !all.iter().any(|known| known.code == code) {
                all.push(found);
            }
        }
    }
    all
}
