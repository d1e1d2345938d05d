//! What random commands on lists are made of.

/// Keys that mostly hold lists.
pub(crate) const LIST_KEYS: [&str; 3] = ["{t}l1", "{t}l2", "{t}l3"];

/// What good commands on lists look like, one a line.
pub(crate) const LIST_FORMS: &str = "
    lpush $l $e
    lpush $l $e $e $v
    rpush $l $e
    rpush $l $e $e $e
    lpushx $l $e
    rpushx $l $e $e
    rpush $k $e
    lpop $l
    rpop $l
    lpop $l $n
    rpop $l $n
    llen $l
    lindex $l $x
    lset $l $x $e
    lrange $l 0 -1
    lrange $l $x $x
    ltrim $l $x $x
    lrem $l $x $e
    linsert $l before $e $e
    linsert $l after $e $e
    lpos $l $e
    lpos $l $e rank $x
    lpos $l $e count $n
    lpos $l $e rank $x count $n maxlen $n
    lmove $l $l left right
    lmove $l $l right left
    lmove $l $k left left
    lmove $k $l right right
    rpoplpush $l $l
    lmpop 1 $l left
    lmpop 2 $l $l right count $n
    lmpop 3 $k $l $l left count $n
    rename $l $l
    copy $l $l
    del $l
    type $l
    expire $l $t
    get $l
    set $l $v
    llen $k
    lrange $k 0 -1
    command getkeys lmpop $n $l $l left
    sort $l
    sort $l alpha
    sort $l alpha desc
    sort $l alpha limit $x $n
    sort $l by nosort limit $x $x
    sort $l by nosort desc
    sort $l by {t}* alpha get # get {t}*
    sort $l by {t}* desc
    sort $l by {t}* alpha desc store $k
    sort $k alpha store $l
    sort $l alpha get {t}* store $l
    sort_ro $l alpha
    sort_ro $k desc
    command getkeys sort $l by $k limit 1 2 store $k
";
