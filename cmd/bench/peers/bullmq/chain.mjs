// Runs chains of tasks through BullMQ: each task but the last of its chain adds the next one.
//
//   node chain.mjs redis://… chains hops concurrency
//
// Prints how many chains ended in a second.
import { Queue, Worker } from "bullmq";
import IORedis from "ioredis";

const [url, chains, hops, concurrency] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const connect = () => new IORedis(url, { maxRetriesPerRequest: null });
const options = { removeOnComplete: true };
const payload = "0".repeat(48);

const queue = new Queue("chain", { connection: connect() });
await queue.waitUntilReady();
let left = chains;
let done;
const all = new Promise((resolve) => { done = resolve; });
const worker = new Worker("chain", async (job) => {
  if (job.data.hop === hops) {
    if (--left === 0) done();
    return;
  }
  await queue.add("link", { hop: job.data.hop + 1, payload }, options);
}, { connection: connect(), concurrency });
await worker.waitUntilReady();

const start = process.hrtime.bigint();
for (let i = 0; i < chains; i++) {
  await queue.add("link", { hop: 1, payload }, options);
}
await all;
console.log(chains / (Number(process.hrtime.bigint() - start) / 1e9));
process.exit(0);
