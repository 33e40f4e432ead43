// The metric graph: a PromQL range query drawn by dygraphs.
import * as api from '../api.js';
import {element} from '../dom.js';

const section = document.querySelector('#metrics');
const graph = document.querySelector('#graph');
const legend = document.querySelector('#legend');
const palette = ['#0b7285', '#c92a2a', '#2b8a3e', '#862e9c', '#e67700', '#364fc7', '#a61e4d', '#5c940d', '#087f5b', '#d9480f'];
const seriesLimit = 100;
let chart = null;

const name = labels => {
  const {__name__: metric = '', ...rest} = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  return pairs.length > 0 || metric === '' ? `${metric}{${pairs.join(', ')}}` : metric;
};

/** Series with times of their own become rows with one column a series. */
function rows(series) {
  const byTime = new Map();
  series.forEach((one, index) => {
    for (const [time, value] of one.values ?? []) {
      if (!byTime.has(time)) byTime.set(time, new Array(series.length).fill(null));
      byTime.get(time)[index] = Number(value);
    }
  });
  return [...byTime.entries()].sort((left, right) => left[0] - right[0]).map(([time, values]) => [new Date(time * 1000), ...values]);
}

export async function draw() {
  const failure = section.querySelector('.error');
  try {
    const found = await api.range(document.querySelector('#promql').value, Number(document.querySelector('#window').value), 240);
    const series = found.slice(0, seriesLimit);
    failure.hidden = found.length <= seriesLimit;
    failure.textContent = found.length > seriesLimit ? `${found.length} series; the first ${seriesLimit} are drawn` : '';
    const data = rows(series);
    const labels = ['time', ...series.map((one, index) => `${index}`)];
    const colors = series.map((_, index) => palette[index % palette.length]);
    chart?.destroy();
    chart = null;
    graph.dataset.series = String(series.length);
    if (data.length === 0) { graph.textContent = 'no data in this window'; legend.replaceChildren(); return; }
    chart = new Dygraph(graph, data, {labels, colors, strokeWidth: 1.5, includeZero: true, connectSeparatedPoints: false, axisLabelFontSize: 11, labelsKMB: true});
    legend.replaceChildren(...series.map((one, index) => {
      const entry = element('span', {}, name(one.metric));
      entry.style.setProperty('--series', colors[index]);
      return entry;
    }));
  } catch (error) {
    failure.hidden = false;
    failure.textContent = error.message;
  }
}

export function start() {
  section.querySelector('form').addEventListener('submit', event => { event.preventDefault(); draw(); });
  document.querySelector('#window').addEventListener('change', draw);
}
