// The documents of the account that is signed in: open them again, or delete them at once.

import { fill, make } from "./dom.js";

const SESSION_CHANGED = "ocr-chat:session";
const OPEN = "ocr-chat:open";
const REFRESH_MS = 30_000;

export class DocumentList {
  // `options`: {root, language}; `texts`: words
  constructor(shell, texts, options) {
    this.shell = shell;
    this.texts = texts;
    this.options = options;
    this.body = make("div", { class: "dl" });
    this.said = make("p", { class: "dl-said", role: "status" });
    shell.replaceChildren(this.said, this.body);
    document.addEventListener(SESSION_CHANGED, () => { if (shell.isConnected) this.load(); });
    // What is seen is up to date: fetched when the tab is opened, and the countdown goes on while one looks.
    new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) this.load(); }).observe(shell);
    setInterval(() => { if (shell.isConnected && shell.offsetParent) this.load(); }, REFRESH_MS);
  }

  async load() {
    try {
      const response = await fetch(`${this.options.root}app/jobs`, { cache: "no-store" });
      const answer = await response.json();
      this.show(answer);
    } catch {
      this.say(this.texts.failed);
    }
  }

  say(sentence) {
    this.said.textContent = sentence;
  }

  show({ signed_in: isSignedIn, jobs }) {
    const t = this.texts;
    if (!isSignedIn) {
      const link = make("button", { type: "button", class: "ch-link", onclick: () => document.querySelector("#tab-account-button")?.click() }, t.to_account);
      this.body.replaceChildren(make("p", { class: "dl-hint" }, t.sign_in, " ", link));
      return;
    }
    if (!jobs?.length) {
      this.body.replaceChildren(make("p", { class: "dl-hint" }, t.none));
      return;
    }
    const heads = [t.name, t.state, t.pages, t.created, t.expires, t.actions];
    const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
    const rows = jobs.map((job) => this.drawRow(job, heads));
    this.body.replaceChildren(
      make("p", { class: "dl-hint" }, t.hint),
      make("table", { class: "dl-table" }, make("thead", {}, head), make("tbody", {}, ...rows)),
    );
  }

  drawRow(job, heads) {
    const t = this.texts;
    const state = job.state === "processing" ? `${t["state.processing"]} ${job.pages_done}/${job.pages}` : t[`state.${job.state}`];
    const canOpen = ["pending", "processing", "done"].includes(job.state);
    const open = make("button", { type: "button", class: "dl-button", "data-open": job.id, disabled: !canOpen, "aria-label": `${t.open}: ${job.name}`, onclick: () => this.open(job) }, t.open);
    const remove = make("button", { type: "button", class: "dl-button dl-delete", "data-delete": job.id, "aria-label": `${t.delete}: ${job.name}`, onclick: () => this.remove(job) }, t.delete);
    const cells = [
      make("span", { dir: "auto", class: "dl-name" }, job.name),
      make("span", { class: `dl-state dl-${job.state}` }, state),
      String(job.pages),
      this.tellTime(job.created_at),
      this.tellLeft(job.expires_at),
      make("span", { class: "dl-actions" }, open, remove),
    ];
    return make("tr", {}, ...cells.map((cell, index) => make("td", { "data-head": heads[index] }, cell)));
  }

  tellTime(moment) {
    return new Intl.DateTimeFormat(this.options.language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
  }

  tellLeft(moment) {
    if (!moment) return "";
    const minutes = Math.max(0, Math.round((new Date(moment) - Date.now()) / 60_000));
    const [unit, count] = minutes >= 2880 ? ["days", minutes / 1440] : minutes >= 90 ? ["hours", minutes / 60] : ["minutes", minutes];
    return make("span", { title: this.tellTime(moment) }, fill(this.texts[`left.${unit}`], { count: Math.round(count) }));
  }

  open(job) {
    document.querySelector("#tab-read-button")?.click();
    document.dispatchEvent(new CustomEvent(OPEN, { detail: { job: job.id } }));
  }

  async remove(job) {
    if (!window.confirm(fill(this.texts.confirm, { name: job.name }))) return;
    try {
      const response = await fetch(`${this.options.root}app/jobs/${job.id}`, { method: "DELETE" });
      this.say(response.ok ? this.texts.deleted : (await response.json()).error);
      // Should it be the one on the Read tab, that tab notices that it is gone.
      if (sessionStorage.getItem("ocr-chat:job") === job.id) document.dispatchEvent(new CustomEvent(OPEN, { detail: { job: job.id } }));
    } catch {
      this.say(this.texts.failed);
    }
    await this.load();
  }
}
