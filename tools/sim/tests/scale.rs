//! A hundred control planes in virtual time: news reaches everyone, and costs what it should.

use circlet_core::membership::Profile;
use circlet_ring::ArcCount;
use circlet_sim::scale::{place, spread};

#[test]
fn news_reaches_a_hundred_nodes_in_time_and_gossip_does_not_grow_with_their_number() {
    let few = spread(10, ArcCount::MIN, Profile::Lan, 1);
    let many = spread(100, ArcCount::MIN, Profile::Lan, 1);
    let all = |news: &circlet_sim::scale::News| news.ms_at(100).expect("everybody heard");
    // Three probe periods, one more for the probe to fail, the doubt, and some rounds of gossip.
    assert!(all(&many.death) < 6_000.0, "a death: {} ms", all(&many.death));
    assert!(all(&many.pushed) < 100.0, "a document: {} ms", all(&many.pushed));
    assert!(
        all(&many.gossiped) < 1_000.0,
        "a document that nobody tells: {} ms",
        all(&many.gossiped)
    );
    let (gossip_of_few, gossip) = (few.rest_per_s[0], many.rest_per_s[0]);
    assert!(
        gossip < gossip_of_few * 1.2,
        "{gossip_of_few:.0} B/s a node of ten, {gossip:.0} of a hundred"
    );
    assert!(many.join.0 <= 8, "a join takes {} documents", many.join.0);
}

#[test]
fn a_thousand_nodes_are_placed_evenly_and_a_join_moves_little() {
    let placing = place(1_000, ArcCount::MAX);
    assert!(
        placing.fullest < 1.15,
        "the fullest has {:.3} of the fair share",
        placing.fullest
    );
    assert!(placing.join < 2.5, "a join moves {:.2} of the least", placing.join);
    assert!(placing.document_bytes < 400_000, "{} bytes", placing.document_bytes);
}
