"""A small real workload through redis-py: `redis_py.py redis PORT` or `redis_py.py cluster PORT`."""
import sys
import threading
import time

import redis
from redis.cluster import ClusterNode, RedisCluster


def connect(kind, port):
    if kind == "redis":
        return redis.Redis(host="127.0.0.1", port=port, decode_responses=True)
    return RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port)], decode_responses=True)


def strings(client):
    assert client.set("py:greeting", "hello") is True
    assert client.get("py:greeting") == "hello"
    assert client.set("py:greeting", "again", nx=True) is None
    assert client.append("py:greeting", " world") == 11
    assert client.getrange("py:greeting", 0, 4) == "hello"
    assert client.set("py:short", "lived", ex=100) is True
    assert 0 < client.ttl("py:short") <= 100
    assert client.persist("py:short") is True
    assert client.delete("py:short") == 1
    assert client.get("py:short") is None
    try:
        client.incr("py:greeting")
        raise AssertionError("a text is not a number")
    except redis.ResponseError as error:
        assert str(error) == "value is not an integer or out of range", error


def many_keys(client, kind):
    values = {f"py:many:{{{n}}}": str(n) for n in range(300)}
    set_many = client.mset if kind == "redis" else client.mset_nonatomic
    get_many = client.mget if kind == "redis" else client.mget_nonatomic
    assert set_many(values)
    assert get_many(list(values)) == list(values.values())
    assert client.exists(*values) == 300
    assert client.delete(*values) == 300


def pipelines(client):
    with client.pipeline(transaction=False) if isinstance(client, redis.Redis) else client.pipeline() as pipe:
        for n in range(500):
            pipe.set(f"py:pipe:{n}", n)
        for n in range(500):
            pipe.get(f"py:pipe:{n}")
        replies = pipe.execute()
    assert replies[:500] == [True] * 500
    assert replies[500:] == [str(n) for n in range(500)]


def transactions(client):
    client.set("py:account", 100)
    try:
        with client.pipeline() as pipe:
            pipe.decrby("py:account", 10)
            pipe.execute()
        raise AssertionError("there are no transactions")
    except redis.ResponseError as error:
        assert "transactions are not supported" in str(error), error
    assert client.get("py:account") == "100", "what failed was not done"


def invalidations(port):
    channel = "__redis__:invalidate"
    plain = dict(host="127.0.0.1", port=port, decode_responses=True, protocol=2)
    ear = redis.Redis(**plain).pubsub()
    ear.execute_command("CLIENT", "ID")
    ear_id = ear.parse_response()
    ear.subscribe(channel)
    assert ear.get_message(timeout=10)["type"] == "subscribe"
    reader = redis.Redis(**plain, single_connection_client=True)
    assert reader.execute_command("CLIENT", "TRACKING", "ON", "REDIRECT", ear_id) in (True, "OK")
    writer = redis.Redis(**plain)
    for n in range(5):
        reader.get("py:tracked")
        writer.set("py:tracked", n)
        message = ear.get_message(timeout=10)
        assert (message["type"], message["channel"], message["data"]) == ("message", channel, ["py:tracked"]), message
    ear.unsubscribe()
    while message["type"] != "unsubscribe":
        message = ear.get_message(timeout=10)
    ear.close()


def counters(client):
    def count():
        for _ in range(50):
            client.incr("py:counter")

    client.delete("py:counter")
    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("py:counter") == "200", client.get("py:counter")


def main():
    kind, port = sys.argv[1], int(sys.argv[2])
    client = connect(kind, port)
    started = time.monotonic()
    strings(client)
    many_keys(client, kind)
    pipelines(client)
    counters(client)
    if kind == "redis":
        assert sum(1 for _ in client.scan_iter(match="py:pipe:*", count=100)) == 500
        transactions(client)
        invalidations(port)
    client.close()
    print(f"redis-py {redis.__version__} {kind}: fine in {time.monotonic() - started:.1f} s")


main()
