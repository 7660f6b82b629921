//! A long connection that lives through a day of virtual time, and everything that can happen to it.

mod chance;
mod cut;
mod frame;
mod ledger;
mod line;
mod platform;
mod push;
mod report;
mod socket;

pub use cut::Cut;
pub use report::Report;

use std::sync::{Arc, Mutex, atomic::Ordering};

use flybook::{Client, Event, Router, im::v1::message::Received, socket::LongConnection};
use tokio::{
    runtime::Handle,
    sync::oneshot,
    time::{Duration, Instant, sleep, sleep_until},
};

use self::{
    platform::{Platform, Way},
    report::Sample,
};

/// How long, and how hard.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How much virtual time.
    pub time: Duration,
    /// How many events.
    pub events: usize,
    /// How many cuts, of all kinds in turn.
    pub cuts: usize,
    /// Where chance begins.
    pub seed: u64,
}

impl Plan {
    /// A day, 100,000 events, 1,000 cuts.
    pub const LONG: Self = Self {
        time: Duration::from_secs(24 * 3600),
        events: 100_000,
        cuts: 1000,
        seed: 1,
    };
    /// An hour, at the same pace.
    pub const SHORT: Self = Self {
        time: Duration::from_secs(3600),
        events: 4200,
        cuts: 42,
        seed: 2,
    };
}

/// Runs it on the paused clock of the current runtime.
pub async fn soak(plan: Plan) -> Report {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let (began, before) = (std::time::Instant::now(), tasks());
    let platform = Platform::new(plan.events, plan.seed);
    let slow_until = Arc::new(Mutex::new(Instant::now()));
    let router = Router::new().on::<Received>({
        let (platform, slow_until) = (platform.clone(), slow_until.clone());
        move |event: Event<Received>| handle(platform.clone(), event, *slow_until.lock().unwrap())
    });
    let client = Client::builder("cli_soak", "secret")
        .transport(Way(platform.clone()))
        .build()
        .unwrap();
    let connection = LongConnection::new(&client, router.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(connection.run(stopped));
    platform
        .signs
        .subscribe()
        .wait_for(|signs| signs.newest == 1)
        .await
        .unwrap();

    let start = Instant::now();
    let pushing = tokio::spawn(push::push(platform.clone(), plan.events, plan.time));
    let mut report = Report::new(plan);
    for number in 0..plan.cuts {
        let place = number as f64 + 0.2 + 0.001 * platform.chance.lock().unwrap().below(300) as f64;
        sleep_until(start + plan.time.mul_f64(place / plan.cuts as f64)).await;
        let held = platform.held.load(Ordering::SeqCst);
        report.samples.push(Sample::new(start.elapsed(), tasks(), held));
        let how = Cut::ALL[number % Cut::ALL.len()];
        let slow = |by| *slow_until.lock().unwrap() = Instant::now() + by;
        let (away, limit) = cut::cut(&platform, how, slow).await;
        report.recovered(how, away, limit);
    }
    sleep_until(start + plan.time).await;
    report.time = start.elapsed();
    pushing.await.unwrap();
    let _ = stop.send(());
    running.await.unwrap().unwrap();
    drop(router);
    platform.ended().await;
    tokio::task::yield_now().await;
    report.tasks_left = tasks() - before;
    report.finish(&platform, began.elapsed());
    report
}

/// Handles an event, with what handlers do: most are quick, some take a while, some fail the first time.
async fn handle(platform: Arc<Platform>, event: Event<Received>, slow_until: Instant) -> Result<(), &'static str> {
    let number: usize = event.message.message_id.trim_start_matches("om_").parse().unwrap();
    if Instant::now() < slow_until {
        sleep(Duration::from_secs(4)).await;
    } else if number.is_multiple_of(3) {
        sleep(Duration::from_millis(number as u64 % 200)).await;
    }
    let mut ledger = platform.ledger.lock().unwrap();
    if number.is_multiple_of(211) && ledger.fails(number) {
        return Err("the first time it fails");
    }
    ledger.handled(number);
    Ok(())
}
