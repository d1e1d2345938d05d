//! Transactions, which there are not: nothing of one is done, however it is sent.

use crate::support::{Cluster, text};

#[test]
fn what_is_pipelined_behind_multi_is_not_done_and_the_connection_goes_on() {
    let cluster = Cluster::start_with(1, &[]);
    for port in [cluster.client_port(1), cluster.redis_cluster_port(1)] {
        let mut client = crate::support::Client::connect(port, crate::support::PATIENCE).expect("a connection");
        let sent = [
            vec!["SET", "counter", "1"],
            vec!["MULTI"],
            vec!["INCR", "counter"],
            vec!["DEL", "counter"],
            vec!["EXEC"],
            vec!["GET", "counter"],
            vec!["WATCH", "counter"],
            vec!["MULTI"],
            vec!["INCR", "counter"],
            vec!["RESET"],
            vec!["INCR", "counter"],
        ];
        let replies = client.pipeline(&sent).expect("answers");
        let said: Vec<String> = replies.iter().map(text).collect();
        let refused =
            "-ERR transactions are not supported: this was not done, and EXEC will do nothing. Send it without MULTI";
        let expected = [
            "OK",
            "OK",
            refused,
            refused,
            "-EXECABORT Transaction discarded because of previous errors.",
            "1",
            "-ERR WATCH is not supported: there are no transactions",
            "OK",
            refused,
            "RESET",
            "2",
        ];
        assert_eq!(said, expected, "on port {port}");
    }
    let told = text(&cluster.connect(1).call(&["INFO", "errorstats"]).expect("an answer"));
    assert!(
        told.contains("errorstat_EXECABORT:count=2"),
        "counted as other errors are: {told}"
    );
}
