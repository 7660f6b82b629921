//! The README's piece about rows of a Base, word for word: one test compares it, and runs it.

// The struct stands as a program would have it.
#![allow(missing_docs)]

use std::error::Error;

use flybook::{
    Client, IntMillis,
    bitable::v1::app_table_record::{BatchCreate, Search},
};
use flybook_bitable::{BitableRecord, Read};

/// A row of a table of tasks.
#[derive(Debug, BitableRecord)]
pub struct Task {
    #[bitable(id)]
    pub id: Option<String>,
    #[bitable(name = "任务名称")]
    pub title: String,
    #[bitable(name = "截止日期")]
    pub due: Option<IntMillis>,
    pub tags: Vec<String>,
    #[bitable(read_only)]
    pub total: Option<f64>,
}

/// Adds rows, however many, and reads the table.
pub async fn add(client: &Client, app_token: &str, table_id: &str, tasks: &[Task]) -> Result<(), Box<dyn Error>> {
    client.batch(BatchCreate::new(app_token, table_id, tasks)).await?;
    let mut records = client.items(Search::new(app_token, table_id));
    while let Some(record) = records.try_next().await? {
        println!("{:?}", record.read::<Task>()?);
    }
    Ok(())
}
