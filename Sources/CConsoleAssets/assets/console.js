// Starts the views and keeps them fresh; says so when the server cannot be reached.
import {refreshAlerts, refreshControllers, refreshNodes} from './views/fleet.js';
import * as logs from './views/logs.js';
import * as metrics from './views/metrics.js';

const connection = document.querySelector('#connection');

async function refresh() {
  const results = await Promise.allSettled([refreshAlerts(), refreshNodes(), refreshControllers(), metrics.draw()]);
  const failed = results.find(result => result.status === 'rejected');
  connection.textContent = failed ? `cannot reach the server: ${failed.reason.message}` : `up to date at ${new Date().toLocaleTimeString('en-GB')}`;
  connection.className = failed ? 'lost' : '';
}

metrics.start();
logs.start();
await Promise.all([refresh(), logs.search()]);
document.body.dataset.ready = 'true';
setInterval(() => { if (!document.hidden) refresh(); }, 5000);
