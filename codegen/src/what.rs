//! What may differ between the spec and its pages.

/// Each kind of difference with its word.
macro_rules! what {
    ($($kind:ident = $word:literal),+ $(,)?) => {
        /// What may differ between the spec and its pages, worst first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum What {
            $(#[doc = concat!("`", $word, "`.")] $kind,)+
        }

        impl What {
            pub(crate) const WORDS: &[&str] = &[$($word),+];

            /// As `differences.yaml` spells it.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)+
                }
            }

            pub(crate) fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$kind),)+
                    _ => None,
                }
            }
        }
    };
}

what! {
    MissingOperation = "missing operation",
    MissingEvent = "missing event",
    MissingField = "missing field",
    Type = "type",
    Required = "required",
    MissingValue = "missing value",
    NoEnum = "no enum",
    Tokens = "tokens",
    Apps = "apps",
    Host = "host",
    Scopes = "scopes",
    FieldScopes = "field scopes",
    FieldsScopes = "field's scopes",
    MissingCode = "missing code",
    Status = "status",
    Rate = "rate",
    Limit = "limit",
    Default = "default",
    NewerPage = "newer page",
    NoPage = "no page",
    ExtraField = "extra field",
    ExtraValue = "extra value",
    ExtraCode = "extra code",
    ExtraLimit = "extra limit",
    ExtraDefault = "extra default",
}
