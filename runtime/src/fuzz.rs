//! Feeds mutations of a small corpus to a function that must never panic: a few thousand in the tests, the same each time, and with
//! `FLYBOOK_FUZZ_SECONDS` for that long. `FLYBOOK_FUZZ_SEED` begins elsewhere.
//!
//! `FLYBOOK_FUZZ_SECONDS=600 cargo test --release -p flybook-runtime --all-features fuzz -- --nocapture`

use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

/// Without a time given.
const EXECUTIONS: u64 = 5000;
/// No input grows beyond it.
const LONGEST: usize = 4096;

/// Runs `target` on mutations of the files in `corpus/<name>`, with words of `words` strewn in.
pub(crate) fn fuzz(name: &str, words: &[&[u8]], target: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!corpus.is_empty(), "`{name}` has a corpus");
    let number = |name| env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let limit = number("FLYBOOK_FUZZ_SECONDS").map(Duration::from_secs);
    let mut chance = Chance(number("FLYBOOK_FUZZ_SEED").unwrap_or(1));
    let (start, mut count) = (Instant::now(), 0);
    corpus.iter().for_each(|input| target(input));
    while limit.map_or(count < EXECUTIONS, |limit| start.elapsed() < limit) {
        // The clock is not asked each time.
        for _ in 0..1000 {
            let shown = Shown(chance.mutate(&corpus, words));
            target(&shown.0);
            count += 1;
        }
    }
    println!("{name}: {count} executions in {:.1} s", start.elapsed().as_secs_f64());
}

/// Shows the input when a panic drops it.
struct Shown(Vec<u8>);

impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was \"{}\"", self.0.escape_ascii());
        }
    }
}

/// splitmix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }

    fn mutate(&mut self, corpus: &[Vec<u8>], words: &[&[u8]]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(input.len() + 1);
            let end = at + self.below(input.len() - at + 1).min(64);
            match self.below(8) {
                0 if at < input.len() => input[at] ^= 1 << self.below(8),
                1 if at < input.len() => input[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'0'][self.below(8)],
                2 => drop(input.drain(at..end)),
                3 => input.truncate(at),
                4 => {
                    let again = input[at..end].to_vec();
                    input.splice(at..at, again);
                }
                5 => {
                    let other = &corpus[self.below(corpus.len())];
                    let from = self.below(other.len() + 1);
                    input.splice(at..end, other[from..].iter().copied());
                }
                6 if !words.is_empty() => {
                    let word = words[self.below(words.len())];
                    input.splice(at..end, word.iter().copied());
                }
                _ => {
                    let random = [self.below(256) as u8, self.below(256) as u8];
                    input.splice(at..at, random[..=self.below(2)].iter().copied());
                }
            }
            input.truncate(LONGEST);
        }
        input
    }
}
