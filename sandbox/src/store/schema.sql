-- Ids of users are the open ids of the sandbox's first app; other apps see others (people.rs).
CREATE TABLE app (
  place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, kind TEXT NOT NULL, scopes TEXT, disabled INTEGER NOT NULL,
  bot INTEGER NOT NULL, tenants TEXT, users TEXT
);
CREATE TABLE tenant (place INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE);
CREATE TABLE user (
  place INTEGER PRIMARY KEY AUTOINCREMENT, open_id TEXT NOT NULL UNIQUE, union_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, email TEXT UNIQUE, mobile TEXT, department TEXT
);
CREATE TABLE department (id TEXT PRIMARY KEY, open_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, parent TEXT) WITHOUT ROWID;
-- How an app that is not the first calls a user.
CREATE TABLE alias (app TEXT NOT NULL, open_id TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (app, user), UNIQUE (app, open_id)) WITHOUT ROWID;
CREATE INDEX alias_of ON alias (open_id);

CREATE TABLE chat (
  place INTEGER PRIMARY KEY AUTOINCREMENT, chat_id TEXT NOT NULL UNIQUE, mode TEXT NOT NULL, tenant TEXT NOT NULL, owner TEXT NOT NULL,
  created INTEGER NOT NULL, dissolved INTEGER NOT NULL DEFAULT 0, facts TEXT NOT NULL
);
CREATE TABLE member (
  place INTEGER PRIMARY KEY AUTOINCREMENT, chat_id TEXT NOT NULL, id TEXT NOT NULL, is_bot INTEGER NOT NULL, is_manager INTEGER NOT NULL DEFAULT 0,
  UNIQUE (chat_id, id)
);
CREATE INDEX member_in_chat ON member (chat_id, place);
CREATE INDEX member_of ON member (id);

CREATE TABLE message (
  place INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, chat_id TEXT NOT NULL, receive_id TEXT NOT NULL, thread_id TEXT,
  parent_id TEXT, root_id TEXT, upper_id TEXT, msg_type TEXT NOT NULL, sent TEXT NOT NULL, content TEXT NOT NULL, mentions TEXT NOT NULL,
  sender TEXT NOT NULL, tenant TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, edits INTEGER NOT NULL DEFAULT 0, recalled TEXT,
  operation TEXT NOT NULL, viewer TEXT,
  -- Said in a thread, and not its first message: the chat's own list leaves it out.
  aside INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX message_in_chat ON message (chat_id, created, place) WHERE upper_id IS NULL AND aside = 0;
CREATE INDEX message_of_chat ON message (chat_id, place);
CREATE INDEX message_to ON message (receive_id, place);
CREATE INDEX message_in_thread ON message (thread_id, created, place) WHERE thread_id IS NOT NULL AND upper_id IS NULL;
CREATE INDEX message_within ON message (upper_id, place) WHERE upper_id IS NOT NULL;

CREATE TABLE reaction (
  place INTEGER PRIMARY KEY AUTOINCREMENT, reaction_id TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL, emoji TEXT NOT NULL, operator TEXT NOT NULL,
  time INTEGER NOT NULL, UNIQUE (message_id, emoji, operator)
);
CREATE TABLE seen (message_id TEXT NOT NULL, reader TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (message_id, reader)) WITHOUT ROWID;
CREATE TABLE urgent (
  message_id TEXT NOT NULL, user TEXT NOT NULL, way TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (user, message_id, way)
) WITHOUT ROWID;
CREATE INDEX urgent_message ON urgent (message_id);
-- One call that sends to many users, and the messages that it became.
CREATE TABLE batch (
  id TEXT PRIMARY KEY, app TEXT NOT NULL, tenant TEXT NOT NULL, time INTEGER NOT NULL, valid INTEGER NOT NULL, recalled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE batch_part (message_id TEXT PRIMARY KEY, batch TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX batch_parts ON batch_part (batch);
CREATE TABLE pin (message_id TEXT PRIMARY KEY, chat_id TEXT NOT NULL, operator TEXT NOT NULL, time INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX pin_in_chat ON pin (chat_id, time);

CREATE TABLE file (
  key TEXT PRIMARY KEY, kind TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, app TEXT NOT NULL, tenant TEXT NOT NULL, time INTEGER NOT NULL,
  bytes BLOB NOT NULL
) WITHOUT ROWID;

-- The blocks of uploads that are not finished; an upload itself is a document.
CREATE TABLE block (
  place INTEGER PRIMARY KEY, upload TEXT NOT NULL, seq INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (upload, seq)
);

-- Whatever has no table of its own: documents by what they are and whose, each with the one it lies in.
CREATE TABLE document (
  place INTEGER PRIMARY KEY AUTOINCREMENT, thing TEXT NOT NULL, id TEXT NOT NULL, within TEXT NOT NULL, tenant TEXT NOT NULL, app TEXT NOT NULL,
  time INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (thing, tenant, within, id)
);
