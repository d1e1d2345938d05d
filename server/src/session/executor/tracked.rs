//! Reads whose client keeps copies.

use super::{Handler, Part};
use crate::store::Shard;
use circlet_resp::Args;

/// The client keeps copies of what this part reads. Under the lock under which it is read.
#[cold]
pub(super) fn track(shard: &mut Shard, part: &Part, args: Args<'_>, key: &[u8], client: u64) {
    if part.spec.is_write() {
        return;
    }
    match part.handler {
        Handler::Key(_) => shard.track(key, client),
        Handler::Slot(_) => {
            let keys = part.spec.keys(args).filter_map(|(at, _)| args.get(at));
            keys.for_each(|key| shard.track(key, client));
        }
    }
}
