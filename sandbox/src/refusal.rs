//! Why a call is refused, in the platform's codes and shapes.

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    catalog::{Catalog, Operation},
    check::Violation,
};

/// The gateway's and the token service's codes that the sandbox itself gives.
pub(crate) mod code {
    pub(crate) const INTERNAL: i64 = 2200;
    pub(crate) const MALFORMED: i64 = 9499;
    pub(crate) const TOKEN_PARAMETER: i64 = 10003;
    pub(crate) const NO_APP_TOKEN: i64 = 10012;
    pub(crate) const NO_TENANT_TOKEN: i64 = 10013;
    pub(crate) const APP_UNAVAILABLE: i64 = 10014;
    pub(crate) const WRONG_SECRET: i64 = 10015;
    pub(crate) const NO_TICKET: i64 = 10016;
    pub(crate) const CLIENT_SECRET: i64 = 20_002;
    pub(crate) const UNKNOWN_CODE: i64 = 20_003;
    pub(crate) const OLD_CODE: i64 = 20_004;
    pub(crate) const NOT_FOR_USER: i64 = 20_010;
    pub(crate) const OTHER_APP: i64 = 20_024;
    pub(crate) const UNKNOWN_REFRESH: i64 = 20_026;
    pub(crate) const GRANT_TYPE: i64 = 20_036;
    pub(crate) const OLD_REFRESH: i64 = 20_037;
    pub(crate) const NO_USER: i64 = 20_008;
    pub(crate) const NO_APP: i64 = 20_048;
    pub(crate) const PKCE: i64 = 20_049;
    pub(crate) const GRANT_PARAMETER: i64 = 20_063;
    pub(crate) const USED_CODE: i64 = 20_065;
    pub(crate) const SCOPE_TWICE: i64 = 20_067;
    pub(crate) const SCOPE_NOT_GRANTED: i64 = 20_068;
    pub(crate) const APP_OFF: i64 = 20_069;
    pub(crate) const REDIRECT: i64 = 20_071;
    pub(crate) const USED_REFRESH: i64 = 20_073;
    pub(crate) const HELPDESK: i64 = 154_001;
    pub(crate) const UNKNOWN_TICKET: i64 = 154_004;
    pub(crate) const CLOSED_TICKET: i64 = 154_401;
    pub(crate) const MESSAGE_PARAMETER: i64 = 230_001;
    pub(crate) const NOT_IN_CHAT: i64 = 230_002;
    pub(crate) const TOO_OLD_TO_RECALL: i64 = 230_009;
    pub(crate) const RECALLED: i64 = 230_011;
    pub(crate) const NOT_SENDER: i64 = 230_012;
    pub(crate) const NOT_OWN_FILE: i64 = 230_017;
    pub(crate) const NO_THREAD: i64 = 230_019;
    pub(crate) const TOO_MANY_URGENT: i64 = 230_023;
    /// The app has no bot, in the words of each service.
    pub(crate) const NO_BOT: [i64; 5] = [230_006, 232_025, 234_007, 11_205, 1_772_025];
    pub(crate) const NOT_AVAILABLE: i64 = 230_013;
    pub(crate) const MUTED: i64 = 230_018;
    pub(crate) const TOO_LONG: i64 = 230_025;
    pub(crate) const MAY_NOT_RECALL: i64 = 230_026;
    pub(crate) const NO_PERMISSION: i64 = 230_027;
    pub(crate) const NO_BATCH: i64 = 230_030;
    pub(crate) const OLD_CARD: i64 = 230_031;
    pub(crate) const OLD_MESSAGE: i64 = 230_033;
    pub(crate) const WRONG_RECEIVER: i64 = 230_034;
    pub(crate) const HIDDEN_MESSAGE: i64 = 230_050;
    pub(crate) const UNSUITABLE: i64 = 230_054;
    pub(crate) const OTHER_FILE_TYPE: i64 = 230_055;
    pub(crate) const NOT_FORWARDED: i64 = 230_061;
    pub(crate) const NO_FORWARD_CHAT: i64 = 230_063;
    pub(crate) const CANNOT_FORWARD: i64 = 230_064;
    pub(crate) const FORWARD_RECALLED: i64 = 230_065;
    pub(crate) const SEVERAL_THREADS: i64 = 230_067;
    pub(crate) const SEVERAL_CHATS: i64 = 230_069;
    pub(crate) const EDIT_NOT_OWN: i64 = 230_071;
    pub(crate) const EDITED_OUT: i64 = 230_072;
    pub(crate) const HIDDEN_THREAD: i64 = 230_073;
    pub(crate) const HIDDEN_TARGET_THREAD: i64 = 230_074;
    pub(crate) const TOO_OLD_TO_EDIT: i64 = 230_075;
    pub(crate) const DELETED: i64 = 230_110;
    pub(crate) const NO_EMOJI: i64 = 231_001;
    pub(crate) const MAY_NOT_REACT: i64 = 231_002;
    pub(crate) const NOTHING_TO_REACT_TO: i64 = 231_003;
    pub(crate) const OTHERS_REACTION: i64 = 231_007;
    pub(crate) const NO_ACCESS: i64 = 231_008;
    pub(crate) const REACTION_ELSEWHERE: i64 = 231_010;
    pub(crate) const NO_REACTION: i64 = 231_011;
    pub(crate) const TAKES_NO_REACTION: i64 = 231_017;
    pub(crate) const NOT_IN_MESSAGE: i64 = 234_003;
    pub(crate) const FILE_CHAT: i64 = 234_004;
    pub(crate) const CHAT_PARAMETER: i64 = 232_001;
    pub(crate) const NOT_EDITABLE: i64 = 232_002;
    pub(crate) const NO_ANNOUNCEMENT: i64 = 232_003;
    pub(crate) const UNKNOWN_CHAT: i64 = 232_006;
    pub(crate) const CHAT_MODE: i64 = 232_008;
    pub(crate) const DISSOLVED: i64 = 232_009;
    pub(crate) const OTHER_TENANT: i64 = 232_010;
    pub(crate) const OUT_OF_CHAT: i64 = 232_011;
    pub(crate) const NEW_OWNER_OUT: i64 = 232_012;
    pub(crate) const CHAT_FULL: i64 = 232_013;
    pub(crate) const MAY_NOT: i64 = 232_014;
    pub(crate) const NOT_LEADING: i64 = 232_016;
    pub(crate) const NOT_OWNER: i64 = 232_017;
    pub(crate) const NOT_CHANGED: i64 = 232_018;
    pub(crate) const SHORT_NAME: i64 = 232_020;
    pub(crate) const UNKNOWN_BOT: i64 = 232_021;
    pub(crate) const NOT_VISIBLE: i64 = 232_024;
    pub(crate) const NO_MEMBER: i64 = 232_027;
    pub(crate) const NO_HEIR: i64 = 232_029;
    pub(crate) const BAD_OWNER: i64 = 232_035;
    pub(crate) const OWNER_ONLY: i64 = 232_038;
    pub(crate) const MANAGERS_FULL: i64 = 232_040;
    pub(crate) const NO_NAME: i64 = 232_042;
    pub(crate) const BAD_IDS: i64 = 232_043;
    pub(crate) const TABS_FULL: i64 = 232_046;
    pub(crate) const TAB_CONTENT: i64 = 232_048;
    pub(crate) const TAB_TYPE: i64 = 232_049;
    pub(crate) const NO_TABS: i64 = 232_050;
    pub(crate) const TALK_NOT_SHARED: i64 = 232_062;
    pub(crate) const MAY_NOT_SHARE: i64 = 232_064;
    pub(crate) const MENUS_FULL: i64 = 232_070;
    pub(crate) const SUBMENUS_FULL: i64 = 232_071;
    pub(crate) const MENU_ORDER: i64 = 232_072;
    pub(crate) const NEEDS_APPROVAL: i64 = 232_075;
    pub(crate) const OWNER_STAYS: i64 = 232_076;
    pub(crate) const BAD_MENU: i64 = 232_078;
    pub(crate) const CHAT_TYPE: i64 = 232_090;
    pub(crate) const NO_FILE: i64 = 234_005;
    pub(crate) const LARGE_FILE: i64 = 234_006;
    pub(crate) const OTHER_SENDER: i64 = 234_008;
    pub(crate) const EMPTY_FILE: i64 = 234_010;
    pub(crate) const NO_FILES: i64 = 234_043;
    pub(crate) const CARD_PARAMETER: i64 = 10_002;
    pub(crate) const CARD_FORMAT: i64 = 11_311;
    pub(crate) const GONE_ALREADY: i64 = 18_051;
    pub(crate) const CARD_RECALLED: i64 = 200_000;
    pub(crate) const OTHER_APPS_CLICK: i64 = 200_310;
    pub(crate) const WRONG_VIEWERS: i64 = 200_320;
    pub(crate) const NO_CARD: i64 = 200_740;
    pub(crate) const OLD_ENTITY: i64 = 200_750;
    pub(crate) const OTHER_CHANGE: i64 = 200_770;
    pub(crate) const INTERACTING: i64 = 200_810;
    pub(crate) const STREAMING_OVER: i64 = 200_850;
    pub(crate) const BAD_CARD: i64 = 230_099;
    pub(crate) const MALFORMED_CLICK: i64 = 300_020;
    pub(crate) const OLD_CLICK: i64 = 300_030;
    pub(crate) const USED_CLICK: i64 = 300_040;
    pub(crate) const NO_VIEWERS: i64 = 300_090;
    pub(crate) const NOT_REPLACED: i64 = 300_121;
    pub(crate) const STREAMING_OFF: i64 = 300_309;
    pub(crate) const NO_TEXT: i64 = 300_310;
    pub(crate) const OTHER_APPS_CARD: i64 = 300_311;
    pub(crate) const OTHER_TAG: i64 = 300_312;
    pub(crate) const ELEMENT_NOT_CHANGED: i64 = 300_313;
    pub(crate) const NOT_DELETED: i64 = 300_314;
    pub(crate) const NOT_ADDED: i64 = 300_315;
    pub(crate) const OLD_SEQUENCE: i64 = 300_317;
    pub(crate) const DRIVE_PARAMETER: i64 = 1_061_002;
    pub(crate) const UPLOAD_OVER: i64 = 1_061_021;
    pub(crate) const OTHER_UPLOADER: i64 = 1_062_007;
    pub(crate) const OTHER_CHECKSUM: i64 = 1_062_008;
    pub(crate) const OTHER_SIZE: i64 = 1_062_009;
    pub(crate) const BLOCKS_MISSING: i64 = 1_062_010;
    pub(crate) const BLOCK_BEYOND: i64 = 1_062_011;
    pub(crate) const UNKNOWN_PATH: i64 = 99_991_201;
    pub(crate) const WRONG_METHOD: i64 = 99_991_301;
    pub(crate) const TOO_MANY: i64 = 99_991_400;
    pub(crate) const NO_TOKEN: i64 = 99_991_661;
    pub(crate) const APP_DISABLED: i64 = 99_991_662;
    pub(crate) const TENANT_TOKEN: i64 = 99_991_663;
    pub(crate) const APP_TOKEN: i64 = 99_991_664;
    pub(crate) const USER_TOKEN: i64 = 99_991_668;
    pub(crate) const MALFORMED_TOKEN: i64 = 99_991_671;
    pub(crate) const APP_SCOPE: i64 = 99_991_672;
    pub(crate) const WRONG_APP: i64 = 99_991_673;
    pub(crate) const USER_TOKEN_EXPIRED: i64 = 99_991_677;
    pub(crate) const USER_SCOPE: i64 = 99_991_679;
    pub(crate) const UNKNOWN_OPEN_ID: i64 = 99_992_351;
    pub(crate) const UNKNOWN_MESSAGE: i64 = 99_992_354;
    pub(crate) const UNKNOWN_USER_ID: i64 = 99_992_360;
    pub(crate) const OPEN_ID_OF_OTHER_APP: i64 = 99_992_361;
    pub(crate) const UNKNOWN_UNION_ID: i64 = 99_992_364;
    pub(crate) const SCHEMA: i64 = 99_992_402;
}

/// Why a call is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: String,
    status: Option<StatusCode>,
    violations: Vec<Violation>,
    /// What the gateway would say, where nobody lists the code.
    instead: Option<Box<Violation>>,
    scopes: Vec<String>,
    console: Option<Box<str>>,
    throttled: Option<Box<Throttled>>,
}

/// What the headers of a refusal for coming too often say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Throttled {
    /// How many calls the window takes.
    pub(crate) limit: u64,
    /// The seconds to wait.
    pub(crate) reset: u64,
}

impl Refusal {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            message,
            status: None,
            violations: Vec::new(),
            instead: None,
            scopes: Vec::new(),
            console: None,
            throttled: None,
        }
    }

    /// Says with headers how long to wait.
    pub(crate) fn throttled(mut self, throttled: Throttled) -> Self {
        self.throttled = Some(Box::new(throttled));
        self
    }

    /// The headers that tell what the body does not.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let told = self.throttled.as_deref().map(|throttled| {
            [
                (HeaderName::from_static("x-ogw-ratelimit-limit"), throttled.limit.into()),
                (HeaderName::from_static("x-ogw-ratelimit-reset"), throttled.reset.into()),
            ]
        });
        told.into_iter().flatten()
    }

    /// The status that the platform lists for the code, whatever the operation's own row says.
    pub(crate) fn with_listed_status(self, catalog: &Catalog) -> Self {
        let listed = catalog.platform.errors.get(&self.code).and_then(|error| error.status);
        let status = self.status(listed);
        self.with_status(status)
    }

    /// Parameters that are not as the catalog says.
    pub(crate) fn violations(code: i64, violations: Vec<Violation>) -> Self {
        let told: Vec<String> = violations
            .iter()
            .map(|violation| format!("`{}` {}", violation.field, violation.description))
            .collect();
        Self {
            violations,
            ..Self::new(code, format!("field validation failed: {}", told.join("; ")))
        }
    }

    /// One field that a service refuses with a code of its own.
    pub(crate) fn service(code: i64, field: &str, value: &str, message: String) -> Self {
        let instead = Violation::new(field, value, format!("is refused: {message}"));
        Self {
            instead: Some(Box::new(instead)),
            ..Self::new(code, message)
        }
    }

    /// The same in a code that this operation can give: one service's codes say nothing to the callers of another.
    pub(crate) fn listed(mut self, catalog: &Catalog, operation: &Operation) -> Self {
        let listed = operation.error(self.code).is_some() || catalog.platform.errors.contains_key(&self.code);
        match self.instead.take() {
            Some(violation) if !listed => Self::violations(code::SCHEMA, vec![*violation]),
            _ => self,
        }
    }

    /// Scopes that are missing, any of which would do; `console` is where to ask for them.
    pub(crate) fn scopes(code: i64, message: String, scopes: &[String], console: String) -> Self {
        Self {
            scopes: scopes.to_vec(),
            console: Some(console.into()),
            ..Self::new(code, message)
        }
    }

    /// What the sandbox itself cannot do.
    pub(crate) fn broken(why: String) -> Self {
        Self::new(code::INTERNAL, why).with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A refusal whose status the platform's tables do not give.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The status it arrives with: its own, then what the catalog lists for the code, then what is known of the gateway.
    pub(crate) fn status(&self, listed: Option<u16>) -> StatusCode {
        let listed = listed.and_then(|status| StatusCode::from_u16(status).ok());
        self.status.or(listed).unwrap_or(match self.code {
            code::UNKNOWN_PATH => StatusCode::NOT_FOUND,
            code::TOO_MANY => StatusCode::TOO_MANY_REQUESTS,
            code::HELPDESK => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        })
    }

    /// The body it arrives with; `meaning` is what the catalog says about the code.
    pub(crate) fn body(&self, operation: Option<&Operation>, meaning: Option<&str>, log_id: &str) -> Value {
        // OAuth has a word and a sentence in place of the platform's own members (protocol.md §2.4).
        if operation.is_some_and(Operation::signs_in) {
            return json!({"code": self.code, "error": "invalid_grant", "error_description": self.message});
        }
        let method = operation.map_or("", |operation| &operation.id);
        let mut error = Map::new();
        error.insert("log_id".to_owned(), log_id.into());
        error.insert(
            "troubleshooter".to_owned(),
            format!(
                "排查建议查看（Troubleshooting suggestions）：https://open.feishu.cn/search?from=openapi&log_id={log_id}&code={}&method_id={method}",
                self.code
            )
            .into(),
        );
        if let Some(meaning) = meaning {
            error.insert("message".to_owned(), meaning.into());
        }
        if !self.violations.is_empty() {
            error.insert("field_violations".to_owned(), json!(self.violations));
        }
        if !self.scopes.is_empty() {
            let scopes: Vec<Value> = self
                .scopes
                .iter()
                .map(|scope| json!({"type": "action_privilege_required", "subject": scope}))
                .collect();
            error.insert("permission_violations".to_owned(), scopes.into());
        }
        if let Some(console) = &self.console {
            let help = format!(
                "Learn more about scopes and how to add them: [{}]",
                self.scopes.join(", ")
            );
            error.insert("helps".to_owned(), json!([{"url": console, "description": help}]));
        }
        json!({"code": self.code, "msg": self.message, "error": error})
    }
}
