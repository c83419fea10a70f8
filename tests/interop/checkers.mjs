// Give every case on standard input to the checker of the pages; its verdicts, in order, as JSON.

import { check } from "./js/receipt/proof.js";

if (process.argv[2] === "plain-http") Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined });
let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += part;
const verdicts = [];
for (const { receipt, key, trust } of JSON.parse(text)) {
  try {
    verdicts.push((await check(receipt, { logKey: key, trust })).isGood);
  } catch (error) {
    verdicts.push(String(error));
  }
}
process.stdout.write(JSON.stringify(verdicts));
