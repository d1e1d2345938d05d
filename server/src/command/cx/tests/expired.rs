//! What is added to where something has expired.

use super::*;

#[test]
fn others_are_asked_before_something_is_added_to_what_has_expired_here() {
    let pair = Pair::new();
    let at = WallMs::new(NOW.get() + 10);
    pair.on(b"counter", |cx| cx.incr_by(5)).unwrap();
    pair.on(b"counter", |cx| cx.expire_at(Some(at)));
    pair.on(b"hash", |cx| {
        let mut hash = cx.edit_hash().unwrap();
        hash.set_until(b"field", b"5", Some(at));
        hash.set(b"other", b"5");
        hash.commit();
    });
    let run = |now: WallMs,
               asks_if_expired: bool,
               key: &[u8],
               command: &dyn Fn(&mut KeyCx<'_>) -> Result<i64, CommandError>| {
        let key = HashedKey::new(key);
        let mut delta = Delta::default();
        let mut shard = pair.here.lock(key.arc(pair.here.arcs()));
        let asking = Writer {
            asks_if_expired,
            ..writer(now)
        };
        let sum = command(&mut KeyCx::new(&mut shard, key, asking, &mut delta));
        (sum, delta.is_changed())
    };
    let incr = |cx: &mut KeyCx<'_>| cx.incr_by(1);
    let field = |name: &'static [u8]| {
        move |cx: &mut KeyCx<'_>| {
            let mut hash = cx.edit_hash()?;
            let sum = hash.incr_by(name, 1)?;
            hash.commit();
            Ok(sum)
        }
    };
    assert_eq!(run(at, true, b"counter", &incr), (Ok(6), true), "it lives");
    assert_eq!(run(at, true, b"hash", &field(b"field")), (Ok(6), true));
    let late = WallMs::new(at.get() + 1);
    let refused = (Err(CommandError::ExpiredHere), false);
    assert_eq!(run(late, true, b"counter", &incr), refused);
    assert_eq!(run(late, true, b"hash", &field(b"field")), refused);
    assert_eq!(
        run(late, true, b"hash", &field(b"other")),
        (Ok(6), true),
        "it does not expire"
    );
    assert_eq!(
        run(late, false, b"counter", &incr),
        (Ok(1), true),
        "they have been asked"
    );
    assert_eq!(run(late, false, b"hash", &field(b"field")), (Ok(1), true));
}
