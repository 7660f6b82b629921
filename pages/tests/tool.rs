//! The way from pages to a spec and back, on pages of an invented service in the platform's own raw form.

use flybook_codegen::{Differences, Sources, What};
use flybook_pages::{Around, Draft, Known, Leaf, Page, Subject, audit, draft, merge, read};

const CREATE: &str = include_str!("pages/create.md");
const GET: &str = include_str!("pages/get.md");
const CREATED: &str = include_str!("pages/created.md");
const COMMON: &str = include_str!("../../spec/common.yaml");

fn pages() -> Vec<Page> {
    [("create.md", CREATE), ("get.md", GET), ("created.md", CREATED)]
        .iter()
        .map(|(file, text)| read(file, text))
        .collect()
}

#[cfg(test)]
fn known(files: &[(&str, &str)]) -> Known {
    let sources: Sources = files.iter().map(|(path, text)| (*path, stood_in(text))).collect();
    Known::new(&flybook_codegen::outline(&sources).unwrap()).unwrap()
}

/// Sentences that nobody has written yet would not pass the generator.
fn stood_in(text: &str) -> String {
    text.replace("doc: \"\"", "doc: A sentence.")
        .replace(": \"\"\n", ": A sentence.\n")
}

/// The drafted module, for a person to curate.
fn drafted() -> String {
    draft(&pages(), &known(&[("common.yaml", COMMON)]), false).files["notes/v1/note.yaml"].clone()
}

/// A spec that a person finished: the draft with sentences.
fn curated(change: impl Fn(String) -> String) -> String {
    change(stood_in(&drafted()))
}

#[test]
fn a_page_is_read_as_facts() {
    let page = read("create.md", CREATE);
    assert_eq!(page.unread, Vec::<String>::new());
    assert_eq!(page.updated, 1_700_000_002_000);
    assert_eq!(page.home.as_ref().unwrap().module(), "notes.v1.note");
    let Subject::Operation(facts) = page.subject else {
        panic!("no operation")
    };
    assert_eq!(
        (facts.method.as_str(), facts.path.as_str()),
        ("POST", "/open-apis/notes/v1/books/:book_id/notes")
    );
    assert_eq!(facts.tokens, ["tenant", "user"]);
    assert_eq!(facts.apps, ["custom", "store"]);
    assert_eq!(facts.scopes, ["notes:note"]);
    assert_eq!(facts.field_scopes, ["contact:user.employee_id:readonly"]);
    assert_eq!(facts.rate.as_deref(), Some("1000/min 50/s"));
    assert_eq!(
        facts.path_fields[0].name, "book_id",
        "the URL has a parameter that no table has"
    );
    let names: Vec<&str> = facts.body.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["title", "kind", "due", "lines", "labels", "uuid"]);
    let [title, kind, _, lines, labels, _] = facts.body.as_slice() else {
        panic!("six fields")
    };
    assert_eq!(title.required, Some(true));
    assert_eq!(title.limits, [("min_len", 1.into()), ("max_len", 1000.into())]);
    assert_eq!(title.example, Some("Milk".into()));
    assert_eq!(kind.values.len(), 2);
    assert_eq!(lines.limits, [("max_items", 20.into())]);
    assert_eq!(lines.fields[0].name, "text");
    assert_eq!(
        (labels.kind().around, labels.kind().leaf),
        (vec![Around::Map, Around::List], Leaf::Text)
    );
    assert_eq!(facts.query[0].value_scopes.len(), 1);
    let codes: Vec<(i64, Option<u16>)> = facts.errors.iter().map(|row| (row.code, row.status)).collect();
    assert_eq!(codes, [(71001, Some(400)), (71002, Some(403))]);
    assert_eq!((facts.request_samples.len(), facts.reply_samples.len()), (1, 1));
}

#[test]
fn old_pages_have_tables_of_markdown_and_rates_in_their_text() {
    let page = read("get.md", GET);
    assert_eq!(page.unread, Vec::<String>::new());
    let home = page.home.unwrap();
    assert_eq!(
        (home.module().as_str(), home.name.as_str()),
        ("notes.v1.note", "get"),
        "from the page's own path"
    );
    let Subject::Operation(facts) = page.subject else {
        panic!("no operation")
    };
    assert_eq!(facts.path, "/open-apis/notes/v1/notes/:note_id");
    assert_eq!(facts.tokens, ["tenant"]);
    assert_eq!(facts.rate.as_deref(), Some("5/s"));
    let note = &facts.reply[1].fields[0];
    assert_eq!(
        (note.name.as_str(), note.fields[1].fields[0].name.as_str()),
        ("note", "text")
    );
}

#[test]
fn nothing_that_is_no_page_makes_the_reader_fail() {
    for text in [
        "",
        "---",
        "---\ntitle",
        "<md-table><md-tr>",
        "## 请求\n<md-td HTTP URL",
        "| HTTP URL |\n|--|\n",
        "\u{feff}---\n---\n```",
    ] {
        assert!(matches!(read("odd.md", text).subject, Subject::Prose), "{text:?}");
    }
    // Cut short anywhere, a page is still read as far as it goes.
    for (at, _) in CREATE.char_indices().step_by(97) {
        assert_eq!(read("cut.md", &CREATE[..at]).file, "cut.md");
    }
}

#[test]
fn a_draft_says_what_its_pages_say() {
    insta::assert_snapshot!(drafted());
    // The generator takes it once the sentences are there.
    let report = audit(
        &pages(),
        &known(&[("common.yaml", COMMON), ("notes/v1/note.yaml", &drafted())]),
        &Differences::default(),
    );
    assert_eq!(report.open, [], "a draft differs in nothing from its pages");
}

#[test]
fn notes_keep_the_words_of_the_page_beside_what_they_belong_to() {
    let noted = draft(&pages(), &known(&[("common.yaml", COMMON)]), true);
    let text = &noted.files["notes/v1/note.yaml"];
    assert!(text.contains("      #~ The title\n      title!:"), "{text}");
    assert!(!drafted().contains("#~"));
}

#[test]
fn each_departure_from_a_page_is_found() {
    // What is changed in the spec, and what the audit says of it.
    let departures: &[(&str, &str, What, &str)] = &[
        ("tokens: [tenant, user]", "tokens: [tenant]", What::Tokens, ""),
        (
            "apps: [custom, store]\n    scopes: [notes:note]\n    field",
            "apps: [custom]\n    scopes: [notes:note]\n    field",
            What::Apps,
            "",
        ),
        ("rate: 5/s", "rate: 6/s", What::Rate, ""),
        (
            "scopes: [notes:note]\n    field_scopes",
            "scopes: [notes:book]\n    field_scopes",
            What::Scopes,
            "",
        ),
        (
            "    field_scopes: [contact:user.employee_id:readonly]\n",
            "",
            What::FieldScopes,
            "",
        ),
        ("updated: 1700000002000", "updated: 1700000001000", What::NewerPage, ""),
        ("title!:", "title:", What::Required, "body.title"),
        ("max_len: 1000", "max_len: 999", What::Limit, "body.title"),
        ("max_items: 20", "max_items: 21", What::Limit, "body.lines"),
        ("type: millis", "type: int", What::Type, "body.due"),
        ("map(list(string))", "map(string)", What::Type, "body.labels"),
        ("default: open_id, ", "", What::Default, "query.user_id_type"),
        ("      71001: A sentence.\n", "", What::MissingCode, "71001"),
        ("status: 403", "status: 404", What::Status, "71002"),
        (
            "      71001: A sentence.\n",
            "      71001: A sentence.\n      79999: A sentence.\n",
            What::ExtraCode,
            "79999",
        ),
        (
            "      uuid: {type: string, doc: A sentence., max_len: 50}\n",
            "",
            What::MissingField,
            "body.uuid",
        ),
        (
            "      1: {doc: A sentence., as: Value1}\n",
            "",
            What::MissingValue,
            "body.kind=1",
        ),
        (
            "      1: {doc: A sentence., as: Value1}\n",
            "      1: {doc: A sentence., as: Value1}\n      7: {doc: A sentence., as: Value7}\n",
            What::ExtraValue,
            "7",
        ),
        (
            "scopes: [notes:note.text:readonly], ",
            "",
            What::FieldsScopes,
            "data.note.lines.text",
        ),
        (
            "      note_id: {type: string, doc: A sentence.}\n",
            "      note_id: {type: string, doc: A sentence.}\n      more: {type: string, doc: A sentence.}\n",
            What::ExtraField,
            "more",
        ),
    ];
    for (is, becomes, what, field) in departures {
        let text = curated(|text| {
            assert!(text.contains(is), "the draft has no `{is}`:\n{text}");
            text.replacen(is, becomes, 1)
        });
        let text = text.replace("    dedupe: uuid\n", "");
        let report = audit(
            &pages(),
            &known(&[("common.yaml", COMMON), ("notes/v1/note.yaml", &text)]),
            &Differences::default(),
        );
        let found: Vec<(What, &str)> = report
            .open
            .iter()
            .map(|found| (found.what, found.field.as_str()))
            .collect();
        assert!(found.contains(&(*what, *field)), "`{is}` → `{becomes}`: {found:?}");
        assert!(!report.is_clean());
    }
}

#[test]
fn what_a_page_describes_and_the_spec_lacks_is_found() {
    let text = curated(|text| {
        let (before, rest) = text.split_once("  get:\n").unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        format!("{before}{after}")
    });
    let text = text.split_once("\nevents:").unwrap().0;
    let report = audit(
        &pages(),
        &known(&[("common.yaml", COMMON), ("notes/v1/note.yaml", text)]),
        &Differences::default(),
    );
    let found: Vec<(What, &str)> = report
        .open
        .iter()
        .map(|found| (found.what, found.at.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (What::MissingOperation, "notes.v1.note.get"),
            (What::MissingEvent, "notes.v1.note.created")
        ]
    );
}

#[cfg(test)]
fn explained(rows: &str, text: &str) -> flybook_pages::Report {
    let sources: Sources = [("differences.yaml", rows)].into_iter().collect();
    let differences = flybook_codegen::differences(&sources).unwrap();
    audit(
        &pages(),
        &known(&[("common.yaml", COMMON), ("notes/v1/note.yaml", text)]),
        &differences,
    )
}

#[test]
fn a_difference_with_a_reason_is_none_and_a_reason_without_a_difference_is_one() {
    let text = curated(|text| text.replace("title!:", "title:"));
    let row = "differences:\n  - at: notes.v1.note.create\n    what: required\n    field: body.title\n    why: The sample has none.\n";
    let report = explained(row, &text);
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.explained, 1);

    let report = explained(row, &curated(|text| text));
    assert!(!report.is_clean());
    assert!(
        report
            .to_string()
            .contains("spec/differences.yaml:2: `notes.v1.note.create` explains no difference any more; remove it"),
        "{report}"
    );
    assert!(
        explained("begun:\n  notes: A part.\n", &curated(|text| text))
            .to_string()
            .contains("nothing of `notes` is missing any more")
    );
}

#[test]
fn a_curated_file_is_brought_up_to_date_and_loses_no_word() {
    // A person's file, of older pages: other sentences, remarks, an order of its own, no `get`, no event.
    let older = include_str!("pages/older.yaml");
    let known = known(&[("common.yaml", COMMON), ("notes/v1/note.yaml", older)]);
    let draft = draft(&pages(), &known, false);
    let report = audit(&pages(), &known, &Differences::default());
    let merged = merge("notes/v1/note", older, &report.open, &draft).unwrap();
    insta::assert_snapshot!(merged.text);
    insta::assert_snapshot!(merged.changes.join("\n"));
    let words = older.lines().flat_map(|line| {
        let doc = line
            .split("doc: ")
            .nth(1)
            .map(|doc| doc.split(['.', ';']).next().unwrap_or_default());
        line.split_once('#').map(|(_, remark)| remark).into_iter().chain(doc)
    });
    for word in words {
        assert!(merged.text.contains(word), "lost: {word}");
    }
    // Once is enough: what was added is there, and the rest stays.
    let known = self::known(&[("common.yaml", COMMON), ("notes/v1/note.yaml", &merged.text)]);
    let report = audit(&pages(), &known, &Differences::default());
    let again = merge("notes/v1/note", &merged.text, &report.open, &Draft::default()).unwrap();
    assert_eq!(again.text, merged.text);
}
