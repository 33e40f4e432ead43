// Log search and live tail.
import * as api from '../api.js';
import {element} from '../dom.js';

const section = document.querySelector('#logs');
const list = document.querySelector('#lines');
const failure = section.querySelector('.error');
const tailButton = document.querySelector('#tail');
const shown = 500;
let endTail = null;

const entries = streams => streams.flatMap(stream => stream.values.map(([time, line]) => ({time: BigInt(time), line, labels: stream.stream})));
const newestFirst = (left, right) => (left.time < right.time ? 1 : left.time > right.time ? -1 : 0);

function row({time, line, labels}) {
  const date = new Date(Number(time / 1000000n));
  return element('li', {},
    element('time', {datetime: date.toISOString()}, date.toISOString().slice(11, 23)),
    element('span', {class: 'source'}, labels.pod ?? labels.container ?? labels.app ?? ''),
    element('span', {class: 'line'}, line));
}

function say(text) {
  failure.hidden = text === '';
  failure.textContent = text;
}

export async function search() {
  try {
    const found = entries(await api.lines(document.querySelector('#logql').value, shown)).sort(newestFirst);
    list.replaceChildren(...found.slice(0, shown).map(row));
    say(found.length === 0 ? 'no line matches in the last hour' : '');
  } catch (error) {
    say(error.message);
  }
}

function stop() {
  endTail?.();
  endTail = null;
  tailButton.setAttribute('aria-pressed', 'false');
}

function follow() {
  if (endTail) return stop();
  list.replaceChildren();
  say('');
  tailButton.setAttribute('aria-pressed', 'true');
  endTail = api.tail(document.querySelector('#logql').value, streams => {
    list.prepend(...entries(streams).sort(newestFirst).map(row));
    while (list.childElementCount > shown) list.lastElementChild.remove();
  }, () => { if (endTail) { stop(); say('the live tail ended; press it again to resume'); } });
}

export function start() {
  section.querySelector('form').addEventListener('submit', event => { event.preventDefault(); stop(); search(); });
  tailButton.addEventListener('click', follow);
}
