// The enlarged picture or film, with the others of the chat a key press away.
import { el, icon, iconButton } from "./dom.js";
import { fileURL } from "./api.js";
import { modal } from "./overlays.js";

/** Opens a picture; ArrowLeft and ArrowRight go to the other pictures of the same chat. */
export function showPicture({ photo, caption, locked, button }) {
  const others = [...(button.closest(".log")?.querySelectorAll(".photo:not(.film, .veiled), .tile:not(.film, .veiled)") ?? [button])];
  const image = el("img", { src: fileURL(photo.file), alt: caption ? `Picture: ${caption}` : "Picture" });
  const words = el("figcaption", {}, caption || null);
  const box = modal("lightbox", "Picture", el("figure", {}, image, words),
    el("div", { class: "lightbox-tools" },
      !locked && el("a", { class: "pill", href: fileURL(photo.file, true), download: "" }, "Download"),
      iconButton("close", "Close", () => box.close())));
  if (others.length > 1) {
    box.append(iconButton("left", "Previous picture", () => go(-1), "go back"), iconButton("right", "Next picture", () => go(1), "go on"));
    box.addEventListener("keydown", (e) => { if (e.key === "ArrowLeft") go(-1); else if (e.key === "ArrowRight") go(1); });
  }
  let at = others.indexOf(button);
  function go(step) {
    at = (at + step + others.length) % others.length;
    const shown = others[at].querySelector("img");
    image.src = shown.src;
    image.alt = shown.alt;
    words.textContent = shown.alt.replace(/^Picture:? ?/, "");
    const save = box.querySelector("a.pill");
    if (save) save.href = `${shown.src.split("?")[0]}?download=1`;
  }
  image.addEventListener("click", () => box.close());
}

export function showFilm(v, frame) {
  const node = v.mime?.startsWith("image/")
    ? el("img", { src: fileURL(v.file), alt: "Animation" })
    : el("video", { src: fileURL(v.file), controls: true, playsinline: true, loop: v.kind === "animation", "aria-label": "Video" });
  const box = modal("lightbox", "Video", el("figure", {}, node),
    el("div", { class: "lightbox-tools" },
      !v.locked && el("a", { class: "pill", href: fileURL(v.file, true), download: v.name || "" }, "Download"),
      iconButton("close", "Close", () => box.close())));
  box.addEventListener("close", () => frame.focus({ preventScroll: true }));
  node.play?.().catch(() => { box.querySelector("figure").append(el("figcaption", {}, icon("close"), "This film cannot be played here.")); });
}
