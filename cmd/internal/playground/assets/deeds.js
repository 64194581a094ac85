// What the viewer of a chat can do with its messages: press, react, vote, open, forward, copy, delete.
import { avatar, el } from "./dom.js";
import { fileURL } from "./api.js";
import { store } from "./store.js";
import { alertBox, confirmBox, menu, modal, toast } from "./overlays.js";
import { afterPress, reactionRow } from "./reactions.js";
import { deepLink } from "./text.js";
import { inShort } from "./rows.js";
import { paySheet, unlockSheet } from "./pay.js";
import { openApp } from "./webapp.js";

export class Deeds {
  constructor(pane) {
    this.pane = pane;
    this.pressing = new Set(); // of buttons that wait for the bot
  }

  /** What rows are built with. */
  actions() {
    const { pane } = this;
    return {
      viewer: pane.person.id, group: pane.person.group, pressing: this.pressing,
      nameOf: (id) => store.nameOf(id) ?? "Somebody",
      press: (m, key) => this.press(m, key),
      menu: (m, album, node, at) => this.menu(m, album, node, at),
      reply: (m) => pane.composer.replyTo(m),
      react: (m, emoji) => this.react(m, emoji),
      vote: (m, options) => pane.send("vote", { message_id: m.id, options }),
      unlock: (m) => unlockSheet(pane, m),
      command: (text) => pane.send("send", { text }),
      jump: (id) => pane.jump(id),
      open: (url, shown) => this.open(url, shown),
    };
  }

  react(m, emoji) { return this.pane.send("react", { message_id: m.id, emoji: afterPress(m, emoji, this.pane.person.id) }); }

  /** Follows a link: Telegram's own kinds act here, others are asked about unless the text was the address. */
  async open(url, shown = false) {
    const deep = deepLink(url, store.bot.username);
    switch (deep?.kind) {
      case "start": await this.pane.send("start", { payload: deep.value }); return;
      case "invoice": await paySheet(this.pane, { link: deep.value }); return;
      case "app": await openApp(this.pane, { kind: "link", start: deep.value }); return;
      case "group": toast("Make a group beside the chats and add the bot to it."); return;
    }
    if (shown || await confirmBox("Open link", `Do you want to open ${url}?`, "Open")) open(url, "_blank", "noopener,noreferrer");
  }

  /** Does what an inline button says. */
  async press(message, key) {
    const { pane } = this;
    switch (key.kind) {
      case "url": await this.open(key.value); break;
      case "copy": await copy(key.value, "Copied."); break;
      case "callback": this.answered(await this.busy(message, key, "press", { message_id: message.id, data: key.value })); break;
      case "pay": await paySheet(pane, { message_id: message.id }); break;
      case "web_app": await openApp(pane, { kind: "inline", url: key.value, button: key.text }); break;
      case "inline": case "inline_here": pane.composer.begin(`@${store.bot.username} ${key.value ?? ""}`); break;
      default: toast("The playground does not have this kind of button.");
    }
  }

  /** Posts while the button shimmers; a second press meanwhile does nothing. */
  async busy(message, key, path, body) {
    const mark = `${message.id}:${key.kind}:${key.value}`;
    if (this.pressing.has(mark)) return null;
    this.pressing.add(mark);
    this.pane.soon();
    const answer = await this.pane.send(path, body);
    this.pressing.delete(mark);
    this.pane.soon();
    return answer;
  }

  answered(answer) {
    if (!answer) return;
    const { answered, text, alert, url } = answer;
    if (!answered) toast("The bot did not answer this button.", "bad");
    else if (alert) alertBox(store.bot.name, text);
    else if (text) toast(text);
    if (url) this.open(url, true);
  }

  /** The menu of a message: reactions above, deeds below. at is where the pointer was, or null. */
  menu(m, album, node, at) {
    const { pane } = this;
    const own = m.from_id === pane.person.id;
    const service = Boolean(m.service);
    const picture = m.photo && !m.protected;
    const items = [
      !service && { icon: "reply", text: "Reply", run: () => pane.composer.replyTo(m) },
      own && m.text && !m.forwarded && { icon: "edit", text: "Edit", run: () => pane.composer.edit(m) },
      m.text && !m.protected && { icon: "copy", text: "Copy text", run: () => copy(m.text, "Text copied.") },
      picture && { icon: "image", text: "Copy picture", run: () => copyPicture(m.photo) },
      !service && !m.protected && { icon: "forward", text: "Forward", run: () => forwardSheet(pane, album) },
      own && !service && { icon: "again", text: "Send again", run: () => pane.send("resend", { message_id: m.id }) },
      { icon: "slash", text: `Copy id ${m.id}`, run: () => copy(String(m.id), "Message id copied.") },
      (own || !pane.person.group) && { icon: "bin", text: album.length > 1 ? "Delete album" : "Delete", danger: true, run: () => this.remove(album) },
    ];
    const head = service ? null : (close) => reactionRow(m, pane.person.id, (emoji) => { close(); this.react(m, emoji); });
    menu(node, items, { at: at ?? middleOf(node), head });
  }

  async remove(album) {
    const what = album.length > 1 ? `these ${album.length} messages` : "this message";
    if (!await confirmBox("Delete", `Delete ${what} for both sides?`, "Delete", true)) return;
    await Promise.all(album.map((m) => this.pane.send("delete", { message_id: m.id })));
  }
}

function middleOf(node) {
  const { left, top, width, height } = (node.querySelector(".bubble") ?? node).getBoundingClientRect();
  return { x: left + Math.min(width / 2, 160), y: top + Math.min(height / 2, 120) };
}

export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch { toast("The browser did not allow copying.", "bad"); }
}

/** The clipboard takes PNG alone, so the picture goes through a canvas. */
async function copyPicture(photo) {
  try {
    const bitmap = await createImageBitmap(await (await fetch(fileURL(photo.file))).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": canvas.convertToBlob({ type: "image/png" }) })]);
    toast("Picture copied.");
  } catch { toast("The browser did not allow copying.", "bad"); }
}

/** Asks which of the person's chats gets the messages. */
function forwardSheet(pane, album) {
  const { id } = pane.person;
  const seats = store.seats().filter((seat) => seat.id === id);
  const box = modal("card chooser", "Forward to", el("h2", {}, "Forward to"), el("p", { class: "dim forward-what" }, inShort(album[0])),
    el("ul", { class: "chooser-list" }, seats.map((seat) => {
      const [name, face] = seat.group ? [seat.group.title, seat.group.id] : [store.bot.name, store.bot.id];
      return el("li", {}, el("button", { type: "button", class: "chooser-row", onclick: () => send(seat) }, avatar(name, face), el("b", {}, name)));
    })));
  async function send(seat) {
    box.close();
    for (const m of album) {
      if (!await pane.post("forward", { person: id, chat: seat.chat ?? 0, from_chat: pane.person.chat || id, message_id: m.id })) return;
    }
    toast("Forwarded.");
  }
}
