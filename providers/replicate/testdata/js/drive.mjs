// Drives the fake with Replicate's own client: node drive.mjs <url> <key> <picture> <secret> <id> <time> <signature> <body>
import { readFile } from 'node:fs/promises'
import assert from 'node:assert/strict'
import Replicate, { validateWebhook } from 'replicate'

const [url, key, pictureFile, secret, id, timestamp, signature, body] = process.argv.slice(2)
const replicate = new Replicate({ baseUrl: url, auth: key, fileEncodingStrategy: 'upload' })
const picture = await readFile(pictureFile)
let done = 0
const did = ok => { assert.ok(ok); done++ }

const size = async address => {
  const reply = await fetch(address)
  assert.equal(reply.status, 200)
  assert.equal(reply.headers.get('content-type'), 'image/png')
  const png = Buffer.from(await reply.arrayBuffer())
  return `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`
}

// Waits in the call.
const waited = await replicate.run('black-forest-labs/flux-schnell', {
  input: { prompt: 'a red fox', num_outputs: 2, aspect_ratio: '16:9', output_format: 'png', seed: 7 },
})
assert.equal(waited.length, 2)
did(await size(waited[0]) === '1344x768')

// Polls, and says how it goes.
const seen = []
const polled = await replicate.run('black-forest-labs/flux-2-pro', {
  input: { prompt: 'a red fox', aspect_ratio: 'custom', width: 512, height: 768 }, wait: { mode: 'poll', interval: 5 },
}, prediction => seen.push(prediction.status))
did(await size(polled) === '512x768')
did(seen[0] === 'starting' && seen.includes('processing') && seen.at(-1) === 'succeeded')

// Uploads what it is given.
const edited = await replicate.run('black-forest-labs/flux-kontext-pro', { input: { prompt: 'make it blue', input_image: picture } })
did(await size(edited) === '96x64')
const upscaled = await replicate.run('nightmareai/real-esrgan:f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa', {
  input: { image: picture, scale: 4 },
})
did(await size(upscaled) === '384x256')

// Takes back.
const made = await replicate.predictions.create({
  model: 'black-forest-labs/flux-dev', input: { prompt: 'never mind' },
  webhook: 'https://imagika.example/hooks', webhook_events_filter: ['completed'],
})
did(made.status === 'starting' && made.urls.cancel.endsWith(`/predictions/${made.id}/cancel`))
did((await replicate.predictions.cancel(made.id)).status === 'canceled')
did((await replicate.predictions.get(made.id)).status === 'canceled')

// Lists, page by page.
const all = []
for await (const page of replicate.paginate(replicate.predictions.list)) all.push(...page)
did(all.length === 5 && all[0].id === made.id && all[0].webhook === 'https://imagika.example/hooks')
did(new Set(all.map(prediction => prediction.id)).size === 5)

// Fails.
await assert.rejects(replicate.run('black-forest-labs/flux-schnell', { input: { prompt: 'flagged' } }), /Prediction failed: .*E005/)
done++
const status = code => error => error.response.status === code
await assert.rejects(replicate.run('black-forest-labs/flux-schnell', { input: { prompt: 'x', nonsense: 1 } }), status(422))
done++
await assert.rejects(replicate.run('acme/nothing', { input: { prompt: 'x' } }), status(404))
done++
await assert.rejects(new Replicate({ baseUrl: url, auth: 'wrong' }).accounts.current(), status(401))
done++

// The rest.
did((await replicate.accounts.current()).type === 'user')
did((await replicate.webhooks.default.secret.get()).key === secret)
did(await validateWebhook({ id, timestamp, signature, body, secret }))
did(!await validateWebhook({ id, timestamp, signature, body: body + ' ', secret }))

console.log(`done ${done}`)
