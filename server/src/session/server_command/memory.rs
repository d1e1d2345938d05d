//! `MEMORY STATS | DOCTOR`

use crate::metrics::usage;
use crate::node::Node;
use circlet_resp::ReplyBuf;

/// Memory beyond the entries' that is worth a word, in times theirs.
const OVERHEAD_TIMES: u64 = 3;

/// Memory below which nothing is odd, in bytes.
const SMALL_BYTES: u64 = 64 << 20;

/// `MEMORY STATS`: Redis's names where the figure exists here.
pub(super) fn stats(node: &Node, replies: &mut ReplyBuf) {
    let (counts, process) = (node.store.counts(), usage());
    let dataset = counts.entry_bytes;
    let figures = [
        ("peak.allocated", process.resident_bytes_peak),
        ("total.allocated", process.resident_bytes),
        ("clients.count", node.clients.len() as u64),
        ("overhead.total", process.resident_bytes.saturating_sub(dataset)),
        ("overhead.hashtable.main", counts.table_bytes),
        ("keys.count", counts.live),
        ("keys.tombstones", counts.tombstones),
        ("keys.bytes-per-key", dataset.checked_div(counts.live).unwrap_or(0)),
        ("dataset.bytes", dataset),
    ];
    replies.map(figures.len());
    for (name, value) in figures {
        replies.bulk(name.as_bytes());
        replies.integer(value as i64);
    }
}

/// `MEMORY DOCTOR`
pub(super) fn doctor(node: &Node, replies: &mut ReplyBuf) {
    let (counts, process) = (node.store.counts(), usage());
    let advice = diagnose(
        counts.memory_bytes(),
        counts.live,
        counts.tombstones,
        process.resident_bytes,
    );
    replies.verbatim("txt", advice.as_bytes());
}

fn diagnose(entries_bytes: u64, live: u64, tombstones: u64, resident_bytes: u64) -> String {
    let mut advice = String::new();
    if resident_bytes < SMALL_BYTES {
        return "This node holds little data: nothing to say about its memory.\n".into();
    }
    if resident_bytes > entries_bytes.saturating_mul(OVERHEAD_TIMES) {
        advice += "Most of the memory is not the entries': buffers of clients and peers, or pages that were freed and not given back.\n";
    }
    if tombstones > live {
        advice += "There are more deleted keys remembered than live ones: they go once every owner is back and has caught up.\n";
    }
    if advice.is_empty() {
        advice += "Nothing is odd about the memory of this node.\n";
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_odd_is_named() {
        assert!(diagnose(0, 0, 0, 1 << 20).contains("little data"));
        assert!(diagnose(1 << 20, 10, 0, 1 << 30).contains("not the entries'"));
        assert!(diagnose(1 << 30, 1, 2, 1 << 30).contains("deleted keys"));
        assert!(diagnose(1 << 30, 2, 1, 1 << 30).contains("Nothing is odd"));
    }
}
