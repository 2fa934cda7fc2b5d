// What @clickhouse/client does, plain and compressed: node main.mjs HOST:PORT
import assert from 'node:assert'
import { createClient } from '@clickhouse/client'

async function count(result) {
  let n = 0
  for await (const rows of result.stream()) n += rows.length
  return n
}

for (const packed of [false, true]) {
  const client = createClient({
    url: 'http://' + process.argv[2],
    compression: { request: packed, response: packed },
    session_id: packed ? 'packed' : undefined,
    log: { level: 127 },
  })
  const format = 'JSONEachRow'
  const ask = (query, more) => client.query({ query, format, ...more })
  assert((await client.ping()).success)
  await client.command({ query: 'DROP TABLE IF EXISTS node_client' })
  await client.command({
    query: 'CREATE TABLE node_client (a UInt64, s String) ENGINE = MergeTree ORDER BY a',
  })
  const values = Array.from({ length: 1000 }, (_, a) => ({ a, s: `it's /${a}` }))
  await client.insert({ table: 'node_client', values, format })
  assert.equal(await count(await ask('SELECT * FROM node_client')), 1000)
  assert.equal(await count(await ask('DESCRIBE node_client')), 2)
  assert.equal(await count(await ask('SELECT number FROM numbers(1000000)')), 1000000)
  const late = await ask('SELECT throwIf(number = 3000000) FROM numbers(10000000)')
  // Compressed, the client may see the end of the connection before the error's text.
  await assert.rejects(() => count(late), packed ? undefined : { code: '395' })
  await assert.rejects(() => ask('SELECT * FROM nowhere'), { code: '60' })
  if (packed) {
    await client.command({ query: 'CREATE TEMPORARY TABLE mine (a UInt8)' })
    assert.equal(await count(await ask('SELECT * FROM mine')), 0)
  }
  const leaving = new AbortController()
  setTimeout(() => leaving.abort(), 500)
  const endless = ask('SELECT count() FROM numbers(1e15)', { abort_signal: leaving.signal })
  await assert.rejects(() => endless)
  await client.close()
}
