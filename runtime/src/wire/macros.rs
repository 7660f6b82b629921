//! `decode!`, `encode!`, `wire!`: the wire form of a struct in one line.

/// Reads a struct from replies: `decode!(Message, message_id, kind = "type"; root_id);`
///
/// Fields are named as on the wire, or `field = "wire-name"`. After the `;` stand the `Option` fields, which are left out
/// on the wire when `None`, and last `..others`: the map that holds the members no field is for. Needs `Default`; implements [`Decode`](crate::Decode) and `serde::Deserialize`.
#[cfg(not(feature = "roundtrip"))]
#[doc(hidden)]
#[macro_export]
macro_rules! decode {
    ($($wire:tt)*) => { $crate::__decode! { $($wire)* } };
}

/// Reads a struct from replies, and writes it too (feature `roundtrip`).
#[cfg(feature = "roundtrip")]
#[doc(hidden)]
#[macro_export]
macro_rules! decode {
    ($($wire:tt)*) => { $crate::wire! { $($wire)* } };
}

/// Writes a struct into requests: `encode!(Mention, id, kind = "type"; name);`
///
/// The grammar is that of [`decode!`](crate::decode). Implements `serde::Serialize`.
#[cfg(not(feature = "roundtrip"))]
#[doc(hidden)]
#[macro_export]
macro_rules! encode {
    ($($wire:tt)*) => { $crate::__encode! { $($wire)* } };
}

/// Writes a struct into requests, and reads it too (feature `roundtrip`).
#[cfg(feature = "roundtrip")]
#[doc(hidden)]
#[macro_export]
macro_rules! encode {
    ($($wire:tt)*) => { $crate::wire! { $($wire)* } };
}

/// Both [`decode!`](crate::decode) and [`encode!`](crate::encode), for what travels both ways.
#[doc(hidden)]
#[macro_export]
macro_rules! wire {
    ($($wire:tt)*) => {
        $crate::__decode! { $($wire)* }
        $crate::__encode! { $($wire)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __decode {
    // Where no field is renamed, which is nearly everywhere, nothing is left to expand but the names.
    ($type:ident $(, $field:ident)* $(; $($opt:ident),*)?) => {
        impl $crate::Decode for $type {
            fn member<'de, A: $crate::__private::serde::de::MapAccess<'de>>(
                &mut self,
                key: &str,
                map: &mut A,
            ) -> ::core::result::Result<(), A::Error> {
                match key {
                    $(stringify!($field) => $crate::wire::field(map, key, &mut self.$field),)*
                    $($(stringify!($opt) => $crate::wire::field(map, key, &mut self.$opt),)*)?
                    _ => $crate::wire::skip(map),
                }
            }
        }

        $crate::__deserialize!($type);
    };
    (
        $type:ident $(, $field:ident $(= $key:literal)?)* $(,)?
        $(; $($opt:ident $(= $opt_key:literal)?),* $(,)? $(..$rest:ident)?)?
    ) => {
        impl $crate::Decode for $type {
            fn member<'de, A: $crate::__private::serde::de::MapAccess<'de>>(
                &mut self,
                key: &str,
                map: &mut A,
            ) -> ::core::result::Result<(), A::Error> {
                match key {
                    $($crate::__key!($field $($key)?) => $crate::wire::field(map, key, &mut self.$field),)*
                    $($($crate::__key!($opt $($opt_key)?) => $crate::wire::field(map, key, &mut self.$opt),)*)?
                    _ => $crate::__rest!(self key map $($($rest)?)?),
                }
            }
        }

        $crate::__deserialize!($type);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __encode {
    ($type:ident $(, $field:ident)* $(; $($opt:ident),*)?) => {
        impl $crate::wire::Entries for $type {
            fn entries<M: $crate::__private::serde::ser::SerializeMap>(&self, members: &mut $crate::wire::Members<M>) {
                $(members.put(stringify!($field), &self.$field);)*
                $($(members.put_opt(stringify!($opt), &self.$opt);)*)?
                let _ = members;
            }
        }

        $crate::__encoded! { $type }
    };
    (
        $type:ident $(, $field:ident $(= $key:literal)?)* $(,)?
        $(; $($opt:ident $(= $opt_key:literal)?),* $(,)? $(..$rest:ident)?)?
    ) => {
        impl $crate::wire::Entries for $type {
            fn entries<M: $crate::__private::serde::ser::SerializeMap>(&self, members: &mut $crate::wire::Members<M>) {
                $(members.put($crate::__key!($field $($key)?), &self.$field);)*
                $($(members.put_opt($crate::__key!($opt $($opt_key)?), &self.$opt);)*)?
                $($($crate::wire::Entries::entries(&self.$rest, members);)?)?
                let _ = members;
            }
        }

        $crate::__encoded! { $type }
    };
}

/// What follows from `Entries`.
#[doc(hidden)]
#[macro_export]
macro_rules! __encoded {
    ($type:ident) => {
        impl $crate::__private::serde::Serialize for $type {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::wire::object_out(self, serializer)
            }
        }
    };
}

/// The name on the wire: the field's own unless another is given.
#[doc(hidden)]
#[macro_export]
macro_rules! __key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// A member that no field is for.
#[doc(hidden)]
#[macro_export]
macro_rules! __rest {
    ($self:ident $key:ident $map:ident) => {
        $crate::wire::skip($map)
    };
    ($self:ident $key:ident $map:ident $rest:ident) => {
        $crate::Decode::member(&mut $self.$rest, $key, $map)
    };
}
