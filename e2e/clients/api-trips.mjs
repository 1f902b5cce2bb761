// How long the API server takes for one GET after the other over one connection, at most RATE a second, for SECONDS.
//   api-trips.mjs PATH RATE SECONDS    with KUBECONFIG; prints the count, the median and the 99th percentile, in ms, as JSON
import { Agent, get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';

const [path, rate, seconds] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(process.env.KUBECONFIG);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const options = { agent };
await config.applyToHTTPSOptions(options);
options.agent = agent;

const trip = () =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    get(`${config.getCurrentCluster().server}${path}`, options, (answer) => {
      answer
        .resume()
        .on('end', () =>
          answer.statusCode === 200 ? resolve(performance.now() - began) : reject(new Error(`${answer.statusCode}`)),
        );
    }).on('error', reject);
  });

const taken = [];
const until = performance.now() + Number(seconds) * 1_000;
for (let next = performance.now(); next < until; next += 1_000 / Number(rate)) {
  await sleep(Math.max(0, next - performance.now()));
  taken.push(await trip());
}
const sorted = taken.sort((a, b) => a - b);
const at = (part) => Number(sorted[Math.floor(sorted.length * part)].toFixed(2));
console.log(JSON.stringify({ count: taken.length, median: at(0.5), p99: at(0.99) }));
process.exit(0);
