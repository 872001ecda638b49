"""The account page as HTML: signing up and in, plan and use, tokens, password. Everything from outside is escaped."""

import html
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from service.account_pages import DayUse, PlanInfo, Token, Usage
from service.callers import Account
from ui.job_texts import describe_time
from ui.texts import Texts

CHART_WIDTH = 600
CHART_HEIGHT = 100


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the page of a signed-in visitor shows."""

    account: Account
    plan: PlanInfo
    tokens: tuple[Token, ...]
    use: tuple[DayUse, ...]


def draw_account(state: AccountState, texts: Texts) -> str:
    """The page of somebody who is signed in."""
    head = (
        f'<header class="acc-head"><p>{_say(texts, "account.signed_in", email=state.account.email)}</p>'
        '<button type="button" class="acc-button" data-act="sign-out">'
        f"{_say(texts, 'account.sign_out')}</button></header>"
    )
    return (
        f'<div class="acc">{head}<div class="acc-columns"><div>{_draw_plan(state, texts)}{_draw_use(state.use, texts)}'
        f"</div><div>{_draw_tokens(state.tokens, texts)}{_draw_password(state.account, texts)}</div></div></div>"
    )


def draw_visitor(plan: PlanInfo, texts: Texts, *, is_open: bool) -> str:
    """The page of somebody without an account or not signed in; ``is_open``: accounts can be made."""
    sign_up = (
        _card(texts("account.sign_up"), _draw_credentials("sign-up", texts))
        if is_open
        else f'<p class="app-notice">{_say(texts, "account.closed")}</p>'
    )
    sign_in = _card(texts("account.sign_in"), _draw_credentials("sign-in", texts))
    use = _card(texts("account.without"), _draw_bar(plan.usage, texts) + _draw_limits(plan, texts))
    return (
        f'<div class="acc"><p class="acc-why">{_say(texts, "account.why")}</p>'
        f'<div class="acc-columns">{sign_up}{sign_in}</div>{use}</div>'
    )


def draw_chart(use: tuple[DayUse, ...], texts: Texts) -> str:
    """Pages by day as bars, oldest first (for every language: time runs in the direction of its script).

    The drawing has a sentence as its text alternative; the same numbers follow as a table.
    """
    most = max((day.pages for day in use), default=0)
    top = _round_up(most)
    step = CHART_WIDTH / max(1, len(use))
    bars = []
    for place, day in enumerate(use):
        position = len(use) - 1 - place if texts.is_right_to_left else place
        height = CHART_HEIGHT * day.pages / top
        title = f"{day.day:%Y-%m-%d}: {day.pages}"
        bars.append(
            f'<rect x="{position * step + 2:.1f}" y="{CHART_HEIGHT - height:.1f}" width="{step - 4:.1f}" '
            f'height="{height:.1f}" rx="2"><title>{title}</title></rect>'
        )
    label = texts("account.usage.total", pages=sum(day.pages for day in use), days=len(use))
    first, last = (f"{use[0].day:%m-%d}", f"{use[-1].day:%m-%d}") if use else ("", "")
    return (
        f'<p class="acc-scale" aria-hidden="true">{top}</p>'
        f'<svg class="acc-chart" viewBox="0 0 {CHART_WIDTH} {CHART_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{html.escape(label)}">{"".join(bars)}</svg>'
        f'<p class="acc-days" aria-hidden="true"><span>{first}</span><span>{last}</span></p>'
    )


def _draw_plan(state: AccountState, texts: Texts) -> str:
    name = texts(f"account.plan.{state.account.plan.value}")
    return _card(texts("account.plan", plan=name), _draw_bar(state.plan.usage, texts) + _draw_limits(state.plan, texts))


def _draw_bar(usage: Usage, texts: Texts) -> str:
    if usage.cap is None:
        return f"<p>{_say(texts, 'account.unmetered')}</p>"
    percent = 100 if usage.cap == 0 else min(100, round(100 * usage.used / usage.cap))
    sentence = texts("account.used", used=usage.used, cap=usage.cap)
    bar = (
        f'<div class="acc-bar{" acc-full" if percent >= 90 else ""}" role="meter" aria-valuemin="0" '
        f'aria-valuemax="{usage.cap}" aria-valuenow="{min(usage.used, usage.cap)}" '
        f'aria-label="{html.escape(sentence)}"><div style="width:{percent}%"></div></div>'
    )
    resets = ""
    if usage.resets_at is not None:
        resets = f'<p class="acc-small">{_say(texts, "account.resets", date=describe_time(usage.resets_at))}</p>'
    return f"<p><strong>{html.escape(sentence)}</strong></p>{bar}{resets}"


def _draw_limits(plan: PlanInfo, texts: Texts) -> str:
    prices = {str(tier): credits for tier, credits in plan.page_credits.items()}
    fast, careful = prices["cpu"], prices["vlm"]
    price = (
        texts("price.page", credits=fast) if fast == careful else texts("account.prices", fast=fast, careful=careful)
    )
    facts = [texts("account.pages_per_file", pages=plan.plan.max_pages), price]
    return "".join(f'<p class="acc-small">{html.escape(fact)}</p>' for fact in facts)


def _draw_use(use: tuple[DayUse, ...], texts: Texts) -> str:
    used = [day for day in use if day.jobs]
    if not used:
        return _card(
            texts("account.usage"), f'<p class="acc-small">{_say(texts, "account.usage.none", days=len(use))}</p>'
        )
    heads = "".join(
        f'<th scope="col">{_say(texts, f"account.usage.{key}")}</th>' for key in ("day", "pages", "credits")
    )
    rows = "".join(
        f"<tr><td>{day.day:%Y-%m-%d}</td><td>{day.pages}</td><td>{day.credits}</td></tr>" for day in reversed(used)
    )
    total = _say(texts, "account.usage.total", pages=sum(day.pages for day in use), days=len(use))
    return _card(
        texts("account.usage"),
        f'{draw_chart(use, texts)}<details class="acc-small"><summary>{total}</summary>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></details>",
    )


def _draw_tokens(tokens: tuple[Token, ...], texts: Texts) -> str:
    items = "".join(_draw_token(token, texts) for token in tokens)
    create = (
        '<form class="acc-line" data-form="create-token"><label class="acc-grow"><span>'
        f"{_say(texts, 'account.token.name')}</span>"
        '<input name="name" required maxlength="60" autocomplete="off"></label>'
        f'<button class="acc-button">{_say(texts, "account.token.create")}</button></form>{_error_place()}'
    )
    hint = f'<p class="acc-small">{_say(texts, "account.tokens.hint")}</p>'
    return _card(texts("account.tokens"), f'{hint}<ul class="acc-tokens">{items}</ul>{create}')


def _draw_token(token: Token, texts: Texts) -> str:
    created = texts("account.token.created", date=_describe_day(token.created_at))
    used = (
        texts("account.token.used", date=_describe_day(token.last_used_at))
        if token.last_used_at
        else texts("account.token.unused")
    )
    name = html.escape(token.name)
    if token.value is None:
        value = f'<p class="app-notice">{_say(texts, "account.token.unreadable")}</p>'
    else:
        escaped = html.escape(token.value)
        copy = _say(texts, "account.token.copy")
        value = (
            f'<div class="acc-line"><code class="acc-grow" dir="ltr">{escaped}</code>'
            f'<button type="button" class="acc-button acc-primary" data-act="copy" data-value="{escaped}" '
            f'aria-label="{copy}: {name}">{copy}</button></div>'
        )
    actions = "".join(
        f'<button type="button" class="acc-link" data-act="{act}-token" data-token="{html.escape(token.id)}" '
        f'aria-label="{_say(texts, f"account.token.{act}")}: {name}">{_say(texts, f"account.token.{act}")}</button>'
        for act in ("rotate", "revoke")
    )
    about = html.escape(f"{created} · {used}")
    return (
        f'<li><p class="acc-token-name"><strong dir="auto">{name}</strong> <span class="acc-small">{about}</span></p>'
        f'{value}<p class="acc-actions">{actions}</p></li>'
    )


def _draw_password(account: Account, texts: Texts) -> str:
    hint = texts("account.password.hint")
    new = _field(texts("account.password.new"), "new_password", "password", "new-password", hint)
    form = (
        '<form data-form="change-password">'
        f'<input type="email" name="username" autocomplete="username" value="{html.escape(account.email)}" hidden>'
        f"{_field(texts('account.password.old'), 'old_password', 'password', 'current-password')}"
        f"{new}"
        f'<button class="acc-button">{_say(texts, "account.password.change")}</button></form>{_error_place()}'
    )
    summary = f"<summary>{_say(texts, 'account.password.change')}</summary>"
    return f'<section class="acc-card"><details class="acc-password">{summary}{form}</details></section>'


def _draw_credentials(act: str, texts: Texts) -> str:
    is_new = act == "sign-up"
    password = _field(
        texts("account.password"),
        "password",
        "password",
        "new-password" if is_new else "current-password",
        texts("account.password.hint") if is_new else "",
    )
    label = texts("account.sign_up" if is_new else "account.sign_in")
    return (
        f'<form data-form="{act}">{_field(texts("account.email"), "email", "email", "username")}{password}'
        f'<button class="acc-button acc-primary">{html.escape(label)}</button></form>{_error_place()}'
    )


def _field(label: str, name: str, kind: str, autocomplete: str, hint: str = "") -> str:
    length = ' minlength="8"' if autocomplete == "new-password" else ""
    small = f'<small class="acc-small">{html.escape(hint)}</small>' if hint else ""
    return (
        f'<label class="acc-field"><span>{html.escape(label)}</span><input name="{name}" type="{kind}" dir="ltr" '
        f'autocomplete="{autocomplete}" required{length}>{small}</label>'
    )


def _error_place() -> str:
    return '<div class="acc-said" role="alert"></div>'


def _card(title: str, body: str) -> str:
    return f'<section class="acc-card"><h2>{html.escape(title)}</h2>{body}</section>'


def _say(texts: Texts, key: str, **values: object) -> str:
    return html.escape(texts(key, **values))


def _describe_day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _round_up(most: int) -> int:
    """The top of the scale: 1, 2 or 5 times a power of ten, at least ``most``."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= ceil(most):
                return factor * power
        power *= 10
