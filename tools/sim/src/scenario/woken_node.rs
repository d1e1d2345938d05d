//! Schedule 18. A is stopped with requests in its sockets and declared down, others coordinate, A wakes and answers what had piled up.
//!
//! Nothing it acknowledges may be lost, nothing it reads may be older than what was acknowledged meanwhile at QUORUM, and what it changes
//! must rest on that. The rule: past its lease a node coordinates nothing before it has taken over anew.

use super::script::Script;
use crate::command::{Reply, What};

pub(super) fn run(script: &mut Script) {
    let (a, b) = (script.a, script.b);
    let append = |text: &str| What::Append(text.as_bytes().to_vec());
    let written = script.ask(a, append("a"));
    script.expect_done(&written, "the first append, by A");
    script.world.pause(a);
    script.world.run_ms(2_000);
    let written = script.ask(b, append("b"));
    script.expect_done(&written, "the second append, by B");
    let piled = [script.send(a, append("c")), script.send(a, What::Get)];
    script.world.run_ms(50);
    script.world.wake(a, true);
    let [appended, read] = piled.map(|op| script.world.wait(op));
    if let Reply::Value(value) = &read {
        let value = value.clone().unwrap_or_default();
        script.expect(
            value.starts_with(b"ab"),
            &format!("A reads what B acknowledged, not {read}"),
        );
    }
    script.world.run_ms(1_000);
    let after = script.get(b);
    let expected = if matches!(appended, Reply::Done(_)) {
        "abc"
    } else {
        "ab"
    };
    let is_kept = matches!(&after, Reply::Value(Some(value)) if value.starts_with(expected.as_bytes()));
    script.expect(is_kept, &format!("{expected} is read, not {after}"));
}
