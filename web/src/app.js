// The live page: signs in, follows the stream, shows it.
import { command, el, setText } from './dom.js';
import { Drawer } from './drawer.js';
import * as format from './format.js';
import { text } from './text.js';
import { AlertList, alertOf, Tiles } from './view.js';

const $ = (id) => document.getElementById(id);
const state = {
  utc: localStorage.getItem('weir.utc') === '1',
  paused: false,
  waiting: [],
  lastEventId: '',
  lastDataAt: null,
  retrySeconds: 1,
  stream: null,
  countdown: 0,
  announceAt: 0,
  unannounced: 0,
};

class RequestError extends Error {
  constructor(status, code, message, requestId) {
    super(message);
    Object.assign(this, { status, code, requestId });
  }
}

async function request(path, options = {}) {
  const reply = await fetch(path, { credentials: 'same-origin', ...options });
  const body = await reply.text();
  if (reply.ok) return body === '' ? null : format.parseExact(body);
  let error = {};
  try { error = JSON.parse(body).error ?? {}; } catch { error = { message: body.slice(0, 200) }; }
  throw new RequestError(reply.status, error.reason ?? String(reply.status), error.message ?? '', reply.headers.get('x-request-id'));
}

const drawer = new Drawer($('drawer'), { utc: () => state.utc, open: (id) => openDecision(id), close: () => closeDrawer() });
const tiles = new Tiles($('tiles'), (title, points) => drawer.table(title, points));
const list = new AlertList($('alerts-body'), { utc: () => state.utc, open: (id, origin) => openDecision(id, origin) });

const example = () => `curl -s ${location.origin}/v1/decisions -H "authorization: Bearer $WEIR_KEY" \\
  -H 'content-type: application/json' \\
  -d '{"id":"try-1","time":"${new Date().toISOString().slice(0, 19)}Z","type":"payment","amount":9500,"currency":"USD","debtor":{"id":"596"},"creditor":{"account":"new-payee"}}'`;

function setLink(name, label) {
  $('link-state').dataset.state = name;
  setText($('link-text'), label);
}

// ---- signing in

async function redeemToken() {
  const token = location.hash.slice(1);
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return;
  history.replaceState(null, '', location.pathname);
  await request('/v1/login/token', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }),
  });
}

function showGate(message) {
  $('live').hidden = true;
  $('outage').hidden = true;
  setLink('wait', text.signIn);
  $('gate').hidden = false;
  $('gate').replaceChildren(el('div', { class: 'panel gate-card' }, el('h2', {}, text.signIn),
    message ? el('p', { class: 'problem' }, message) : null,
    el('p', {}, text.signInHint), command(text.signInCommand, text)));
}

// ---- the stream

function connect() {
  clearInterval(state.countdown);
  const query = new URLSearchParams({ topics: 'verdict,alert,metrics,notice' });
  if (state.lastEventId !== '') query.set('last_event_id', state.lastEventId);
  const stream = new EventSource(`/v1/stream?${query}`);
  state.stream = stream;
  stream.onopen = () => {
    state.retrySeconds = 1;
    $('outage').hidden = true;
    document.body.classList.remove('stale');
    setLink('live', text.live);
  };
  const on = (name, use) => stream.addEventListener(name, (message) => {
    if (message.lastEventId) state.lastEventId = message.lastEventId;
    use(format.parseExact(message.data));
  });
  on('metrics', (view) => showOverview(view, true));
  on('verdict', (data) => takeAlert(alertOf(data)));
  on('alert', (data) => takeAlert(alertOf(data)));
  on('gap', (data) => { setText($('alerts-note'), text.alertsGap(data.missed)); });
  stream.onerror = () => {
    stream.close();
    lost();
  };
}

async function lost() {
  setLink('lost', text.offline);
  document.body.classList.add('stale');
  try {
    await request('/v1/session');
  } catch (error) {
    if (error.status === 401) return showGate(null);
  }
  let left = state.retrySeconds;
  state.retrySeconds = Math.min(15, state.retrySeconds * 2);
  const since = state.lastDataAt ? format.time(state.lastDataAt.toISOString(), state.utc) : '–';
  const message = el('span', {});
  const now = el('button', { type: 'button', onclick: () => { left = 0; step(); } }, text.retry);
  $('outage').replaceChildren(message, now);
  $('outage').hidden = false;
  const step = () => {
    message.textContent = left > 0 ? text.outage(left, since) : text.outageNow;
    if (left-- <= 0) connect();
  };
  clearInterval(state.countdown);
  state.countdown = setInterval(step, 1000);
  step();
}

function showOverview(view, fresh) {
  state.lastDataAt = new Date();
  tiles.show(view, fresh);
  setText($('uptime'), text.up(format.duration(view.uptime_s ?? 0)));
}

function takeAlert(alert) {
  if (!alert.alert && alert.outcome === 'pass') return;
  if (state.paused) {
    state.waiting.unshift(alert);
    state.waiting.length = Math.min(state.waiting.length, 200);
    setText($('alerts-note'), text.alertsPaused(state.waiting.length));
    return;
  }
  addAlerts([alert], true);
}

function addAlerts(alerts, animate) {
  const added = list.prepend(alerts, animate);
  if (list.rows.length === 0) return;
  setText($('alerts-note'), text.alertsNote(list.rows.length));
  if (!animate || added === 0) return;
  state.unannounced += added;
  const now = Date.now();
  if (now - state.announceAt < 10000) return;
  state.announceAt = now;
  setText($('announce'), text.announce(state.unannounced, alerts[0].reason));
  state.unannounced = 0;
}

// ---- one decision

async function openDecision(id, origin) {
  drawer.loading(id, origin);
  const path = `/ui/decisions/${encodeURIComponent(id)}`;
  if (location.pathname !== path) history.pushState({ id }, '', path);
  try {
    drawer.show(await request(`/v1/decisions/${encodeURIComponent(id)}`));
  } catch (error) {
    drawer.failed(id, error);
  }
}

function closeDrawer(silent) {
  if (!drawer.isOpen) return;
  drawer.close();
  if (!silent && location.pathname !== '/ui/') history.pushState(null, '', '/ui/');
}

function followLocation() {
  const match = location.pathname.match(/^\/ui\/decisions\/(.+)$/);
  if (match) openDecision(decodeURIComponent(match[1]));
  else closeDrawer(true);
}

// ---- controls

function setPaused(paused) {
  state.paused = paused;
  $('pause').setAttribute('aria-pressed', String(paused));
  setText($('pause'), paused ? text.resume : text.pause);
  if (!paused && state.waiting.length > 0) addAlerts(state.waiting.splice(0), false);
  if (!paused && list.rows.length > 0) setText($('alerts-note'), text.alertsNote(list.rows.length));
}

function setZone(utc) {
  state.utc = utc;
  localStorage.setItem('weir.utc', utc ? '1' : '0');
  setText($('zone'), utc ? text.zoneUtc : text.zoneLocal);
  $('zone').setAttribute('aria-pressed', String(utc));
  list.retime();
}

function setTheme(name) {
  const dark = name === 'dark';
  document.documentElement.dataset.theme = name;
  setText($('theme'), dark ? text.themeDark : text.themeLight);
  $('theme').title = text.themeTitle(dark ? text.themeDark : text.themeLight);
}

function showKeys() {
  const close = el('button', { type: 'button', onclick: () => $('keys').close() }, text.close);
  $('keys').replaceChildren(el('h2', {}, text.keysTitle),
    el('dl', { class: 'facts' }, ...text.keys.map(([key, what]) => el('div', {}, el('dt', {}, el('kbd', {}, key)), el('dd', {}, what)))), close);
  $('keys').showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $('keys').open) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const actions = {
    j: () => list.move(1), k: () => list.move(-1), p: () => setPaused(!state.paused),
    '?': showKeys, Escape: () => closeDrawer(),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function prepareControls() {
  setText($('alerts-title'), text.alerts);
  const chosen = localStorage.getItem('weir.theme');
  setTheme(chosen ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  $('theme').addEventListener('click', () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem('weir.theme', next);
    setTheme(next);
  });
  setPaused(false);
  setZone(state.utc);
  $('pause').addEventListener('click', () => setPaused(!state.paused));
  $('zone').addEventListener('click', () => setZone(!state.utc));
  $('help').addEventListener('click', showKeys);
  document.addEventListener('keydown', onKey);
  addEventListener('popstate', followLocation);
}

async function start() {
  prepareControls();
  try {
    await redeemToken();
  } catch (error) {
    return showGate(error.status === 401 ? text.linkUsed : error.message);
  }
  try {
    showOverview(await request('/v1/overview'), true);
  } catch (error) {
    if (error.status === 401) return showGate(null);
    return lost();
  }
  connect();
  followLocation();
  try {
    const page = await request('/v1/decisions?outcome=alert&limit=50');
    addAlerts((page.items ?? []).map(alertOf), false);
    if (list.rows.length === 0) list.showEmpty(example());
  } catch (error) {
    setText($('alerts-note'), text.failed(error.code ?? '', error.message));
  }
}

start();
