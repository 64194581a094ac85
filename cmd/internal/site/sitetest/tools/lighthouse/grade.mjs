// Grades pages: node grade.mjs <chromium> <performance: yes or no> <address>... writes a line of JSON for each.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, performance, ...addresses] = process.argv.slice(2);
const onlyCategories = ["accessibility", "best-practices", "seo"];
if (performance === "yes") onlyCategories.push("performance");

const chrome = await launch({
  chromePath,
  chromeFlags: [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-component-update", "--disable-background-networking",
    "--disable-dev-shm-usage", "--lang=en-US",
  ],
});
try {
  for (const address of addresses) {
    const { lhr } = await lighthouse(address, { port: chrome.port, onlyCategories, logLevel: "error", maxWaitForLoad: 60_000 });
    const scores = Object.fromEntries(Object.entries(lhr.categories).map(([name, c]) => [name, c.score]));
    const counted = Object.entries(lhr.categories).filter(([name]) => name !== "performance").flatMap(([, c]) => c.auditRefs.filter((a) => a.weight > 0).map((a) => a.id));
    const failed = [...new Set(counted)].map((id) => lhr.audits[id]).filter((a) => a.score !== null && a.score < 1)
      .map((a) => `${a.id}: ${a.title} ${JSON.stringify(a.details?.items ?? []).slice(0, 500)}`);
    console.log(JSON.stringify({ address, scores, failed, error: lhr.runtimeError?.message ?? "" }));
  }
} finally {
  chrome.kill();
}
