// What wrangler says to each case: "+" takes it, "w" takes it with a warning, "-" refuses it. One string for each key.
//
//     python -m tests.config.wrangler_cases | node tests/config/wrangler_verdicts.mjs PATH_OF_WRANGLER \
//         > tests/config/wrangler_verdicts.json
//
// PATH_OF_WRANGLER is the directory of the npm package: node_modules/wrangler.
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(import.meta.url);
const home = path.resolve(process.argv[2]);
let said = 0;
for (const level of ["log", "warn", "error", "info", "debug"]) console[level] = () => (said += 1);
const { unstable_readConfig } = require(home);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "verdicts-"));
fs.mkdirSync(path.join(directory, "src"));
fs.mkdirSync(path.join(directory, "public"));
fs.writeFileSync(path.join(directory, "src", "index.js"), "export default {}");
const config = path.join(directory, "wrangler.json");
const verdicts = {};
for await (const line of readline.createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  fs.writeFileSync(config, JSON.stringify(one.config));
  said = 0;
  let verdict = "-";
  try {
    unstable_readConfig({ config, env: one.environment ?? undefined });
    verdict = said ? "w" : "+";
  } catch {}
  verdicts[one.key] = (verdicts[one.key] ?? "") + verdict;
}
fs.rmSync(directory, { recursive: true });
const { version } = require(path.join(home, "package.json"));
process.stdout.write(JSON.stringify({ wrangler: version, verdicts }, null, 1) + "\n");
