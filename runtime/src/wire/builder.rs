//! `builder!`: the constructor and the setters of a value in a few words.

/// `new` with what is required, and a setter for each of the rest:
/// `builder!(Update(chat_id: String), name: String, external: bool, user_ids: [String], names: {String});`
///
/// A type stands in one token: `bool`, `i64` and `f64` are taken as they are, `[T]` is a list of what becomes a `T`, `{T}` a map of it,
/// `(json T)` what is sent as JSON text; of any other type, in parentheses where it is more than a name, what becomes one.
/// Fields of the type `_` are left to setters of their own. Where `new` takes its arguments as a struct, that stands in their place:
/// `builder!(Create(CreateRequired { chat_id, name, .. }), …);`.
#[doc(hidden)]
#[macro_export]
macro_rules! builder {
    (
        $type:ident($($arg:ident: $kind:tt),*)
        $(, $(#[$note:meta])* $field:ident: $set:tt)*
    ) => {
        impl $type {
            #[doc = $crate::__new!([$($arg)*] [$($field)*])]
            pub fn new($($arg: $crate::__input!($kind)),*) -> Self {
                Self {
                    $($arg: $crate::__value!($arg $kind),)*
                    $($field: ::core::default::Default::default(),)*
                }
            }

            $($crate::__setter! { [$(#[$note])*] $field $set })*
        }
    };
    (
        $type:ident($bundle:ident { $($arg:ident),* })
        $(, $(#[$note:meta])* $field:ident: $set:tt)*
    ) => {
        impl $type {
            #[doc = $crate::__new!([$($arg)*] [$($field)*])]
            pub fn new(required: $bundle) -> Self {
                Self {
                    $($arg: required.$arg,)*
                    $($field: ::core::default::Default::default(),)*
                }
            }

            $($crate::__setter! { [$(#[$note])*] $field $set })*
        }
    };
}

/// What the documentation says of `new`.
#[doc(hidden)]
#[macro_export]
macro_rules! __new {
    ($required:tt []) => {
        "From all its parts."
    };
    ([] $rest:tt) => {
        "Empty; setters add what is wanted."
    };
    ($required:tt $rest:tt) => {
        "From what is required; setters add the rest."
    };
}

/// How an argument is taken.
#[doc(hidden)]
#[macro_export]
macro_rules! __input {
    (bool) => { bool };
    (i64) => { i64 };
    (f64) => { f64 };
    ([$item:ty]) => { impl ::core::iter::IntoIterator<Item = impl ::core::convert::Into<$item>> };
    ({$value:ty}) => {
        impl ::core::iter::IntoIterator<Item = (impl ::core::convert::Into<::std::string::String>, impl ::core::convert::Into<$value>)>
    };
    ((json $kind:tt)) => { $crate::__input!($kind) };
    ((map $value:ty)) => { impl ::core::iter::IntoIterator<Item = (impl ::core::convert::Into<::std::string::String>, $value)> };
    (($type:ty)) => { impl ::core::convert::Into<$type> };
    ($type:ident) => { impl ::core::convert::Into<$type> };
}

/// How an argument becomes the field.
#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    ($arg:ident bool) => { $arg };
    ($arg:ident i64) => { $arg };
    ($arg:ident f64) => { $arg };
    ($arg:ident [$item:ty]) => { $arg.into_iter().map(::core::convert::Into::into).collect() };
    ($arg:ident {$value:ty}) => { $arg.into_iter().map(|(key, value)| (key.into(), value.into())).collect() };
    ($arg:ident (json $kind:tt)) => { $crate::Json($crate::__value!($arg $kind)) };
    ($arg:ident (map $value:ty)) => { $arg.into_iter().map(|(key, value)| (key.into(), value)).collect() };
    ($arg:ident $type:tt) => { $arg.into() };
}

/// One setter.
#[doc(hidden)]
#[macro_export]
macro_rules! __setter {
    ($note:tt $field:ident _) => {};
    ($note:tt $field:ident bool) => { $crate::__copied! { $note $field bool } };
    ($note:tt $field:ident i64) => { $crate::__copied! { $note $field i64 } };
    ($note:tt $field:ident f64) => { $crate::__copied! { $note $field f64 } };
    ([$($note:tt)*] $field:ident $type:ident) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
        $($note)*
        pub fn $field(mut self, $field: impl ::core::convert::Into<$type>) -> Self {
            self.$field = ::core::option::Option::Some($field.into());
            self
        }
    };
    ([$($note:tt)*] $field:ident $kind:tt) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
        $($note)*
        pub fn $field(mut self, $field: $crate::__input!($kind)) -> Self {
            self.$field = ::core::option::Option::Some($crate::__value!($field $kind));
            self
        }
    };
}

/// The setter of what is taken as it is.
#[doc(hidden)]
#[macro_export]
macro_rules! __copied {
    ([$($note:tt)*] $field:ident $type:ident) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
        $($note)*
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = ::core::option::Option::Some($field);
            self
        }
    };
}
