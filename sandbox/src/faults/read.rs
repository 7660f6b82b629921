//! Faults as text: read from a scenario or an admin call, and shown again.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::{
    fault::{Answer, Doom, Fault, FaultError, Pick},
    rule::Rule,
};
use crate::yaml::{Node, Place, Reader, duration};

const FAULT: [&str; 4] = ["when", "do", "times", "for"];
const WHEN: [&str; 10] = [
    "operation",
    "service",
    "method",
    "path",
    "app",
    "nth",
    "calls",
    "every",
    "chance",
    "between",
];
const DO: [&str; 11] = [
    "delay",
    "throttle",
    "drop",
    "reset",
    "truncate",
    "slow",
    "status",
    "code",
    "expire_tokens",
    "revoke_tokens",
    "carried_out",
];
/// What may stand alone, as `do: drop`.
const ALONE: [&str; 5] = ["drop", "reset", "truncate", "expire_tokens", "revoke_tokens"];

/// Reads `{when: …, do: …, times: …, for: …}`; what is wrong with it is reported.
pub(crate) fn fault(reader: &mut Reader, node: &Node) -> Option<Fault> {
    let before = reader.mistakes.len();
    if !reader.keys(node, "a fault", &FAULT) {
        return None;
    }
    let mut fault = Fault {
        times: reader.whole(node.get("times")),
        lasting: reader.duration(node.get("for")),
        ..Fault::any()
    };
    if let Some(when) = node.get("when")
        && reader.keys(when, "`when`", &WHEN)
    {
        read_when(reader, when, &mut fault);
    }
    match node.get("do") {
        None => reader.report(node.place, "a fault needs `do`, which says what goes wrong"),
        Some(doing) => read_do(reader, doing, &mut fault),
    }
    (reader.mistakes.len() == before).then_some(fault)
}

/// Reports a fault that could never happen where it stands.
pub(crate) fn report(reader: &mut Reader, node: &Node, error: FaultError) {
    reader.report(place_of(node, error.word), error.message);
}

fn place_of(node: &Node, word: &str) -> Place {
    let inner = ["when", "do"].iter().find_map(|part| node.get(part)?.get(word));
    inner.map_or(node.place, |found| found.place)
}

fn read_when(reader: &mut Reader, node: &Node, fault: &mut Fault) {
    let when = &mut fault.when;
    when.operation = reader.text(node.get("operation"));
    when.service = reader.text(node.get("service"));
    when.method = reader
        .text(node.get("method"))
        .map(|method| method.to_ascii_uppercase());
    when.path = reader.text(node.get("path"));
    when.app = reader.text(node.get("app"));
    when.between = reader.read(node.get("between"), "two times such as `1s..5s`", |text| {
        let (from, to) = text.split_once("..")?;
        Some((duration(from.trim())?, duration(to.trim())?))
    });
    let picks = [
        reader.whole(node.get("nth")).map(|number| Pick::Calls(number, number)),
        reader
            .read(node.get("calls"), "two numbers such as `3..5`", |text| {
                let (first, last) = text.split_once("..")?;
                Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
            })
            .map(|(first, last)| Pick::Calls(first, last)),
        reader.whole(node.get("every")).map(Pick::Every),
        reader.number(node.get("chance")).map(Pick::Chance),
    ];
    let mut picks = picks.into_iter().flatten();
    when.pick = picks.next().unwrap_or_default();
    if picks.next().is_some() {
        reader.report(
            node.place,
            "only one of `nth`, `calls`, `every` and `chance` can say which calls",
        );
    }
}

fn read_do(reader: &mut Reader, node: &Node, fault: &mut Fault) {
    let before = reader.mistakes.len();
    let effect = &mut fault.effect;
    if let Some(word) = node.text() {
        match word {
            "drop" => effect.answer = Some(Answer::Closed),
            "reset" => effect.answer = Some(Answer::Reset),
            "truncate" => effect.answer = Some(Answer::Truncated),
            "expire_tokens" => effect.tokens = Some(Doom::Expire),
            "revoke_tokens" => effect.tokens = Some(Doom::Revoke),
            _ => {
                let message = format!(
                    "`{word}` alone says nothing; write one of `{}`, or a mapping such as `{{delay: 2s}}`",
                    ALONE.join("`, `")
                );
                reader.report(node.place, message);
            }
        }
        return;
    }
    if !reader.keys(node, "`do`", &DO) {
        return;
    }
    effect.delay = reader.duration(node.get("delay"));
    effect.carried_out = reader.flag(node.get("carried_out")).unwrap_or_default();
    let mut flag = |word| reader.flag(node.get(word)).unwrap_or_default();
    let dooms = [("expire_tokens", Doom::Expire), ("revoke_tokens", Doom::Revoke)];
    effect.tokens = dooms.into_iter().find_map(|(word, doom)| flag(word).then_some(doom));
    let mut answers = Vec::new();
    for (word, answer) in [
        ("drop", Answer::Closed),
        ("reset", Answer::Reset),
        ("truncate", Answer::Truncated),
    ] {
        answers.extend(flag(word).then_some(answer));
    }
    answers.extend(reader.duration(node.get("slow")).map(Answer::Slow));
    answers.extend(reader.duration(node.get("throttle")).map(Answer::Throttled));
    let status = reader.read(node.get("status"), "an HTTP status such as `502`", |text| {
        text.parse().ok()
    });
    answers.extend(status.map(Answer::Status));
    let code = reader.read(node.get("code"), "a code of the platform such as `99991663`", |text| {
        text.parse().ok()
    });
    answers.extend(code.map(Answer::Code));
    effect.answer = answers.first().copied();
    if answers.len() > 1 {
        reader.report(node.place, "a call can have one end; keep one of them");
    }
    let fine = reader.mistakes.len() == before;
    if fine && effect.answer.is_none() && effect.tokens.is_none() && effect.delay.is_none() {
        reader.report(
            node.place,
            format!("nothing goes wrong here; write one of `{}`", DO.join("`, `")),
        );
    }
}

impl Rule {
    /// What it is and what it has met, by the words that it is read by.
    pub(crate) fn to_json(&self) -> Json {
        let (when, effect) = (&self.fault.when, &self.fault.effect);
        let mut words = Map::new();
        let texts = [
            ("operation", &when.operation),
            ("service", &when.service),
            ("method", &when.method),
            ("path", &when.path),
            ("app", &when.app),
        ];
        words.extend(
            texts
                .into_iter()
                .filter_map(|(word, text)| Some((word.to_owned(), text.clone()?.into()))),
        );
        let pick: Option<(&str, Json)> = match &when.pick {
            Pick::All => None,
            Pick::Calls(first, last) if first == last => Some(("nth", (*first).into())),
            Pick::Calls(first, last) => Some(("calls", format!("{first}..{last}").into())),
            Pick::Every(number) => Some(("every", (*number).into())),
            Pick::Chance(chance) => Some(("chance", (*chance).into())),
        };
        words.extend(pick.map(|(word, value)| (word.to_owned(), value)));
        let between = when
            .between
            .map(|(from, to)| format!("{}..{}", spoken(from), spoken(to)));
        words.extend(between.map(|between| ("between".to_owned(), between.into())));

        let mut doing: Map<String, Json> = Map::new();
        let mut put = |word: &str, value: Json| _ = doing.insert(word.to_owned(), value);
        if let Some(delay) = effect.delay {
            put("delay", spoken(delay).into());
        }
        match effect.tokens {
            Some(Doom::Expire) => put("expire_tokens", true.into()),
            Some(Doom::Revoke) => put("revoke_tokens", true.into()),
            None => {}
        }
        match effect.answer {
            Some(Answer::Closed) => put("drop", true.into()),
            Some(Answer::Reset) => put("reset", true.into()),
            Some(Answer::Truncated) => put("truncate", true.into()),
            Some(Answer::Slow(time)) => put("slow", spoken(time).into()),
            Some(Answer::Throttled(time)) => put("throttle", spoken(time).into()),
            Some(Answer::Status(status)) => put("status", status.into()),
            Some(Answer::Code(code)) => put("code", code.into()),
            None => {}
        }
        if effect.carried_out {
            put("carried_out", true.into());
        }
        let mut all: Map<String, Json> = Map::new();
        all.insert("id".to_owned(), self.id.into());
        all.insert("when".to_owned(), words.into());
        all.insert("do".to_owned(), doing.into());
        if let Some(times) = self.fault.times {
            all.insert("times".to_owned(), times.into());
        }
        if let Some(lasting) = self.fault.lasting {
            all.insert("for".to_owned(), spoken(lasting).into());
        }
        all.insert("seen".to_owned(), self.seen.into());
        all.insert("hits".to_owned(), self.hits.into());
        all.into()
    }
}

fn spoken(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}
