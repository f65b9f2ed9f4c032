import { readFileSync } from "node:fs";

const FILE = new URL("../crates/domain/tests/fixtures/hostile_urls.txt", import.meta.url);

// Addresses that are refused as the place to return to, whatever the application's origin is.
export function hostile() {
  const lines = readFileSync(FILE, "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map(unescaped);
}

// The file says how it escapes.
function unescaped(line) {
  if (line === "\\e") return "";
  const letters = { t: "\t", n: "\n", r: "\r", "\\": "\\" };
  return line.replace(/\\(?:u\{([0-9a-f]+)\}|([tnr\\]))/g, (_, code, letter) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : letters[letter],
  );
}
