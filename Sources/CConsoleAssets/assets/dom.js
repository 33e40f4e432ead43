// Making elements: everything that comes from logs, labels or manifests is put in as text, never as markup.

/**
 * @param {string} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * A table of rows; a cell is text or a node, optionally with a class.
 * @param {string[]} headings
 * @param {Array<Array<string | Node | {text: string, kind: string}>>} rows
 */
export function table(headings, rows) {
  const cells = row => row.map(cell => {
    if (cell instanceof Node) return element('td', {class: 'wide'}, cell);
    if (typeof cell === 'object') return element('td', {class: cell.kind}, cell.text);
    return element('td', {}, cell);
  });
  return element('table', {},
    element('thead', {}, element('tr', {}, ...headings.map(text => element('th', {scope: 'col'}, text)))),
    element('tbody', {}, ...rows.map(row => element('tr', {}, ...cells(row)))));
}

/**
 * A small step line of values over time.
 * @param {Array<[number, number]>} points seconds and value
 * @param {string} label what a screen reader says
 */
export function sparkline(points, label) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', '0 0 100 34');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  if (points.length > 1) {
    const [first, last] = [points[0][0], points[points.length - 1][0]];
    const top = Math.max(1, ...points.map(point => point[1]));
    const x = time => ((time - first) / Math.max(1, last - first)) * 100;
    const y = value => 32 - (value / top) * 30;
    let path = `M${x(first)},${y(points[0][1])}`;
    for (const [time, value] of points.slice(1)) path += `H${x(time).toFixed(2)}V${y(value).toFixed(2)}`;
    const line = document.createElementNS(space, 'path');
    line.setAttribute('d', path);
    svg.append(line);
  }
  return svg;
}

/** @param {string} time RFC 3339 */
export function age(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 120) return `${Math.round(seconds)}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86400)}d`;
}
