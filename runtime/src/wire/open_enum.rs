//! `open_enum!`: enums that keep the values they do not know.

/// An enum, each value beside its wire form, and last the variant `Unknown(String)`, or `Unknown(i64)` when the values are integers:
/// `open_enum! { pub enum MessageType { Text = "text", Post = "post" } }`, `open_enum! { pub enum Status: i64 { Active = 1 } }`.
///
/// A value this release does not know reads as `Unknown` and is written back as it came.
#[doc(hidden)]
#[macro_export]
macro_rules! open_enum {
    ($(#[$about:meta])* $vis:vis enum $type:ident: i64 {
        $($(#[$note:meta])* $variant:ident = $value:literal),* $(,)?
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $type {
            $($(#[$note])* $variant,)*
            /// A value that this release does not know.
            Unknown(i64),
        }

        #[allow(unreachable_pub)]
        impl $type {
            /// The value on the wire.
            pub fn as_i64(&self) -> i64 {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(value) => *value,
                }
            }
        }

        impl ::core::convert::From<i64> for $type {
            fn from(value: i64) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    _ => Self::Unknown(value),
                }
            }
        }

        impl ::core::default::Default for $type {
            fn default() -> Self {
                Self::Unknown(0)
            }
        }

        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.as_i64(), f)
            }
        }

        impl $crate::Param for $type {
            fn param(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Owned(::std::string::ToString::to_string(&self.as_i64()))
            }
        }

        impl $crate::Decode for $type {
            fn decode<'de, D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <i64 as $crate::Decode>::decode(deserializer).map(<Self as ::core::convert::From<i64>>::from)
            }
        }

        impl $crate::__private::serde::Serialize for $type {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.as_i64())
            }
        }

        $crate::__deserialize!($type);
    };
    ($(#[$about:meta])* $vis:vis enum $type:ident {
        $($(#[$note:meta])* $variant:ident = $value:literal),* $(,)?
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        $vis enum $type {
            $($(#[$note])* $variant,)*
            /// A value that this release does not know.
            Unknown(::std::string::String),
        }

        #[allow(unreachable_pub)]
        impl $type {
            /// The value on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(value) => value,
                }
            }
        }

        // By the value on the wire, which costs every build less than the derived comparison of variants.
        impl ::core::cmp::PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl ::core::cmp::Eq for $type {}

        impl ::core::hash::Hash for $type {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(self.as_str(), state);
            }
        }

        impl ::core::convert::From<&str> for $type {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    _ => Self::Unknown(::std::borrow::ToOwned::to_owned(value)),
                }
            }
        }

        impl ::core::convert::From<::std::string::String> for $type {
            fn from(value: ::std::string::String) -> Self {
                match value.as_str() {
                    $($value => Self::$variant,)*
                    _ => Self::Unknown(value),
                }
            }
        }

        impl ::core::default::Default for $type {
            fn default() -> Self {
                Self::Unknown(::std::string::String::new())
            }
        }

        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::Param for $type {
            fn param(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }

        impl $crate::Decode for $type {
            fn decode<'de, D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let text = $crate::wire::text(deserializer)?;
                ::core::result::Result::Ok(<Self as ::core::convert::From<&str>>::from(&text))
            }
        }

        impl $crate::__private::serde::Serialize for $type {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::__deserialize!($type);
    };
}

/// `serde::Deserialize` by way of [`Decode`](crate::Decode).
#[doc(hidden)]
#[macro_export]
macro_rules! __deserialize {
    ($type:ident) => {
        impl<'de> $crate::__private::serde::Deserialize<'de> for $type {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <Self as $crate::Decode>::decode(deserializer)
            }
        }
    };
}
