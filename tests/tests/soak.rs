//! The short form of the soak; the long one is `cargo run --release -p flybook-tests --bin soak`.

use flybook_tests::soak::{Plan, soak};

#[tokio::test(start_paused = true)]
async fn an_hour_with_every_kind_of_cut() {
    let report = soak(Plan::SHORT).await;
    println!("{report}");
    report.check();
}
