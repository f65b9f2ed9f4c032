import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

// How the browser is started: the one that `CHROMIUM` names, or the first on the path.
export function chromium() {
  const args = ["--disable-quic", "--no-first-run"];
  // Root has no namespace to put the browser's processes into.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return { executablePath: process.env.CHROMIUM || found(), args, headless: true };
}

function found() {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error("There is no Chromium on the path: install it, or name it in CHROMIUM.");
}
