import { chromium } from "./chromium.mjs";

// Everything happens on this machine: what takes longer than these hangs.
export default {
  testDir: "tests",
  outputDir: process.env.BROWSER_RESULTS ?? "results",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  retries: 0,
  timeout: 20_000,
  expect: { timeout: 5_000 },
  reporter: [["list"], ["./reporter.mjs"]],
  use: {
    locale: "en-US",
    trace: "off",
    video: "off",
    screenshot: "off",
    actionTimeout: 5_000,
    navigationTimeout: 5_000,
    launchOptions: chromium(),
  },
};
