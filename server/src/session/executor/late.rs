//! What is sent to owners apart from a batch: what a command that waited has changed, and questions for full states.

use super::super::gate::Gate;
use super::super::plan::Part;
use super::super::scene::Scene;
use super::{Executor, Frame, Run};
use crate::command::Deltas;
use crate::config::Levels;
use crate::store::HashedKey;
use crate::turn::{Group, ItemKind, NO_GROUP, SentItem, Turn};
use circlet_core::coordinator::Shortfall;
use circlet_core::message::batch;
use circlet_resp::Args;
use std::sync::Arc;

impl Executor {
    /// Tells the owners what a command that had waited has changed.
    ///
    /// # Errors
    /// The shortfall, if too few of them can be reached by now; it may take effect all the same.
    pub(crate) fn replicate_late(
        &mut self,
        scene: &Scene<'_>,
        part: &Part,
        args: Args<'_>,
        changed: &Deltas,
    ) -> Result<Option<Arc<Turn>>, Shortfall> {
        let gate = Gate::new(scene);
        let run = self.begin_late(scene, &gate, part, args);
        if run.owners.is_empty() || changed.changed().next().is_none() {
            return Ok(None);
        }
        for (key, delta) in changed.changed() {
            self.replicate(&run, HashedKey::new(key).wire(), delta.stamp(), delta.as_bytes());
        }
        let joined = self.company.writers(&run, &mut self.waits);
        let turn = self.share(scene);
        joined.map(|()| turn)
    }

    /// Sends what this node holds under the part's keys to their owners, as a write of all of it.
    ///
    /// # Errors
    /// The shortfall, if too few of them can be reached; what was written may take effect all the same.
    pub(crate) fn spread(
        &mut self,
        scene: &Scene<'_>,
        part: &Part,
        args: Args<'_>,
    ) -> Result<Option<Arc<Turn>>, Shortfall> {
        let gate = Gate::new(scene);
        let run = self.begin_late(scene, &gate, part, args);
        if run.owners.is_empty() {
            return Ok(None);
        }
        let mut encoded = Vec::new();
        for key in part.spec.keys(args).filter_map(|(at, _)| args.get(at)) {
            let key = HashedKey::new(key);
            encoded.clear();
            let stamp = {
                let shard = scene.node.store.lock(part.arc);
                let state = shard.state(&key);
                state.encode(&mut encoded);
                state.max_stamp()
            };
            self.replicate(&run, key.wire(), stamp, &encoded);
        }
        let joined = self.company.writers(&run, &mut self.waits);
        let turn = self.share(scene);
        joined.map(|()| turn)
    }

    /// Has as many other owners as the part's write level needs vouch for what this node holds under its keys, before it is run.
    ///
    /// # Errors
    /// The shortfall, if too few of them can be reached.
    pub(crate) fn ask(
        &mut self,
        scene: &Scene<'_>,
        part: &Part,
        args: Args<'_>,
    ) -> Result<Option<Arc<Turn>>, Shortfall> {
        let gate = Gate::new(scene);
        let run = self.begin_late(scene, &gate, part, args);
        let levels = Levels {
            read: run.levels.write,
            ..run.levels
        };
        let deltas = std::mem::take(&mut self.deltas);
        let asked = self.vouch_for_all(&Run { levels, ..run }, args, &deltas);
        self.deltas = deltas;
        let turn = self.share(scene);
        asked.map(|()| turn)
    }

    /// A turn that is no batch, with one part that has run already.
    fn begin_late<'a>(&mut self, scene: &'a Scene<'a>, gate: &'a Gate<'a>, part: &'a Part, args: Args<'a>) -> Run<'a> {
        self.begin(scene);
        self.waits.part_groups.push(NO_GROUP);
        let key = part.key(args);
        Run {
            scene,
            gate,
            index: 0,
            part,
            key,
            owners: scene.routes.owners(scene.routes.arc(part.arc)),
            levels: scene.caller.levels(&scene.config.cluster, key.key),
        }
    }

    /// Has every reachable owner send its state of the part's keys, and of those that it read beside them when it was run last: they are
    /// merged as they come.
    pub(crate) fn fetch(&mut self, scene: &Scene<'_>, part: &Part, args: Args<'_>) -> Option<Arc<Turn>> {
        self.begin(scene);
        self.waits.part_groups.push(NO_GROUP);
        let owners = scene.routes.owners(scene.routes.arc(part.arc));
        let deltas = std::mem::take(&mut self.deltas);
        for peer in &owners.reachable {
            let named = part.spec.keys(args).filter_map(|(at, _)| args.get(at));
            for key in named.chain(deltas.unnamed()) {
                let out = self.for_peer(*peer, Frame::Data);
                batch::put_fetch(&mut out.encoded, HashedKey::new(key).wire());
                out.items.push(SentItem {
                    part: 0,
                    kind: ItemKind::Fetch,
                });
            }
        }
        self.deltas = deltas;
        self.waits.begin_group(0, Group::fetch(&owners.reachable));
        self.share(scene)
    }
}
