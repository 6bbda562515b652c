// What the released SDK makes of Python values in Pyodide, and whether structured clone takes that.
//
// pip install --target sdk --no-deps workers-runtime-sdk==1.9.5
// npm install pyodide@0.28.3
// node tests/sdk/rpc_values.mjs sdk < tests/sdk/rpc_values.txt > tests/sdk/rpc_values_expected.json
import { readdirSync, readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const pyodide = await loadPyodide();
const folder = process.argv[2];
pyodide.FS.mkdirTree("/sdk/workers");
for (const name of readdirSync(`${folder}/workers`).filter((name) => name.endsWith(".py"))) {
  pyodide.FS.writeFile(`/sdk/workers/${name}`, readFileSync(`${folder}/workers/${name}`));
}
pyodide.registerJsModule("_pyodide_entrypoint_helper", {});
pyodide.registerJsModule("_cloudflare_compat_flags", {});
pyodide.runPython("import sys; sys.path.insert(0, '/sdk')");
const expressions = readFileSync(0, "utf8").split("\n").filter((line) => line.trim());
const [head, ...rest] = expressions.join("\n").split("---\n");

function plain(value) {
  if (typeof value === "bigint") return ["BigInt", String(value)];
  if (typeof value === "number" && !Number.isFinite(value)) return ["Number", String(value)];
  if (value === undefined) return ["undefined"];
  if (value === null || typeof value !== "object") return value;
  if (ArrayBuffer.isView(value)) return [value.constructor.name, ...Array.from(value, Number)];
  if (value instanceof Set) return ["Set", ...Array.from(value, plain)];
  if (value instanceof Map) return ["Map", ...Array.from(value, (pair) => pair.map(plain))];
  if (value instanceof Date) return ["Date", value.getTime()];
  if (value instanceof Error) return ["Error", value.name, value.message];
  if (Array.isArray(value)) return ["Array", ...value.map(plain)];
  return ["Object", ...Object.entries(value).map(([name, item]) => [name, plain(item)])];
}

globalThis.outcome = (value) => {
  if (typeof value === "function") return JSON.stringify(["function"]);
  try {
    return JSON.stringify(plain(structuredClone(value)));
  } catch (problem) {
    return JSON.stringify([problem.name]);
  }
};

pyodide.runPython(head);
const found = {};
for (const expression of rest.join("").split("\n").filter((line) => line)) {
  pyodide.globals.set("expression", expression);
  found[expression] = JSON.parse(
    pyodide.runPython(`
import json
from js import outcome
from workers.rpc import python_to_rpc
try:
    answer = outcome(python_to_rpc(eval(expression)))
except Exception as problem:
    answer = json.dumps([type(problem).__name__, str(problem)])
answer
`),
  );
}
console.log(JSON.stringify(found, null, 1));
