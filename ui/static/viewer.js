// The evidence viewer: a page picture with what was read laid over it, and the text beside it, tied together both ways.
//
// It gets a job's id and page count and fetches pages one by one as they come into view, so that a document of 300
// pages costs no more than the pages one looks at. Boxes are in page pixels; the SVG's viewBox is the page's size.

const SVG = "http://www.w3.org/2000/svg";
const LOW_CONFIDENCE = 0.8;
const MIN_ZOOM = 0.25;
const MAX_ZOOM = 6;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function draw(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function confidenceClass(confidence) {
  if (confidence === null || confidence === undefined) return "unscored";
  if (confidence >= 0.9) return "high";
  return confidence >= LOW_CONFIDENCE ? "middle" : "low";
}

export class Viewer {
  constructor(root, texts) {
    this.root = root;
    this.texts = texts;
    this.state = { job: null, pageCount: 0, page: 1, zoom: 1, turn: 0, doubt: -1 };
    this.cache = new Map();
    this.build();
  }

  // --- what the page looks like ---------------------------------------------------------------------------------

  build() {
    const t = this.texts;
    const button = (id, label, text, action) =>
      make("button", { type: "button", class: "ov-button", id: `viewer-${id}`, title: label, "aria-label": label, onclick: action }, text);
    this.pageLabel = make("span", { class: "ov-page-label", "aria-live": "polite" });
    this.doubtLabel = make("span", { class: "ov-doubt-label", "aria-live": "polite" });
    this.bar = make(
      "div", { class: "ov-bar", role: "toolbar", "aria-label": t.viewer },
      button("previous", t.previous_page, "‹", () => this.show(this.state.page - 1)),
      this.pageLabel,
      button("next", t.next_page, "›", () => this.show(this.state.page + 1)),
      make("span", { class: "ov-space" }),
      button("out", t.zoom_out, "−", () => this.zoomBy(1 / 1.25)),
      button("fit", t.fit, "⤢", () => this.fit()),
      button("in", t.zoom_in, "+", () => this.zoomBy(1.25)),
      button("turn", t.rotate, "↻", () => this.turnBy(90)),
      make("span", { class: "ov-space" }),
      button("doubt", t.next_doubt, "⚑", () => this.nextDoubt()),
      this.doubtLabel,
    );
    const shade = (level) => make("span", { class: "ov-shade" }, make("i", { class: level }), t[`legend.${level}`]);
    const legend = make("div", { class: "ov-legend" }, make("span", {}, `${t.legend}:`), shade("high"), shade("middle"), shade("low"));
    this.picture = make("img", { class: "ov-picture", alt: "", draggable: "false", decoding: "async" });
    this.overlay = draw("svg", { class: "ov-overlay", role: "group", "aria-label": t.boxes });
    this.sheet = make("div", { class: "ov-sheet" }, this.picture, this.overlay);
    this.stage = make("div", { class: "ov-stage", id: "viewer-stage", role: "region", tabindex: "0", "aria-label": t.viewer }, this.sheet);
    this.tip = make("div", { class: "ov-tip", role: "status", hidden: true });
    this.strip = make("div", { class: "ov-strip", role: "listbox", "aria-label": t.pages });
    this.lines = make("div", { class: "ov-lines", id: "viewer-lines", role: "list", "aria-label": t.text, tabindex: "0" });
    this.root.replaceChildren(
      make("div", { class: "ov" }, this.bar, make("div", { class: "ov-body" }, this.strip, this.stage, this.lines), legend, this.tip),
    );
    this.listen();
  }

  listen() {
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    this.lines.addEventListener("keydown", (event) => this.onKey(event, true));
    document.addEventListener("ocr-chat:show", (event) => {
      if (this.root.isConnected && this.state.job) this.highlight(event.detail.page, event.detail.boxes);
    });
    this.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1);
    }, { passive: false });
    let held = null;
    this.stage.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".ov-box") || event.button !== 0) return;
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

  // In the text, the arrow keys go from word to word; the page shows where each stands.
  onKey(event, isInText = false) {
    const words = { ArrowDown: () => this.step(1), ArrowRight: () => this.step(1), ArrowUp: () => this.step(-1), ArrowLeft: () => this.step(-1) };
    const actions = {
      ...(isInText ? words : {}),
      PageDown: () => this.show(this.state.page + 1),
      PageUp: () => this.show(this.state.page - 1),
      Home: () => this.show(1),
      End: () => this.show(this.state.pageCount),
      "+": () => this.zoomBy(1.25),
      "=": () => this.zoomBy(1.25),
      "-": () => this.zoomBy(1 / 1.25),
      0: () => this.fit(),
      r: () => this.turnBy(90),
      n: () => this.nextDoubt(),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  // --- which document, which page -------------------------------------------------------------------------------

  // `value`: {job, page_count, pages_done, show?: {page, boxes}} or null
  update(value) {
    if (!value || !value.job) {
      this.state.job = null;
      this.root.classList.add("ov-empty");
      return;
    }
    this.root.classList.remove("ov-empty");
    const isNew = value.job !== this.state.job;
    const wasWaiting = !isNew && !this.cache.get(this.state.page)?.ready;
    this.state.job = value.job;
    this.state.pageCount = value.page_count;
    this.first = value.first_page ?? 1;
    if (isNew) {
      this.cache.clear();
      Object.assign(this.state, { page: this.first, zoom: 1, turn: 0, doubt: -1 });
      this.fillStrip();
      const isAtOnce = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.root.scrollIntoView({ block: "start", behavior: isAtOnce ? "auto" : "smooth" });
    }
    if (value.show) this.highlight(value.show.page, value.show.boxes);
    else if (isNew || wasWaiting) this.show(this.state.page);
  }

  fillStrip() {
    this.strip.replaceChildren();
    this.strip.hidden = this.state.pageCount < 2;
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        const image = entry.target.querySelector("img");
        if (!image.src) image.src = this.pictureUrl(Number(entry.target.dataset.page), 120);
      }
    }, { root: this.strip, rootMargin: "200px" });
    for (let index = 0; index < this.state.pageCount; index += 1) {
      const number = this.first + index;
      const thumb = make(
        "button",
        { type: "button", class: "ov-thumb", role: "option", "data-page": number, onclick: () => this.show(number) },
        make("img", { alt: "", loading: "lazy" }), make("span", {}, String(number)),
      );
      this.strip.append(thumb);
      watcher.observe(thumb);
    }
  }

  pictureUrl(number, width) {
    return `${this.texts.root}app/jobs/${this.state.job}/pages/${number}?width=${width}`;
  }

  async load(number) {
    const known = this.cache.get(number);
    if (known?.ready) return known;
    const job = this.state.job;
    let response;
    try {
      response = await fetch(`${this.texts.root}app/jobs/${job}/pages/${number}/blocks`);
    } catch {
      return { ready: false, failed: true };
    }
    const page = response.status === 200 ? { ...(await response.json()), ready: true } : { ready: false };
    if (job === this.state.job) this.cache.set(number, page);
    return page;
  }

  async show(number) {
    const last = this.first + this.state.pageCount - 1;
    const wanted = Math.min(Math.max(this.first, number), last);
    if (wanted !== this.state.page) Object.assign(this.state, { page: wanted, doubt: -1 });
    this.pageLabel.textContent = `${wanted} / ${last}`;
    for (const thumb of this.strip.children) thumb.setAttribute("aria-selected", String(Number(thumb.dataset.page) === wanted));
    const job = this.state.job;
    const page = await this.load(wanted);
    if (job !== this.state.job || wanted !== this.state.page) return;
    if (page.ready) this.render(page);
    else this.renderWaiting(page.failed ? this.texts.failed : this.texts.waiting);
  }

  renderWaiting(sentence) {
    this.picture.removeAttribute("src");
    this.overlay.replaceChildren();
    this.lines.replaceChildren(make("p", { class: "ov-waiting" }, sentence));
    this.doubtLabel.textContent = "";
  }

  render(page) {
    const width = Math.min(1600, page.width);
    this.picture.src = this.pictureUrl(this.state.page, width);
    this.picture.alt = this.texts.page_picture.replace("{number}", String(this.state.page));
    this.overlay.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
    this.overlay.replaceChildren();
    this.lines.replaceChildren();
    this.doubts = [];
    this.order = [];
    this.state.word = -1;
    for (const block of page.blocks) this.renderBlock(block);
    this.doubtLabel.textContent = this.doubts.length ? String(this.doubts.length) : "✓";
    this.doubtLabel.title = this.doubts.length ? this.texts.next_doubt : this.texts.no_doubts;
    this.layOut();
  }

  renderBlock(block) {
    const group = make("div", { class: `ov-block ov-${block.kind}`, role: "listitem", "data-block": block.id });
    if (block.cells) group.append(this.renderTable(block));
    else for (const line of block.lines) group.append(this.renderLine(line, block));
    if (block.cells) this.addBox(block, block, group);
    this.lines.append(group);
  }

  renderLine(line, block) {
    const row = make("div", { class: `ov-line ${confidenceClass(line.confidence)}`, dir: "auto" });
    const words = line.words.length ? line.words : [line];
    for (const word of words) {
      const part = make("span", { class: `ov-word ${confidenceClass(word.confidence)}`, tabindex: "-1" }, word.text);
      this.addBox(word, block, part);
      row.append(part, " ");
    }
    return row;
  }

  renderTable(block) {
    const table = make("table", { class: "ov-table" });
    let row = null;
    let current = -1;
    for (const cell of block.cells) {
      if (cell.row !== current) {
        row = make("tr");
        table.append(row);
        current = cell.row;
      }
      row.append(make("td", { dir: "auto", rowspan: cell.row_span, colspan: cell.column_span }, cell.text));
    }
    return table;
  }

  addBox(item, block, textNode) {
    const [left, top, right, bottom] = item.bbox;
    const score = item.confidence;
    const box = draw("rect", {
      class: `ov-box ${confidenceClass(score)}`, x: left, y: top,
      width: Math.max(1, right - left), height: Math.max(1, bottom - top), rx: 2, "data-block": block.id,
    });
    const enter = (event) => this.showTip(event, item);
    box.addEventListener("pointerenter", enter);
    box.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    box.addEventListener("click", () => this.select(box, textNode, "box"));
    textNode.addEventListener("click", () => this.select(box, textNode, "text"));
    this.overlay.append(box);
    this.order.push({ box, textNode });
    if (score !== null && score !== undefined && score < LOW_CONFIDENCE) this.doubts.push({ box, textNode });
  }

  step(by) {
    if (!this.order?.length) return;
    this.state.word = Math.min(this.order.length - 1, Math.max(0, this.state.word + by));
    const { box, textNode } = this.order[this.state.word];
    this.select(box, textNode, "keys");
  }

  showTip(event, item) {
    // A finger covers what it touches, and never hovers.
    if (event.pointerType === "touch") return;
    const score = item.confidence === null || item.confidence === undefined ? "" : ` · ${Math.round(item.confidence * 100)} %`;
    this.tip.textContent = `${item.text}${score}`;
    this.tip.hidden = false;
    const around = this.root.getBoundingClientRect();
    this.tip.style.left = `${Math.min(event.clientX - around.left + 12, around.width - 180)}px`;
    this.tip.style.top = `${event.clientY - around.top + 16}px`;
  }

  select(box, textNode, from) {
    this.state.word = this.order.findIndex((entry) => entry.box === box);
    for (const old of this.root.querySelectorAll(".ov-selected")) old.classList.remove("ov-selected");
    box.classList.add("ov-selected");
    textNode.classList.add("ov-selected");
    if (from !== "text") this.reveal(textNode, this.lines);
    if (from !== "box") this.reveal(box, this.stage);
  }

  // Scrolls inside `pane` only: the page around it stays where it is.
  reveal(node, pane) {
    const inner = node.getBoundingClientRect();
    const outer = pane.getBoundingClientRect();
    if (inner.top >= outer.top && inner.bottom <= outer.bottom && inner.left >= outer.left && inner.right <= outer.right) return;
    pane.scrollBy({
      top: inner.top - outer.top - (outer.height - inner.height) / 2,
      left: inner.left - outer.left - (outer.width - inner.width) / 2,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
  }

  nextDoubt() {
    if (!this.doubts?.length) return;
    this.state.doubt = (this.state.doubt + 1) % this.doubts.length;
    const { box, textNode } = this.doubts[this.state.doubt];
    this.select(box, textNode, "doubt");
    this.doubtLabel.textContent = `${this.state.doubt + 1} / ${this.doubts.length}`;
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
    const page = this.cache.get(this.state.page);
    if (!page?.ready) return;
    const lying = this.state.turn % 180 !== 0;
    const room = Math.max(200, this.stage.clientWidth - 24);
    const shown = lying ? page.height : page.width;
    const scale = (room / shown) * this.state.zoom;
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
