// Drives the server with grammY: every call must answer as grammY's types say, and
// the wrong ones must fail as GrammyError. The arguments are the server's address, the
// token, a chat that has started the bot, one that blocked it, a PNG file, and the id
// of a callback query that waits for its answer.
import assert from "node:assert/strict";
import { Bot, GrammyError, InlineKeyboard, InputFile } from "grammy";

const [apiRoot, token, chat, blocked, pictureFile, pressId] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot } });
const api = bot.api;
const id = Number(chat);
let done = 0;

async function ok(name, call, check = (v) => assert.equal(v, true)) {
  check(await call());
  done++;
  console.log("ok", name);
}

async function fails(name, code, words, call) {
  await assert.rejects(call, (e) => {
    assert.ok(e instanceof GrammyError, `${name}: ${e}`);
    assert.equal(e.error_code, code, name);
    assert.match(e.description, words, name);
    return true;
  });
  done++;
  console.log("ok", name);
}

let text, photo, album, document;
const keys = new InlineKeyboard().text("Again", "again").url("Site", "https://example.com");

await ok("getMe", () => api.getMe(), (me) => assert.equal(me.is_bot, true));
await ok("setMyCommands", () => api.setMyCommands([{ command: "start", description: "Begin" }], { language_code: "en" }));
await ok("getMyCommands", () => api.getMyCommands({ language_code: "en" }), (v) => assert.equal(v[0].command, "start"));
await ok("deleteMyCommands", () => api.deleteMyCommands({ language_code: "en" }));
await ok("setMyDescription", () => api.setMyDescription("Paints"));
await ok("getMyDescription", () => api.getMyDescription(), (v) => assert.equal(v.description, "Paints"));
await ok("setMyShortDescription", () => api.setMyShortDescription("Paints"));
await ok("setChatMenuButton", () => api.setChatMenuButton({ menu_button: { type: "commands" } }));
await ok("getChatMenuButton", () => api.getChatMenuButton(), (v) => assert.equal(v.type, "commands"));
await ok("getChat", () => api.getChat(id), (v) => assert.equal(v.type, "private"));
await ok("sendMessage", () => api.sendMessage(id, "<b>Hi</b> &amp; bye", {
  parse_mode: "HTML", reply_markup: keys, link_preview_options: { is_disabled: true },
  reply_parameters: { message_id: 999, allow_sending_without_reply: true },
}), (m) => { text = m; assert.equal(m.text, "Hi & bye"); assert.equal(m.entities[0].type, "bold"); });
await ok("editMessageText", () => api.editMessageText(id, text.message_id, "Working", { reply_markup: keys }), (m) => assert.ok(m.edit_date));
await ok("editMessageReplyMarkup", () => api.editMessageReplyMarkup(id, text.message_id), (m) => assert.equal(m.reply_markup, undefined));
await ok("sendChatAction", () => api.sendChatAction(id, "upload_photo"));
await ok("sendPhoto", () => api.sendPhoto(id, new InputFile(pictureFile), { caption: "A fox", has_spoiler: true }), (m) => { photo = m; assert.ok(m.photo.length > 0); });
await ok("sendPhoto by file_id", () => api.sendPhoto(id, photo.photo.at(-1).file_id), (m) => assert.deepEqual(m.photo, photo.photo));
await ok("editMessageCaption", () => api.editMessageCaption(id, photo.message_id, { caption: "Two foxes" }), (m) => assert.equal(m.caption, "Two foxes"));
await ok("editMessageMedia", () => api.editMessageMedia(id, text.message_id, { type: "photo", media: new InputFile(pictureFile), caption: "Done" }), (m) => assert.equal(m.caption, "Done"));
await ok("sendDocument", () => api.sendDocument(id, new InputFile(pictureFile, "fox.png")), (m) => { document = m; assert.equal(m.document.file_name, "fox.png"); });
await ok("sendMediaGroup", () => api.sendMediaGroup(id, [
  { type: "photo", media: new InputFile(pictureFile), caption: "one" }, { type: "photo", media: photo.photo.at(-1).file_id },
]), (ms) => { album = ms; assert.equal(ms[0].media_group_id, ms[1].media_group_id); });
await ok("getFile", () => api.getFile(document.document.file_id), (f) => assert.ok(f.file_path));
await ok("copyMessage", () => api.copyMessage(id, id, photo.message_id), (v) => assert.ok(v.message_id));
await ok("copyMessages", () => api.copyMessages(id, id, album.map((m) => m.message_id)), (v) => assert.equal(v.length, 2));
await ok("forwardMessage", () => api.forwardMessage(id, id, photo.message_id), (m) => assert.equal(m.forward_origin.type, "user"));
await ok("setMessageReaction", () => api.setMessageReaction(id, photo.message_id, [{ type: "emoji", emoji: "🔥" }]));
await ok("answerCallbackQuery", () => api.answerCallbackQuery(pressId, { text: "Painting" }));
await ok("sendInvoice", () => api.sendInvoice(id, "Credits", "A hundred", "order", "XTR", [{ label: "Credits", amount: 50 }]), (m) => assert.equal(m.invoice.total_amount, 50));
await ok("createInvoiceLink", () => api.createInvoiceLink("Credits", "A hundred", "order", "", "XTR", [{ label: "Credits", amount: 50 }]), (v) => assert.match(v, /^https:/));
await ok("deleteMessages", () => api.deleteMessages(id, album.map((m) => m.message_id)));
await ok("deleteMessage", () => api.deleteMessage(id, document.message_id));
await ok("getUpdates", () => api.getUpdates({ offset: -1, limit: 1, allowed_updates: ["message"] }), (v) => assert.equal(v.length, 1));
await ok("setWebhook", () => api.setWebhook("https://example.com/hook", { secret_token: "abc" }));
await ok("getWebhookInfo", () => api.getWebhookInfo(), (v) => assert.equal(v.url, "https://example.com/hook"));
await fails("getUpdates with a webhook", 409, /^Conflict: can't use getUpdates/, () => api.getUpdates());
await ok("deleteWebhook", () => api.deleteWebhook({ drop_pending_updates: true }));

await fails("no text", 400, /^Bad Request: message text is empty$/, () => api.sendMessage(id, ""));
await fails("long text", 400, /message is too long$/, () => api.sendMessage(id, "x".repeat(4097)));
await fails("bad HTML", 400, /^Bad Request: can't parse entities: Unsupported start tag "x"/, () => api.sendMessage(id, "<x>", { parse_mode: "HTML" }));
await fails("chat not found", 400, /chat not found$/, () => api.sendMessage(3, "x"));
await fails("blocked", 403, /^Forbidden: bot was blocked by the user$/, () => api.sendMessage(Number(blocked), "x"));
await fails("edited nothing", 400, /message is not modified/, () => api.editMessageCaption(id, photo.message_id, { caption: "Two foxes" }));
await fails("edit of nothing", 400, /message to edit not found$/, () => api.editMessageText(id, 9999, "x"));
await fails("answered twice", 400, /query is too old/, () => api.answerCallbackQuery(pressId));
await fails("album of one", 400, /too few messages/, () => api.sendMediaGroup(id, [{ type: "photo", media: photo.photo[0].file_id }]));
await fails("long data", 400, /BUTTON_DATA_INVALID/, () => api.sendMessage(id, "x", { reply_markup: new InlineKeyboard().text("x", "y".repeat(65)) }));
await fails("no picture", 400, /IMAGE_PROCESS_FAILED/, () => api.sendPhoto(id, new InputFile(Buffer.from("text"), "x.png")));

console.log("done", done);
