// Nodes, replication controllers with their replica history, and alerts.
import * as api from '../api.js';
import {age, element, sparkline, table} from '../dom.js';

const body = id => document.querySelector(`#${id} .body`);
/** A number in at most four digits, as people read it. @param {number} value */
const short = value => Number.isFinite(value) ? Number(value.toPrecision(4)).toLocaleString('en') : String(value);

/** A quantity of bytes in GiB. @param {string} quantity as the API gives it */
function memory(quantity) {
  const [, digits, unit] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity) ?? [];
  if (digits === undefined) return quantity;
  return `${(Number(digits) * {Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, '': 1}[unit ?? ''] / 2 ** 30).toFixed(1)} GiB`;
}

const nothing = text => element('p', {class: 'soft'}, text);

export async function refreshNodes() {
  const nodes = await api.objects('api/v1/nodes');
  body('nodes').replaceChildren(nodes.length === 0 ? nothing('no node has joined yet') : table(
    ['Name', 'Status', 'CPU', 'Memory', 'Age'],
    nodes.map(node => {
      const ready = node.status?.conditions?.find(condition => condition.type === 'Ready')?.status === 'True';
      return [node.metadata.name, {text: ready ? 'Ready' : 'NotReady', kind: ready ? 'good' : 'bad'},
        String(node.status?.capacity?.cpu ?? ''), memory(node.status?.capacity?.memory ?? ''), age(node.metadata.creationTimestamp)];
    })));
}

export async function refreshControllers() {
  const [controllers, history] = await Promise.all([
    api.objects('api/v1/replicationcontrollers'),
    api.range('kube_replicationcontroller_spec_replicas', 900, 90),
  ]);
  const points = new Map(history.map(series => [`${series.metric.namespace}/${series.metric.replicationcontroller}`,
    series.values.map(([time, value]) => [time, Number(value)])]));
  body('rcs').replaceChildren(controllers.length === 0 ? nothing('no replication controller') : table(
    ['Namespace', 'Name', 'Desired', 'Current', 'Ready', 'Last 15 minutes', 'Age'],
    controllers.map(rc => {
      const ready = rc.status?.readyReplicas ?? 0;
      const desired = rc.spec?.replicas ?? 0;
      return [rc.metadata.namespace, rc.metadata.name, {text: String(desired), kind: 'number'},
        {text: String(rc.status?.replicas ?? 0), kind: 'number'}, {text: String(ready), kind: `number ${ready === desired ? 'good' : 'warn'}`},
        sparkline(points.get(`${rc.metadata.namespace}/${rc.metadata.name}`) ?? [], `replicas of ${rc.metadata.name} over 15 minutes`),
        age(rc.metadata.creationTimestamp)];
    })));
}

export async function refreshAlerts() {
  const alerts = await api.alerts();
  body('alerts').replaceChildren(alerts.length === 0 ? nothing('nothing is pending or firing') : table(
    ['Alert', 'State', 'Since', 'Labels', 'Value'],
    alerts.map(alert => [alert.labels.alertname, {text: alert.state, kind: alert.state === 'firing' ? 'bad' : 'warn'},
      age(alert.activeAt),
      {text: Object.entries(alert.labels).filter(([name]) => name !== 'alertname').map(([name, value]) => `${name}=${value}`).join(' '), kind: 'wide'},
      {text: short(Number(alert.value)), kind: 'number'}])));
}
