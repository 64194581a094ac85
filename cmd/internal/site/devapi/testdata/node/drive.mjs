// Drives the API with OpenAI's own SDK: nothing but address and token are others.
import assert from "node:assert/strict";
import OpenAI, { AuthenticationError, BadRequestError, ConflictError, NotFoundError, RateLimitError, toFile } from "openai";

const [baseURL, apiKey, site] = process.argv.slice(2);
const openai = new OpenAI({ baseURL, apiKey });
let done = 0;
const png = (b64) => {
  const b = Buffer.from(b64, "base64");
  assert.ok(b.subarray(1, 4).toString() === "PNG" || b[0] === 0xff, "no picture");
  done++;
};

// What is said when nothing is asked for: both forms.
let r = await openai.images.generate({ prompt: "a red fox", n: 1, size: "1024x1024" });
png(r.data[0].b64_json);
assert.equal(r.usage.credits, 1);
assert.ok(r.created > 1e9);

// A link needs no token.
r = await openai.images.generate({ prompt: "a hare", size: "auto", response_format: "url", quality: "standard", style: "vivid", user: "u" });
assert.equal(r.data[0].b64_json, undefined);
const file = await fetch(r.data[0].url.replace(/^https?:\/\/[^/]+/, site));
assert.equal(file.status, 200);
assert.match(file.headers.get("content-type"), /^image\//);
done++;

// The same key is painted, and charged, once; with another wish it is a conflict.
const same = { headers: { "Idempotency-Key": "one" } };
const [a, b] = await Promise.all([1, 2].map(() => openai.images.generate({ prompt: "an owl", response_format: "b64_json" }, same)));
assert.equal(a.data[0].b64_json, b.data[0].b64_json);
assert.equal(a.id, b.id);
await assert.rejects(openai.images.generate({ prompt: "a crow" }, { ...same, maxRetries: 0 }), ConflictError);
done++;

// Streams.
let events = 0;
for await (const e of await openai.images.generate({ prompt: "a bear", stream: true })) {
  assert.equal(e.type, "image_generation.completed");
  png(e.b64_json);
  events++;
}
assert.equal(events, 1);

// Pictures are changed.
r = await openai.images.edit({ image: await toFile(Buffer.from(a.data[0].b64_json, "base64"), "owl.png", { type: "image/png" }), prompt: "in snow", response_format: "b64_json" });
png(r.data[0].b64_json);

// A list, with fields that change nothing here.
const owl = () => toFile(Buffer.from(a.data[0].b64_json, "base64"), "owl.png", { type: "image/png" });
const idle = { user: "u", background: "auto", input_fidelity: "low", output_compression: 80, output_format: "jpeg", quality: "auto", size: "auto", n: 1 };
for await (const e of await openai.images.edit({ image: [await owl()], prompt: "in rain", stream: true, partial_images: 0, ...idle })) png(e.b64_json);

// Asked for now, fetched later.
const later = await openai.post("/images/generations", { body: { prompt: "a seal", async: true } });
assert.equal(later.object, "image.generation");
let now = later;
while (now.status === "queued" || now.status === "in_progress") now = await openai.get(`/images/generations/${later.id}`);
assert.equal(now.status, "completed");
done++;

const models = [];
for await (const m of openai.models.list()) models.push(m.id);
assert.ok(models.length > 0);
assert.equal((await openai.models.retrieve(models[0])).id, models[0]);
done++;

// Every failure is the class that programs look for.
const once = { maxRetries: 0 };
const fails = async (kind, code, f) => {
  await assert.rejects(f, (e) => {
    assert.ok(e instanceof kind, `${e}`);
    assert.equal(e.code, code);
    return true;
  });
  done++;
};
await fails(AuthenticationError, "invalid_api_key", () => new OpenAI({ baseURL, apiKey: apiKey.slice(0, -1) + (apiKey.endsWith("x") ? "y" : "x") }).models.list());
await fails(NotFoundError, "model_not_found", () => openai.images.generate({ prompt: "a fox", model: "nobody" }, once));
await fails(BadRequestError, "missing_required_parameter", () => openai.images.generate({ prompt: " " }, once));
await fails(BadRequestError, "invalid_value", () => openai.images.generate({ prompt: "a fox", n: 99 }, once));
await fails(BadRequestError, "unknown_parameter", () => openai.images.generate({ prompt: "a fox", nagative_prompt: "x" }, once));
await fails(BadRequestError, "invalid_value", () => openai.images.generate({ prompt: "a fox", background: "transparent" }, once));
await fails(NotFoundError, "not_found", () => openai.get("/images/generations/01ARZ3NDEKTSV4RRFFQ69G5FAV"));
await fails(RateLimitError, "insufficient_quota", async () => {
  for (;;) await openai.images.generate({ prompt: "a fox", n: 4, response_format: "url" });
});
console.log(`done ${done}`);
