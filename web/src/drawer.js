// One decision, whole: outcome, reasons against the usual, the event, rules, detectors, record.
import { command, el } from './dom.js';
import * as format from './format.js';
import { text } from './text.js';

function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value instanceof Node ? value : String(value))));
  return el('dl', { class: 'facts' }, ...rows);
}

function section(title, ...children) {
  return el('section', {}, el('h3', {}, title), ...children);
}

/** A reason: its text, and value against usual as two bars of one scale. */
function reason(one) {
  const value = Number(one.value);
  const usual = Number(one.usual);
  const item = el('li', {}, el('p', { class: 'reason-text' }, one.text ?? one.code ?? ''),
    el('p', { class: 'quiet' }, one.code ?? '',
      Number.isFinite(one.weight) ? `, weight ${one.weight.toFixed(2)}` : ''));
  if (!(Number.isFinite(value) && Number.isFinite(usual) && Math.max(value, usual) > 0)) return item;
  const scale = Math.max(Math.abs(value), Math.abs(usual));
  const bar = (name, n, label) => {
    const fill = el('span', { class: `bar ${name}` });
    fill.style.inlineSize = `${Math.max(1, (100 * Math.abs(n)) / scale).toFixed(1)}%`;
    return el('div', { class: 'bar-row' }, el('span', { class: 'bar-track' }, fill), el('span', {}, label));
  };
  item.append(bar('now', value, format.number(value)), bar('usual', usual,
    (one.code === 'RULE_HIT' ? text.limit : text.usual)(format.number(usual))));
  return item;
}

export class Drawer {
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.origin = null;
  }

  get isOpen() { return !this.root.hidden; }

  frame(title, ...children) {
    const close = el('button', { type: 'button', class: 'close', 'aria-label': text.close, onclick: () => this.options.close() }, '×');
    const heading = el('h2', { id: 'drawer-title', tabindex: '-1' }, title);
    this.root.replaceChildren(el('div', { class: 'drawer-head' }, heading, close), el('div', { class: 'drawer-body' }, ...children));
    if (this.root.hidden) {
      this.root.hidden = false;
      heading.focus();
    }
  }

  loading(id, origin) {
    if (origin) this.origin = origin;
    this.frame(id, el('p', { class: 'quiet' }, text.loading));
  }

  failed(id, error) {
    this.frame(id, el('div', { class: 'problem' }, el('p', {}, text.failed(error.code, error.message)),
      error.requestId ? el('p', { class: 'quiet' }, text.failedId(error.requestId)) : null,
      el('button', { type: 'button', onclick: () => this.options.open(id) }, text.retry)));
  }

  close() {
    this.root.hidden = true;
    this.origin?.focus();
    this.origin = null;
  }

  table(title, points) {
    const rows = points.map((value, i) => el('tr', {}, el('td', {}, `-${points.length - 1 - i} s`), el('td', { class: 'right' }, format.number(value))));
    this.frame(text.tableTitle(title), el('table', { class: 'plain' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, text.columns[0]), el('th', { scope: 'col', class: 'right' }, title))),
      el('tbody', {}, ...rows.reverse())));
  }

  show(data) {
    const event = data.event ?? {};
    const ledger = data.ledger ?? {};
    const versions = data.versions ?? {};
    const at = event.time ?? data.at;
    const reasons = data.reasons ?? (data.reason ? [data.reason] : []);
    const rules = (data.rules ?? []).map((rule) => el('li', {},
      el('span', { class: `badge ${rule.action ?? ''}` }, rule.action ?? ''), ` ${rule.name ?? ''} `,
      el('span', { class: 'quiet' }, `v${rule.version ?? '–'}${rule.mode === 'shadow' ? `, ${text.shadow}` : ''}`)));
    const models = (data.models ?? []).map((model) => el('li', {}, `${model.name}@${model.version} `,
      el('span', { class: 'quiet' }, `tail ${format.number(model.tail)}, ${model.variant ?? ''}`)));
    const summary = el('div', { class: 'verdict-line' },
      el('span', { class: `badge large ${data.outcome ?? ''}` }, data.outcome ?? ''),
      data.alert ? el('span', { class: 'badge large alert' }, 'alert') : null,
      el('span', { class: 'verdict-score' }, `${text.score} ${Number.isFinite(data.score) ? data.score.toFixed(2) : '–'}`),
      el('span', { class: 'quiet' }, `tail ${format.number(data.tail)} / ${text.threshold} ${format.number(data.threshold)}`));
    const json = JSON.stringify(data, null, 2);
    this.frame(String(data.event_id ?? text.verdict), summary,
      section(text.why, reasons.length ? el('ul', { class: 'reasons' }, ...reasons.map(reason)) : el('p', { class: 'quiet' }, text.noReasons)),
      section(text.event, facts([
        ['Amount', format.amount(event.amount ?? data.amount, event.currency ?? data.currency)],
        ['Payer', format.party(event.debtor ?? data.entity)],
        ['Payee', format.party(event.creditor ?? data.counterparty)],
        ['Type', event.type], ['Channel', event.channel],
        ['Time', at && `${format.time(at, this.options.utc())} (${at})`],
        ['Memo', event.memo]])),
      section(text.rules, rules.length ? el('ul', { class: 'plain-list' }, ...rules) : el('p', { class: 'quiet' }, text.noRules)),
      models.length ? section(text.models, el('ul', { class: 'plain-list' }, ...models)) : null,
      section(text.record, facts([
        ['Sequence', data.seq && format.groupDigits(data.seq)], ['Block', ledger.height && format.groupDigits(ledger.height)],
        ['Ledger', ledger.status], ['Committed', ledger.committed === undefined ? '' : ledger.committed ? 'yes' : 'no'],
        ['Versions', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')],
        ['Took', data.latency_us === undefined ? '' : format.micros(data.latency_us)],
        ['Late', data.late ? 'yes' : '']])),
      el('details', {}, el('summary', {}, text.raw), command(json, text)));
  }
}
