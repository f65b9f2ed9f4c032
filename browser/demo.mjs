// What the tests of `countersign demo` stand on: the demo, in a process of its own.

import { test as base, expect } from "@playwright/test";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export { expect };

// Starts the demo: `{start, northstar, market, riverside}`, where each site is, and `stop`.
async function open() {
  const binary = process.env.DEMO_BIN;
  if (!binary) throw new Error("DEMO_BIN names no countersign: run `cargo xtask browser`.");
  const child = spawn(binary, ["demo", "--listen", "127.0.0.1:0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    ended.then(() => reject(new Error("the demo ended")));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  };
  return { ...JSON.parse(line), stop };
}

// Logs in at Northstar, on whose log-in the page is.
export async function be(page, name) {
  await page.getByRole("button", { name: `Be ${name}` }).click();
}

// Signs out at Northstar, wherever the page is.
export async function signOutAtNorthstar(page, demo) {
  await page.goto(`${demo.northstar}/`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();
}

export const test = base.extend({
  demo: async ({}, use) => {
    const demo = await open();
    await use(demo);
    await demo.stop();
  },

  // What the browser complains of, on any page. That a page is one of refusal is none.
  complaints: [
    async ({ context }, use) => {
      const complaints = [];
      context.on("console", (message) => {
        const refusal = /the server responded with a status of 4\d\d/.test(message.text());
        if (message.type() === "error" && !refusal) complaints.push(message.text());
      });
      context.on("weberror", (error) => complaints.push(String(error.error())));
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});
