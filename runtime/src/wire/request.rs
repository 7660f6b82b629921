//! `errors!`, `parameters!`, `paged!` and `methods!`: what requests say of themselves, each thing once.

/// The error table of a request, as the constant `ERRORS` with documentation:
/// `errors!(Create { 230002: "The bot is not in the chat.", 230001: "…" { 99: "…" } });`. In braces stand the inner codes of a row.
#[doc(hidden)]
#[macro_export]
macro_rules! errors {
    ($type:ident { $($code:literal: $cause:literal $({ $($inner:literal: $inner_cause:literal),* $(,)? })?),* $(,)? }) => {
        impl $type {
            /// The codes that the call fails with, and what each means.
            ///
            $(
                #[doc = concat!("- `", $code, "`: ", $cause)]
                $($(#[doc = concat!("  - `", $inner, "`: ", $inner_cause)])*)?
            )*
            pub const ERRORS: &'static [(i64, &'static str)] = &[$(($code, $cause), $($(($inner, $inner_cause),)*)?)*];
        }
    };
}

/// `Request::encode`: which method of the [`Encoder`](crate::Encoder) writes which fields, `parameters!(path(chat_id), query_opt(kind = "type"));`.
#[doc(hidden)]
#[macro_export]
macro_rules! parameters {
    () => {
        #[inline]
        fn encode(&self, _call: &mut $crate::Encoder) {}
    };
    // Where no field is renamed, which is nearly everywhere, nothing is left to expand but the names.
    ($($verb:ident($($field:ident),*)),+ $(,)?) => {
        #[inline]
        fn encode(&self, call: &mut $crate::Encoder) {
            $($(call.$verb(stringify!($field), &self.$field);)*)+
        }
    };
    ($($verb:ident($($field:ident $(= $key:literal)?),* $(,)?)),+ $(,)?) => {
        #[inline]
        fn encode(&self, call: &mut $crate::Encoder) {
            $($(call.$verb($crate::__key!($field $($key)?), &self.$field);)*)+
        }
    };
}

/// `Paged` for a list whose pages are linked by tokens: `paged!(List: Chat, items, page_token = page_token, has_more);` names the reply's
/// list, the request's field that takes the token that the reply's field gives, and the reply's field that says whether more follows.
#[doc(hidden)]
#[macro_export]
macro_rules! paged {
    ($type:ident: $item:ty, $items:ident, $token:ident = $next:ident $(, $more:ident)?) => {
        impl $crate::Paged for $type {
            type Item = $item;

            #[inline]
            fn turn(&mut self, token: ::std::string::String) -> $crate::Result<()> {
                self.$token = ::core::option::Option::Some(token);
                ::core::result::Result::Ok(())
            }

            #[inline]
            fn split(&self, page: Self::Reply) -> $crate::Page<$item> {
                $crate::Page {
                    items: page.$items,
                    next: page.$next,
                    more: $crate::__more!($(page.$more)?),
                    total: ::core::option::Option::None,
                }
            }
        }
    };
}

/// Whether more pages follow, where the reply says so.
#[doc(hidden)]
#[macro_export]
macro_rules! __more {
    () => {
        ::core::option::Option::None
    };
    ($more:expr) => {
        ::core::option::Option::Some($more)
    };
}

/// The operations of a resource as methods of the client's named door.
#[doc(hidden)]
#[macro_export]
macro_rules! methods {
    ($door:literal; $($(#[$about:meta])* $name:ident($request:ident)),* $(,)?) => {
        #[doc = concat!("The operations as methods: `", $door, "`.")]
        #[derive(Clone, Copy, Debug)]
        pub struct Methods<'a>(pub(crate) &'a $crate::Client);

        impl<'a> Methods<'a> {
            $(
                $(#[$about])*
                #[inline]
                pub fn $name(self, request: $request) -> $crate::Call<$request> {
                    self.0.send(request)
                }
            )*
        }
    };
}
