// Drives the server with Google's own client: every answer must be what its types say, and every refusal an error of
// the status it has. The arguments are the server's address without a version, its key and a PNG file.
import assert from "node:assert/strict";
import fs from "node:fs";
import { ApiError, FinishReason, BlockedReason, GoogleGenAI, Modality } from "@google/genai";

const [baseUrl, apiKey, pictureFile] = process.argv.slice(2);
const client = (key) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl } });
const ai = client(apiKey);
const picture = () => ({ inlineData: { mimeType: "image/png", data: fs.readFileSync(pictureFile).toString("base64") } });
const model = "gemini-3.1-flash-image";
const config = { responseModalities: [Modality.IMAGE] };
let done = 0;

async function ok(name, call, check) {
  await check(await call());
  done++;
  console.log("ok", name);
}

async function refused(name, call, status, words) {
  await assert.rejects(call, (e) => {
    assert.ok(e instanceof ApiError, `${name}: ${e}`);
    assert.equal(e.status, status);
    assert.match(e.message, words);
    return true;
  });
  done++;
  console.log("ok", name);
}

const magic = { "image/png": "89504e47", "image/jpeg": "ffd8ff" };
function image(r, mimeType) {
  const [last] = r.candidates[0].content.parts.filter((p) => p.inlineData && !p.thought);
  assert.equal(last.inlineData.mimeType, mimeType);
  assert.ok(Buffer.from(last.inlineData.data, "base64").toString("hex").startsWith(magic[mimeType]));
  assert.equal(r.data, last.inlineData.data);
}

await ok("models", () => ai.models.list({ config: { pageSize: 1 } }), (page) => assert.ok(page.page.length));
await ok("words", () => ai.models.generateContent({ model, contents: "a red fox", config }), (r) => {
  image(r, "image/jpeg");
  assert.equal(r.candidates[0].finishReason, FinishReason.STOP);
  assert.equal(r.usageMetadata.candidatesTokensDetails[0].modality, Modality.IMAGE);
  assert.equal(r.usageMetadata.totalTokenCount, r.usageMetadata.promptTokenCount + r.usageMetadata.candidatesTokenCount);
  assert.ok(r.responseId);
});
await ok("size", () => ai.models.generateContent({
  model, contents: "a red fox", config: { ...config, imageConfig: { aspectRatio: "16:9", imageSize: "2K" }, temperature: 0.5 },
}), (r) => image(r, "image/jpeg"));
await ok("edit", () => ai.models.generateContent({ model, contents: [{ role: "user", parts: [{ text: "make it blue" }, picture()] }], config }),
  (r) => image(r, "image/jpeg"));
await ok("a model that writes", () => ai.models.generateContent({
  model: "gemini-3.1-flash-lite", contents: [{ role: "user", parts: [{ text: "this" }, picture()] }],
  config: { systemInstruction: "Describe.", responseModalities: [Modality.TEXT], maxOutputTokens: 500, seed: 7 },
}), (r) => {
  assert.match(r.text, /1 pictures/);
  assert.equal(r.usageMetadata.candidatesTokensDetails[0].modality, Modality.TEXT);
});
await refused("key", () => client("wrong").models.generateContent({ model, contents: "a red fox", config }), 400, /API_KEY_INVALID/);
await refused("model", () => ai.models.generateContent({ model: "gemini-9", contents: "a red fox", config }), 404, /not found/);
await refused("tier", () => ai.models.generateContent({ model, contents: "a red fox", config: { ...config, imageConfig: { imageSize: "2k" } } }), 400, /imageSize/);
await refused("field", () => ai.models.generateContent({ model, contents: "a red fox", config: { ...config, httpOptions: { extraBody: { fox: 1 } } } }), 400, /unknown field/);

// From here on the server has a script.
await ok("blocked", () => ai.models.generateContent({ model, contents: "x", config }),
  (r) => assert.equal(r.promptFeedback.blockReason, BlockedReason.PROHIBITED_CONTENT));
await ok("filtered", () => ai.models.generateContent({ model, contents: "x", config }),
  (r) => assert.equal(r.candidates[0].finishReason, FinishReason.IMAGE_SAFETY));
await ok("words alone", () => ai.models.generateContent({ model, contents: "x", config }), (r) => assert.ok(r.text));
await ok("drafts", () => ai.models.generateContent({ model, contents: "a red fox", config }), (r) => {
  const parts = r.candidates[0].content.parts.filter((p) => p.inlineData);
  assert.deepEqual(parts.map((p) => Boolean(p.thought)), [true, false, true]);
  assert.equal(r.usageMetadata.thoughtsTokenCount, 300);
});
await refused("rate", () => ai.models.generateContent({ model, contents: "x", config }), 429, /"retryDelay":"17s"/);
await refused("internal", () => ai.models.generateContent({ model, contents: "x", config }), 500, /INTERNAL/);
console.log("done", done);
