//! `circlet recover`: five voters, of which three are gone for good.

use crate::support::{Client, Cluster, PATIENCE, Terminal, circlet, text, wait_until};

const KEYS: usize = 200;

/// Runs `circlet recover` with more arguments: whether it was done, and what it said.
fn recover(cluster: &Cluster, more: &[&str]) -> (bool, String) {
    let mut command = circlet(&["recover", "--dir"]);
    let done = command
        .arg(cluster.dir())
        .args(more)
        .output()
        .expect("the program runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn ask(client: &mut Client, words: &[&str]) -> String {
    text(&client.call(words).expect("an answer"))
}

#[test]
fn a_minority_changes_nothing_until_it_is_forced_to_and_then_has_what_its_nodes_held() {
    let mut cluster = Cluster::start_with(5, &[]);
    let mut client = cluster.connect(4);
    for key in 0..KEYS {
        assert_eq!(ask(&mut client, &["SET", &format!("key{key}"), "before"]), "OK");
    }
    let (is_done, said) = recover(&cluster, &["--force", "--yes-i-know-data-may-be-lost"]);
    assert!(
        !is_done && said.contains("nothing to recover from"),
        "all are there: {said}"
    );
    for node in 1..=3 {
        cluster.kill(node);
    }

    let (is_done, said) = recover(&cluster, &[]);
    assert!(
        !is_done && said.contains("2 of 5 voters") && said.contains("a minority can change nothing"),
        "{said}"
    );
    let (is_done, said) = recover(&cluster, &["--force"]);
    assert!(
        !is_done && said.contains("--yes-i-know-data-may-be-lost"),
        "nobody can be asked here: {said}"
    );
    let refused = ask(
        &mut client,
        &["CLUSTER", "RECOVER", "FORCE", "another", &"1".repeat(40)],
    );
    assert!(refused.contains("this is the cluster \"circlet\""), "{refused}");
    let status = cluster.status(4).expect("it answers");
    assert_eq!(status["forced_recoveries"], 0, "nothing was changed");

    let (is_done, said) = recover(&cluster, &["--force", "--yes-i-know-data-may-be-lost"]);
    assert!(
        is_done && said.contains("THIS IS UNSAFE") && said.contains("recovered by force"),
        "{said}"
    );
    for node in [4, 5] {
        let follows = wait_until(PATIENCE, || {
            cluster
                .status(node)
                .is_some_and(|status| status["forced_recoveries"] == 1)
        });
        assert!(follows.is_some(), "node {node}: {:?}", cluster.status(node));
    }
    assert!(cluster.log(4).contains("FORCED RECOVERY") || cluster.log(5).contains("FORCED RECOVERY"));
    let mut kept = 0;
    for key in 0..KEYS {
        let value = ask(&mut client, &["GET", &format!("key{key}")]);
        assert!(value == "before" || value == "(nil)", "{value}");
        kept += usize::from(value == "before");
    }
    // Each key had three owners of five; with one of ten all three were lost.
    assert!((KEYS * 7 / 10..KEYS).contains(&kept), "{kept} of {KEYS} keys are left");
    for key in 0..KEYS {
        assert_eq!(ask(&mut client, &["SET", &format!("key{key}"), "after"]), "OK");
    }

    cluster.restart(2);
    let told = wait_until(PATIENCE, || {
        cluster.log(2).contains("has left the cluster, or was removed")
    });
    assert!(told.is_some(), "one that was declared gone is told: {}", cluster.log(2));
    let has_stopped = wait_until(PATIENCE, || cluster.pid(2).is_none());
    assert!(has_stopped.is_some(), "and stops");
    for key in 0..KEYS {
        assert_eq!(ask(&mut client, &["GET", &format!("key{key}")]), "after");
    }
}

/// Forces a recovery at a terminal, and types this when it asks: whether it was done, and what was said.
fn force_at_terminal(cluster: &Cluster, typed: &str) -> (bool, String) {
    let mut command = circlet(&["recover", "--force", "--dir"]);
    let mut terminal = Terminal::start(command.arg(cluster.dir()), 80);
    let asks = wait_until(PATIENCE, || {
        terminal.written().contains("Type the name of the cluster (circlet)")
    });
    assert!(asks.is_some(), "{}", terminal.written());
    terminal.press(typed);
    let status = terminal.wait();
    let said = || terminal.written().clone();
    // What it writes last may be read after it has ended.
    wait_until(PATIENCE, || {
        said().contains("nothing was changed") || said().contains("recovered by force")
    });
    (status.success(), said())
}

#[test]
fn the_cluster_is_named_at_the_terminal_before_anything_is_forced() {
    let mut cluster = Cluster::start_with(3, &[]);
    for node in [2, 3] {
        cluster.kill(node);
    }
    let forced = || cluster.status(1).expect("it answers")["forced_recoveries"].clone();
    for wrong in ["another\n", "\n", "Circlet\n", "yes\n"] {
        let (is_done, said) = force_at_terminal(&cluster, wrong);
        assert!(
            !is_done && said.contains("that is not its name: nothing was changed"),
            "{wrong:?}: {said}"
        );
        assert_eq!(forced(), 0, "{wrong:?}");
    }
    let (is_done, said) = force_at_terminal(&cluster, "circlet\n");
    assert!(is_done && said.contains("recovered by force"), "{said}");
    assert_eq!(forced(), 1);
}
