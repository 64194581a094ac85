// Drives the server with grammY: every call must answer as grammY's types say, and
// the wrong ones must fail as GrammyError. The arguments are the server's address, the
// token, a chat that has started the bot, one that blocked it, a PNG file, the ids of a
// callback query, a pre-checkout query of a subscription and an inline query that wait
// for their answers, a group of the two people, and a group that was upgraded.
import assert from "node:assert/strict";
import { Bot, GrammyError, InlineKeyboard, InputFile } from "grammy";

const [apiRoot, token, chat, blocked, pictureFile, pressId, checkoutId, inlineId, group, upgraded] = process.argv.slice(2);
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
await ok("answerPreCheckoutQuery", () => api.answerPreCheckoutQuery(checkoutId, true));
let charge;
await ok("getStarTransactions", () => api.getStarTransactions({ limit: 10 }), (v) => {
  const [t] = v.transactions;
  charge = t.id;
  assert.equal(t.source.transaction_type, "invoice_payment");
  assert.equal(t.source.subscription_period, 2592000);
});
await ok("getMyStarBalance", () => api.getMyStarBalance(), (v) => assert.equal(v.amount, 50));
await ok("editUserStarSubscription", () => api.editUserStarSubscription(id, charge, true));
await ok("refundStarPayment", () => api.refundStarPayment(id, charge));
await fails("refunded twice", 400, /CHARGE_ALREADY_REFUNDED$/, () => api.refundStarPayment(id, charge));
await fails("edited what is over", 400, /CHARGE_NOT_FOUND$/, () => api.editUserStarSubscription(id, charge, false));
await ok("sendPaidMedia", () => api.sendPaidMedia(id, 5, [{ type: "photo", media: photo.photo.at(-1).file_id }], { payload: "album" }), (m) => assert.equal(m.paid_media.star_count, 5));
const article = { type: "article", id: "a", title: "Fox", input_message_content: { message_text: "*fox*", parse_mode: "MarkdownV2" } };
await ok("answerInlineQuery", () => api.answerInlineQuery(inlineId, [article, { type: "photo", id: "b", photo_file_id: photo.photo[0].file_id }], {
  cache_time: 10, is_personal: true, next_offset: "2", button: { text: "More", start_parameter: "more" },
}));
await fails("answered an inline query twice", 400, /query is too old/, () => api.answerInlineQuery(inlineId, [article]));
await ok("savePreparedInlineMessage", () => api.savePreparedInlineMessage(id, article, { allow_group_chats: true }), (v) => assert.ok(v.expiration_date));
await fails("answerWebAppQuery", 400, /QUERY_ID_INVALID$/, () => api.answerWebAppQuery("x", article));
await ok("getChatMember", () => api.getChatMember(group, id), (m) => assert.equal(m.status, "creator"));
await ok("getChatMemberCount", () => api.getChatMemberCount(group), (n) => assert.equal(n, 3));
await ok("getChatAdministrators", () => api.getChatAdministrators(group), (v) => assert.equal(v[0].user.id, id));
await ok("sendMessage in a group", () => api.sendMessage(group, "hello"), (m) => assert.equal(m.chat.type, "supergroup"));
await ok("leaveChat", () => api.leaveChat(group));
await fails("left", 403, /^Forbidden: bot is not a member of the supergroup chat$/, () => api.sendMessage(group, "x"));
await assert.rejects(() => api.sendMessage(upgraded, "x"), (e) => e.parameters.migrate_to_chat_id < -1e12);
await ok("setMyDefaultAdministratorRights", () => api.setMyDefaultAdministratorRights({ for_channels: false }));
await ok("getMyDefaultAdministratorRights", () => api.getMyDefaultAdministratorRights(), (v) => assert.equal(v.is_anonymous, false));
await ok("getUserProfilePhotos", () => api.getUserProfilePhotos(id), (v) => assert.equal(v.total_count, 0));
await ok("setMyName", () => api.setMyName("Fox"));
await ok("getMyName", () => api.getMyName(), (v) => assert.equal(v.name, "Fox"));
await ok("getMyShortDescription", () => api.getMyShortDescription(), (v) => assert.equal(v.short_description, "Paints"));
await ok("setMyCommands in a chat", () => api.setMyCommands([{ command: "start", description: "Begin" }], { scope: { type: "chat", chat_id: id } }));
await ok("sendLocation", () => api.sendLocation(id, 1.5, 2), (m) => assert.equal(m.location.latitude, 1.5));
await ok("sendVenue", () => api.sendVenue(id, 1.5, 2, "Gate", "Square"), (m) => assert.equal(m.venue.title, "Gate"));
await ok("sendContact", () => api.sendContact(id, "+1", "Fox"), (m) => assert.equal(m.contact.first_name, "Fox"));
let poll;
await ok("sendPoll", () => api.sendPoll(id, "Which?", [{ text: "Red" }, { text: "Blue" }]), (m) => { poll = m; assert.equal(m.poll.options.length, 2); });
await ok("stopPoll", () => api.stopPoll(id, poll.message_id), (p) => assert.equal(p.is_closed, true));
await ok("sendDice", () => api.sendDice(id, "🎲"), (m) => assert.ok(m.dice.value >= 1));
await ok("pinChatMessage", () => api.pinChatMessage(id, poll.message_id));
await ok("unpinChatMessage", () => api.unpinChatMessage(id, poll.message_id));
await ok("forwardMessages", () => api.forwardMessages(id, id, album.map((m) => m.message_id)), (v) => assert.equal(v.length, 2));
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
await fails("close at once", 429, /^Too Many Requests: retry after/, () => api.close());
await assert.rejects(() => api.sendMessage(id, "flood"), (e) => e.error_code === 429 && e.parameters.retry_after === 9);
await fails("no picture", 400, /IMAGE_PROCESS_FAILED/, () => api.sendPhoto(id, new InputFile(Buffer.from("text"), "x.png")));

console.log("done", done);
