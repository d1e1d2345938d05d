//! Topologies that change.

use std::sync::Arc;

use circlet_core::control::Notice;
use circlet_core::topology::Topology;
use circlet_core::view::ClusterView;
use circlet_ring::ArcId;

use super::links::Link;
use super::{Node, Output};
use crate::bug::Bug;

impl Node {
    /// The topology that it has on disk: no older one than it said to have installed.
    pub(crate) fn topology(&self) -> &Arc<Topology> {
        self.view.topology()
    }

    /// From now on this view counts. Commands under way that number the owners of an arc as they were are over.
    pub(super) fn on_view(&mut self, view: Arc<ClusterView>) {
        let before = std::mem::replace(&mut self.view, view);
        self.unpark = true;
        let (was, is) = (Arc::clone(before.topology()), Arc::clone(self.view.topology()));
        if was.epoch() == is.epoch() {
            return;
        }
        self.links.resize_with(is.members().len(), Link::default);
        let changed = |arc: ArcId| was.arc(arc) != is.arc(arc);
        self.end_ops_in(changed);
        if self.bug == Some(Bug::DropEarly) {
            let is_mine = |arc: &ArcId| is.arc(*arc).goal().contains(&self.view.me());
            let lost: Vec<ArcId> = is
                .settings()
                .arcs
                .arcs()
                .filter(|arc| changed(*arc) && !is_mine(arc))
                .collect();
            lost.into_iter().for_each(|arc| self.store.forget(arc));
        }
    }

    pub(super) fn on_notice(&mut self, notice: &Notice) {
        if let Notice::Gone { peer, .. } = notice {
            self.hints.forget(*peer);
        }
        self.out.push(Output::Note(notice.to_string()));
    }

    /// Whether this node may hold something of an arc.
    pub(super) fn holds(&self, arc: ArcId) -> bool {
        self.view.topology().arc(arc).names(self.view.me())
    }
}
