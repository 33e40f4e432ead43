// What the console asks the server: the same public APIs that kubectl and Grafana use.

/** @param {string} path */
async function json(path) {
  const answer = await fetch(path, {headers: {accept: 'application/json'}});
  const text = await answer.text();
  let body;
  try { body = JSON.parse(text); } catch { throw new Error(text.trim() || `HTTP ${answer.status}`); }
  if (!answer.ok) throw new Error(body.error ?? body.message ?? `HTTP ${answer.status}`);
  return body;
}

/** @param {Record<string, string | number>} values */
const parameters = values => new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString();

export const objects = async resource => (await json(`/${resource}`)).items ?? [];
export const alerts = async () => (await json('/api/v1/alerts')).data.alerts;

/** @param {string} query @param {number} seconds the window that ends now @param {number} points */
export async function range(query, seconds, points) {
  const end = Math.floor(Date.now() / 1000);
  const step = Math.max(1, Math.ceil(seconds / points));
  return (await json(`/api/v1/query_range?${parameters({query, start: end - seconds, end, step})}`)).data.result;
}

/** @param {string} query @param {number} limit */
export async function lines(query, limit) {
  const end = Date.now() * 1e6;
  const found = await json(`/loki/api/v1/query_range?${parameters({query, limit, start: end - 3600e9, end, direction: 'backward'})}`);
  if (found.data.resultType !== 'streams') throw new Error('this query answers numbers, not lines: draw it as a metric');
  return found.data.result;
}

/** Opens a live tail; returns a function that ends it. */
export function tail(query, onStreams, onEnd) {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/loki/api/v1/tail?${parameters({query, limit: 50})}`);
  socket.onmessage = message => onStreams(JSON.parse(message.data).streams ?? []);
  socket.onclose = () => onEnd();
  return () => socket.close();
}
