// The tiles and the alert list.
import { Spark } from './chart.js';
import { command, el, setText } from './dom.js';
import * as format from './format.js';
import { text } from './text.js';

const lagLimitUs = 1e6;
const liveSamples = 120;

/** A tile: a heading, one large figure, a line under it, and room for more. */
function tile(title, extra = '') {
  const value = el('p', { class: 'value' }, '–');
  const note = el('p', { class: 'note' });
  const head = el('h2', {}, title);
  const box = el('article', { class: `tile ${extra}`, 'data-level': 'ok' }, head, value, note);
  return { box, head, value, note, level: (name) => { box.dataset.level = name; } };
}

export class Tiles {
  constructor(root, showTable) {
    this.samples = [];
    this.rate = tile(text.rate, 'tile-rate');
    this.live = new Spark(120, `${text.rate}, ${text.rateChart}`);
    this.hour = new Spark(40, `${text.rate}, ${text.rateHour}`);
    const tableButton = el('button', { type: 'button', class: 'small', onclick: () => showTable(text.rate, this.live.points) }, text.table);
    this.rate.head.after(tableButton);
    this.rate.box.append(
      el('figure', {}, this.live.svg, el('figcaption', {}, text.rateChart)),
      (this.hourFigure = el('figure', { hidden: true }, this.hour.svg, el('figcaption', {}, text.rateHour))));
    this.latency = tile(text.latency, 'tile-latency');
    this.latencyBars = ['p50', 'p99', 'p999'].map((name) => this.latencyRow(name));
    this.latency.value.replaceWith(el('dl', { class: 'rows' }, ...this.latencyBars.map((row) => row.box)));
    this.p99 = new Spark(60, text.p99Hour);
    this.p99Figure = el('figure', { hidden: true }, this.p99.svg, el('figcaption', {}, text.p99Hour));
    this.latency.box.append(this.p99Figure);
    this.outcomes = tile(text.outcomes, 'tile-outcomes');
    this.outcomeRows = ['pass', 'hold', 'block'].map((name) => this.outcomeRow(name));
    this.outcomes.value.replaceWith(
      el('div', { class: 'stack', 'aria-hidden': 'true' }, ...this.outcomeRows.map((row) => row.slice)),
      el('dl', { class: 'rows' }, ...this.outcomeRows.map((row) => row.box)));
    this.refused = tile(text.refused);
    this.commit = tile(text.commit);
    this.queue = tile(text.queue);
    this.open = tile(text.open);
    this.backend = tile(text.backend);
    this.versions = tile(text.versions);
    root.append(...[this.rate, this.latency, this.outcomes, this.refused, this.commit, this.queue,
      this.open, this.backend, this.versions].map((one) => one.box));
  }

  latencyRow(name) {
    const label = { p50: 'p50', p99: 'p99', p999: 'p99.9' }[name];
    const value = el('dd', {}, '–');
    const meter = el('span', { class: 'meter', 'aria-hidden': 'true' }, el('span', {}));
    return { name, value, fill: meter.firstChild, box: el('div', {}, el('dt', {}, label), meter, value) };
  }

  outcomeRow(name) {
    const value = el('dd', {}, '–');
    const share = el('span', { class: 'quiet share' });
    return {
      name, value, share,
      slice: el('span', { class: `slice ${name}` }),
      box: el('div', {}, el('dt', {}, el('span', { class: `mark ${name}`, 'aria-hidden': 'true' }), name), share, value),
    };
  }

  /** Shows an overview; `fresh` ones also move the live line. */
  show(view, fresh) {
    const perSecond = Number(view.events?.per_s ?? 0);
    if (fresh) this.samples = [...this.samples, perSecond].slice(-liveSamples);
    setText(this.rate.value, format.compact(perSecond));
    setText(this.rate.note, text.rateNote(format.groupDigits(view.events?.total ?? 0)));
    const describe = (name, low, high, last) =>
      text.chart(name, format.compact(low), format.compact(high), format.compact(last));
    this.live.draw(this.samples, liveSamples, describe);
    const hour = view.spark?.series?.events_per_s ?? [];
    this.hourFigure.hidden = hour.length < 2;
    this.hour.draw(hour, Math.max(view.spark?.points ?? 0, hour.length), describe);
    const p99 = view.spark?.series?.p99_us ?? [];
    this.p99Figure.hidden = p99.length < 2;
    this.p99.draw(p99, Math.max(view.spark?.points ?? 0, p99.length), (name, low, high, last) =>
      text.chart(name, format.micros(low), format.micros(high), format.micros(last)));
    this.showLatency(view.latency_us ?? {});
    this.showOutcomes(view.outcomes ?? {});
    this.showHealth(view);
    this.showVersions(view.versions ?? {});
  }

  showLatency(latency) {
    // One decade is a third of the bar: 10 µs is empty, 10 ms and more is full.
    for (const row of this.latencyBars) {
      const value = Number(latency[row.name]);
      setText(row.value, format.micros(value));
      const share = Number.isFinite(value) && value > 10 ? Math.min(1, Math.log10(value / 10) / 3) : 0;
      row.fill.style.inlineSize = `${(100 * share).toFixed(1)}%`;
    }
    setText(this.latency.note, text.latencyNote(latency.window_s ?? 60));
  }

  showOutcomes(outcomes) {
    const counts = this.outcomeRows.map((row) => Number(outcomes[row.name] ?? 0));
    const total = counts.reduce((a, b) => a + b, 0);
    this.outcomeRows.forEach((row, i) => {
      setText(row.value, format.groupDigits(outcomes[row.name] ?? 0));
      setText(row.share, format.percent(counts[i], total));
      row.slice.style.flexGrow = String(total > 0 ? Math.max(counts[i] / total, counts[i] > 0 ? 0.01 : 0) : 0);
    });
    setText(this.outcomes.note, text.outcomesNote(format.percent(counts[1] + counts[2], total)));
  }

  showHealth(view) {
    const refused = view.refused ?? {};
    const reasons = Object.entries(refused.by_reason ?? {}).filter(([, count]) => count !== '0');
    setText(this.refused.value, format.groupDigits(refused.total ?? 0));
    setText(this.refused.note, reasons.length === 0 ? text.refusedNone
      : reasons.map(([name, count]) => `${name} ${format.groupDigits(count)}`).join(', '));
    this.refused.level(Number(refused.total ?? 0) > 0 ? 'bad' : 'ok');
    const commit = view.commit ?? {};
    setText(this.commit.value, format.micros(commit.lag_us));
    setText(this.commit.note, text.durability[commit.mode] ?? commit.mode ?? '');
    this.commit.level(Number(commit.lag_us) > lagLimitUs ? 'bad' : 'ok');
    const queue = view.queue ?? {};
    setText(this.queue.value, format.number(queue.depth));
    setText(this.queue.note, text.queueNote(format.compact(queue.limit), format.micros(queue.wait_p99_us)));
    this.queue.level(queue.limit > 0 && queue.depth / queue.limit > 0.8 ? 'bad' : 'ok');
    setText(this.open.value, format.groupDigits(view.alerts_open ?? 0));
    setText(this.open.note, text.openNote(format.groupDigits(view.incidents_open ?? 0)));
    const backend = view.backend ?? {};
    const fallbacks = Number(backend.fallbacks_total ?? 0);
    setText(this.backend.value, (backend.active ?? text.notAvailable).toUpperCase());
    setText(this.backend.note, fallbacks > 0 ? text.fallbacks(format.groupDigits(fallbacks)) : backend.why ?? '');
    this.backend.level(fallbacks > 0 ? 'bad' : 'ok');
  }

  showVersions(versions) {
    setText(this.versions.value, `rules ${versions.rules ?? '–'}`);
    const models = (versions.models ?? []).map((model) =>
      `${model.name}@${model.stable}${model.candidate ? ` → @${model.candidate} ${format.percent(model.weight, 1)}` : ''}`);
    setText(this.versions.note, [`config ${versions.config ?? '–'}`, ...models].join(', '));
  }
}

/** Brings a stream message or a stored decision to one shape. */
export function alertOf(data) {
  const event = data.event ?? data;
  const reason = data.reason ?? data.reasons?.[0] ?? {};
  return {
    id: String(data.event_id ?? ''),
    at: data.at ?? event.time ?? '',
    outcome: String(data.outcome ?? ''),
    alert: data.alert === true,
    payer: format.party(data.entity ?? event.debtor),
    payee: format.party(data.counterparty ?? event.creditor),
    amount: format.amount(event.amount, event.currency),
    reason: String(reason.text ?? reason.code ?? ''),
    code: String(reason.code ?? ''),
    score: Number(data.score),
  };
}

export class AlertList {
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.rows = [];
    this.rowsMax = 200;
    this.selected = -1;
  }

  showEmpty(example) {
    this.root.replaceChildren(el('div', { class: 'empty' },
      el('p', { class: 'empty-title' }, text.empty), el('p', { class: 'quiet' }, text.emptyHint),
      command(example, text)));
    this.table = null;
  }

  ensureTable() {
    if (this.table) return;
    this.body = el('tbody');
    const heads = text.columns.map((name, i) => el('th', { scope: 'col', class: i === 4 || i === 6 ? 'right' : '' }, name));
    this.table = el('table', { class: 'alerts-table' }, el('thead', {}, el('tr', {}, ...heads)), this.body);
    this.root.replaceChildren(this.table);
  }

  row(alert) {
    const cell = (i, ...children) =>
      el('td', { 'data-name': text.columns[i], class: i === 4 || i === 6 ? 'right' : '' }, ...children);
    const open = el('button', { type: 'button', class: 'row-open' }, format.time(alert.at, this.options.utc()));
    open.title = alert.at;
    const meter = el('span', { class: 'meter', 'aria-hidden': 'true' }, el('span', {}));
    meter.firstChild.style.inlineSize = `${Math.round(100 * Math.min(1, alert.score || 0))}%`;
    const node = el('tr', { 'data-id': alert.id },
      cell(0, open),
      cell(1, el('span', { class: `badge ${alert.outcome}` }, alert.outcome), alert.outcome === 'pass' ? el('span', { class: 'badge alert' }, 'alert') : null),
      cell(2, alert.payer), cell(3, alert.payee), cell(4, alert.amount),
      cell(5, el('span', { class: 'reason' }, alert.reason)),
      cell(6, meter, Number.isFinite(alert.score) ? alert.score.toFixed(2) : '–'));
    node.addEventListener('click', () => this.options.open(alert.id, open));
    return { alert, node, open };
  }

  /** Adds newest-first alerts above the others. */
  prepend(alerts, animate) {
    const known = new Set(this.rows.map((row) => row.alert.id));
    const added = alerts.filter((alert) => alert.id !== '' && !known.has(alert.id)).map((alert) => this.row(alert));
    if (added.length === 0) return 0;
    this.ensureTable();
    if (animate) added.forEach((row) => row.node.classList.add('fresh'));
    this.body.prepend(...added.map((row) => row.node));
    this.rows = [...added, ...this.rows];
    for (const row of this.rows.splice(this.rowsMax)) row.node.remove();
    if (this.selected >= 0) this.selected += added.length;
    return added.length;
  }

  retime() {
    for (const row of this.rows) setText(row.open, format.time(row.alert.at, this.options.utc()));
  }

  /** Moves the keyboard's place by `step` rows. */
  move(step) {
    if (this.rows.length === 0) return;
    this.selected = Math.max(0, Math.min(this.rows.length - 1, this.selected + step));
    this.rows[this.selected].open.focus();
  }
}
