//! Every word of the format: where it may stand and what it holds.

use crate::{
    shape::{Shape, Word},
    what::What,
};

const fn word(name: &'static str, holds: Shape, doc: &'static str) -> Word {
    Word {
        name,
        holds,
        required: false,
        doc,
    }
}

const fn needed(name: &'static str, holds: Shape, doc: &'static str) -> Word {
    Word {
        name,
        holds,
        required: true,
        doc,
    }
}

pub(crate) const TOKENS: &[&str] = &["tenant", "user", "app"];
pub(crate) const APPS: &[&str] = &["custom", "store"];
pub(crate) const HOSTS: &[&str] = &["open", "accounts", "web"];
pub(crate) const REPLIES: &[&str] = &["data", "flat", "bytes"];

pub(crate) const RESOURCE: Shape = Shape::Words(&[
    needed(
        "resource",
        Shape::Text,
        "The resource's name; the file bears the same name.",
    ),
    needed("doc", Shape::Text, "What the resource is."),
    word("operations", Shape::Each(&OPERATION), "Operation name to operation."),
    word("types", Shape::Each(&TYPE), "Type name to type."),
    word("events", Shape::Each(&EVENT), "Event name to event."),
]);

pub(crate) const COMMON: Shape = Shape::Words(&[
    needed("doc", Shape::Text, "What the file holds."),
    needed("types", Shape::Each(&TYPE), "Type name to type."),
]);

pub(crate) const SERVICE: Shape = Shape::Words(&[
    needed("title", Shape::Text, "The service's name, for people."),
    needed("doc", Shape::Text, "What the service is for."),
    word(
        "feature",
        Shape::Text,
        "The cargo feature; the folder's name by default.",
    ),
]);

pub(crate) const PLATFORM: Shape = Shape::Words(&[
    needed(
        "hosts",
        Shape::Words(&[
            needed("feishu", HOST_NAMES, "Where Feishu answers."),
            needed("lark", HOST_NAMES, "Where Lark answers."),
        ]),
        "The platform's hosts, each with its scheme.",
    ),
    needed("errors", ERRORS, "The error codes that every endpoint shares."),
    needed(
        "retry_errors",
        Shape::Words(&[
            needed("limited", CODES, "The call came too fast and did not run."),
            needed("busy", CODES, "The call did not run, and may soon."),
            needed(
                "final",
                CODES,
                "Repeating the call never helps, whatever the HTTP status.",
            ),
        ]),
        "The codes that say whether a repeated call may fare better.",
    ),
    word(
        "showcase",
        Shape::Text,
        "The operation that the generated crate's first page shows.",
    ),
    word(
        "sign_in",
        Shape::Text,
        "The operation that gives a user's tokens; the runtime calls it and explains its errors.",
    ),
    needed(
        "token_errors",
        Shape::Words(&[
            needed("tenant", CODES, "It refuses a tenant access token."),
            needed("app", CODES, "It refuses an app access token."),
            needed("user", CODES, "It refuses a user access token."),
            needed("malformed", CODES, "It refuses a token of any kind for its form."),
            word("ticket", CODES, "It refuses a store app's ticket, or misses one."),
            word(
                "sign_in",
                CODES,
                "The code or refresh token is used up: the user has to sign in again.",
            ),
        ]),
        "The codes that refuse a token, by its kind.",
    ),
]);

pub(crate) const DIFFERENCES: Shape = Shape::Words(&[
    word(
        "begun",
        Shape::Each(&Shape::Text),
        "Services of which only a part is in the spec, and which part.",
    ),
    word(
        "differences",
        Shape::List(&Shape::Words(&[
            needed(
                "at",
                SEVERAL,
                "The operations, events or types; `*` at the end leaves the rest open.",
            ),
            needed(
                "what",
                Shape::Or(&Shape::Choice(What::WORDS), &Shape::List(&Shape::Choice(What::WORDS))),
                "What differs.",
            ),
            word(
                "field",
                SEVERAL,
                "The fields, values or codes; `*` leaves the rest open.",
            ),
            needed("why", Shape::Text, "Why the spec is right."),
        ])),
        "Where the spec departs from the pages on purpose.",
    ),
]);

const SEVERAL: Shape = Shape::Or(&Shape::Text, &Shape::List(&Shape::Text));

const CODES: Shape = Shape::List(&Shape::Whole);

const HOST_NAMES: Shape = Shape::Words(&[
    needed("open", Shape::Text, "The host of the API."),
    needed("accounts", Shape::Text, "The host of the login pages."),
    needed("web", Shape::Text, "The host of the web client and of old endpoints."),
]);

const ERRORS: Shape = Shape::Each(&Shape::Or(
    &Shape::Text,
    &Shape::Words(&[
        needed("doc", Shape::Text, "The cause, then what to do."),
        word(
            "status",
            Shape::Status,
            "The HTTP status it comes with; 400 by default.",
        ),
        word(
            "inner",
            Shape::Each(&Shape::Text),
            "Codes that the message of this one embeds as `ErrCode: N`.",
        ),
    ]),
));

const OPERATION: Shape = Shape::Words(&[
    needed("doc", Shape::Text, "What the call does, in one line."),
    word("as", Shape::Text, "Another Rust name."),
    needed(
        "http",
        Shape::Text,
        "`METHOD /open-apis/…`, path parameters as `:name`.",
    ),
    needed("page", Shape::Text, "The page the facts come from."),
    needed("updated", Shape::Whole, "That page's update time in milliseconds."),
    needed(
        "tokens",
        Shape::List(&Shape::Choice(TOKENS)),
        "Which access tokens are accepted; `[]` when the call takes none.",
    ),
    word(
        "apps",
        Shape::List(&Shape::Choice(APPS)),
        "Which apps may call; both by default.",
    ),
    word(
        "scopes",
        Shape::List(&Shape::Text),
        "Permissions; any one of them is enough.",
    ),
    word(
        "field_scopes",
        Shape::List(&Shape::Text),
        "Permissions that let fields appear in the reply.",
    ),
    word(
        "rate",
        Shape::Text,
        "`1000/min 50/s`, or `special` when the page publishes none.",
    ),
    word(
        "paced",
        Shape::Words(&[
            needed("by", Shape::Text, "The field that names the receiver."),
            needed("rate", Shape::Text, "The receiver's own limit: `5/s`."),
            word(
                "with",
                Shape::Text,
                "The operation that the receiver's limit is shared with.",
            ),
            word(
                "code",
                Shape::Whole,
                "The operation's own code for too many; without it the gateway's, with the time to wait.",
            ),
        ]),
        "A further limit for each receiver, chat or message.",
    ),
    word("dedupe", Shape::Text, "The field that makes a repeated call safe."),
    word(
        "batch",
        Shape::Text,
        "The list of the body that may be split into several calls, each of its `max_items` at most.",
    ),
    word(
        "auth",
        Shape::Choice(&["helpdesk"]),
        "A header in addition to the token.",
    ),
    word("host", Shape::Choice(HOSTS), "Which host answers; `open` by default."),
    word("path", FIELDS, "Path parameters."),
    word("query", FIELDS, "Query parameters."),
    word("headers", FIELDS, "Headers of this call alone."),
    word("body", FIELDS, "Members of the JSON body."),
    word("form", FIELDS, "Parts of a multipart body."),
    word(
        "data",
        Shape::Or(&Shape::Text, &FIELDS),
        "The payload of the reply: a type, or its fields.",
    ),
    word(
        "reply",
        Shape::Or(
            &Shape::Choice(REPLIES),
            &Shape::Words(&[needed("key", Shape::Text, "The member that holds the payload.")]),
        ),
        "How the payload travels; inside `data` by default.",
    ),
    word(
        "paged",
        Shape::Words(&[
            word("items", Shape::Text, "The reply's list."),
            word(
                "next",
                Shape::Text,
                "The reply's field that holds the next page's token.",
            ),
            word("more", Shape::Text, "The reply's field that says whether more follows."),
            word("token", Shape::Text, "The request's field that takes the token."),
            word(
                "page",
                Shape::Text,
                "The request's field that takes a page's number, where pages are counted.",
            ),
            word(
                "total",
                Shape::Text,
                "With `page` and `offset`: the reply's field that says how many items there are in all; `total` by default.",
            ),
            word(
                "offset",
                Shape::Text,
                "The request's field that takes how many items are passed over, where a list goes on by that.",
            ),
            word(
                "limit",
                Shape::Text,
                "With `offset`: the request's field that says how many items come at most; fewer are the last.",
            ),
        ]),
        "How pages continue, where it is not `page_token`, `has_more` and a single list.",
    ),
    word(
        "upload",
        Shape::Words(&[
            word(
                "size",
                Shape::Text,
                "The request's field that announces how many bytes the file has; `size` by default.",
            ),
            word(
                "id",
                Shape::Text,
                "The reply's field that identifies the upload; `upload_id` by default.",
            ),
            word(
                "block_size",
                Shape::Text,
                "The reply's field that says how many bytes each block has; `block_size` by default.",
            ),
            word(
                "blocks",
                Shape::Text,
                "The reply's field that says how many blocks there are; `block_num` by default.",
            ),
            needed(
                "part",
                Shape::Words(&[
                    needed("call", Shape::Text, "The operation of this file that sends one block."),
                    word(
                        "id",
                        Shape::Text,
                        "Its field for the upload's ID; `upload_id` by default.",
                    ),
                    word(
                        "seq",
                        Shape::Text,
                        "Its field for the block's number; `seq` by default.",
                    ),
                    word("first", Shape::Whole, "The number of the first block; 0 by default."),
                    word(
                        "size",
                        Shape::Text,
                        "Its field for the block's size; `size` by default.",
                    ),
                    word("adler32", Shape::Text, "Its field for the block's Adler-32 checksum."),
                    word("file", Shape::Text, "Its field for the bytes; `file` by default."),
                ]),
                "The call for one block.",
            ),
            needed(
                "finish",
                Shape::Words(&[
                    needed(
                        "call",
                        Shape::Text,
                        "The operation of this file that makes a file of the blocks.",
                    ),
                    word(
                        "id",
                        Shape::Text,
                        "Its field for the upload's ID; `upload_id` by default.",
                    ),
                    word(
                        "blocks",
                        Shape::Text,
                        "Its field for the number of blocks; `block_num` by default.",
                    ),
                ]),
                "The call that ends the upload.",
            ),
        ]),
        "The operation begins an upload in blocks.",
    ),
    word("errors", ERRORS, "Code to sentence: the cause, then what to do."),
    word("deprecated", DEPRECATED, "The way out of an old endpoint."),
    word(
        "simulate",
        Shape::Words(&[
            needed(
                "do",
                Shape::Text,
                "A verb and a thing: `send message`, `list reaction`.",
            ),
            word(
                "of",
                Shape::Choice(APPS),
                "For this kind of app; left out for a user's token.",
            ),
            word("id", Shape::Text, "The field that names the thing."),
            word("ids", Shape::Text, "The field that names several."),
            word("to", Shape::Text, "The field that names the receiver."),
            word(
                "in",
                Shape::Text,
                "The field that names what holds the thing: a chat, a message, a card.",
            ),
            word(
                "by",
                Shape::Text,
                "The field that says what kind of ID another field holds.",
            ),
            word("type", Shape::Text, "The field that says what kind of thing it is."),
            word(
                "content",
                Shape::Text,
                "The field that holds the content, or the thing itself.",
            ),
            word(
                "card",
                Shape::Text,
                "The field that holds a card, in place of `content`.",
            ),
            word("file", Shape::Text, "The field that holds the bytes."),
            word("size", Shape::Text, "The field that says how many bytes there are."),
            word("sum", Shape::Text, "The field with the checksum of the bytes."),
            word("count", Shape::Text, "The field that says how many parts there are."),
            word(
                "form",
                Shape::Text,
                "The field that says in which form cards are shown.",
            ),
            word("open", Shape::Text, "The field that lists receivers by `open_id`."),
            word("union", Shape::Text, "The field that lists receivers by `union_id`."),
            word("user", Shape::Text, "The field that lists receivers by `user_id`."),
            word(
                "department",
                Shape::Text,
                "The field that lists departments as receivers.",
            ),
            word(
                "name",
                Shape::Text,
                "The field that holds the name, or the text to find.",
            ),
            word("at", Shape::Text, "The field that says where among others."),
            word(
                "from",
                Shape::Text,
                "The field with the first moment, or the first of a range.",
            ),
            word(
                "until",
                Shape::Text,
                "The field with the last moment, or the end of a range.",
            ),
            word("sort", Shape::Text, "The field that says in which order."),
            word(
                "thread",
                Shape::Text,
                "The field that says whether an answer begins a thread.",
            ),
            word(
                "order",
                Shape::Text,
                "The field whose number must grow with every change.",
            ),
            word("owner", Shape::Text, "The field that names who owns the thing."),
            word("bots", Shape::Text, "The field that names several bots."),
            word(
                "manager",
                Shape::Text,
                "The field that says whether the caller administers the thing.",
            ),
            word(
                "without",
                Shape::Text,
                "The field that names several who no longer belong.",
            ),
            word("only", Shape::Text, "The field that says which parts count."),
            word("key", Shape::Text, "The thing's own member that names it."),
            word("into", Shape::Text, "The field of the reply that the thing goes into."),
            word(
                "missing",
                Shape::Whole,
                "The operation's code for a thing that is not there; the first with HTTP status 404 by default.",
            ),
            word(
                "with",
                Shape::Text,
                "A word more where verb and thing leave something open, as `phone` in `urge message`.",
            ),
        ]),
        "What the sandbox does beyond checking; without it, it answers with a sample.",
    ),
]);

/// Where scopes of events reach.
pub(crate) const REACH: &[&str] = &["p2p", "group", "mention"];

/// What can be done to a thing, by an operation (`simulate`) or by anyone (`when`).
pub(crate) const VERBS: &[&str] = &[
    "add", "cancel", "change", "check", "click", "create", "delete", "download", "edit", "enter", "find", "forward",
    "issue", "join", "leave", "link", "list", "merge", "move", "open", "push", "read", "recall", "remove", "renew",
    "replace", "send", "show", "sort", "update", "upload", "urge",
];

const DEPRECATED: Shape = Shape::Words(&[
    word("use", Shape::Text, "The operation to use instead."),
    word(
        "doc",
        Shape::Text,
        "What to do instead, where no single operation replaces it.",
    ),
]);

const FIELDS: Shape = Shape::Each(&Shape::Words(&[
    needed("type", Shape::Text, "The type."),
    needed("doc", Shape::Text, "The meaning, in one line."),
    word("as", Shape::Text, "Another Rust name."),
    word("example", Shape::Any, "A value, as the page gives it."),
    word(
        "default",
        Shape::Any,
        "What the platform assumes when the field is absent.",
    ),
    word("min_len", Shape::Whole, "The least length of a string, in characters."),
    word(
        "max_len",
        Shape::Whole,
        "The greatest length of a string, in characters.",
    ),
    word("min", Shape::Number, "The least number."),
    word("max", Shape::Number, "The greatest number."),
    word("min_items", Shape::Whole, "The least length of a list."),
    word("max_items", Shape::Whole, "The greatest length of a list."),
    word(
        "scopes",
        Shape::List(&Shape::Text),
        "Permissions without which the field stays away.",
    ),
    word(
        "join",
        Shape::Choice(&["comma"]),
        "A list in the query travels as one value.",
    ),
    word("since", Shape::Text, "When the platform added it."),
    word("deprecated", Shape::Text, "What to use instead."),
    word(
        "each",
        Shape::Text,
        "The method that adds one item to a list that is sent.",
    ),
    word(
        "rest",
        Shape::Choice(&["all"]),
        "The map holds the members of what is received that no field is for.",
    ),
]));

const TYPE: Shape = Shape::Words(&[
    needed("doc", Shape::Text, "What it is."),
    word("fields", FIELDS, "An object: name to field."),
    word(
        "values",
        Shape::Each(&Shape::Or(
            &Shape::Text,
            &Shape::Words(&[
                needed("doc", Shape::Text, "The meaning."),
                word("as", Shape::Text, "Another Rust name."),
                word(
                    "scopes",
                    Shape::List(&Shape::Text),
                    "Permissions without which the value cannot be asked for.",
                ),
                word("deprecated", Shape::Text, "What to use instead."),
            ]),
        )),
        "An open enum: value to sentence.",
    ),
    word(
        "variants",
        Shape::Each(&Shape::Or(&Shape::Text, &VARIANT)),
        "A union: tag value to variant.",
    ),
    word(
        "keys",
        Shape::Each(&VARIANT),
        "One key of several, in the order in which the platform reads them.",
    ),
    word(
        "shapes",
        Shape::Each(&Shape::Or(&Shape::Text, &SHAPE)),
        "One of several types, told apart by the JSON itself; the first that fits.",
    ),
    word(
        "parsed",
        Shape::Each(&PARSED),
        "Text members that can be read typed: method name to what it reads.",
    ),
    word(
        "keyed",
        Shape::Each(&KEYED),
        "Lists whose items text refers to by key: method name to how it reads them.",
    ),
    word("tag", Shape::Text, "The member that holds a union's tag."),
    word(
        "content",
        Shape::Text,
        "The member that holds a variant's content, where it is not spread beside the tag.",
    ),
    word(
        "otherwise",
        Shape::Choice(&["json"]),
        "The union may hold any other JSON too.",
    ),
]);

const PARSED: Shape = Shape::Words(&[
    needed("type", Shape::Text, "A union without a tag of its own."),
    needed(
        "from",
        Shape::Text,
        "The member that holds the JSON text, as `body.content`.",
    ),
    needed("by", Shape::Text, "The member that holds the tag."),
    needed("doc", Shape::Text, "The meaning."),
]);

const KEYED: Shape = Shape::Words(&[
    needed("in", Shape::Text, "The object's list."),
    needed("by", Shape::Text, "The member of an item that holds its key."),
    word(
        "put",
        Shape::Text,
        "The member of an item that takes the place of its key in a text; without it the method finds the item.",
    ),
    needed("doc", Shape::Text, "The meaning."),
]);

const VARIANT: Shape = Shape::Words(&[
    word("type", Shape::Text, "The type; a variant without one has no members."),
    word("example", Shape::Any, "A value, as the page gives it."),
    word("doc", Shape::Text, "The meaning."),
    word("as", Shape::Text, "Another Rust name."),
]);

const SHAPE: Shape = Shape::Words(&[
    needed(
        "type",
        Shape::Text,
        "The type: a scalar, an object, or a list of strings, of objects or of anything.",
    ),
    word(
        "has",
        Shape::List(&Shape::Text),
        "The members that tell the object from others, or each object of the list.",
    ),
    word(
        "lacks",
        Shape::List(&Shape::Text),
        "The members that it never has, and others do.",
    ),
    word("example", Shape::Any, "A value, as the page gives it."),
    word("doc", Shape::Text, "The meaning."),
    word("as", Shape::Text, "Another Rust name."),
]);

const EVENT: Shape = Shape::Words(&[
    needed("type", Shape::Text, "The event type, `im.message.receive_v1`."),
    word("as", Shape::Text, "Another Rust name."),
    needed("doc", Shape::Text, "What happened, in one line."),
    needed("page", Shape::Text, "The page the facts come from."),
    needed("updated", Shape::Whole, "That page's update time in milliseconds."),
    word(
        "apps",
        Shape::List(&Shape::Choice(APPS)),
        "Which apps may subscribe; both by default.",
    ),
    word(
        "scopes",
        Shape::List(&Shape::Text),
        "Permissions; any one of them is enough.",
    ),
    word(
        "field_scopes",
        Shape::List(&Shape::Text),
        "Permissions that let fields appear.",
    ),
    word(
        "schema",
        Shape::Choice(&["1.0", "2.0", "bare"]),
        "The envelope it comes in, `bare` for none; `2.0` by default.",
    ),
    needed(
        "body",
        Shape::Or(&Shape::Text, &FIELDS),
        "The members of `event`: a type, or its fields.",
    ),
    word(
        "dedupe",
        Shape::Text,
        "The member of the body that tells repeats, as `message.message_id`; the event's ID by default.",
    ),
    word(
        "order",
        Shape::Text,
        "The member of the body whose events are handled in order, as `message.chat_id`.",
    ),
    word(
        "reply",
        Shape::Text,
        "What a callback is answered with: a type with `fields`, or `any`.",
    ),
    word(
        "reach",
        Shape::Words(&[
            word(
                "p2p",
                Shape::List(&Shape::Text),
                "Scopes that let through what is said to the app alone.",
            ),
            word(
                "group",
                Shape::List(&Shape::Text),
                "Scopes that let through all that is said in groups.",
            ),
            word(
                "mention",
                Shape::List(&Shape::Text),
                "Scopes that let through what mentions the app.",
            ),
        ]),
        "How far each scope reaches, where one does not bring all.",
    ),
    word(
        "when",
        Shape::Text,
        "What in the sandbox sets it off, in the words of `simulate`: `send message`.",
    ),
    word(
        "late",
        Shape::Any,
        "The reply of a callback whose handler is not done in time; `{}` by default.",
    ),
]);
