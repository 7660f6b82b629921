"""The types of catalog.json as another crate would write them: plain structs and enums that derive serde both ways."""

import json
import re

KEYWORDS = set(
    "as break const continue crate else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super "
    "trait true type unsafe use where while async await dyn abstract become box do final macro override priv typeof unsized virtual yield try gen".split()
)
LEAVES = {"string": "String", "secret": "String", "bool": "bool", "int": "i64", "float": "f64", "any": "serde_json::Value", "file": "Vec<u8>"}
LEAVES |= {"bytes": "Vec<u8>", "millis": "String", "seconds": "String", "millis(int)": "i64", "seconds(int)": "i64"}


def source(catalog):
    """The text of lib.rs: a module for each resource."""
    modules = {}
    for name, described in catalog["types"].items():
        home, type_name = name.rsplit(".", 1)
        modules.setdefault(home, []).append(typed(type_name, described))
    for operation in catalog["operations"]:
        home = ".".join([operation["service"], operation["version"], operation["resource"]])
        fields = [field for field in operation["parameters"]]
        modules.setdefault(home, []).append(structure("Request_" + name_of(operation["name"]), fields, sent=True))
    for event in catalog["events"]:
        if "fields" in event["body"]:
            modules.setdefault(event["id"].rsplit(".", 1)[0], []).append(structure("Event_" + name_of(event["id"].rsplit(".", 1)[1]), event["body"]["fields"]))
    text = "#![allow(warnings)]\n"
    for home, items in modules.items():
        text += f"pub mod {module(home)} {{\nuse serde::{{Deserialize, Serialize}};\n" + "".join(items) + "}\n"
    return text


def module(home):
    return "m_" + re.sub(r"\W", "_", home)


def name_of(text):
    return re.sub(r"\W", "_", text)


def ty(described):
    if isinstance(described, str):
        return LEAVES[described]
    [(kind, inner)] = described.items()
    if kind == "ref":
        home, name = inner.rsplit(".", 1)
        return f"super::{module(home)}::{name}"
    return {"list": "Vec<{}>", "map": "std::collections::BTreeMap<String, {}>", "json": "{}"}[kind].format(ty(inner))


def structure(name, fields, sent=False):
    taken, lines = set(), []
    for field in fields:
        wire = field["name"]
        rust = re.sub(r"\W", "_", wire)
        rust = rust + "_" if rust in KEYWORDS or rust[:1].isdigit() else rust
        while rust in taken:
            rust += "_"
        taken.add(rust)
        spelled = f"Box<{ty(field['type'])}>" if field.get("boxed") else ty(field["type"])
        optional = field.get("boxed") or sent and not field["required"]
        says = [f"rename = {json.dumps(wire)}"] if rust != wire else []
        says += ['skip_serializing_if = "Option::is_none"'] if optional else []
        says = f"#[serde({', '.join(says)})] " if says else ""
        lines.append(f"{says}pub {rust}: {f'Option<{spelled}>' if optional else spelled},\n")
    return f"#[derive(Clone, Debug, Default, Serialize, Deserialize)]\n#[serde(default)]\npub struct {name} {{\n{''.join(lines)}}}\n"


def typed(name, described):
    if "fields" in described:
        return structure(name, described["fields"])
    if "values" in described:
        values = [value["value"] for value in described["values"]]
        return whole(name, values) if isinstance(values[0], int) else text_enum(name, values)
    return union(name, described)


def text_enum(name, values):
    cases = "".join(f"#[serde(rename = {json.dumps(value, ensure_ascii=False)})] V{at},\n" for at, value in enumerate(values))
    head = "#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]\n"
    return f"{head}pub enum {name} {{\n{cases}#[default] #[serde(other)] Unknown,\n}}\n"


def whole(name, values):
    cases = "".join(f"V{at}, " for at, _ in enumerate(values))
    read = "".join(f"{value} => Self::V{at}, " for at, value in enumerate(values))
    write = "".join(f"{name}::V{at} => {value}, " for at, value in enumerate(values))
    return (
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]\n"
        f'#[serde(from = "i64", into = "i64")]\npub enum {name} {{ {cases}Unknown(i64) }}\n'
        f"impl Default for {name} {{ fn default() -> Self {{ Self::Unknown(0) }} }}\n"
        f"impl From<i64> for {name} {{ fn from(value: i64) -> Self {{ match value {{ {read}_ => Self::Unknown(value) }} }} }}\n"
        f"impl From<{name}> for i64 {{ fn from(value: {name}) -> Self {{ match value {{ {write}{name}::Unknown(value) => value }} }} }}\n"
    )


def union(name, described):
    cases = ""
    untagged = "shapes" in described
    for at, variant in enumerate(described.get("variants") or described.get("keys") or described["shapes"]):
        wire = json.dumps(variant.get("value", variant.get("name")))
        payload = f"({ty(variant['type'])})" if "type" in variant else ""
        cases += f"#[serde(rename = {wire})] V{at}{payload},\n"
    tag, content = described.get("tag"), described.get("content")
    says = ", ".join(f'{word} = "{value}"' for word, value in [("tag", tag), ("content", content)] if value) or ("untagged" if untagged else "")
    other = "#[default] #[serde(other)] Unknown" if tag else "#[default] Unknown"
    head = "#[derive(Clone, Debug, Default, Serialize, Deserialize)]\n" + (f"#[serde({says})]\n" if says else "")
    return f"{head}pub enum {name} {{\n{cases}{other},\n}}\n"
