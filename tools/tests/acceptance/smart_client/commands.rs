//! Every family of commands, pipelines, many keys, scans, levels, errors.

use super::{connect, patient, run};
use crate::support::Cluster;
use circlet_client::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[test]
fn every_family_of_commands_works_and_is_typed() {
    let cluster = Cluster::start();
    run(async {
        let client = connect(&cluster, patient()).await;
        strings_and_keys(&client).await.unwrap();
        hashes_and_sets(&client).await.unwrap();
        lists_and_sorted_sets(&client).await.unwrap();
        bits_places_and_estimates(&client).await.unwrap();
        server(&client).await.unwrap();
    });
}

async fn strings_and_keys(client: &Client) -> Result<(), Error> {
    client.set("s", "hello").await?;
    assert_eq!(client.get::<Option<String>>("s").await?.as_deref(), Some("hello"));
    assert_eq!(client.get::<Option<String>>("none").await?, None);
    assert!(
        client
            .get::<String>("none")
            .await
            .is_err_and(|error| error.kind() == ErrorKind::Conversion)
    );
    let absent = SetOptions::new().if_absent().expire_in(Duration::from_secs(100));
    assert!(!client.set_with::<bool>("s", "x", absent).await?);
    assert!(client.set_with::<bool>("s2", "x", absent).await?);
    assert!((90_000..=100_000).contains(&client.pttl("s2").await?));
    assert!(client.persist("s2").await?);
    assert_eq!(client.ttl("s2").await?, -1);
    let old: Option<String> = client.set_with("s2", "y", SetOptions::new().get_old()).await?;
    assert_eq!(old.as_deref(), Some("x"));
    assert_eq!(client.append("s", " world").await?, 11);
    assert_eq!(client.getrange::<String>("s", -5, -1).await?, "world");
    assert_eq!((client.incr("n").await?, client.incr_by("n", 41).await?), (1, 42));
    assert!((client.incr_by_float("f", 1.5).await? - 1.5).abs() < 1e-9);
    assert!(client.setnx("once", 1).await? && !client.setnx("once", 2).await?);
    assert_eq!(client.key_type("s").await?, "string");
    assert!(client.expire_if("s", Duration::from_secs(9), ExpireIf::None).await?);
    client.set("{t}a", 1).await?;
    assert!(client.copy("{t}a", "{t}b", false).await?);
    client.rename("{t}b", "{t}c").await?;
    assert_eq!(client.exists(["{t}a", "{t}b", "{t}c"]).await?, 2);
    let error = client.incr("s").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("ERR")));
    let error = client.lpush("s", 1).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::WrongType, false));
    Ok(())
}

async fn hashes_and_sets(client: &Client) -> Result<(), Error> {
    let fields = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!(client.hset_all("h", &fields).await?, 2);
    assert_eq!(client.hgetall::<BTreeMap<String, i64>>("h").await?, fields);
    assert_eq!(client.hgetall::<HashMap<String, i64>>("h").await?.len(), 2);
    assert_eq!(client.hget::<i64>("h", "b").await?, 2);
    assert_eq!(client.hmget::<Option<i64>>("h", ["a", "z"]).await?, [Some(1), None]);
    assert_eq!(client.hincr_by("h", "a", 9).await?, 10);
    assert_eq!(
        client.hexpire("h", Duration::from_secs(60), &["a", "z"]).await?,
        [1, -2]
    );
    assert!(client.hpttl("h", &["a"]).await?[0] > 0);
    assert_eq!(client.hdel("h", "b").await?, 1);
    assert_eq!(client.sadd("{u}x", ["1", "2", "3"]).await?, 3);
    assert_eq!(client.sadd("{u}y", ["2", "3", "4"]).await?, 3);
    let common: BTreeSet<i64> = client.sinter(["{u}x", "{u}y"]).await?;
    assert_eq!(common, BTreeSet::from([2, 3]));
    assert_eq!(client.sintercard(&["{u}x", "{u}y"], 1).await?, 1);
    assert_eq!(client.smismember("{u}x", ["1", "9"]).await?, [true, false]);
    assert_eq!(client.spop::<String>("{u}y", 9).await?.len(), 3);
    Ok(())
}

async fn lists_and_sorted_sets(client: &Client) -> Result<(), Error> {
    assert_eq!(client.rpush("l", ["a", "b", "c"]).await?, 3);
    assert_eq!(client.lrange::<String>("l", 0, -1).await?, ["a", "b", "c"]);
    assert_eq!(client.linsert("l", Side::Left, "b", "ab").await?, 4);
    assert_eq!(client.lpos("l", "c").await?, Some(3));
    assert_eq!(client.rpop::<Option<String>>("l").await?.as_deref(), Some("c"));
    let waiting = client.clone();
    let waits = tokio::spawn(async move {
        let popped: Option<(String, String)> = waiting.blpop("queue", Duration::from_secs(20)).await?;
        Ok::<_, Error>(popped)
    });
    // While it waits, the connection that all calls share is free.
    assert_eq!(client.llen("l").await?, 3);
    client.rpush("queue", "job").await?;
    let popped = waits.await.expect("no panic")?;
    assert_eq!(popped, Some(("queue".to_owned(), "job".to_owned())));
    let nothing: Option<(String, String)> = client.blpop("queue", Duration::from_millis(20)).await?;
    assert_eq!(nothing, None);
    assert_eq!(client.zadd("z", "one", 1.0).await?, 1);
    let more = [(2.0, "two"), (3.0, "three")];
    assert_eq!(client.zadd_with("z", ZaddOptions::new().if_absent(), more).await?, 2);
    assert!((client.zincr_by("z", "one", 1.5).await? - 2.5).abs() < 1e-9);
    let expected = [("three".to_owned(), 3.0), ("one".to_owned(), 2.5)];
    assert_eq!(client.zrevrange_with_scores::<String>("z", 0, 1).await?, expected);
    let limited = ZrangeOptions::new().reverse().limit(1, 1);
    let found = client.zrange_by_score::<String>("z", "+inf", "(2", limited).await?;
    assert_eq!(found, [("one".to_owned(), 2.5)]);
    assert_eq!(client.zrevrank("z", "three").await?, Some(0));
    assert_eq!(client.zmscore("z", ["two", "x"]).await?, [Some(2.0), None]);
    assert_eq!(client.zpopmin::<String>("z", 1).await?, [("two".to_owned(), 2.0)]);
    assert_eq!(client.zunionstore("{z}u", &["{z}a"], Aggregate::Max).await?, 0);
    Ok(())
}

async fn bits_places_and_estimates(client: &Client) -> Result<(), Error> {
    assert!(!client.setbit("bits", 7, true).await?);
    assert_eq!(
        (client.bitcount("bits").await?, client.bitpos("bits", true).await?),
        (1, 7)
    );
    let steps = [
        BitfieldOp::Overflow(Overflow::Saturate),
        BitfieldOp::IncrBy("u8", 8, 300),
        BitfieldOp::Get("u8", 0),
    ];
    assert_eq!(client.bitfield("bits", &steps).await?, [Some(255), Some(1)]);
    let places = [(13.361_389, 38.115_556, "Palermo"), (15.087_269, 37.502_669, "Catania")];
    assert_eq!(client.geoadd_all("geo", places).await?, 2);
    let distance = client.geodist("geo", "Palermo", "Catania", GeoUnit::Kilometres).await?;
    assert!((distance.unwrap() - 166.2742).abs() < 0.001);
    let circle = GeoShape::Circle(100.0, GeoUnit::Kilometres);
    let near = GeoOrigin::Position(15.0, 37.0);
    let found: Vec<String> = client
        .geosearch("geo", near, circle, SearchOptions::new().nearest_first())
        .await?;
    assert_eq!(found, ["Catania"]);
    assert!(client.geopos("geo", ["Palermo", "x"]).await?[1].is_none());
    assert!(client.pfadd("pf", ["a", "b", "a"]).await?);
    assert_eq!(client.pfcount("pf").await?, 2);
    Ok(())
}

async fn server(client: &Client) -> Result<(), Error> {
    assert_eq!(client.ping().await?, "PONG");
    assert!(client.info(Some("server")).await?.contains("redis_version"));
    let settings: HashMap<String, String> = client.config_get("maxmemory*").await?;
    assert!(settings.contains_key("maxmemory"));
    assert!(client.dbsize().await? > 5);
    assert!(client.command_count().await? > 100);
    let moves: HashMap<String, i64> = client.cluster_moves().await?;
    assert_eq!(moves["arcs_moving"], 0);
    let raw: i64 = client.call(cmd("STRLEN").arg("s")).await?;
    assert_eq!(raw, 11);
    assert!(
        client
            .call::<()>(cmd("FROBNICATE"))
            .await
            .is_err_and(|error| error.code() == Some("ERR"))
    );
    client.flushall(FlushMode::Sync).await?;
    assert_eq!(client.dbsize().await?, 0);
    Ok(())
}

#[test]
fn many_keys_are_split_by_node_and_come_back_in_order() {
    let cluster = Cluster::start();
    run(async {
        let client = connect(&cluster, patient()).await;
        let entries: Vec<(String, usize)> = (0..500).map(|number| (format!("key:{number}"), number)).collect();
        client.mset(&entries[..400]).await.unwrap();
        let keys: Vec<&String> = entries.iter().map(|(key, _)| key).collect();
        let values: Vec<Option<usize>> = client.mget(&keys).await.unwrap();
        let expected: Vec<Option<usize>> = (0..500).map(|number| (number < 400).then_some(number)).collect();
        assert_eq!(values, expected);
        assert_eq!(client.exists(&keys).await.unwrap(), 400);
        let mut pipeline = client.pipeline();
        let places: Vec<_> = keys
            .iter()
            .map(|key| pipeline.add(client.get::<Option<usize>>(key)))
            .collect();
        let wrong = pipeline.add(client.hget::<()>("key:1", "f"));
        let mut replies = pipeline.run().await.unwrap();
        assert!(
            replies
                .take(&wrong)
                .is_err_and(|error| error.kind() == ErrorKind::WrongType)
        );
        let values: Vec<Option<usize>> = places.into_iter().map(|place| replies.take(&place).unwrap()).collect();
        assert_eq!(values, expected, "one command's error is its own");
        let mut seen: Vec<String> = client
            .scan(ScanOptions::new().matching("key:*").count(50))
            .collect()
            .await
            .unwrap();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 400, "SCAN sees the whole cluster");
        let fields: Vec<(String, usize)> = entries[..50].to_vec();
        client.hset_all("big", &fields).await.unwrap();
        let mut found = client
            .hscan::<String, usize>("big", ScanOptions::new())
            .collect()
            .await
            .unwrap();
        found.sort_by_key(|(_, number)| *number);
        assert_eq!(found, fields);
        assert_eq!(client.del(&keys).await.unwrap(), 400);
    });
}

#[test]
fn one_client_serves_many_tasks_and_commands_of_one_key_keep_their_order() {
    let cluster = Cluster::start();
    run(async {
        let client = connect(&cluster, patient()).await;
        let sum = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = (0..256u64)
            .map(|task| {
                let (client, sum) = (client.clone(), Arc::clone(&sum));
                tokio::spawn(async move {
                    for number in 0..20 {
                        client.set(format!("task:{task}"), number).await.unwrap();
                        let seen: u64 = client.get(format!("task:{task}")).await.unwrap();
                        assert_eq!(seen, number);
                        client.incr("total").await.unwrap();
                        sum.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(client.get::<u64>("total").await.unwrap(), sum.load(Ordering::Relaxed));
        let mut pipeline = client.pipeline();
        (0..100).for_each(|number| {
            pipeline.add_cmd(cmd("RPUSH").arg("ordered").arg(number));
        });
        let lengths: Vec<u64> = pipeline.run().await.unwrap().all().unwrap();
        assert_eq!(lengths, (1..=100).collect::<Vec<_>>());
    });
}

#[test]
fn levels_and_times_are_each_calls_own() {
    let mut cluster = Cluster::start();
    run(async {
        let client = connect(&cluster, patient()).await;
        client.set("k", "v").consistency(Consistency::All).await.unwrap();
        cluster.kill(3);
        // Not before the others know.
        let refused = loop {
            let hasty = client.set("k", "w").consistency(Consistency::All).retries(0);
            match hasty.timeout(Duration::from_secs(5)).await {
                Err(error) if error.kind() == ErrorKind::NoQuorum => break error,
                _ => tokio::task::yield_now().await,
            }
        };
        let shortfall = refused.shortfall().expect("what was needed");
        assert_eq!((shortfall.required, shortfall.achieved), (3, 2));
        assert!(refused.is_retryable());
        client.set("k", "w").await.unwrap();
        let read: String = client.get("k").consistency(Consistency::One).await.unwrap();
        assert_eq!(read, "w");
        let started = Instant::now();
        let never = client
            .set("k", "x")
            .consistency(Consistency::All)
            .timeout(Duration::from_millis(300));
        assert_eq!(never.await.unwrap_err().kind(), ErrorKind::NoQuorum);
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "retried within its time only"
        );
    });
}
