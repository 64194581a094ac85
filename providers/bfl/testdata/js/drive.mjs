// Drives the fake with the Black Forest Labs provider of Vercel's AI SDK: node drive.mjs <url> <key> <picture> <mask>
import { readFile } from 'node:fs/promises'
import assert from 'node:assert/strict'
import { generateImage } from 'ai'
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs'

const [url, key, pictureFile, maskFile] = process.argv.slice(2)
const bfl = createBlackForestLabs({ baseURL: url, apiKey: key, pollIntervalMillis: 5, pollTimeoutMillis: 10000 })
const picture = await readFile(pictureFile)
const mask = await readFile(maskFile)
let done = 0

const size = png => [png.readUInt32BE(16), png.readUInt32BE(20)]

const make = async (model, prompt, options = {}, more = {}) => {
  const made = await generateImage({
    model: bfl.image(model), prompt, maxRetries: 0, ...more,
    providerOptions: { blackForestLabs: { outputFormat: 'png', ...options } },
  })
  assert.equal(made.image.mediaType, 'image/png')
  done++
  return { size: size(Buffer.from(made.image.uint8Array)), meta: made.providerMetadata.blackForestLabs.images[0] }
}

const words = await make('flux-2-pro', 'a red fox', { width: 1344, height: 768 }, { seed: 7 })
assert.deepEqual(words.size, [1344, 768])
assert.equal(words.meta.seed, 7)
assert.equal(words.meta.cost, 3)
assert.equal(typeof words.meta.outputMegapixels, 'number')

const shaped = await make('flux-pro-1.1-ultra', 'a red fox', {}, { aspectRatio: '16:9' })
assert.deepEqual(shaped.size, [2752, 1536])

const edited = await make('flux-kontext-pro', { text: 'make it blue', images: [picture] })
assert.deepEqual(edited.size, [1248, 832])

const several = await make('flux-2-max', { text: 'put one into the other', images: [picture, picture] })
assert.deepEqual(several.size, [96, 64])

const again = await make('flux-2-klein-4b', 'slowly')
assert.deepEqual(again.size, [1024, 1024])

const fails = async (check, model, prompt) => {
  await assert.rejects(generateImage({ model: bfl.image(model), prompt, maxRetries: 0 }), check)
  done++
}
await fails(e => e.statusCode === 402 && /Insufficient credits/.test(e.message), 'flux-2-pro', 'no money')
await fails(/generation failed/, 'flux-2-pro', 'a failure')
await fails(e => e.statusCode === 404, 'flux-9', 'a model of the future')
await fails(e => e.statusCode === 422, 'flux-2-klein-9b', { text: 'a mask', images: [picture], mask })

console.log(`done ${done}`)
