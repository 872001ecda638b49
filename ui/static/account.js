// The account page and the API page: both are HTML from our own routes, because they show the visitor's secrets.

const SESSION_CHANGED = 'ocr-chat:session';

/** Fetches a page of ours into a shell, again whenever somebody signs in or out. */
class Fragment {
  constructor(shell, texts, options) {
    this.shell = shell;
    this.texts = texts;
    this.options = options;
    this.root = new URL(options.root, document.baseURI);
    shell.addEventListener('click', (event) => {
      const button = event.target.closest('[data-act]');
      if (button) this.act(button);
    });
    document.addEventListener(SESSION_CHANGED, () => this.load());
    this.load();
  }

  url(path) {
    return new URL(path, this.root).href;
  }

  // `isInUse` is asked when the answer is there: what somebody has begun to fill in stays.
  async load(isInUse = () => false) {
    const url = new URL(this.options.path, this.root);
    url.searchParams.set('lang', this.options.language);
    try {
      const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store' });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const page = await answer.text();
      if (!isInUse()) this.shell.innerHTML = page;
    } catch {
      if (!isInUse()) this.shell.textContent = this.texts.failed;
    }
    this.shell.setAttribute('aria-busy', 'false');
  }

  async act(button) {
    if (button.dataset.act === 'copy') await this.copy(button);
  }

  async copy(button) {
    const text = button.dataset.value ?? button.closest('[data-copy]').querySelector('pre').textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text);
    }
    const label = button.textContent;
    button.textContent = this.texts.copied;
    setTimeout(() => { button.textContent = label; }, 1600);
  }
}

/** navigator.clipboard exists on https and localhost only; a server in a home network often has neither. */
function copyBySelection(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export class ApiPage extends Fragment {}

export class AccountPage extends Fragment {
  constructor(shell, texts, options) {
    super(shell, texts, options);
    // What was used in the meantime shows when the tab is opened again; nothing that is being typed is lost.
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.load(() => this.isInUse());
    }).observe(shell);
    shell.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit(event.target);
    });
  }

  isInUse() {
    const fields = [...this.shell.querySelectorAll('input:not([hidden])')];
    return fields.some((field) => field.value || field === document.activeElement) || Boolean(this.shell.querySelector('button:disabled'));
  }

  async act(button) {
    const { act, token } = button.dataset;
    if (act === 'sign-out') {
      await this.post('app/sign-out');
      document.dispatchEvent(new CustomEvent(SESSION_CHANGED));
    } else if (act === 'rotate-token' && window.confirm(this.texts['confirm.rotate'])) {
      await this.change(`app/account/tokens/${token}/rotate`, this.texts.replaced);
    } else if (act === 'revoke-token' && window.confirm(this.texts['confirm.revoke'])) {
      await this.change(`app/account/tokens/${token}/revoke`, this.texts.revoked);
    } else {
      await super.act(button);
    }
  }

  async change(path, said) {
    const error = await this.post(path);
    if (!error) document.dispatchEvent(new CustomEvent(SESSION_CHANGED));
    this.toast(error ?? said);
  }

  async submit(form) {
    const act = form.dataset.form;
    const fields = Object.fromEntries(new FormData(form));
    delete fields.username;
    const place = form.parentElement.querySelector('.acc-said');
    const button = form.querySelector('button');
    const paths = { 'create-token': 'app/account/tokens', 'change-password': 'app/account/password' };
    place.replaceChildren();
    button.disabled = true;
    const error = await this.post(paths[act] ?? `app/${act}`, fields);
    button.disabled = false;
    if (error) {
      const sentence = document.createElement('p');
      sentence.className = 'app-error';
      sentence.textContent = error;
      place.append(sentence);
      return;
    }
    document.dispatchEvent(new CustomEvent(SESSION_CHANGED));
    if (act === 'create-token') this.toast(this.texts.created);
    if (act === 'change-password') this.toast(this.texts.password);
  }

  /** Null when it worked, else the sentence to show. */
  async post(path, body) {
    const headers = body ? { 'Content-Type': 'application/json' } : {};
    try {
      const answer = await fetch(this.url(path), {
        method: 'POST', credentials: 'same-origin', headers, body: body && JSON.stringify(body),
      });
      if (answer.ok) return null;
      const problem = await answer.json();
      return this.texts[`error.${problem.code}`] ?? problem.error;
    } catch {
      return this.texts.failed;
    }
  }

  toast(sentence) {
    const note = document.createElement('div');
    note.className = 'acc-toast';
    note.setAttribute('role', 'status');
    note.textContent = sentence;
    document.body.append(note);
    setTimeout(() => note.remove(), 4000);
  }
}
