//! Points in time, as the platform counts them.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Decode, integer};

macro_rules! time {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $duration:path, $count:path, $serialize:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(
            #[doc = concat!("The ", $unit, " since 1970-01-01 00:00 UTC.")]
            pub i64,
        );

        impl $name {
            /// The same moment on the system's clock; one the system cannot hold is 1970-01-01.
            pub fn to_system_time(self) -> SystemTime {
                let distance = $duration(self.0.unsigned_abs());
                let moment =
                    if self.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
                moment.unwrap_or(UNIX_EPOCH)
            }
        }

        impl From<SystemTime> for $name {
            fn from(moment: SystemTime) -> Self {
                let count = |distance: Duration| i64::try_from($count(&distance)).unwrap_or(i64::MAX);
                Self(match moment.duration_since(UNIX_EPOCH) {
                    Ok(after) => count(after),
                    Err(before) => -count(before.duration()),
                })
            }
        }

        impl From<i64> for $name {
            fn from(count: i64) -> Self {
                Self(count)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $serialize(self.0, serializer)
            }
        }

        impl Decode for $name {
            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                integer(deserializer).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::decode(deserializer)
            }
        }
    };
}

fn as_text<S: Serializer>(count: i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&count)
}

fn as_number<S: Serializer>(count: i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(count)
}

time!(
    /// A moment in milliseconds, sent as a decimal string: `"1615380573411"`.
    Millis, "milliseconds", Duration::from_millis, Duration::as_millis, as_text
);
time!(
    /// A moment in seconds, sent as a decimal string: `"1615380573"`.
    Seconds, "seconds", Duration::from_secs, Duration::as_secs, as_text
);
time!(
    /// A moment in milliseconds, sent as a number.
    IntMillis, "milliseconds", Duration::from_millis, Duration::as_millis, as_number
);
time!(
    /// A moment in seconds, sent as a number.
    IntSeconds, "seconds", Duration::from_secs, Duration::as_secs, as_number
);
