//! `union!` and `key_union!`: values whose shape another value chooses.

use serde::de::Error;
use serde_json::Value;

use super::Decode;

/// Reads a payload out of a value already taken apart.
pub fn from_value<T: Decode, E: Error>(value: Value) -> Result<T, E> {
    T::decode(value).map_err(E::custom)
}

/// The tag of an object, as text; "" when it has none.
pub fn tag_of(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(tag)) => tag.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// JSON text as a value; what is no JSON stays text.
pub fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Takes the member that holds the payload; `null` when it is absent.
pub fn content_of(mut value: Value, key: &str) -> Value {
    value.get_mut(key).map(Value::take).unwrap_or_default()
}

/// The wire form of an enum whose variants are chosen by a tag, both ways. What this release does not know is kept whole.
///
/// - the tag inside the object: `union!(PostNode: "tag", Text(PostText) = "text", Hr = "hr");`
/// - the payload under a key of its own: `union!(Card: "type" / "data", Template(CardTemplate) = "template");`
/// - the tag in a sibling field: `union!(MessageContent, Text(TextContent) = "text");`
///
/// The enum ends in `Unknown(Value)` (`Unknown(String, Value)` for a sibling tag); `; Json` at the end names that variant
/// otherwise. Payloads need the same directions: see [`encode_union!`](crate::encode_union), [`decode_union!`](crate::decode_union).
#[doc(hidden)]
#[macro_export]
macro_rules! union {
    ($($wire:tt)*) => { $crate::__union! { [out in] $($wire)* } };
}

/// [`union!`](crate::union) for what is only sent.
#[cfg(not(feature = "roundtrip"))]
#[doc(hidden)]
#[macro_export]
macro_rules! encode_union {
    ($($wire:tt)*) => { $crate::__union! { [out] $($wire)* } };
}

/// [`union!`](crate::union) for what is only received.
#[cfg(not(feature = "roundtrip"))]
#[doc(hidden)]
#[macro_export]
macro_rules! decode_union {
    ($($wire:tt)*) => { $crate::__union! { [in] $($wire)* } };
}

/// [`union!`](crate::union) for what is only sent (feature `roundtrip`: both ways).
#[cfg(feature = "roundtrip")]
#[doc(hidden)]
#[macro_export]
macro_rules! encode_union {
    ($($wire:tt)*) => { $crate::union! { $($wire)* } };
}

/// [`union!`](crate::union) for what is only received (feature `roundtrip`: both ways).
#[cfg(feature = "roundtrip")]
#[doc(hidden)]
#[macro_export]
macro_rules! decode_union {
    ($($wire:tt)*) => { $crate::union! { $($wire)* } };
}

/// The items of the directions asked for.
#[doc(hidden)]
#[macro_export]
macro_rules! __ways {
    ([out in] { $($out:tt)* } { $($in:tt)* }) => { $($out)* $($in)* };
    ([out] { $($out:tt)* } { $($in:tt)* }) => { $($out)* };
    ([in] { $($out:tt)* } { $($in:tt)* }) => { $($in)* };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __union {
    // Names the last variant where that was left out.
    ($ways:tt $type:ident $(: $tag:literal $(/ $content:literal)?)?, $($variant:ident $(($payload:ty))? = $value:literal),+ $(,)?) => {
        $crate::__union! { @ $ways $type $([$tag $($content)?])?; $($variant $(($payload))? = $value),+; Unknown }
    };
    ($ways:tt $type:ident $(: $tag:literal $(/ $content:literal)?)?, $($variant:ident $(($payload:ty))? = $value:literal),+ $(,)?; $other:ident) => {
        $crate::__union! { @ $ways $type $([$tag $($content)?])?; $($variant $(($payload))? = $value),+; $other }
    };
    // The tag in a sibling field.
    (@ $ways:tt $type:ident; $($variant:ident $(($payload:ty))? = $value:literal),+; $other:ident) => {
        impl ::core::default::Default for $type {
            fn default() -> Self {
                Self::$other(::std::string::String::new(), $crate::Value::Null)
            }
        }

        $crate::__ways! { $ways {
            #[allow(unreachable_pub)]
            impl $type {
                /// The tag that goes into the sibling field.
                pub fn tag(&self) -> &str {
                    match self {
                        $($crate::__variant!($variant _payload $($payload)?) => $value,)+
                        Self::$other(tag, _) => tag,
                    }
                }
            }

            impl $crate::__private::serde::Serialize for $type {
                fn serialize<S: $crate::__private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    match self {
                        $($crate::__variant!($variant payload $($payload)?) => {
                            $crate::__content!(serializer payload $($payload)?)
                        })+
                        Self::$other(_, value) => $crate::__private::serde::Serialize::serialize(value, serializer),
                    }
                }
            }
        } {
            #[allow(dead_code, unreachable_pub)]
            impl $type {
                /// Reads the content that goes with `tag`; an unknown tag, or content of another shape, is kept as it is.
                pub fn from_parts(tag: &str, value: $crate::Value) -> Self {
                    let known = match tag {
                        $($value => $crate::__from!($variant (&value) $($payload)?),)+
                        _ => ::core::option::Option::None,
                    };
                    known.unwrap_or_else(|| Self::$other(::std::borrow::ToOwned::to_owned(tag), value))
                }

                /// Reads the content from its JSON text; text that is no JSON is kept as it is.
                pub fn from_text(tag: &str, text: &str) -> Self {
                    Self::from_parts(tag, $crate::wire::value_of(text))
                }
            }
        } }
    };
    // The tag inside the object, with or without a key for the payload.
    (@ $ways:tt $type:ident $keys:tt; $($variant:ident $(($payload:ty))? = $value:literal),+; $other:ident) => {
        impl ::core::default::Default for $type {
            fn default() -> Self {
                Self::$other($crate::Value::Null)
            }
        }

        $crate::__ways! { $ways {
            impl $crate::__private::serde::Serialize for $type {
                fn serialize<S: $crate::__private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    match self {
                        $($crate::__variant!($variant payload $($payload)?) => {
                            $crate::__tagged!($keys [serializer $value] payload $($payload)?)
                        })+
                        Self::$other(value) => $crate::__private::serde::Serialize::serialize(value, serializer),
                    }
                }
            }
        } {
            impl $crate::Decode for $type {
                fn decode<'de, D: $crate::__private::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    let value = <$crate::Value as $crate::Decode>::decode(deserializer)?;
                    match $crate::wire::tag_of(&value, $crate::__tag!($keys)).as_str() {
                        $($value => $crate::__payload!($keys $variant value $($payload)?),)+
                        _ => ::core::result::Result::Ok(Self::$other(value)),
                    }
                }
            }

            $crate::__deserialize!($type);
        } }
    };
}

/// The pattern of a variant, with or without a payload.
#[doc(hidden)]
#[macro_export]
macro_rules! __variant {
    ($variant:ident $payload:ident $type:ty) => {
        Self::$variant($payload)
    };
    ($variant:ident $payload:ident) => {
        Self::$variant
    };
}

/// The content of a variant whose tag lies elsewhere.
#[doc(hidden)]
#[macro_export]
macro_rules! __content {
    ($serializer:ident $payload:ident $type:ty) => {
        $crate::__private::serde::Serialize::serialize($payload, $serializer)
    };
    ($serializer:ident $payload:ident) => {
        $crate::wire::object_out(&(), $serializer)
    };
}

/// The key of the tag.
#[doc(hidden)]
#[macro_export]
macro_rules! __tag {
    ([$key:literal $($content:literal)?]) => {
        $key
    };
}

/// The object of a variant, tag and all.
#[doc(hidden)]
#[macro_export]
macro_rules! __tagged {
    ([$key:literal] [$serializer:ident $tag:literal] $payload:ident $type:ty) => {
        $crate::wire::tagged($serializer, $key, $tag, $payload)
    };
    ([$key:literal] [$serializer:ident $tag:literal] $payload:ident) => {
        $crate::wire::tagged($serializer, $key, $tag, &())
    };
    ([$key:literal $content:literal] [$serializer:ident $tag:literal] $payload:ident $type:ty) => {
        $crate::wire::wrapped(
            $serializer,
            $key,
            $tag,
            $content,
            ::core::option::Option::Some($payload),
        )
    };
    ([$key:literal $content:literal] [$serializer:ident $tag:literal] $payload:ident) => {
        $crate::wire::wrapped($serializer, $key, $tag, $content, ::core::option::Option::<&()>::None)
    };
}

/// A variant read from the whole object, or from the member that holds its payload.
#[doc(hidden)]
#[macro_export]
macro_rules! __payload {
    ([$key:literal] $variant:ident $whole:ident $payload:ty) => {
        $crate::wire::from_value::<$payload, D::Error>($whole).map(Self::$variant)
    };
    ([$key:literal $content:literal] $variant:ident $whole:ident $payload:ty) => {
        $crate::wire::from_value::<$payload, D::Error>($crate::wire::content_of($whole, $content)).map(Self::$variant)
    };
    ($keys:tt $variant:ident $whole:ident) => {
        ::core::result::Result::Ok(Self::$variant)
    };
}

/// A variant read from content whose tag lies elsewhere.
#[doc(hidden)]
#[macro_export]
macro_rules! __from {
    ($variant:ident ($value:expr) $payload:ty) => {
        $crate::wire::fitting::<$payload>($value).map(Self::$variant)
    };
    ($variant:ident ($value:expr)) => {
        ::core::option::Option::Some(Self::$variant)
    };
}

/// The wire form of an enum whose variant chooses the key: `key_union!(Receiver, Chat(String) = "chat_id");`
///
/// Written only: the value alone, under [`key()`](#method.key) beside the other members.
#[doc(hidden)]
#[macro_export]
macro_rules! key_union {
    ($type:ident, $($variant:ident($payload:ty) = $key:literal),+ $(,)?) => {
        #[allow(unreachable_pub)]
        impl $type {
            /// The key the value goes under.
            pub fn key(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $key,)+
                }
            }
        }

        impl $crate::__private::serde::Serialize for $type {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::__private::serde::Serialize::serialize(value, serializer),)+
                }
            }
        }
    };
}
