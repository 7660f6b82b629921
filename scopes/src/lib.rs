//! The least set of scopes that has one of each list: the hitting set problem, at the small size of real programs.
//!
//! Most calls of the platform are open to any one of several scopes; which to ask for is what clients and consoles have to choose.
//!
//! ```
//! let create: &[&str] = &["im:message", "im:message:send_as_bot"];
//! let list: &[&str] = &["im:message", "im:message:readonly"];
//! let least = flybook_scopes::least(&[create, list], &Default::default());
//! assert_eq!(least.into_iter().collect::<Vec<_>>(), ["im:message"]);
//! ```

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// How many choices are looked at before what was found has to do. A program's own endpoints take some hundreds.
const PATIENCE: usize = 200_000;
/// The most lists or scopes that one search can hold.
const WIDEST: usize = 128;

/// Chooses the scopes that hit all lists which `given` does not hit. Empty lists need none.
pub fn least<'s, S: AsRef<str>>(lists: &[&'s [S]], given: &BTreeSet<&'s str>) -> BTreeSet<&'s str> {
    let lists = lists.iter().map(|list| list.iter().map(AsRef::as_ref).collect());
    let open = lists.filter(|list: &Vec<&str>| !list.is_empty() && !list.iter().any(|scope| given.contains(scope)));
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sets: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for list in open {
        for (at, scope) in list.iter().enumerate() {
            let first = place.entry(scope).or_insert(at);
            *first = at.min(*first);
        }
        sets.insert(list.into_iter().collect());
    }
    // Whoever hits a part of a list hits the list.
    let needed: Vec<&BTreeSet<&str>> = sets
        .iter()
        .filter(|set| !sets.iter().any(|other| other != *set && other.is_subset(set)))
        .collect();
    parts(&needed)
        .iter()
        .flat_map(|part| Search::new(part, &place).run())
        .collect()
}

/// Lists that share no scope have nothing to do with each other.
fn parts<'a, 's>(sets: &[&'a BTreeSet<&'s str>]) -> Vec<Vec<&'a BTreeSet<&'s str>>> {
    let mut parts: Vec<Vec<&BTreeSet<&str>>> = Vec::new();
    for set in sets {
        let (touching, mut apart): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|part| part.iter().any(|other| !other.is_disjoint(set)));
        let mut joined: Vec<_> = touching.into_iter().flatten().collect();
        joined.push(set);
        apart.push(joined);
        parts = apart;
    }
    parts
}

/// What is better among sets: fewer scopes; fewer that write; narrower names; earlier in the reference; the alphabet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost<'s> {
    count: usize,
    writing: usize,
    narrow: Reverse<usize>,
    place: usize,
    names: Vec<&'s str>,
}

struct Search<'a, 's> {
    lists: &'a [&'a BTreeSet<&'s str>],
    scopes: Vec<&'s str>,
    place: &'a BTreeMap<&'s str, usize>,
    /// For each scope the lists it hits, and for each list its scopes, as bits.
    hits: Vec<u128>,
    options: Vec<u128>,
    best: Cost<'s>,
    left: usize,
}

impl<'a, 's> Search<'a, 's> {
    fn new(lists: &'a [&'a BTreeSet<&'s str>], place: &'a BTreeMap<&'s str, usize>) -> Self {
        let scopes: BTreeSet<&str> = lists.iter().copied().flatten().copied().collect();
        let scopes: Vec<&str> = scopes.into_iter().collect();
        let best = cost(place, greedy(lists, &scopes, place));
        Self {
            lists,
            scopes,
            place,
            hits: Vec::new(),
            options: Vec::new(),
            best,
            left: PATIENCE,
        }
    }

    fn run(mut self) -> Vec<&'s str> {
        if self.lists.len() <= WIDEST && self.scopes.len() <= WIDEST {
            let (lists, scopes) = (self.lists, &self.scopes);
            let bits = |bools: &mut dyn Iterator<Item = bool>| {
                bools
                    .enumerate()
                    .fold(0, |bits, (at, on)| bits | (u128::from(on) << at))
            };
            self.hits = scopes
                .iter()
                .map(|scope| bits(&mut lists.iter().map(|list| list.contains(scope))))
                .collect();
            self.options = lists
                .iter()
                .map(|list| bits(&mut scopes.iter().map(|scope| list.contains(scope))))
                .collect();
            let all = u128::MAX >> (WIDEST - lists.len());
            self.choose(all, 0, &mut Vec::new());
        }
        self.best.names
    }

    /// Hits the `open` lists in every way worth while, without the `barred` scopes, whose sets have been looked at.
    fn choose(&mut self, open: u128, mut barred: u128, chosen: &mut Vec<&'s str>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if open == 0 {
            let cost = cost(self.place, chosen.clone());
            if cost < self.best {
                self.best = cost;
            }
            return;
        }
        if chosen.len() + self.at_least(open, barred) > self.best.count {
            return;
        }
        let tightest = ones(open).min_by_key(|list| (self.options[*list] & !barred).count_ones());
        let Some(tightest) = tightest else { return };
        for scope in ones(self.options[tightest] & !barred) {
            chosen.push(self.scopes[scope]);
            self.choose(open & !self.hits[scope], barred, chosen);
            chosen.pop();
            barred |= 1 << scope;
        }
    }

    /// Lists without a scope in common need one each.
    fn at_least(&self, open: u128, barred: u128) -> usize {
        let mut seen = 0;
        let mut count = 0;
        for list in ones(open) {
            let options = self.options[list] & !barred;
            if options & seen == 0 {
                seen |= options;
                count += 1;
            }
        }
        count
    }
}

/// The scope that hits most, again and again.
fn greedy<'s>(lists: &[&BTreeSet<&'s str>], scopes: &[&'s str], place: &BTreeMap<&'s str, usize>) -> Vec<&'s str> {
    let mut open: Vec<&BTreeSet<&str>> = lists.to_vec();
    let mut chosen = Vec::new();
    while !open.is_empty() {
        let worth = |scope: &&'s str| {
            let hits = open.iter().filter(|list| list.contains(scope)).count();
            (Reverse(hits), cost(place, vec![scope]))
        };
        let Some(best) = scopes.iter().min_by_key(|scope| worth(scope)) else {
            break;
        };
        open.retain(|list| !list.contains(best));
        chosen.push(*best);
    }
    chosen
}

fn cost<'s>(place: &BTreeMap<&'s str, usize>, mut names: Vec<&'s str>) -> Cost<'s> {
    names.sort_unstable();
    let narrow = names.iter().map(|name| name.split(':').count()).sum();
    Cost {
        count: names.len(),
        writing: names.iter().filter(|name| !name.ends_with(":readonly")).count(),
        narrow: Reverse(narrow),
        place: names.iter().filter_map(|name| place.get(name)).sum(),
        names,
    }
}

/// The places of the bits that are set.
fn ones(mut bits: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Scope = &'static str;

    fn chosen<'s>(lists: &[&'s [Scope]]) -> Vec<&'s str> {
        least(lists, &BTreeSet::new()).into_iter().collect()
    }

    #[test]
    fn ties() {
        // Narrower, then first listed.
        assert_eq!(
            chosen(&[&["im:message", "im:message:send_as_bot", "im:message:send"]]),
            ["im:message:send_as_bot"]
        );
        assert_eq!(chosen(&[&["a:b:y", "a:b:x"]]), ["a:b:y"]);
        // What only reads comes before what has the longer name.
        assert_eq!(chosen(&[&["a:b:c.d", "a:b:readonly", "a:b"]]), ["a:b:readonly"]);
        // One broad scope is fewer than two narrow ones.
        assert_eq!(chosen(&[&["a:b", "a:b:readonly"], &["a:b", "a:b:write"]]), ["a:b"]);
        assert_eq!(chosen(&[&[], &[]]), Vec::<Scope>::new());
    }

    #[test]
    fn greedy_is_not_enough() {
        // `x` hits the most lists, and with it three scopes are needed.
        let lists: &[&[Scope]] = &[
            &["a", "x"],
            &["a", "x"],
            &["a"],
            &["b", "x"],
            &["b", "x", "y"],
            &["b"],
            &["x", "a", "b"],
        ];
        assert_eq!(chosen(lists), ["a", "b"]);
    }

    /// Against trying every set there is.
    #[test]
    fn as_good_as_trying_everything() {
        const NAMES: [Scope; 9] = ["a", "a:b", "a:b:readonly", "c", "c:d", "c:d.e", "f:readonly", "g", "h"];
        let mut state = 7_u64;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..400 {
            let lists: Vec<Vec<Scope>> = (0..=random(6))
                .map(|_| {
                    let mut list: Vec<Scope> = (0..=random(3)).map(|_| NAMES[random(9) as usize]).collect();
                    list.dedup();
                    list
                })
                .collect();
            let lists: Vec<&[Scope]> = lists.iter().map(Vec::as_slice).collect();
            let found = chosen(&lists);
            let mut place = BTreeMap::new();
            for list in &lists {
                for (at, scope) in list.iter().enumerate() {
                    let first = place.entry(*scope).or_insert(at);
                    *first = at.min(*first);
                }
            }
            let all = (0_u32..1 << 9).map(|bits| {
                let names = NAMES.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
                names.map(|(_, name)| *name).collect::<Vec<_>>()
            });
            let fits = |set: &Vec<Scope>| lists.iter().all(|list| list.iter().any(|scope| set.contains(scope)));
            let best = all.filter(fits).map(|set| cost(&place, set)).min().unwrap();
            assert_eq!(found, best.names, "{lists:?}");
        }
    }

    /// However many endpoints, there is an answer that is enough, and always the same.
    #[test]
    fn many() {
        let names: Vec<Scope> = (0..300)
            .map(|at| &*Box::leak(format!("s:{at}").into_boxed_str()))
            .collect();
        let lists: Vec<Vec<Scope>> = (0..600)
            .map(|at| (1..5).map(|step| names[at * step * 7 % 300]).collect())
            .collect();
        let lists: Vec<&[Scope]> = lists.iter().map(Vec::as_slice).collect();
        let first = chosen(&lists);
        assert!(lists.iter().all(|list| list.iter().any(|scope| first.contains(scope))));
        assert_eq!(chosen(&lists), first);
    }
}
