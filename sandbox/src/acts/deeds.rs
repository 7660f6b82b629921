//! Which deed belongs to which words: a verb and a thing.

use super::{
    Act, Outcome, batch, bubble, card, change, chat, click, document, element, ephemeral, feed, file, forward, member,
    menu, message, part, people, pin, reaction, send, subscription, tab, ticket, ticket_message, upload, urgent,
};
use crate::{
    catalog::{Simulate, TokenKind},
    refusal::Refusal,
};

pub(super) type Deed = fn(&mut Act<'_>) -> Result<Outcome, Refusal>;

/// What can be done to what.
const DEEDS: &[(&str, Deed)] = &[
    ("issue tenant_token", |act| act.issue(TokenKind::Tenant)),
    ("issue app_token", |act| act.issue(TokenKind::App)),
    ("issue user_token", |act| act.issue(TokenKind::User)),
    ("push app_ticket", |act| act.push_ticket()),
    ("send message", send::send),
    ("read message", message::read),
    ("list message", message::list),
    ("list reader", message::readers),
    ("edit message", change::edit),
    ("update message", change::replace),
    ("recall message", change::recall),
    ("forward message", forward::one),
    ("merge message", forward::several),
    ("forward thread", forward::thread),
    ("urge message", urgent::urge),
    ("push bubble", bubble::push),
    ("create reaction", reaction::create),
    ("delete reaction", reaction::delete),
    ("list reaction", reaction::list),
    ("create pin", pin::create),
    ("delete pin", pin::delete),
    ("list pin", pin::list),
    ("send batch", batch::send),
    ("recall batch", batch::recall),
    ("check batch", batch::check),
    ("read profile", people::read),
    ("create chat", chat::create),
    ("read chat", chat::read),
    ("update chat", chat::update),
    ("delete chat", chat::delete),
    ("list chat", chat::list),
    ("find chat", chat::find),
    ("link chat", chat::link),
    ("join chat", member::join),
    ("add member", member::add),
    ("remove member", member::remove),
    ("list member", member::list),
    ("check member", member::check),
    ("add manager", member::promote),
    ("remove manager", member::demote),
    ("read moderation", member::moderation),
    ("update moderation", member::moderate),
    ("read announcement", part::announcement),
    ("update announcement", part::announce),
    ("add top_notice", part::pin),
    ("remove top_notice", part::unpin),
    ("create menu", menu::create),
    ("read menu", menu::read),
    ("update menu", menu::update),
    ("delete menu", menu::delete),
    ("sort menu", menu::sort),
    ("create tab", tab::create),
    ("list tab", tab::list),
    ("update tab", tab::update),
    ("delete tab", tab::delete),
    ("sort tab", tab::sort),
    ("create feed_card", feed::create),
    ("update feed_card", feed::update),
    ("delete feed_card", feed::delete),
    ("update feed", feed::mark),
    ("upload file", file::upload),
    ("upload image", file::upload),
    ("upload drive_file", upload::whole),
    ("upload media", upload::whole),
    ("open upload", upload::open),
    ("add block", upload::add),
    ("merge block", upload::merge),
    ("download file", file::download),
    ("download image", file::download),
    ("download media", upload::download),
    ("download resource", file::resource),
    ("create card", card::create),
    ("replace card", card::replace),
    ("change card", element::batch),
    ("change setting", card::settings),
    ("renew card", click::renew),
    ("add element", element::add),
    ("replace element", element::replace),
    ("change element", element::change),
    ("delete element", element::delete),
    ("replace text", element::write),
    ("send ephemeral", ephemeral::send),
    ("delete ephemeral", ephemeral::delete),
    ("open ticket", ticket::open),
    ("list ticket", ticket::list),
    ("update ticket", ticket::update),
    ("add ticket_message", ticket_message::say),
    ("add subscription", subscription::subscribe),
    ("remove subscription", subscription::unsubscribe),
];

/// The same for things that have no deeds of their own.
const VERBS: &[(&str, Deed)] = &[
    ("create", document::create),
    ("read", document::read),
    ("list", document::list),
    ("update", document::update),
    ("delete", document::delete),
];

/// What the words name, if the sandbox knows it.
pub(crate) fn deed(words: &Simulate) -> Option<Deed> {
    let own = DEEDS.iter().find(|(name, _)| *name == words.act);
    let any = || VERBS.iter().find(|(verb, _)| *verb == words.verb());
    own.or_else(any).map(|(_, deed)| *deed)
}

/// Whether the words are about a thing that has no deeds of its own.
pub(crate) fn keeps_document(words: &Simulate) -> bool {
    !DEEDS.iter().any(|(name, _)| *name == words.act)
}
