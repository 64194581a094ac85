// Drives the server with fal's own client: every answer must be what its types say, and every refusal an error of the
// class it has for it. The arguments are the server's address, its key and a PNG file.
import assert from "node:assert/strict";
import fs from "node:fs";
import { ApiError, ValidationError, createFalClient } from "@fal-ai/client";

const [address, credentials, pictureFile] = process.argv.slice(2);
const client = (key) =>
  createFalClient({
    credentials: key,
    retry: { maxRetries: 0 },
    requestMiddleware: async (r) => ({ ...r, url: r.url.replace("https://queue.fal.run", address) }),
  });
const fal = client(credentials);
let done = 0;

async function ok(name, call) {
  await call();
  done++;
  console.log("ok", name);
}

async function refused(name, call, kind, status) {
  await assert.rejects(call, (e) => {
    assert.ok(e instanceof kind, `${name}: ${e}`);
    assert.equal(e.status, status);
    return true;
  });
  done++;
  console.log("ok", name);
}

async function looks(image) {
  const answer = await fetch(image.url);
  assert.equal(answer.headers.get("content-type"), "image/jpeg");
  const bytes = new Uint8Array(await answer.arrayBuffer());
  assert.deepEqual([bytes[0], bytes[1]], [0xff, 0xd8]);
}

const model = "fal-ai/flux/schnell";
const input = { prompt: "a red fox", image_size: { width: 1024, height: 1024 }, num_images: 2, seed: 42 };
const picture = "data:image/png;base64," + fs.readFileSync(pictureFile).toString("base64");

await ok("subscribe", async () => {
  const seen = [];
  const { data, requestId } = await fal.subscribe(model, { input, pollInterval: 5, onQueueUpdate: (u) => seen.push(u.status) });
  assert.deepEqual(seen.slice(-3), ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
  assert.ok(requestId);
  assert.equal(data.images.length, 2);
  assert.equal(data.seed, 42);
  assert.deepEqual(data.has_nsfw_concepts, [false, false]);
  await looks(data.images[0]);
});

await ok("submit, ask, result", async () => {
  const { request_id: requestId, status, response_url } = await fal.queue.submit("fal-ai/flux-2-pro/edit", {
    input: { prompt: "a red fox", image_urls: [picture] },
    webhookUrl: "https://imagika.example/callback?x=1",
    startTimeout: 60,
  });
  assert.equal(status, "IN_QUEUE");
  assert.ok(response_url.endsWith("/fal-ai/flux-2-pro/requests/" + requestId));
  await refused("a result too early", () => fal.queue.result("fal-ai/flux-2-pro/edit", { requestId }), ApiError, 400);
  const last = await fal.queue.subscribeToStatus("fal-ai/flux-2-pro/edit", { requestId, pollInterval: 5 });
  assert.ok(last.metrics.inference_time > 0);
  const { data } = await fal.queue.result("fal-ai/flux-2-pro/edit", { requestId });
  await looks(data.images[0]);
});

await ok("cancel", async () => {
  const { request_id: requestId } = await fal.queue.submit(model, { input });
  await fal.queue.cancel(model, { requestId });
  const { status, error_type } = await fal.queue.status(model, { requestId });
  assert.equal(status, "COMPLETED");
  assert.equal(error_type, "client_cancelled");
});

await ok("cancel too late", async () => {
  const { requestId } = await fal.subscribe(model, { input, pollInterval: 5 });
  await refused("over", () => fal.queue.cancel(model, { requestId }), ApiError, 400);
});

await refused("a field that is not there", () => fal.subscribe(model, { input: { ...input, color: "red" }, pollInterval: 5 }), ValidationError, 422);
await refused("no prompt", () => fal.subscribe(model, { input: { seed: 1 }, pollInterval: 5 }), ValidationError, 422);
await refused("a model that is not there", () => fal.subscribe("fal-ai/no-such-thing", { input }), ApiError, 404);
await refused("another key", () => client("wrong").subscribe(model, { input }), ApiError, 401);
await refused("a request that is not there", () => fal.queue.status(model, { requestId: "none" }), ApiError, 404);
await refused("content", () => fal.subscribe(model, { input, pollInterval: 5 }), ValidationError, 422);

console.log("done", done);
