//! Cells of every kind that the platform's page on the structure of records shows (bitable-record-data-structure-overview): read typed,
//! written again without loss, and brought into the form that the pages of `create` and `update` take.

// Tests may panic: that is how they fail.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use flybook::{
    IntMillis,
    bitable::v1::{app_table_field::FieldType, app_table_record::MentionType},
};
use flybook_bitable::{
    Attachment, BitableRecord, Cell, Computed, Group, Hyperlink, Location, Person, Read, Record, Segment, ToCell, plain,
};
use serde_json::{Value, json};

/// The page's sample of each kind of field, under the field's Chinese name.
const OVERVIEW: &str = include_str!("overview.json");

fn overview() -> Record {
    serde_json::from_str(OVERVIEW).unwrap()
}

fn cell(value: Value) -> Cell {
    serde_json::from_value(value).unwrap()
}

fn json(cell: &Cell) -> Value {
    serde_json::to_value(cell).unwrap()
}

#[test]
fn every_documented_cell_is_typed_and_loses_nothing() {
    let page: Value = serde_json::from_str(OVERVIEW).unwrap();
    let record = overview();
    assert_eq!(record.fields.len(), 22);
    for (name, cell) in &record.fields {
        assert!(!matches!(cell, Cell::Json(_)), "{name}: {cell:?}");
        assert_eq!(json(cell), page["fields"][name], "{name}");
    }
    let variant = |name: &str| {
        let text = format!("{:?}", record.fields[name]);
        text.split('(').next().unwrap().to_owned()
    };
    for (name, wanted) in [
        ("文本", "Segments"),
        ("条码", "Segments"),
        ("邮箱", "Segments"),
        ("数字", "Number"),
        ("单选", "Text"),
        ("多选", "Options"),
        ("日期", "Integer"),
        ("复选框", "Checkbox"),
        ("人员", "People"),
        ("电话号码", "Text"),
        ("超链接", "Hyperlink"),
        ("附件", "Attachments"),
        ("单向关联", "LinkedRecords"),
        ("双向关联", "LinkedRecords"),
        ("公式", "Computed"),
        ("地理位置", "Location"),
        ("群组", "Groups"),
        ("创建时间", "Integer"),
        ("最后更新时间", "Integer"),
        ("创建人", "People"),
        ("修改人", "People"),
        ("自动编号", "Text"),
    ] {
        assert_eq!(variant(name), wanted, "{name}");
    }
}

/// A struct with every kind of column of the page.
#[derive(Debug, BitableRecord)]
struct Overview {
    #[bitable(id)]
    id: String,
    #[bitable(name = "文本")]
    text: String,
    #[bitable(name = "条码")]
    barcode: String,
    #[bitable(name = "邮箱")]
    email: Vec<Segment>,
    #[bitable(name = "数字")]
    number: f64,
    #[bitable(name = "单选")]
    option: Option<String>,
    #[bitable(name = "多选")]
    options: Vec<String>,
    #[bitable(name = "日期")]
    date: IntMillis,
    #[bitable(name = "复选框")]
    done: bool,
    #[bitable(name = "人员")]
    people: Vec<Person>,
    #[bitable(name = "电话号码")]
    phone: String,
    #[bitable(name = "超链接")]
    link: Hyperlink,
    #[bitable(name = "附件")]
    files: Vec<Attachment>,
    #[bitable(name = "单向关联")]
    one_way: Vec<String>,
    #[bitable(name = "双向关联")]
    two_way: Vec<String>,
    #[bitable(name = "公式", read_only)]
    formula: String,
    #[bitable(name = "地理位置")]
    place: Location,
    #[bitable(name = "群组")]
    groups: Vec<Group>,
    #[bitable(name = "创建时间", read_only)]
    created: std::time::SystemTime,
    #[bitable(name = "创建人", read_only)]
    creator: Person,
    #[bitable(name = "自动编号", read_only)]
    number_of_row: String,
    #[bitable(skip)]
    cached: Vec<u8>,
}

#[test]
fn a_struct_reads_every_documented_cell() {
    let row: Overview = overview().read().unwrap();
    assert_eq!(row.id, "recusutYZm4ulo");
    assert_eq!(row.text, "网站更新任务正在进行中");
    assert_eq!(row.barcode, "FS0001");
    assert_eq!(row.email[0].link.as_deref(), Some("mailto:zhangmin@bytedance.com"));
    assert_eq!(row.number, 0.5);
    assert_eq!(row.option.as_deref(), Some("进行中"));
    assert_eq!(row.options, ["审批集成", "办公管理", "身份管理"]);
    assert_eq!(row.date, IntMillis(1675526400000));
    assert!(row.done);
    assert_eq!(row.people[0].en_name.as_deref(), Some("Amanda Huang"));
    assert_eq!(row.phone, "17899870000");
    assert_eq!(row.link.link, "https://open.feishu.cn/document/home/index");
    assert_eq!(row.files[0].size, Some(108867));
    assert_eq!(row.one_way, ["reclzUoBLn", "rec7bYQoX1", "recFIE3n52"]);
    assert_eq!(row.two_way, row.one_way);
    assert_eq!(row.formula, "✅ 正常");
    assert_eq!(row.place.cityname.as_deref(), Some("北京市"));
    assert_eq!(row.groups[0].id, "oc_d2a947abb78bbbbb12d4cad55fbabcef");
    assert_eq!(row.created, UNIX_EPOCH + Duration::from_millis(1675526400000));
    assert_eq!(row.creator.id, "ou_8240099442cf5da49f04f4bf8f8abcef");
    assert_eq!(row.number_of_row, "1");
    assert!(row.cached.is_empty());
}

#[test]
fn what_is_written_has_the_form_of_the_page_of_create() {
    let row: Overview = overview().read().unwrap();
    let written = serde_json::to_value(row.fields()).unwrap();
    // create.md: text is a string, people and groups have an `id` alone, files a `file_token`, links are lists of IDs, a place is
    // its coordinates; what is computed cannot be written.
    let wanted = json!({
        "文本": "网站更新任务正在进行中",
        "条码": "FS0001",
        "邮箱": "zhangmin@bytedance.com",
        "数字": 0.5,
        "单选": "进行中",
        "多选": ["审批集成", "办公管理", "身份管理"],
        "日期": 1675526400000_i64,
        "复选框": true,
        "人员": [{"id": "ou_8240099442cf5da49f04f4bf8f8abcef"}],
        "电话号码": "17899870000",
        "超链接": {"link": "https://open.feishu.cn/document/home/index", "text": "飞书开放平台"},
        "附件": [{"file_token": "J7GdbgNWWoD1fwx7oWccxdgknIe"}],
        "单向关联": ["reclzUoBLn", "rec7bYQoX1", "recFIE3n52"],
        "双向关联": ["reclzUoBLn", "rec7bYQoX1", "recFIE3n52"],
        "地理位置": "116.352681,40.01437",
        "群组": [{"id": "oc_d2a947abb78bbbbb12d4cad55fbabcef"}],
    });
    assert_eq!(written, wanted);
    // A cell kept as it was read is written in the same form.
    for (name, cell) in &overview().fields {
        let there = wanted.get(name).filter(|_| !matches!(cell, Cell::Computed(_)));
        if let Some(value) = there {
            assert_eq!(plain(cell).map(|cell| json(&cell)).as_ref(), Some(value), "{name}");
        }
    }
    assert!(plain(&overview().fields["公式"]).is_none());
}

#[test]
fn old_and_rich_forms_read_alike() {
    #[derive(BitableRecord)]
    struct Old {
        effort: f64,
        estimate: i64,
        links: Vec<String>,
        text: Vec<Segment>,
        plain: String,
    }
    // historic get.md: numbers as text, links with their text, segments where asked for.
    let fields = json!({
        "effort": 64,
        "estimate": "8",
        "links": [{"table_id": "tbltAvx3DYBw7PVj", "record_ids": ["recl1IWVnB", "recrJk7SXT"], "text": "第一行,第二行", "type": "text"}],
        "text": [
            {"text": "hello", "type": "text"},
            {"mentionType": "User", "mentionNotify": false, "name": "test", "text": "@test", "token": "ou_s", "type": "mention"},
        ],
        "plain": [{"text": "hello ", "type": "text"}, {"text": "测试链接标题", "link": "https://www.baidu.com/", "type": "url"}],
    });
    let record: Record = serde_json::from_value(json!({ "fields": fields })).unwrap();
    assert_eq!(serde_json::to_value(&record.fields).unwrap(), fields);
    let row: Old = record.read().unwrap();
    assert_eq!((row.effort, row.estimate), (64.0, 8));
    assert_eq!(row.links, ["recl1IWVnB", "recrJk7SXT"]);
    assert_eq!(row.text[1].mention_type, Some(MentionType::User));
    assert_eq!(row.plain, "hello 测试链接标题");
}

#[test]
fn results_are_lists_of_what_cells_hold() {
    // The overview's note: where the type is no list, the result is a list of it.
    #[derive(BitableRecord)]
    struct Results {
        #[bitable(read_only)]
        sum: f64,
        #[bitable(read_only)]
        dates: Vec<IntMillis>,
        #[bitable(read_only)]
        links: Vec<Hyperlink>,
        #[bitable(read_only)]
        choice: String,
        #[bitable(read_only)]
        whole: Computed,
    }
    let fields = json!({
        "sum": {"type": 2, "value": [2.5]},
        "dates": {"type": 5, "value": [1675526400000_i64, 1675440000000_i64]},
        "links": {"type": 15, "value": [{"link": "https://a.example", "text": "a"}]},
        "choice": {"type": 3, "ui_type": "SingleSelect", "value": ["进行中"]},
        "whole": {"type": 7, "value": [true, false]},
    });
    let record: Record = serde_json::from_value(json!({ "fields": fields })).unwrap();
    assert_eq!(serde_json::to_value(&record.fields).unwrap(), fields);
    let row: Results = record.read().unwrap();
    assert_eq!(row.sum, 2.5);
    assert_eq!(row.dates, [IntMillis(1675526400000), IntMillis(1675440000000)]);
    assert_eq!(row.links[0].link, "https://a.example");
    assert_eq!(row.choice, "进行中");
    assert_eq!(row.whole.kind, FieldType::Checkbox);
    assert!(row.fields().is_empty());
}

#[test]
fn what_is_empty_reads_empty_and_is_left_out_or_cleared() {
    #[derive(Debug, BitableRecord)]
    struct Row {
        #[bitable(id)]
        id: Option<String>,
        text: String,
        done: bool,
        links: Vec<String>,
        due: Option<IntMillis>,
        cell: Cell,
    }
    // add-a-sub-record-in-a-base-table.md: a link to nothing is `{}`, and empty cells are left out.
    let record: Record = serde_json::from_value(json!({"record_id": "recb9nHBYR", "fields": {"links": {}}})).unwrap();
    let row: Row = record.read().unwrap();
    assert_eq!(
        (row.id.as_deref(), row.text.as_str(), row.done),
        (Some("recb9nHBYR"), "", false)
    );
    assert!(row.links.is_empty() && row.due.is_none() && matches!(row.cell, Cell::Json(Value::Null)));
    assert_eq!(serde_json::to_value(row.fields()).unwrap(), json!({"done": false}));
    // update.md: `null` empties a cell.
    let wanted = json!({"text": null, "done": false, "links": null, "due": null, "cell": null});
    assert_eq!(serde_json::to_value(row.all_fields()).unwrap(), wanted);
    let change = row.change().unwrap();
    assert_eq!(
        serde_json::to_value(&change).unwrap(),
        json!({"record_id": "recb9nHBYR", "fields": {"done": false}})
    );
    assert!(Row { id: None, ..row }.change().is_none());
}

#[test]
fn errors_name_the_column_what_was_found_and_what_is_wanted() {
    #[derive(Debug, BitableRecord)]
    struct Row {
        #[bitable(name = "截止日期")]
        due: IntMillis,
    }
    let read = |fields: Value| {
        let record: Record = serde_json::from_value(json!({"record_id": "rec1", "fields": fields})).unwrap();
        record.read::<Row>().map(|row| row.due).unwrap_err().to_string()
    };
    assert_eq!(
        read(json!({})),
        "`截止日期` of record `rec1` is empty, and a date in milliseconds is wanted; make the field an `Option`, or check the column's name"
    );
    assert_eq!(
        read(json!({"截止日期": "soon"})),
        "`截止日期` of record `rec1` holds the text \"soon\", and a date in milliseconds is wanted; change the field's type, or read it as `Cell`"
    );
    assert!(read(json!({"截止日期": "a".repeat(50)})).contains("a long text"));
    let formula = read(json!({"截止日期": {"type": 11, "value": [{"id": "ou_1"}, {"id": "ou_2"}]}}));
    assert!(
        formula.contains("the result of a formula or a lookup, 2 people or groups"),
        "{formula}"
    );
}

#[test]
fn unknown_cells_are_kept_as_they_are() {
    for value in [
        json!({"novel": 1}),
        json!([{"novel": 1}]),
        json!([[1]]),
        json!(null),
        json!([null]),
    ] {
        assert_eq!(json(&cell(value.clone())), value);
    }
    assert_eq!(
        vec![1.5, 2.0].to_cell().map(|cell| json(&cell)),
        Some(json!([1.5, 2.0]))
    );
}
