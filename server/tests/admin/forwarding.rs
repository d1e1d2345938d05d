//! Commands that are forwarded to a node which does not coordinate their keys, because whoever forwarded them goes by a view that is over.

use super::cluster::Cluster;
use super::impostor::Impostor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_somebody_elses_to_run_is_given_back_and_not_kept_waiting() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(0).await;
    let mut impostor = Impostor::link(cluster.nodes[1].addresses().peer, cluster.nodes[0].id()).await;
    let (mut ran, mut given_back) = (0, 0);
    for number in 0..30 {
        let key = format!("key{number}");
        assert_eq!(client.text(&format!("SET {key} before")).await, "OK");
        let get = impostor.run(0, false, &[b"GET", key.as_bytes()]).await;
        let append = impostor.run(0, false, &[b"APPEND", key.as_bytes(), b"+"]).await;
        let left = match (get.as_deref(), append.as_deref()) {
            (Some("$6\r\nbefore\r\n"), Some(":7\r\n")) => {
                ran += 1;
                "before+"
            }
            (None, None) => {
                given_back += 1;
                "before"
            }
            other => panic!("{key}: neither run nor given back: {other:?}"),
        };
        assert_eq!(client.text(&format!("GET {key}")).await, left, "{key}");
    }
    assert!(
        ran > 0 && given_back > ran,
        "one node of three coordinates a third: {ran} ran, {given_back} were given back"
    );
}
