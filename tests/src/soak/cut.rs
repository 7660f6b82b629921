//! The ways a connection is broken, and how long the client takes to come back.

use tokio::time::{Duration, Instant, advance, sleep, timeout};

use super::{
    platform::{DEADLINE, INTERVAL, NONCE, Open, Platform},
    socket::Order,
};

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A close frame.
    Close,
    /// An error, and what was on the way is lost.
    Reset,
    /// Nothing is read or written any more, and neither end is told.
    HalfOpen,
    /// What the client reads stalls; what it writes arrives.
    StalledRead,
    /// What the client writes stalls; what it reads arrives.
    StalledWrite,
    /// Acknowledgements travel 4 s, or handlers take 4 s; the connection stays.
    SlowAck,
    /// The process sleeps, and wakes up a minute later, at most: whoever sleeps through all five pushes of an event has lost it.
    ClockJump,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Close,
        Self::Reset,
        Self::HalfOpen,
        Self::StalledRead,
        Self::StalledWrite,
        Self::SlowAck,
        Self::ClockJump,
    ];

    fn is_silent(self) -> bool {
        matches!(
            self,
            Self::HalfOpen | Self::StalledRead | Self::StalledWrite | Self::ClockJump
        )
    }
}

/// Timers have milliseconds.
const SLACK: Duration = Duration::from_millis(50);

/// Breaks the connection. How long the client was away, and how long it may be: a deadline where nobody tells it, and the backoff.
pub(super) async fn cut(platform: &Platform, how: Cut, slow: impl Fn(Duration)) -> (Duration, Duration) {
    let open = platform.latest().expect("the client has a connection");
    let (refusals, jump, aside) = {
        let mut chance = platform.chance.lock().unwrap();
        // One of 10 times the next tries to connect fail as well.
        let refusals = if chance.below(10) == 0 { 1 + chance.below(4) } else { 0 };
        (refusals as u32, 1 + chance.below(60), chance.below(2) == 0)
    };
    let order = |order| _ = open.orders.send(order);
    let start = Instant::now();
    match how {
        Cut::Close => order(Order::Close),
        Cut::Reset => {
            open.link.reset();
            order(Order::Reset);
        }
        Cut::HalfOpen => order(Order::HalfOpen),
        Cut::StalledRead => order(Order::StallRead),
        Cut::StalledWrite => order(Order::StallWrite),
        Cut::SlowAck => {
            match aside {
                true => order(Order::Delay(Duration::from_secs(4))),
                false => slow(Duration::from_secs(10)),
            }
            sleep(Duration::from_secs(15)).await;
            let still = platform.latest().map(|open| open.id);
            assert_eq!(still, Some(open.id), "a slow acknowledgement cost the connection");
            return (Duration::ZERO, Duration::ZERO);
        }
        Cut::ClockJump => {
            advance(Duration::from_secs(jump)).await;
            let woken = Instant::now();
            let away = heard_since(platform, woken).await - woken;
            return (away, DEADLINE + NONCE + SLACK);
        }
    }
    platform.refuse(refusals as usize);
    let back = back(platform, how, &open).await;
    // What a client writes goes under way until nothing more fits: only then is there something to notice.
    let noticeable = match how {
        Cut::StalledWrite => open.link.stuck().unwrap_or(start),
        _ => start,
    };
    let silence = if how.is_silent() { DEADLINE } else { Duration::ZERO };
    let limit = silence + NONCE + (INTERVAL + NONCE) * refusals + SLACK;
    (back.saturating_duration_since(noticeable), limit)
}

/// When the client has pinged over a connection opened after this one.
async fn back(platform: &Platform, how: Cut, before: &Open) -> Instant {
    let mut signs = platform.signs.subscribe();
    let newer = signs.wait_for(|signs| signs.newest > before.id);
    let newer = timeout(Duration::from_secs(600), newer).await;
    let signs = *newer
        .unwrap_or_else(|_| panic!("the client never came back after {how:?}"))
        .unwrap();
    signs.heard.expect("it was heard")
}

async fn heard_since(platform: &Platform, since: Instant) -> Instant {
    let mut signs = platform.signs.subscribe();
    let heard = signs.wait_for(|signs| signs.heard.is_some_and(|heard| heard >= since));
    let heard = timeout(Duration::from_secs(600), heard).await;
    let signs = *heard.expect("nothing is heard of the client any more").unwrap();
    signs.heard.expect("it was heard")
}
