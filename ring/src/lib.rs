//! Placement: slots, arcs, virtual nodes, bounded load, preference lists.
