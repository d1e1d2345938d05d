//! The table against a map that is slow and obviously right.

use std::collections::{HashMap, HashSet};
use std::thread;

use circlet_core::stamp::Stamp;
use proptest::prelude::*;

use super::*;

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The `number`th key of one of two arc's slots: by a tag, or by the key itself.
struct Keys {
    arcs: ArcCount,
    arc: ArcId,
    tags: Vec<String>,
}

impl Keys {
    /// Keys in the arc of the key `"seed"`. `tags` are for making some slots fuller than others.
    fn new() -> Self {
        let arcs = ArcCount::DEFAULT;
        let arc = HashedKey::new(b"seed").arc(arcs);
        let candidates = (0..).map(|number| format!("tag {number}"));
        let of_arc = candidates.filter(|tag| HashedKey::new(tag.as_bytes()).arc(arcs) == arc);
        Self {
            arcs,
            arc,
            tags: of_arc.take(40).collect(),
        }
    }

    fn table(&self) -> Table {
        Table::new(self.arcs, self.arc)
    }

    fn key(&self, tag: u64, number: u64) -> Vec<u8> {
        format!("{{{}}}{number}", self.tags[tag as usize % self.tags.len()]).into_bytes()
    }
}

fn content(generation: u64, value: &[u8]) -> Content<'_> {
    Content {
        generation: Stamp::from_bits(generation),
        expiry: None,
        body: Body::Plain(value),
    }
}

/// A table and its twin, to which the same is done.
struct Twins {
    table: Table,
    map: HashMap<Vec<u8>, (u64, Vec<u8>)>,
    /// A walk under way: where it is, what it has to meet, what it has met.
    walk: (Position, HashSet<Vec<u8>>, HashSet<Vec<u8>>),
}

impl Twins {
    fn new(table: Table) -> Self {
        Self {
            table,
            map: HashMap::new(),
            walk: (Position::START, HashSet::new(), HashSet::new()),
        }
    }

    fn put(&mut self, key: &[u8], generation: u64, value: &[u8]) {
        let hashed = HashedKey::new(key);
        let known = self.map.insert(key.to_vec(), (generation, value.to_vec())).is_some();
        match self.table.get_mut(&hashed) {
            Some(entry) => {
                assert!(known);
                if !entry.overwrite(&content(generation, value)) {
                    *entry = Entry::new(key, &content(generation, value));
                }
            }
            None => {
                assert!(!known, "{key:?} was lost");
                self.table.insert(&hashed, Entry::new(key, &content(generation, value)));
            }
        }
    }

    fn remove(&mut self, key: &[u8]) {
        let removed = self.table.remove(&HashedKey::new(key));
        assert_eq!(removed.is_some(), self.map.remove(key).is_some());
        assert!(removed.is_none_or(|entry| entry.key() == key));
        self.walk.1.remove(key);
    }

    fn get(&self, key: &[u8]) {
        let entry = self.table.get(&HashedKey::new(key));
        let found = entry.map(|entry| (entry.generation().to_bits(), entry.body()));
        let expected = self
            .map
            .get(key)
            .map(|(generation, value)| (*generation, Body::Plain(value)));
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(key));
    }

    fn clear(&mut self) {
        drop(self.table.clear());
        self.map.clear();
        self.walk.1.clear();
    }

    /// One stretch of a walk that never ends; whenever it comes to the end, it must have met all that were there from
    /// its start on.
    fn walk_on(&mut self) {
        let (at, present, met) = &mut self.walk;
        let map = &self.map;
        *at = self.table.walk(*at, |_, entry| {
            assert!(map.contains_key(entry.key()), "an entry from nowhere");
            assert!(met.insert(entry.key().to_vec()), "met twice");
        });
        if *at >= end_of(&self.table) {
            let missed: Vec<_> = present.difference(met).collect();
            assert!(missed.is_empty(), "missed {missed:?}");
            self.walk = (Position::START, self.map.keys().cloned().collect(), HashSet::new());
        }
    }

    fn check(&self) {
        self.table.check_invariants();
        assert_eq!(self.table.len(), self.map.len());
        let mut entries = 0;
        for entry in self.table.iter() {
            entries += 1;
            let (generation, value) = &self.map[entry.key()];
            assert_eq!(entry.content(), content(*generation, value));
        }
        assert_eq!(entries, self.map.len());
        self.map.keys().for_each(|key| self.get(key));
    }
}

fn end_of(table: &Table) -> Position {
    Position::first_of_slot(table.first_slot + table.entries_by_slot.len() as u16)
}

#[derive(Clone, Debug)]
enum Op {
    Put(u64, u64, usize),
    Remove(u64, u64),
    Get(u64, u64),
    Walk,
    Clear,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Few tags, one of them in most keys: slots of very different sizes. Few numbers: keys come back.
    let tag = || prop_oneof![3 => Just(0_u64), 1 => 0_u64..40];
    let number = || 0_u64..60;
    let op = prop_oneof![
        100 => (tag(), number(), 0_usize..200).prop_map(|(tag, number, length)| Op::Put(tag, number, length)),
        60 => (tag(), number()).prop_map(|(tag, number)| Op::Remove(tag, number)),
        30 => (tag(), number()).prop_map(|(tag, number)| Op::Get(tag, number)),
        30 => Just(Op::Walk),
        1 => Just(Op::Clear),
    ];
    proptest::collection::vec(op, 1..600)
}

proptest! {
    #[test]
    fn a_table_behaves_as_a_map(ops in ops()) {
        let keys = Keys::new();
        let mut twins = Twins::new(keys.table());
        for (generation, op) in (1..).zip(ops) {
            match op {
                Op::Put(tag, number, length) => twins.put(&keys.key(tag, number), generation, &vec![7; length]),
                Op::Remove(tag, number) => twins.remove(&keys.key(tag, number)),
                Op::Get(tag, number) => twins.get(&keys.key(tag, number)),
                Op::Walk => twins.walk_on(),
                Op::Clear => twins.clear(),
            }
        }
        twins.check();
    }
}

#[test]
fn a_table_behaves_as_a_map_while_it_grows_and_shrinks_by_orders_of_magnitude() {
    let keys = Keys::new();
    let mut twins = Twins::new(keys.table());
    let mut random = Random(1);
    let mut generation = 0;
    // (keys to choose from, share of puts in percent, tags to choose from, operations)
    let phases = [
        (20_000, 90, 40, 20_000),
        (20_000, 20, 40, 30_000),
        (30_000, 95, 1, 20_000),
        (30_000, 2, 40, 60_000),
        (500, 50, 3, 20_000),
        (30_000, 90, 40, 10_000),
    ];
    for (numbers, put_percent, tags, operations) in phases {
        for _ in 0..operations {
            generation += 1;
            let key = keys.key(random.below(tags), random.below(numbers));
            if random.below(100) < put_percent {
                let length = random.below(100) as usize;
                twins.put(&key, generation, &vec![generation as u8; length]);
            } else {
                twins.remove(&key);
            }
            if random.below(4) == 0 {
                twins.walk_on();
            }
        }
        twins.check();
    }
    assert!(twins.map.len() > 1_000);
}

#[test]
fn buckets_cost_12_bytes_an_entry_whatever_its_slot() {
    let keys = Keys::new();
    for tags in [1, 40] {
        let mut table = keys.table();
        let mut random = Random(tags);
        let (mut bytes, mut entries) = (0, 0);
        for number in 0..40_000 {
            let key = keys.key(random.below(tags), number);
            table.insert(&HashedKey::new(&key), Entry::new(&key, &content(1, b"")));
            if number > 5_000 {
                bytes += table.memory_bytes();
                entries += table.len();
            }
        }
        let bytes_an_entry = bytes as f64 / entries as f64;
        assert!(bytes_an_entry < 12.6, "{bytes_an_entry} on average, with {tags} tags");
    }
}

#[test]
fn a_slot_that_outgrows_its_part_gets_a_larger_one() {
    let keys = Keys::new();
    let mut table = keys.table();
    // Thirty-nine slots with many keys; then one after the other a slot that had none.
    for number in 0..20_000 {
        let key = keys.key(1 + number % 39, number);
        table.insert(&HashedKey::new(&key), Entry::new(&key, &content(1, b"")));
    }
    let mut longest_ever = 0;
    for number in 0..20_000 {
        let key = keys.key(0, number);
        table.insert(&HashedKey::new(&key), Entry::new(&key, &content(1, b"")));
        if number % 499 == 0 && table.old.is_none() {
            let (longest, total) = table
                .array
                .ways_from_home(|entry| table.face.parts().home(position_of(entry)));
            longest_ever = longest_ever.max(longest);
            assert!(
                total as usize <= table.len(),
                "entries are {total} buckets away from home, all together"
            );
        }
    }
    assert!(
        (1..100).contains(&longest_ever),
        "an entry was {longest_ever} buckets away from home"
    );
    table.check_invariants();
}

#[test]
fn a_table_without_entries_has_no_buckets() {
    let keys = Keys::new();
    let mut table = keys.table();
    assert_eq!(table.memory_bytes(), 0);
    for number in 0..1_000 {
        let key = keys.key(number, number);
        table.insert(&HashedKey::new(&key), Entry::new(&key, &content(1, b"")));
    }
    for number in 0..1_000 {
        let key = keys.key(number, number);
        table.remove(&HashedKey::new(&key)).unwrap();
    }
    assert_eq!(table.memory_bytes(), 0);
}

#[test]
fn prefetching_without_the_lock_is_harmless_while_the_table_changes() {
    let keys = Keys::new();
    let mut table = keys.table();
    let prefetcher = table.prefetcher();
    let inserted: Vec<Vec<u8>> = (0..20_000).map(|number| keys.key(number, number)).collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..20 {
                inserted
                    .iter()
                    .for_each(|key| prefetcher.prefetch_bucket(&HashedKey::new(key)));
            }
        });
        for key in &inserted {
            table.insert(&HashedKey::new(key), Entry::new(key, &content(1, b"value")));
        }
        for key in &inserted {
            assert!(table.remove(&HashedKey::new(key)).is_some());
        }
    });
}

#[test]
fn a_table_that_knows_what_to_expect_does_not_grow_while_it_is_filled() {
    for before in [0, 1, 50] {
        fill_as_expected(before);
    }
}

/// A table in which so many keys are before it hears what to expect.
fn fill_as_expected(before: usize) {
    let keys = Keys::new();
    // Some slots fuller than others, one of them alone holding a third.
    let names: Vec<Vec<u8>> = (0..3_000)
        .map(|number| keys.key(if number % 3 == 0 { 0 } else { number }, number))
        .collect();
    let mut table = keys.table();
    let entry = |number: usize| Entry::new(&names[number], &content(number as u64 + 1, b"v"));
    // In every slot, and in more than one bucket of some.
    let first: Vec<usize> = (0..before).map(|number| number * 7).collect();
    for &number in &first {
        table.insert(&HashedKey::new(&names[number]), entry(number));
    }
    let mut by_slot = vec![0; usize::from(keys.arcs.slots_per_arc())];
    let rest: Vec<usize> = (0..names.len()).filter(|number| !first.contains(number)).collect();
    for &number in &rest {
        by_slot[table.slot_index(&HashedKey::new(&names[number]))] += 1;
    }
    table.expect(&by_slot);
    table.check_invariants();
    let buckets = table.array.len();
    for number in rest {
        table.insert(&HashedKey::new(&names[number]), entry(number));
        assert!(table.old.is_none() && table.array.len() == buckets, "after {number}");
    }
    for name in &names {
        assert!(table.get(&HashedKey::new(name)).is_some(), "{name:?} is there");
    }
    table.check_invariants();
    by_slot.fill(10_000);
    table.expect(&by_slot);
    assert_eq!(table.array.len(), buckets, "only a table of few is made larger");
}
