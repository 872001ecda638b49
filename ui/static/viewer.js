// The evidence viewer: a page picture with what was read laid over it, and the text beside it, tied together both ways.
//
// It gets a job's id and page count and fetches pages one by one as they come into view, so that a document of 300
// pages costs no more than the pages one looks at. Boxes are in page pixels; the SVG's viewBox is the page's size.

import { draw, fill, make } from "./dom.js";
import { icon } from "./icons.js";
import { drawPage, keyOf } from "./page_drawing.js";
import { WordEditor } from "./word_editor.js";

const MIN_ZOOM = 0.25;
const MAX_ZOOM = 6;
const KEPT_PAGES = 24;
const TOLD_MS = 6000;

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Viewer {
  // `onCorrected`: called after each correction
  constructor(root, texts, onCorrected) {
    this.root = root;
    this.texts = texts;
    this.onCorrected = onCorrected;
    this.state = { job: null, isDone: false, pageCount: 0, page: 1, zoom: 1, turn: 0, selected: null };
    this.pages = new Map();
    this.drafts = {};
    this.entries = new Map();
    this.doubts = {};
    this.accepted = new Set();
    this.editor = new WordEditor(texts, {
      say: (sentence, isAlarm) => this.say(sentence, isAlarm),
      onStored: (corrections) => this.showCorrections(corrections),
    });
    this.build();
  }

  // --- what it is made of ---------------------------------------------------------------------------------------

  build() {
    const t = this.texts;
    const button = (id, label, action, ...more) =>
      make("button", { type: "button", class: "ov-button", id: `viewer-${id}`, title: label, "aria-label": label, onclick: action }, icon(id), ...more);
    this.pageLabel = make("span", { class: "ov-page-label", "aria-live": "polite" });
    this.doubtLabel = make("span", { class: "ov-doubt-label" });
    this.acceptButton = button("accept", t.accept, () => this.accept());
    this.correctButton = button("correct", t.correct, () => this.edit());
    this.restoreButton = button("restore", t.restore, () => this.restore());
    this.bar = make(
      "div", { class: "ov-bar", role: "toolbar", "aria-label": t.viewer },
      make("span", { class: "ov-group ov-pages" }, button("previous", t.previous_page, () => this.show(this.state.page - 1)), this.pageLabel, button("next", t.next_page, () => this.show(this.state.page + 1))),
      make("span", { class: "ov-group" }, button("out", t.zoom_out, () => this.zoomBy(1 / 1.25)), button("fit", t.fit, () => this.fit()), button("in", t.zoom_in, () => this.zoomBy(1.25)), button("turn", t.rotate, () => this.turnBy(90))),
      make("span", { class: "ov-group ov-words" }, button("doubt", t.next_doubt, () => this.nextDoubt(), this.doubtLabel), this.acceptButton, this.correctButton, this.restoreButton),
    );
    const shade = (level) => make("span", { class: "ov-shade" }, make("i", { class: level }), t[`legend.${level}`]);
    const legend = make("div", { class: "ov-legend" }, make("span", {}, `${t.legend}:`), ...["high", "middle", "low", "corrected"].map(shade), make("span", { class: "ov-keys" }, t.keys));
    this.picture = make("img", { class: "ov-picture", alt: "", draggable: "false", decoding: "async" });
    this.overlay = draw("svg", { class: "ov-overlay", role: "group", "aria-label": t.boxes });
    this.sheet = make("div", { class: "ov-sheet" }, this.picture, this.overlay);
    this.stage = make("div", { class: "ov-stage", id: "viewer-stage", role: "region", tabindex: "0", "aria-label": t.viewer }, this.sheet);
    this.tip = make("div", { class: "ov-tip", role: "status", hidden: true });
    this.said = make("div", { class: "ov-said", role: "status", hidden: true });
    this.strip = make("div", { class: "ov-strip", role: "listbox", "aria-label": t.pages });
    this.lines = make("div", { class: "ov-lines", id: "viewer-lines", role: "list", "aria-label": t.text, tabindex: "0" });
    this.root.replaceChildren(
      make("div", { class: "ov" }, this.bar, make("div", { class: "ov-body" }, this.strip, this.stage, this.lines), legend, this.tip, this.said),
    );
    this.thumbWatcher = new IntersectionObserver((seen) => this.fillThumbs(seen), { root: this.strip, rootMargin: "200px" });
    this.listen();
    this.listenForDragging();
  }

  // One listener a pane, however many words a page has.
  listen() {
    for (const pane of [this.stage, this.lines]) {
      pane.addEventListener("keydown", (event) => this.onKey(event, pane === this.lines));
      pane.addEventListener("click", (event) => { const entry = this.entryOf(event); if (entry) this.select(entry, pane); });
      pane.addEventListener("dblclick", (event) => { const entry = this.entryOf(event); if (entry) this.edit(entry); });
    }
    this.overlay.addEventListener("pointerover", (event) => this.showTip(event));
    this.overlay.addEventListener("pointerout", () => { this.tip.hidden = true; });
    document.addEventListener("ocr-chat:show", (event) => {
      if (this.root.isConnected && this.state.job) this.highlight(event.detail.page, event.detail.boxes).then(() => this.bringIntoSight());
    });
    this.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1);
    }, { passive: false });
    new ResizeObserver(() => this.layOut()).observe(this.stage);
  }

  listenForDragging() {
    let held = null;
    this.stage.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".ov-box") || event.button !== 0 || event.pointerType === "touch") return;
      held = { x: event.clientX, y: event.clientY, left: this.stage.scrollLeft, top: this.stage.scrollTop };
      this.stage.setPointerCapture(event.pointerId);
    });
    this.stage.addEventListener("pointermove", (event) => {
      if (!held) return;
      this.stage.scrollLeft = held.left - (event.clientX - held.x);
      this.stage.scrollTop = held.top - (event.clientY - held.y);
    });
    for (const name of ["pointerup", "pointercancel"]) this.stage.addEventListener(name, () => { held = null; });
  }

  entryOf(event) {
    return this.entries.get(event.target.closest?.("[data-key]")?.dataset.key);
  }

  // In the text, the arrow keys go from word to word; the page shows where each stands.
  onKey(event, isInText) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const words = { ArrowDown: () => this.step(1), ArrowRight: () => this.step(1), ArrowUp: () => this.step(-1), ArrowLeft: () => this.step(-1) };
    const actions = {
      ...(isInText ? words : {}),
      PageDown: () => this.show(this.state.page + 1),
      PageUp: () => this.show(this.state.page - 1),
      Home: () => this.show(this.first),
      End: () => this.show(this.last),
      "+": () => this.zoomBy(1.25),
      "=": () => this.zoomBy(1.25),
      "-": () => this.zoomBy(1 / 1.25),
      0: () => this.fit(),
      r: () => this.turnBy(90),
      n: () => this.nextDoubt(),
      a: () => this.accept(),
      e: () => this.edit(),
      u: () => this.restore(),
      Enter: () => this.edit(),
      F2: () => this.edit(),
      Escape: () => this.select(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  // --- which document, which page -------------------------------------------------------------------------------

  get last() {
    return this.first + this.state.pageCount - 1;
  }

  // `value`: {job, page_count, first_page, is_done, drafts?: {page: text}, show?: {page, boxes}} or null
  update(value) {
    if (!value || !value.job) {
      this.state.job = null;
      this.root.classList.add("ov-empty");
      return;
    }
    this.root.classList.remove("ov-empty");
    const isNew = value.job !== this.state.job;
    const wasWaiting = !isNew && !this.pages.get(this.state.page);
    const isNowDone = value.is_done && (isNew || !this.state.isDone);
    Object.assign(this.state, { job: value.job, pageCount: value.page_count, isDone: value.is_done });
    this.first = value.first_page ?? 1;
    this.drafts = value.drafts ?? {};
    if (isNew) this.begin();
    // The finished document may say more of a page than the page alone did.
    if (isNowDone) this.pages.clear();
    if (value.show) this.highlight(value.show.page, value.show.boxes);
    else if (wasWaiting && this.drafts[this.state.page]) this.renderWaiting();
    else if (isNew || wasWaiting || isNowDone) this.show(this.state.page);
    if (isNowDone) this.loadDoubts();
  }

  begin() {
    this.pages.clear();
    this.doubts = {};
    this.editor.job = this.state.job;
    this.accepted = new Set(JSON.parse(sessionStorage.getItem(this.acceptedKey) ?? "[]"));
    Object.assign(this.state, { page: this.first, zoom: 1, turn: 0, selected: null });
    this.fillStrip();
    this.showDoubts();
    this.root.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" });
  }

  fillStrip() {
    this.thumbWatcher.disconnect();
    this.strip.hidden = this.state.pageCount < 2;
    this.thumbs = new Map();
    for (let number = this.first; number <= this.last; number += 1) {
      const thumb = make(
        "button",
        { type: "button", class: "ov-thumb", role: "option", "aria-selected": "false", "data-page": number, onclick: () => this.show(number) },
        make("img", { alt: "" }), make("span", {}, String(number)),
      );
      this.thumbs.set(number, thumb);
    }
    this.strip.replaceChildren(...this.thumbs.values());
    if (!this.strip.hidden) for (const thumb of this.thumbs.values()) this.thumbWatcher.observe(thumb);
  }

  fillThumbs(seen) {
    for (const { isIntersecting, target } of seen) {
      const image = target.querySelector("img");
      if (isIntersecting && !image.src) image.src = this.pictureUrl(Number(target.dataset.page), 120);
    }
  }

  pictureUrl(number, width) {
    return `${this.texts.root}app/jobs/${this.state.job}/pages/${number}?width=${width}`;
  }

  // The page's content; null while it has not been read. Raises TypeError when the server can't be reached.
  async load(number) {
    const known = this.pages.get(number);
    if (known) return known;
    const job = this.state.job;
    const response = await fetch(`${this.texts.root}app/jobs/${job}/pages/${number}/blocks`);
    if (response.status !== 200) return null;
    const page = await response.json();
    if (job === this.state.job) this.keep(number, page);
    return page;
  }

  keep(number, page) {
    this.pages.set(number, page);
    if (this.pages.size > KEPT_PAGES) this.pages.delete(this.pages.keys().next().value);
  }

  async show(number) {
    const wanted = Math.min(Math.max(this.first, number), this.last);
    this.state.page = wanted;
    this.pageLabel.textContent = `${wanted} / ${this.last}`;
    this.markThumb(wanted);
    const job = this.state.job;
    let page = null;
    let sentence = this.texts.waiting;
    try {
      page = await this.load(wanted);
    } catch {
      sentence = this.texts.failed;
    }
    if (job !== this.state.job || wanted !== this.state.page) return;
    if (page) this.render(page);
    else this.renderWaiting(sentence);
  }

  markThumb(number) {
    this.marked?.setAttribute("aria-selected", "false");
    this.marked = this.thumbs.get(number);
    this.marked.setAttribute("aria-selected", "true");
    if (this.strip.hidden) return;
    // At once: a smooth way through 200 thumbnails would draw them all.
    const { marked, strip } = this;
    strip.scrollTo(marked.offsetLeft - (strip.clientWidth - marked.offsetWidth) / 2, marked.offsetTop - (strip.clientHeight - marked.offsetHeight) / 2);
  }

  // What a model has written of the page so far, the newest of it in sight unless one looks further up; without that, the sentence.
  renderWaiting(sentence) {
    const draft = this.drafts[this.state.page];
    this.entries = new Map();
    this.shown = null;
    this.picture.removeAttribute("src");
    this.picture.alt = "";
    this.overlay.replaceChildren();
    const isAtEnd = this.lines.scrollTop + this.lines.clientHeight >= this.lines.scrollHeight - 8;
    this.lines.replaceChildren(make("p", { class: draft ? "ov-draft" : "ov-waiting", dir: "auto", role: "listitem" }, draft ?? sentence));
    if (draft && isAtEnd) this.lines.scrollTo(0, this.lines.scrollHeight);
    this.select(null);
  }

  render(page) {
    const isOther = this.shown?.number !== page.number;
    this.shown = page;
    this.picture.src = this.pictureUrl(page.number, Math.min(1600, page.width));
    this.picture.alt = fill(this.texts.page_picture, { number: page.number });
    this.entries = drawPage(page, this.overlay, this.lines, { doubtfulBelow: this.texts.doubtful_below, accepted: this.accepted });
    this.order = [...this.entries.values()];
    this.select(null);
    this.layOut();
    if (isOther) for (const pane of [this.stage, this.lines]) pane.scrollTo(0, 0);
    this.loadAhead(page.number + 1);
  }

  // The next page is there before it is asked for.
  loadAhead(number) {
    if (number > this.last || this.pages.has(number)) return;
    const job = this.state.job;
    const go = async () => {
      if (job !== this.state.job) return;
      const page = await this.load(number).catch(() => null);
      if (page && job === this.state.job) new Image().src = this.pictureUrl(number, Math.min(1600, page.width));
    };
    setTimeout(go, 150);
  }

  // --- words ----------------------------------------------------------------------------------------------------

  step(by) {
    if (!this.order?.length) return;
    const index = this.order.indexOf(this.state.selected);
    this.select(this.order[Math.min(this.order.length - 1, Math.max(0, index + by))]);
  }

  // `pane` is the one that was clicked; the other one scrolls there.
  select(entry, pane = null) {
    const old = this.state.selected;
    for (const node of old ? [old.box, old.part] : []) node.classList.remove("ov-selected");
    this.state.selected = entry;
    for (const control of [this.acceptButton, this.correctButton]) control.disabled = !entry || !this.state.isDone;
    if (entry && !entry.isDoubtful) this.acceptButton.disabled = true;
    this.restoreButton.disabled = !entry?.isCorrected;
    if (!entry) return;
    for (const node of [entry.box, entry.part]) node.classList.add("ov-selected");
    if (pane !== this.lines) this.reveal(entry.part, this.lines);
    if (pane !== this.stage) this.reveal(entry.box, this.stage);
  }

  showTip(event) {
    const entry = this.entryOf(event);
    // A finger covers what it touches, and never hovers.
    if (!entry || event.pointerType === "touch") return;
    this.tip.textContent = entry.describe(this.texts);
    this.tip.hidden = false;
    const around = this.root.getBoundingClientRect();
    this.tip.style.left = `${Math.max(0, Math.min(event.clientX - around.left + 12, around.width - 180))}px`;
    this.tip.style.top = `${event.clientY - around.top + 16}px`;
  }

  // Scrolls inside `pane` only: the page around it stays where it is.
  reveal(node, pane) {
    const inner = node.getBoundingClientRect();
    const outer = pane.getBoundingClientRect();
    if (inner.top >= outer.top && inner.bottom <= outer.bottom && inner.left >= outer.left && inner.right <= outer.right) return;
    pane.scrollBy({
      top: inner.top - outer.top - (outer.height - inner.height) / 2,
      left: inner.left - outer.left - (outer.width - inner.width) / 2,
      behavior: isCalm() ? "auto" : "smooth",
    });
  }

  // A citation's place: `boxes` are [left, top, right, bottom] in page pixels.
  async highlight(number, boxes) {
    await this.show(number);
    for (const old of this.overlay.querySelectorAll(".ov-cited")) old.remove();
    const marks = boxes.map(([left, top, right, bottom]) =>
      draw("rect", { class: "ov-cited", x: left - 3, y: top - 3, width: right - left + 6, height: bottom - top + 6, rx: 4 }));
    this.overlay.prepend(...marks);
    if (marks.length) this.reveal(marks[0], this.stage);
  }

  // Who asked from further down the page sees the place, too.
  bringIntoSight() {
    const mark = this.overlay.querySelector(".ov-cited")?.getBoundingClientRect();
    if (mark && mark.top >= 0 && mark.bottom <= innerHeight) return;
    this.root.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" });
  }

  // --- doubts and corrections -----------------------------------------------------------------------------------

  get acceptedKey() {
    return `ocr-chat:accepted:${this.state.job}`;
  }

  async loadDoubts() {
    const job = this.state.job;
    const answer = await fetch(`${this.texts.root}app/jobs/${job}/doubts`).then((response) => (response.ok ? response.json() : null), () => null);
    if (!answer || job !== this.state.job) return;
    this.doubts = answer.pages;
    this.showDoubts();
  }

  // How many words of a page still deserve a look. Those accepted here count no more.
  doubtsOf(number) {
    const mine = [...this.accepted].filter((key) => key.startsWith(`p${number}-`)).length;
    return Math.max(0, (this.doubts[number] ?? 0) - mine);
  }

  showDoubts() {
    let all = 0;
    for (const [number, thumb] of this.thumbs) {
      const count = this.doubtsOf(number);
      all += count;
      if (count) thumb.dataset.doubts = count;
      else delete thumb.dataset.doubts;
    }
    const sentence = all ? fill(this.texts.doubts, { count: all }) : this.texts.no_doubts;
    // Nobody knows before the end.
    this.doubtLabel.textContent = this.state.isDone ? sentence : "";
  }

  // The next doubtful word after the selected one, on this page or a later one; then from the beginning.
  async nextDoubt() {
    const start = this.order ? this.order.indexOf(this.state.selected) + 1 : 0;
    const next = this.order?.slice(start).find((entry) => entry.isDoubtful);
    if (next) {
      this.select(next);
      return;
    }
    const pages = [...this.thumbs.keys()].filter((number) => this.doubtsOf(number));
    const wanted = pages.find((number) => number > this.state.page) ?? pages[0];
    if (wanted === undefined) {
      this.select(null);
      this.say(this.texts.no_doubts);
      return;
    }
    if (wanted !== this.state.page) await this.show(wanted);
    const first = this.order.find((entry) => entry.isDoubtful);
    if (first) this.select(first);
  }

  accept() {
    const entry = this.state.selected;
    if (!entry?.isDoubtful) return;
    entry.isAccepted = true;
    entry.refresh();
    this.accepted.add(entry.key);
    sessionStorage.setItem(this.acceptedKey, JSON.stringify([...this.accepted]));
    this.showDoubts();
    this.nextDoubt();
  }

  edit(entry = this.state.selected) {
    if (!entry || !this.state.isDone) return;
    this.select(entry);
    const wasDoubtful = entry.isDoubtful;
    this.editor.edit(entry, (isStored) => {
      // Where the next key should go, unless somebody clicked elsewhere.
      if (document.activeElement === document.body) this.lines.focus({ preventScroll: true });
      if (isStored && wasDoubtful && entry.isCorrected) this.nextDoubt();
      else if (this.state.selected === entry) this.select(entry);
    });
  }

  async restore() {
    const entry = this.state.selected;
    if (!entry?.isCorrected) return;
    await this.editor.restore(entry);
    this.select(entry);
  }

  // `corrections` are all there are, those of other tabs too.
  showCorrections(corrections) {
    const texts = new Map(corrections.map((one) => [keyOf(one.block, one.piece), one]));
    for (const page of this.pages.values()) {
      for (const block of page.blocks) block.pieces.forEach((piece, index) => correctPiece(piece, texts.get(keyOf(block.id, index))));
    }
    for (const entry of this.entries.values()) entry.refresh();
    this.loadDoubts();
    this.onCorrected();
  }

  say(sentence, isAlarm = false) {
    this.said.textContent = sentence;
    this.said.hidden = false;
    this.said.classList.toggle("ov-alarm", isAlarm);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => { this.said.hidden = true; }, TOLD_MS);
  }

  // --- size and turn --------------------------------------------------------------------------------------------

  fit() {
    this.state.zoom = 1;
    this.layOut();
  }

  zoomBy(factor) {
    this.state.zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.state.zoom * factor));
    this.layOut();
  }

  turnBy(degrees) {
    this.state.turn = (this.state.turn + degrees) % 360;
    this.layOut();
  }

  layOut() {
    const page = this.shown;
    if (!page) return;
    const lying = this.state.turn % 180 !== 0;
    const room = Math.max(200, this.stage.clientWidth - 24);
    const scale = (room / (lying ? page.height : page.width)) * this.state.zoom;
    const width = page.width * scale;
    const height = page.height * scale;
    Object.assign(this.sheet.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `rotate(${this.state.turn}deg)`,
      margin: lying ? `${(width - height) / 2}px ${(height - width) / 2}px` : "0 auto",
    });
  }
}

function correctPiece(piece, correction) {
  if (correction) Object.assign(piece, { text: correction.text, read: correction.read });
  else if (piece.read !== undefined) {
    piece.text = piece.read;
    delete piece.read;
  }
}
