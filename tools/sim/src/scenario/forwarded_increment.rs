//! Schedule 16. A forwarded INCR whose link broke after it was sent.
//!
//! It must not be counted twice, and the client gets an honest error. The rule: what may have been sent and is not safe to repeat
//! is never sent again.

use super::script::Script;
use crate::command::{Reply, What};

pub(super) fn run(script: &mut Script) {
    let (a, c) = (script.a, script.c);
    for step in 0..20 {
        let op = script.send(c, What::Incr(1));
        // Somewhere between the command's way there and its reply's way back.
        let until = script.world.now + std::time::Duration::from_micros(300 + 250 * step);
        while script.world.next_until(until).is_some() {}
        script.world.break_link(c, a);
        let reply = script.world.wait(op);
        let is_honest = !matches!(reply, Reply::Refused(_) | Reply::Value(_));
        script.expect(is_honest, &format!("done or unknown, not {reply}"));
        script.world.run_ms(500);
    }
    let read = script.get(c);
    script.expect(matches!(read, Reply::Value(Some(_))), "the counter is there");
}
