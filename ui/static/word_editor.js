// Correcting a word where it stands. What was read is kept by the server; a correction can be taken back.

import { fill, make } from "./dom.js";

export class WordEditor {
  // `say`: tells the reader something; `onStored`: called with all corrections of the document after each change
  constructor(texts, { say, onStored }) {
    this.texts = texts;
    this.say = say;
    this.onStored = onStored;
    this.job = null;
    this.open = null;
  }

  // Enter stores, Escape leaves it; `onDone(isStored)` is called when the field is gone.
  edit(entry, onDone) {
    if (this.open?.entry === entry) return;
    this.open?.close(true);
    const { piece, part } = entry;
    const isLong = piece.text.includes("\n") || piece.text.length > 60;
    const label = fill(this.texts.correction, { text: piece.read ?? piece.text });
    const field = make(isLong ? "textarea" : "input", { class: "ov-field", dir: "auto", "aria-label": label, spellcheck: "false", autocomplete: "off" });
    field.value = piece.text;
    const fit = () => { if (!isLong) field.style.width = `${Math.max(3, field.value.length + 1)}ch`; };
    fit();
    part.replaceChildren(field);
    part.classList.add("ov-editing");
    const close = (isStored) => {
      if (this.open?.field !== field) return;
      this.open = null;
      part.classList.remove("ov-editing");
      const text = field.value.trim();
      const isNew = isStored && text !== piece.text;
      entry.refresh();
      if (isNew) this.store(entry, text).then(() => onDone(true));
      else onDone(isStored);
    };
    this.open = { entry, field, close };
    field.addEventListener("input", fit);
    field.addEventListener("blur", () => close(true));
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.isComposing) return;
      if (event.key === "Escape") close(false);
      else if (event.key === "Enter" && !event.shiftKey) close(true);
      else return;
      event.preventDefault();
    });
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
    field.select();
  }

  restore(entry) {
    return this.store(entry, null);
  }

  async store(entry, text) {
    const job = this.job;
    const url = `${this.texts.root}app/jobs/${job}/corrections`;
    const body = JSON.stringify({ block: entry.block, piece: entry.index, text });
    try {
      const response = await fetch(url, { method: "PATCH", headers: { "Content-Type": "application/json" }, body });
      const answer = await response.json();
      if (job !== this.job) return;
      if (!response.ok) {
        this.say(answer.error, true);
        return;
      }
      this.onStored(answer.corrections);
      this.say(text === null ? this.texts.restored : this.texts.corrected);
    } catch {
      this.say(this.texts.not_saved, true);
    }
  }
}
