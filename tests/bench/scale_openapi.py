"""An OpenAPI 3.1 document as the 3.0.3 that progenitor reads; says what had to go."""

from collections import Counter

METHODS = ["get", "put", "post", "delete", "patch"]


def lowered(document):
    """The document for progenitor, and what was dropped: how often, by kind."""
    dropped = Counter()
    webhooks = document.pop("webhooks", {})
    dropped["webhooks"] = len(webhooks)
    document["openapi"] = "3.0.3"
    schemas = {plain(name): schema(value, dropped) for name, value in document["components"]["schemas"].items()}
    document["components"] = {"schemas": schemas}
    for path in list(document["paths"]):
        for method in METHODS:
            if method in document["paths"][path]:
                document["paths"][path][method] = operation(document["paths"][path][method], dropped)
    return document, {what: times for what, times in dropped.items() if times}


def plain(name):
    return name.replace(".", "_")


def schema(value, dropped):
    """3.0 knows no lists of types, no `const`, no `examples`, and nothing beside a `$ref`."""
    if isinstance(value, list):
        return [schema(item, dropped) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value and isinstance(value["$ref"], str):
        return {"$ref": "#/components/schemas/" + plain(value["$ref"].rsplit("/", 1)[1])}
    made = {}
    for word, inner in value.items():
        if word == "properties":
            made[word] = {name: schema(field, dropped) for name, field in inner.items()}
        elif word == "examples" or word.startswith("x-") or word in ("contentMediaType", "contentSchema", "contentEncoding"):
            pass
        elif word == "default":
            dropped["defaults"] += 1
        elif word == "const":
            made["enum"] = [inner]
        elif word == "type" and isinstance(inner, list):
            made["type"] = next((kind for kind in inner if kind != "null"), "string")
            made["nullable"] = "null" in inner
        else:
            made[word] = schema(inner, dropped)
    return made


def operation(value, dropped):
    """One body and one kind of answer for each operation; a body of a GET and multipart bodies go."""
    kept = {"operationId": plain(value["operationId"]), "summary": value.get("summary", ""), "parameters": []}
    for parameter in value.get("parameters", []):
        if parameter["in"] == "header":
            dropped["header parameters"] += 1
            continue
        kept["parameters"].append({word: parameter[word] for word in ("name", "in", "required") if word in parameter})
        kept["parameters"][-1]["schema"] = schema(parameter["schema"], dropped)
    content = value.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        kept["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema(content["application/json"]["schema"], dropped)}}}
    elif content:
        dropped["bodies that are not JSON"] += 1
    kept["responses"] = {}
    for status, response in value["responses"].items():
        if not status.startswith("2"):
            dropped["descriptions of errors"] += 1
            continue
        kinds = {}
        for kind, body in response.get("content", {}).items():
            kinds[kind] = {"schema": schema(body["schema"], dropped)} if kind == "application/json" else {"schema": {"type": "string", "format": "binary"}}
        kept["responses"][status] = {"description": response["description"], "content": kinds}
    return kept
