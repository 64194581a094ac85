// Drives the server with OpenAI's own client: every answer must be what its types say, and every refusal an error of
// the class it has for it. The arguments are the server's address, its key and a PNG file.
import assert from "node:assert/strict";
import fs from "node:fs";
import OpenAI, { toFile } from "openai";

const [baseURL, apiKey, pictureFile] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
let done = 0;

async function ok(name, call, check) {
  check(await call());
  done++;
  console.log("ok", name);
}

async function refused(name, call, kind, code) {
  await assert.rejects(call, (e) => {
    assert.ok(e instanceof kind, `${name}: ${e}`);
    if (code) assert.equal(e.code, code);
    return true;
  });
  done++;
  console.log("ok", name);
}

const png = (b64) => assert.equal(Buffer.from(b64, "base64").subarray(1, 4).toString(), "PNG");
const picture = () => toFile(fs.readFileSync(pictureFile), "fox.png", { type: "image/png" });
const fox = { model: "gpt-image-2", prompt: "a red fox", size: "1024x1024" };

await ok("models", () => client.models.list(), (page) => assert.deepEqual(page.data, []));
await ok("generate", () => client.images.generate({ ...fox, n: 2, quality: "low" }), (r) => {
  assert.equal(r.data.length, 2);
  r.data.forEach((d) => png(d.b64_json));
  assert.equal(r.size, "1024x1024");
  assert.equal(r.quality, "low");
  assert.equal(r.output_format, "png");
  assert.equal(r.usage.total_tokens, r.usage.input_tokens + r.usage.output_tokens);
  assert.equal(r.usage.input_tokens, r.usage.input_tokens_details.text_tokens + r.usage.input_tokens_details.image_tokens);
});
await ok("edit one", async () => client.images.edit({ ...fox, image: await picture() }), (r) => png(r.data[0].b64_json));
await ok("edit several", async () => client.images.edit({ ...fox, image: [await picture(), await picture()] }), (r) => {
  png(r.data[0].b64_json);
  assert.ok(r.usage.input_tokens_details.image_tokens > 0);
});

const data = (file) => "data:image/png;base64," + fs.readFileSync(file).toString("base64");
const look = { type: "image_url", image_url: { url: data(pictureFile) } };
await ok("words", () => client.chat.completions.create({
  model: "gpt-5.4-mini", max_completion_tokens: 500, store: false,
  messages: [{ role: "system", content: "Describe." }, { role: "user", content: [{ type: "text", text: "this" }, look] }],
}), (r) => {
  assert.match(r.choices[0].message.content, /1 pictures/);
  assert.equal(r.choices[0].finish_reason, "stop");
  assert.equal(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens);
});
await ok("moderation", () => client.moderations.create({ model: "omni-moderation-latest", input: [{ type: "text", text: "blood" }, look] }), (r) => {
  assert.equal(r.results[0].flagged, true);
  assert.deepEqual(Object.entries(r.results[0].categories).filter(([, v]) => v), [["violence", true]]);
});
await refused("two pictures at once", () => client.moderations.create({ model: "omni-moderation-latest", input: [look, look] }), OpenAI.BadRequestError, "invalid_value");

await refused("a field that is not there", () => client.images.generate({ ...fox, response_format: "b64_json" }), OpenAI.BadRequestError, "unknown_parameter");
await refused("a size that is none", () => client.images.generate({ ...fox, size: "1000x1000" }), OpenAI.BadRequestError, "invalid_value");
await refused("no prompt", () => client.images.generate({ model: fox.model }), OpenAI.BadRequestError, "missing_required_parameter");
await refused("a model that is gone", () => client.images.generate({ ...fox, model: "dall-e-3" }), OpenAI.NotFoundError, "model_not_found");
await refused("another key", () => new OpenAI({ baseURL, apiKey: "sk-wrong", maxRetries: 0 }).images.generate(fox), OpenAI.AuthenticationError, "invalid_api_key");
await refused("blocked", () => client.images.generate({ ...fox, user: "blocked" }), OpenAI.BadRequestError, "moderation_blocked");
await refused("too fast", () => client.images.generate({ ...fox, user: "fast" }), OpenAI.RateLimitError, "rate_limit_exceeded");
await refused("broken", () => client.images.generate({ ...fox, user: "broken" }), OpenAI.InternalServerError);
await refused("cut", () => client.images.generate({ ...fox, user: "cut" }), OpenAI.APIConnectionError);

console.log("done", done);
