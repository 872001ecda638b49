// Questions about the document beside it. Each answer keeps its citations as buttons that show the very place.

import { fill, make } from "./dom.js";

const SESSION_CHANGED = "ocr-chat:session";
const SNIPPET_CHARS = 38;
const SAYS_SOMETHING = /[\p{L}\p{N}\p{S}]/u;

export class ChatPanel {
  // `options`: {root, language, suggestions, errors: a sentence for each code}; `texts`: words
  constructor(shell, texts, options) {
    this.shell = shell;
    this.texts = texts;
    this.options = options;
    this.job = null;
    this.build();
    document.addEventListener(SESSION_CHANGED, () => { if (this.shell.isConnected && this.job) this.load(); });
  }

  build() {
    const t = this.texts;
    this.log = make("div", { class: "ch-log", id: "chat-log", role: "log", "aria-label": t.log, "aria-live": "polite", tabindex: "0" });
    this.suggestions = make("div", { class: "ch-suggestions", role: "group", "aria-label": t.suggestions });
    this.input = make("textarea", { class: "ch-input", id: "chat-input", rows: "1", "aria-label": t.placeholder, placeholder: t.placeholder, maxlength: "4000" });
    this.send = make("button", { class: "ch-send", id: "chat-send", type: "submit" }, t.send);
    this.form = make("form", { class: "ch-form" }, this.input, this.send);
    this.forget = make("button", { type: "button", class: "ch-forget", hidden: true, title: t.forget, "aria-label": t.forget, onclick: () => this.clear() }, "↺");
    const head = make("div", { class: "ch-head" }, make("h2", {}, t.tab), this.forget);
    this.shell.replaceChildren(make("section", { class: "ch", "aria-label": t.tab }, head, this.log, this.suggestions, this.form));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.ask(this.input.value); });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.ask(this.input.value);
    });
    this.offer(false);
  }

  // `value`: {job, state} or null
  update(value) {
    if (!value?.job) return;
    const isNews = value.job !== this.job || value.state !== this.state;
    this.job = value.job;
    this.state = value.state;
    if (isNews) this.load();
  }

  get url() {
    return `${this.options.root}app/jobs/${this.job}/chat`;
  }

  async load() {
    if (this.state !== "done") {
      this.showHint(this.texts.not_yet);
      return;
    }
    const job = this.job;
    try {
      const response = await fetch(this.url, { cache: "no-store" });
      const answer = await response.json();
      if (job !== this.job) return;
      if (!response.ok) this.showHint(this.describe(answer));
      else if (!answer.signed_in) this.showSignIn();
      else this.showMessages(answer.messages);
    } catch {
      if (job === this.job) this.showHint(this.texts.failed);
    }
  }

  // `problem`: {error, code}
  describe(problem) {
    return this.options.errors[problem.code] ?? problem.error ?? this.texts.failed;
  }

  showHint(...parts) {
    this.log.replaceChildren(make("p", { class: "ch-hint" }, ...parts));
    this.offer(false);
  }

  showSignIn() {
    const link = make("button", { type: "button", class: "ch-link", onclick: () => document.querySelector("#tab-account-button")?.click() }, this.texts.to_account);
    this.showHint(this.texts.sign_in, " ", link);
  }

  showMessages(messages) {
    this.log.replaceChildren();
    for (const message of messages) this.addMessage(message);
    if (!messages.length) this.log.append(make("p", { class: "ch-hint" }, this.texts.empty));
    this.offer(true, messages.length === 0);
  }

  offer(canAsk, withSuggestions = false) {
    this.input.disabled = !canAsk;
    this.send.disabled = !canAsk;
    this.forget.hidden = !canAsk || withSuggestions;
    this.suggestions.replaceChildren();
    if (!canAsk || !withSuggestions) return;
    for (let number = 1; number <= this.options.suggestions; number += 1) {
      const question = this.texts[`suggestion.${number}`];
      this.suggestions.append(make("button", { type: "button", class: "ch-chip", onclick: () => this.ask(question) }, question));
    }
  }

  addMessage(message) {
    if (message.role === "user") {
      const said = make("div", { class: "ch-message ch-user", dir: "auto" }, make("span", { class: "ch-hidden" }, `${this.texts.you}: `), message.content);
      this.log.append(said);
      return said;
    }
    const body = make("div", { class: "ch-text", dir: "auto" }, ...isolateQuotes(message.content));
    const bubble = make("div", { class: `ch-message ch-assistant${message.refused ? " ch-refused" : ""}` });
    if (message.refused) bubble.append(make("strong", { class: "ch-refusal" }, this.texts.refused));
    bubble.append(body);
    if (message.citations?.length) bubble.append(this.drawCitations(message.citations));
    this.log.append(bubble);
    return bubble;
  }

  drawCitations(citations) {
    const chips = citations.map((place) => {
      const label = fill(this.texts.page, { number: place.page });
      const snippet = place.snippet.replace(/\s+/g, " ").trim();
      const short = snippet.length > SNIPPET_CHARS ? `${snippet.slice(0, SNIPPET_CHARS)}…` : snippet;
      return make(
        "button",
        {
          type: "button", class: "ch-chip ch-citation", "data-page": place.page, title: snippet,
          "aria-label": fill(this.texts.show, { number: place.page, snippet }),
          onclick: () => document.dispatchEvent(new CustomEvent("ocr-chat:show", { detail: place })),
        },
        make("b", {}, label), " ", make("span", { dir: "auto" }, short),
      );
    });
    return make("div", { class: "ch-citations" }, ...chips);
  }

  async ask(question) {
    const text = question.trim();
    if (!SAYS_SOMETHING.test(text) || this.send.disabled) return;
    const job = this.job;
    this.log.querySelector(".ch-hint")?.remove();
    this.addMessage({ role: "user", content: text });
    const waiting = this.addMessage({ role: "assistant", content: this.texts.thinking });
    waiting.classList.add("ch-waiting");
    this.input.value = "";
    this.offer(false);
    this.scroll();
    try {
      await this.receive(text, waiting);
    } catch (problem) {
      waiting.classList.remove("ch-waiting");
      waiting.classList.add("ch-error");
      waiting.querySelector(".ch-text").textContent = problem.sentence ?? this.texts.failed;
      if (job === this.job) this.input.value = text;
    }
    if (job !== this.job) return;
    this.offer(true);
    this.scroll();
    this.input.focus({ preventScroll: true });
  }

  // Reads the answer line by line: sentences as they come, then the whole message with its citations.
  async receive(text, waiting) {
    const response = await fetch(`${this.url}?lang=${this.options.language}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ message: text }),
    });
    if (!response.ok) throw { sentence: this.describe(await response.json()) };
    const body = waiting.querySelector(".ch-text");
    const sentences = [];
    let isComplete = false;
    for await (const line of readLines(response.body)) {
      const piece = JSON.parse(line);
      if (piece.error) throw { sentence: this.describe(piece) };
      if (piece.sentence) {
        sentences.push(piece.sentence);
        waiting.classList.remove("ch-waiting");
        body.replaceChildren(...isolateQuotes(sentences.join(" ")));
      } else {
        waiting.replaceWith(this.addMessage(piece.message));
        isComplete = true;
      }
      this.scroll();
    }
    if (!isComplete) throw {};
  }

  async clear() {
    if (!window.confirm(this.texts["forget.confirm"])) return;
    try {
      const response = await fetch(this.url, { method: "DELETE" });
      if (response.ok) this.showMessages([]);
    } catch {
      this.addMessage({ role: "assistant", content: this.texts.failed });
    }
  }

  scroll() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

// What the document says may run the other way than what the answer says about it.
function isolateQuotes(text) {
  return text.split(/(“[^”]*”)/).map((part, place) => (place % 2 ? make("bdi", {}, part) : part));
}

async function* readLines(stream) {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split("\n");
    rest = lines.pop();
    yield* lines.filter((line) => line);
    if (done) break;
  }
  if (rest) yield rest;
}
