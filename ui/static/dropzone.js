// Where a document comes in: dropped, chosen, pasted, photographed, or one of the samples.
//
// The file goes straight to our own route, never into Gradio's file cache, which serves what it holds to anybody.

import { hasOwnCamera, takePicture } from "./camera.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";

const LOOK_MS = 2000;
const BETWEEN_STARTS_MS = 30_000;
const REMEMBERED = "ocr-chat:job";
const STARTED = "ocr-chat:started";
const OPEN = "ocr-chat:open";
const SESSION_CHANGED = "ocr-chat:session";

const pause = (ms) => new Promise((go) => { setTimeout(go, ms); });

async function isThere(address) {
  try {
    return (await fetch(address)).ok;
  } catch {
    return false;
  }
}

export class DropZone {
  // `options`: {root, samples: [names], accept}; `texts`: words; `onJob`: called with the job to show, or null
  constructor(shell, texts, options, onJob) {
    this.texts = texts;
    this.options = options;
    this.onJob = onJob;
    this.file = null;
    this.isSending = false;
    this.isWorking = false;
    this.build(shell);
    this.listen(shell);
    this.watchServer();
  }

  build(shell) {
    const t = this.texts;
    this.chooser = make("input", { type: "file", id: "file-input", accept: this.options.accept, tabindex: "-1", "aria-label": t.choose });
    this.camera = make("input", { type: "file", id: "camera-input", accept: "image/*", capture: "environment", tabindex: "-1", "aria-label": t.camera });
    this.inside = make("div", { class: "dz-inside" });
    this.drop = make("div", { class: "dz-drop", id: "drop-zone", role: "button", tabindex: "0", "aria-label": `${t.title}. ${t.hint}` }, this.inside);
    const cameraButton = make("button", { type: "button", class: "dz-button", id: "camera-button", onclick: () => this.photograph() }, icon("camera"), t.camera);
    const row = make("div", { class: "dz-row" }, cameraButton, make("span", {}, t.types));
    const samples = make("div", { class: "dz-samples", role: "group", "aria-label": t.samples });
    for (const name of this.options.samples) {
      samples.append(make(
        "button", { type: "button", class: "dz-sample", "data-sample": name, title: name, "aria-label": this.nameOf(name), onclick: () => this.takeSample(name) },
        make("img", { src: `${this.options.root}app/samples/${name}.webp`, alt: "", loading: "lazy", width: 78, height: 92 }), make("span", {}, this.nameOf(name)),
      ));
    }
    shell.replaceChildren(make("div", { class: "dz" }, this.drop, this.chooser, this.camera, row, make("div", { class: "dz-hint" }, t.samples), samples));
    this.showEmpty();
  }

  listen(shell) {
    this.drop.addEventListener("click", () => this.chooser.click());
    this.drop.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.chooser.click();
    });
    for (const input of [this.chooser, this.camera]) input.addEventListener("change", () => this.take(input.files[0]));
    for (const name of ["dragenter", "dragover"]) {
      this.drop.addEventListener(name, (event) => { event.preventDefault(); this.drop.classList.add("dz-over"); });
    }
    for (const name of ["dragleave", "drop"]) this.drop.addEventListener(name, () => this.drop.classList.remove("dz-over"));
    this.drop.addEventListener("drop", (event) => { event.preventDefault(); this.take(event.dataTransfer.files[0]); });
    document.addEventListener(OPEN, (event) => { if (shell.isConnected) this.onJob(event.detail.job); });
    // Who signs out must not leave a document on the screen: the server decides anew who may see it.
    document.addEventListener(SESSION_CHANGED, () => { if (shell.isConnected) this.resume(); });
    document.addEventListener("paste", (event) => {
      if (!shell.isConnected || !event.clipboardData?.files.length) return;
      this.take(event.clipboardData.files[0]);
    });
  }

  showEmpty() {
    this.inside.replaceChildren(this.mark("upload"), make("p", { class: "dz-title" }, this.texts.title), make("p", { class: "dz-hint" }, this.texts.hint));
  }

  mark(name) {
    return make("span", { class: "dz-mark", "aria-hidden": "true" }, icon(name));
  }

  take(file) {
    if (!file) return;
    this.file = file;
    if (this.address) URL.revokeObjectURL(this.address);
    const parts = [make("p", { class: "dz-title" }, file.name), make("p", { class: "dz-hint", dir: "ltr" }, this.size(file.size))];
    if (file.type.startsWith("image/") && file.type !== "image/tiff") {
      this.address = URL.createObjectURL(file);
      parts.unshift(make("img", { class: "dz-preview", src: this.address, alt: "" }));
    } else parts.unshift(this.mark("document"));
    this.inside.replaceChildren(...parts);
  }

  nameOf(sample) {
    return this.texts[`sample.${sample.replace(/\.\w+$/, "")}`] ?? sample;
  }

  async photograph() {
    if (!hasOwnCamera()) this.camera.click();
    else this.take(await takePicture(this.drop.parentElement, this.texts));
  }

  size(bytes) {
    return bytes > 999_999 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
  }

  async takeSample(name) {
    const response = await fetch(`${this.options.root}app/samples/${name}`);
    if (response.ok) this.take(new File([await response.blob()], name, { type: response.headers.get("content-type") }));
  }

  // Sends the file with the form's fields; answers {job}, {error}, or {busy} when one is on its way already.
  async send(fields) {
    if (this.isSending) return { busy: true };
    if (!this.file) return { error: this.texts.none };
    const form = new FormData();
    form.append("file", this.file, this.file.name || "pasted.png");
    for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
    const note = make("p", { class: "dz-hint dz-sending", role: "status" }, this.texts.uploading);
    this.isSending = true;
    this.inside.append(note);
    try {
      const response = await fetch(`${this.options.root}app/jobs`, { method: "POST", body: form });
      const answer = await response.json();
      this.remember(answer);
      return answer;
    } catch {
      return { error: this.texts.failed };
    } finally {
      this.isSending = false;
      note.remove();
    }
  }

  // The tab's own memory, gone when it is closed: a reload finds the document again, other tabs know nothing of it.
  remember(answer) {
    this.isWorking = answer?.is_working ?? false;
    if (answer?.job) sessionStorage.setItem(REMEMBERED, answer.job);
    else if (answer?.gone === sessionStorage.getItem(REMEMBERED)) sessionStorage.removeItem(REMEMBERED);
  }

  // Gradio's stream does not always tell that it has ended: while a document is read, the server is looked for.
  async watchServer() {
    for (;;) {
      await pause(LOOK_MS);
      if (this.isWorking && !(await isThere(`${this.options.root}livez`))) await this.startAnew();
    }
  }

  // Once the server is back, a fresh page says how far the document has come. Where it comes and goes, not all the time.
  async startAnew() {
    do await pause(LOOK_MS);
    while (!(await isThere(location.href)));
    if (Date.now() - Number(sessionStorage.getItem(STARTED)) < BETWEEN_STARTS_MS) return;
    sessionStorage.setItem(STARTED, Date.now());
    location.reload();
  }

  resume() {
    this.onJob(sessionStorage.getItem(REMEMBERED));
  }
}
