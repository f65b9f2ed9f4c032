import { request } from "node:http";

import { chromium as settings } from "../chromium.mjs";
import {
  ANA,
  AUTHENTICATION,
  cookie,
  expect,
  expectIn,
  expectTrouble,
  test,
} from "../stage.mjs";

const CONTINUE = { name: /^Continue as/ };
const LOG_IN = { name: "Log in" };

// The way in that every page which says what went wrong offers: to the partner's login, and back.
async function comesInAnew(page, stage, url) {
  await page.locator("main").locator("button, a.button").first().click();
  await page.getByRole("button", LOG_IN).click();
  await expectIn(page, url);
}

// Leaves for the partner's login, and comes back with this token.
async function comesBackWith(page, stage, path, token) {
  await page.goto(stage.at(path));
  const back = new URL(page.url()).searchParams.get("returnTo");
  await page.goto(`${back}?oneTimeToken=${token}`);
}

test("an expired link says so, and there is a way in", async ({ page, stage }) => {
  const link = await stage.link();
  await stage.advance(61);
  await page.goto(link);
  await expectTrouble(page, "This link has expired");
  await comesInAnew(page, stage, stage.at("/sell/2738"));
});

test("a link that expires while the person looks at the question says so", async ({
  page,
  stage,
}) => {
  await page.goto(await stage.link());
  await stage.advance(61);
  await page.getByRole("button", CONTINUE).click();
  await expectTrouble(page, "This link has expired");
  await comesInAnew(page, stage, stage.at("/sell/2738"));
});

test("a token that expired on the way back says so, and there is a way in", async ({
  page,
  stage,
}) => {
  const token = await stage.forceToken();
  await stage.advance(61);
  await comesBackWith(page, stage, "/buy/7", token);
  await expectTrouble(page, "That took too long");
  await comesInAnew(page, stage, stage.at("/buy/7"));
});

test("a used link lets nobody else in", async ({ page, browser, stage }) => {
  const link = await stage.link({ from: "app" });
  await page.goto(link);
  await expectIn(page, stage.at("/sell/2738"));
  const other = await browser.newContext();
  const thief = await other.newPage();
  await thief.goto(link);
  await expectTrouble(thief, "This link was used already");
  expect(await cookie(other, AUTHENTICATION)).toBeUndefined();
  await comesInAnew(thief, stage, stage.at("/sell/2738"));
  await other.close();
});

test("who opens a used link again where it was used is simply in", async ({ page, stage }) => {
  const link = await stage.link({ from: "app" });
  await page.goto(link);
  await expectIn(page, stage.at("/sell/2738"));
  for (const seconds of [1, 120]) {
    await stage.advance(seconds);
    await page.goto(stage.northstar);
    await page.goto(link);
    await expectIn(page, stage.at("/sell/2738"));
  }
});

test("what one browser was asked, another cannot answer", async ({ page, browser, stage }) => {
  await page.goto(await stage.link());
  await expect(page.getByRole("button", CONTINUE)).toBeVisible();
  const other = await browser.newContext();
  const thief = await other.newPage();
  // One that has been here before: it has a secret of its own.
  await thief.goto(stage.at("/auth/sign-out"));
  await thief.goto(page.url());
  await expectTrouble(thief, "You began in another browser");
  expect(await cookie(other, AUTHENTICATION)).toBeUndefined();
  await other.close();
  await page.getByRole("button", CONTINUE).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("who left in one browser cannot come back in another", async ({ page, browser, stage }) => {
  await page.goto(stage.at("/buy/7"));
  const back = new URL(page.url()).searchParams.get("returnTo");
  const other = await browser.newContext();
  const victim = await other.newPage();
  await victim.goto(`${back}?oneTimeToken=${await stage.forceToken("mallory@example.com")}`);
  await expectTrouble(victim, "You began in another browser");
  expect(await cookie(other, AUTHENTICATION)).toBeUndefined();
  await comesInAnew(victim, stage, stage.at("/buy/7"));
  await other.close();
});

test("who takes longer than a quarter of an hour begins anew, at the same place", async ({
  page,
  stage,
}) => {
  await page.goto(stage.at("/buy/7?row=3"));
  await stage.advance(15 * 60 + 1);
  await page.getByRole("button", LOG_IN).click();
  await expectTrouble(page, "That took too long");
  await comesInAnew(page, stage, stage.at("/buy/7?row=3"));
});

test("another partner's token gets nowhere", async ({ page, context, stage }) => {
  const token = await stage.forceToken(ANA, "southgate");
  await comesBackWith(page, stage, "/buy/7", token);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator("#who")).toHaveCount(0);
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  await comesInAnew(page, stage, stage.at("/buy/7"));
});

test("a token for a link does not bring anybody back", async ({ page, context, stage }) => {
  const link = new URL(await stage.link());
  await comesBackWith(page, stage, "/buy/7", link.searchParams.get("oneTimeToken"));
  await expect(page.locator("main h1")).toBeVisible();
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  await comesInAnew(page, stage, stage.at("/buy/7"));
});

test("a token for the way back does not make a link", async ({ page, context, stage }) => {
  const token = await stage.forceToken();
  await page.goto(stage.at(`/auth/enter?return_to=/sell/2738&oneTimeToken=${token}`));
  await expect(page.locator("main h1")).toBeVisible();
  await expect(page.getByRole("button", CONTINUE)).toHaveCount(0);
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  await comesInAnew(page, stage, stage.at("/sell/2738"));
});

test("what is no token gets nowhere", async ({ page, context, stage }) => {
  const good = await stage.forceToken();
  for (const token of ["", "abc123xyz456", good.slice(0, -1), `${good}A`, good.replace("cso_", "csa_")]) {
    await page.goto(stage.at(`/auth/enter?return_to=/sell/2738&oneTimeToken=${token}`));
    await expect(page.locator("main h1")).toBeVisible();
    expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  }
});

test("a link of a revoked key gets nowhere", async ({ page, context, stage }) => {
  const link = await stage.link({ from: "app" });
  await stage.revokeKey();
  await page.goto(link);
  await expect(page.locator("main h1")).toBeVisible();
  await comesInAnew(page, stage, stage.at("/sell/2738"));
  expect(await cookie(context, AUTHENTICATION)).toBeDefined();
});

test("who is locked is told so", async ({ page, context, stage }) => {
  await stage.device();
  const link = await stage.link({ from: "app" });
  await stage.lock(`email:${ANA}`);
  await page.goto(link);
  await expect(page.locator("main h1")).toBeVisible();
  await expect(page.locator("#who")).toHaveCount(0);
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
});

test("whoever scans a link first, its person is still let in", async ({
  page,
  browser,
  stage,
}) => {
  const link = await stage.link();
  for (const method of ["GET", "HEAD", "GET"]) {
    const { status, headers } = await scan(link, method);
    expect(status).toBe(303);
    const { status: shown } = await scan(new URL(headers.location, link), method);
    // It keeps no cookies, so that it is told so.
    expect(shown).toBe(400);
  }
  // A scanner that runs what a page holds.
  const sandbox = await browser.newContext({ userAgent: "SafeLinks" });
  const scanner = await sandbox.newPage();
  await scanner.goto(link, { waitUntil: "networkidle" });
  await expect(scanner.getByRole("button", CONTINUE)).toBeVisible();
  expect(await cookie(sandbox, AUTHENTICATION)).toBeUndefined();
  await sandbox.close();

  await page.goto(link);
  await page.getByRole("button", CONTINUE).click();
  await expectIn(page, stage.at("/sell/2738"));
});

// Asks as a mail gateway does, without a browser.
function scan(url, method) {
  const { host, port, pathname, search } = new URL(url);
  const options = { method, port, host: "127.0.0.1", path: pathname + search, headers: { host } };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      answer.resume().on("end", () => resolve({ status: answer.statusCode, headers: answer.headers }));
    });
    asked.on("error", reject).end();
  });
}

test("what a browser fetches ahead of its person is not used up", async ({
  page,
  context,
  stage,
}) => {
  const link = await stage.link({ from: "app" });
  await page.goto(stage.northstar);
  await page.evaluate((href) => {
    const ahead = document.createElement("link");
    ahead.rel = "prefetch";
    ahead.href = href;
    const done = new Promise((resolve) => (ahead.onload = ahead.onerror = resolve));
    document.head.append(ahead);
    return done;
  }, link);
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  const { market } = await stage.requests();
  expect(market.map(({ status }) => status)).toContain(204);
  await page.goto(link);
  await expectIn(page, stage.at("/sell/2738"));
});

test("who refuses cookies is told what to do", async ({ playwright, stage }, testInfo) => {
  const context = await cookieless(playwright, testInfo.outputPath("profile"));
  const page = await context.newPage();
  await page.goto(await stage.link());
  await expectTrouble(page, "Your browser refuses cookies");
  await page.goto(stage.at("/buy/7"));
  await page.getByRole("button", LOG_IN).click();
  // As far as anybody can tell it is another browser.
  await expectTrouble(page, "You began in another browser");
  await expect(page.locator("main")).toContainText(/allow cookies/i);
  await context.close();
});

// A browser whose owner lets no site keep anything.
async function cookieless(playwright, profile) {
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(`${profile}/Default`, { recursive: true });
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(`${profile}/Default/Preferences`, JSON.stringify(preferences));
  return playwright.chromium.launchPersistentContext(profile, { ...settings(), locale: "en-US" });
}

for (const years of [-20, 20]) {
  test(`a browser's clock that is ${years} years off bothers nobody`, async ({ page, stage }) => {
    const now = new Date();
    now.setFullYear(now.getFullYear() + years);
    await page.clock.setFixedTime(now);
    await page.goto(stage.northstar);
    await page.getByRole("link", { name: "Sell ticket 2738" }).click();
    await expectIn(page, stage.at("/sell/2738"));
    await page.context().clearCookies();
    await page.goto(stage.at("/buy/7"));
    await page.getByRole("button", LOG_IN).click();
    await expectIn(page, stage.at("/buy/7"));
  });
}

test("a server's clock that is set back bothers nobody", async ({ page, stage }) => {
  const link = await stage.link({ from: "app" });
  await stage.setBack(30);
  await page.goto(link);
  await expectIn(page, stage.at("/sell/2738"));
});
