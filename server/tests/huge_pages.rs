//! A process of its own, since what it tells the kernel holds for the whole of it.
#![cfg(target_os = "linux")]

use rustix::thread::transparent_huge_pages_are_disabled;

#[test]
fn a_process_that_is_to_be_a_node_begins_without_huge_pages() {
    circlet_server::begin_without_huge_pages();
    assert_eq!(
        transparent_huge_pages_are_disabled(),
        Ok(true),
        "its first buffers are not two megabytes each"
    );
}
