// Numbers, times and durations as people read them. Amounts and sequence numbers arrive as texts and
// stay texts: a double is exact only to 2^53.

const nbsp = '\u00a0';

/** Groups the digits of a decimal text: "1234567.89" -> "1 234 567.89". */
export function groupDigits(value) {
  const [whole, fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A rate or count that may be a double: whole above 100, else up to two decimals. */
export function number(value) {
  const n = Number(value);
  if (!Number.isFinite(n)) return '–';
  if (Math.abs(n) >= 100) return groupDigits(Math.round(n));
  return String(Math.round(n * 100) / 100);
}

/** 1234567 -> "1.23 M". */
export function compact(value) {
  const n = Number(value);
  if (!Number.isFinite(n)) return '–';
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) {
    if (Math.abs(n) >= size) return `${(n / (unit === 'k' ? 1e3 : size)).toPrecision(3)}${nbsp}${unit}`;
  }
  return number(n);
}

/** Microseconds -> "180 µs", "4.2 ms", "1.3 s". */
export function micros(value) {
  const n = Number(value);
  if (!Number.isFinite(n)) return '–';
  if (n < 1000) return `${Math.round(n)}${nbsp}µs`;
  if (n < 1e6) return `${Number((n / 1000).toPrecision(3))}${nbsp}ms`;
  return `${Number((n / 1e6).toPrecision(3))}${nbsp}s`;
}

export function percent(part, whole) {
  const w = Number(whole);
  if (!(w > 0)) return `0${nbsp}%`;
  const share = (100 * Number(part)) / w;
  if (share > 0 && share < 0.01) return `<${nbsp}0.01${nbsp}%`;
  return `${Number(share.toPrecision(3))}${nbsp}%`;
}

export function duration(seconds) {
  const s = Math.max(0, Math.floor(Number(seconds)));
  const days = Math.floor(s / 86400);
  const hours = Math.floor((s % 86400) / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min`;
  return `${s} s`;
}

const two = (n) => String(n).padStart(2, '0');

/** Time of day, with the date if it is not today. `utc` picks the zone. */
export function time(iso, utc, now = new Date()) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return String(iso ?? '');
  const part = utc
    ? [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
    : [at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  const clock = `${two(part[3])}:${two(part[4])}:${two(part[5])}`;
  const today = utc ? now.toISOString().slice(0, 10) === at.toISOString().slice(0, 10)
    : now.toDateString() === at.toDateString();
  return today ? clock : `${part[0]}-${two(part[1] + 1)}-${two(part[2])} ${clock}`;
}

export function amount(value, currency) {
  if (value === undefined || value === null || value === '') return '';
  return `${groupDigits(value)}${currency ? nbsp + currency : ''}`;
}

/** {kind, id} or text -> "customer 596". */
export function party(value) {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (value.account) return String(value.account);
  return [value.kind, value.id].filter((x) => x !== undefined && x !== null).join(' ');
}

/** Parses a reply, keeping 64-bit numbers beyond 2^53 as texts. */
export function parseExact(json) {
  return JSON.parse(json.replace(/"(seq|height|first_seq|last_seq)":\s*(\d{16,})/g, '"$1":"$2"'));
}
