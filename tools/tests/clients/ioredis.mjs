// A small real workload through ioredis: `ioredis.mjs redis PORT` or `ioredis.mjs cluster PORT`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// Not `import`: that would not look into NODE_PATH.
const { Redis, Cluster } = createRequire(import.meta.url)('ioredis');
const [kind, port] = [process.argv[2], Number(process.argv[3])];
const client = kind === 'redis' ? new Redis({ host: '127.0.0.1', port }) : new Cluster([{ host: '127.0.0.1', port }]);
client.on('error', (error) => {
  throw error;
});
const numbers = [...Array(300).keys()];

async function strings() {
  assert.equal(await client.set('js:greeting', 'hello'), 'OK');
  assert.equal(await client.get('js:greeting'), 'hello');
  assert.equal(await client.set('js:greeting', 'again', 'NX'), null);
  assert.equal(await client.set('js:greeting', 'again', 'PX', 100000, 'GET'), 'hello');
  assert.ok((await client.pttl('js:greeting')) > 90000);
  assert.equal(await client.del('js:greeting'), 1);
  assert.deepEqual(await client.getBuffer('js:greeting'), null);
  await client.set('js:text', 'no number');
  await assert.rejects(client.incr('js:text'), /value is not an integer or out of range/);
}

async function manyAtOnce() {
  const set = await Promise.all(numbers.map((n) => client.set(`js:many:${n}`, n)));
  assert.ok(set.every((reply) => reply === 'OK'));
  const got = await Promise.all(numbers.map((n) => client.get(`js:many:${n}`)));
  assert.deepEqual(got, numbers.map(String));
}

async function pipelines() {
  const pipe = client.pipeline();
  for (const n of numbers) pipe.set(`{js:pipe}:${n}`, n).get(`{js:pipe}:${n}`);
  const replies = await pipe.exec();
  assert.equal(replies.length, 600);
  for (const [error] of replies) assert.equal(error, null);
  assert.deepEqual(replies.filter((_, at) => at % 2 === 1).map(([, value]) => value), numbers.map(String));
  assert.deepEqual(await client.mget('{js:pipe}:1', '{js:pipe}:none', '{js:pipe}:2'), ['1', null, '2']);
}

async function transactions() {
  await client.set('js:account', 100);
  await assert.rejects(client.multi().decrby('js:account', 10).exec(), /EXECABORT/);
  assert.equal(await client.get('js:account'), '100', 'what failed was not done');
}

async function counters() {
  await client.del('js:counter');
  await Promise.all(numbers.map(() => client.incrby('js:counter', 2)));
  assert.equal(await client.get('js:counter'), '600');
}

const started = Date.now();
await strings();
await manyAtOnce();
await pipelines();
await transactions();
await counters();
client.disconnect();
console.log(`ioredis ${kind}: fine in ${(Date.now() - started) / 1000} s`);
