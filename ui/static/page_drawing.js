// One page: boxes over its picture and the text beside it, tied together word by word.

import { draw, fill, make } from "./dom.js";

const ALMOST_SURE = 0.9;

export function shadeOf(confidence, doubtfulBelow) {
  if (confidence === null || confidence === undefined) return "unscored";
  if (confidence >= ALMOST_SURE) return "high";
  return confidence >= doubtfulBelow ? "middle" : "low";
}

export function keyOf(block, index) {
  return `${block}:${index}`;
}

// A word (or what else can be selected) with its box on the page and its place in the text.
export class Entry {
  constructor(block, index, piece, shade) {
    this.block = block.id;
    this.index = index;
    this.piece = piece;
    this.shade = shade;
    this.isAccepted = false;
    this.key = keyOf(block.id, index);
    const [left, top, right, bottom] = piece.bbox;
    this.box = draw("rect", { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top), rx: 2, "data-key": this.key });
    this.part = make("span", { tabindex: "-1", "data-key": this.key });
    this.refresh();
  }

  get isCorrected() {
    return this.piece.read !== undefined;
  }

  get isDoubtful() {
    return this.shade === "low" && !this.isCorrected && !this.isAccepted;
  }

  refresh() {
    const isGone = this.piece.text === "";
    const shade = this.isCorrected ? "corrected" : this.isAccepted ? "high" : this.shade;
    const isSelected = this.box.classList.contains("ov-selected") ? " ov-selected" : "";
    this.box.setAttribute("class", `ov-box ${shade}${isSelected}`);
    this.part.className = `ov-word ${shade}${isGone ? " ov-gone" : ""}${isSelected}`;
    this.part.textContent = isGone ? this.piece.read : this.piece.text;
  }

  // What the tip says.
  describe(texts) {
    if (this.isCorrected) return `${this.piece.text || "–"} · ${fill(texts.was, { text: this.piece.read })}`;
    const score = this.piece.confidence;
    return score === null || score === undefined ? this.piece.text : `${this.piece.text} · ${Math.round(score * 100)} %`;
  }
}

// Fills `overlay` and `lines` with a page; answers its entries by key, in reading order.
export function drawPage(page, overlay, lines, { doubtfulBelow, accepted }) {
  const entries = new Map();
  const boxes = document.createDocumentFragment();
  const text = document.createDocumentFragment();
  for (const block of page.blocks) {
    const own = block.pieces.map((piece, index) => {
      const entry = new Entry(block, index, piece, shadeOf(piece.confidence, doubtfulBelow));
      entry.isAccepted = accepted.has(entry.key);
      if (entry.isAccepted) entry.refresh();
      entries.set(entry.key, entry);
      boxes.append(entry.box);
      return entry;
    });
    const group = make("div", { class: `ov-block ov-${block.kind}`, role: "listitem" });
    if (block.cells) group.append(drawTable(block, own));
    else for (const numbers of block.lines) group.append(drawLine(numbers.map((number) => own[number])));
    text.append(group);
  }
  overlay.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
  overlay.replaceChildren(boxes);
  lines.replaceChildren(text);
  return entries;
}

function drawLine(entries) {
  const row = make("div", { class: "ov-line", dir: "auto" });
  for (const entry of entries) row.append(entry.part, " ");
  return row;
}

function drawTable(block, own) {
  const table = make("table", { class: "ov-table", dir: "auto" });
  let row = null;
  let current = -1;
  for (const cell of block.cells) {
    if (cell.row !== current) {
      row = make("tr");
      table.append(row);
      current = cell.row;
    }
    const inside = make(cell.is_head ? "th" : "td", { dir: "auto", rowspan: cell.row_span, colspan: cell.column_span });
    if (cell.pieces.length) for (const number of cell.pieces) inside.append(own[number].part, " ");
    else inside.append(cell.text);
    row.append(inside);
  }
  return table;
}
