//! `soak [SEED]`: a day of virtual time, 100,000 events and 1,000 cuts; prints the figures and fails when anything was lost, handled
//! twice or left behind.

use flybook_tests::soak::{Plan, soak};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let seed = std::env::args().nth(1).map(|seed| seed.parse().unwrap());
    let report = soak(Plan {
        seed: seed.unwrap_or(Plan::LONG.seed),
        ..Plan::LONG
    })
    .await;
    println!("{report}");
    report.check();
}
