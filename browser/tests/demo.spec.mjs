// `countersign demo`, from the first step of its tour to the last.

import { barriers } from "../axe.mjs";
import { be, expect, signOutAtNorthstar, test } from "../demo.mjs";

// Anything of a token but its kind and its last four characters.
const MORE_OF_A_TOKEN = /cs[a-z]_(?:[A-Za-z0-9_-]|…[A-Za-z0-9_-]{5})|csk_…[A-Za-z0-9_-]/;

const heading = (page) => page.getByRole("heading", { level: 1 });
const said = (page, text) => expect(heading(page)).toHaveText(text);
const press = (page, name) => page.getByRole("button", { name }).click();
const follow = (page, name) => page.getByRole("link", { name }).first().click();

// Logs in at Northstar, and follows Login Trust to where a ticket is put up.
async function sells(page, demo, name, ticket) {
  await page.goto(`${demo.northstar}/login`);
  await be(page, name);
  await said(page, "My tickets");
  await follow(page, `Sell ${ticket}`);
}

test("a listing is of who is signed in at Northstar, without a second log-in", async ({
  page,
  demo,
}) => {
  await sells(page, demo, "Ana", "NS-2738");
  await expect(page).toHaveURL(`${demo.market}/sell/NS-2738`);
  await expect(page.getByRole("navigation")).toContainText("ana@northstar.example");
  await press(page, "Put it up for sale");
  await expect(page).toHaveURL(`${demo.market}/`);
  await expect(page.getByRole("listitem")).toHaveCount(2);
});

test("nobody lists what is another's, however they ask", async ({ page, demo }) => {
  await sells(page, demo, "Ana", "NS-2738");
  await said(page, "Sell your ticket");
  await page.goto(`${demo.market}/sell/NS-2745`);
  await said(page, "This ticket is not yours");
  // The form of her own ticket, sent for another's.
  await page.goto(`${demo.market}/sell/NS-2738`);
  await page.locator("main form").evaluate((form) => form.setAttribute("action", "/sell/NS-2745"));
  await press(page, "Put it up for sale");
  await said(page, "This ticket is not yours");
  await page.goto(`${demo.market}/sell/NS-1`);
  await said(page, "This ticket is not yours");
});

test("a guest who wants to buy signs in at Northstar, and is where they were", async ({
  page,
  demo,
}) => {
  await page.goto(`${demo.northstar}/`);
  await follow(page, "Buy on the market");
  await expect(page.getByRole("navigation")).toContainText("You are a guest");
  await follow(page, "Buy NS-2745");
  await expect(page).toHaveURL(new RegExp(`^${demo.northstar}/login\\?returnTo=`));
  await page.getByLabel("E-mail").fill("ana@northstar.example");
  await page.getByLabel("Password").fill("northern lights");
  await press(page, /^Log in$/);
  await expect(page).toHaveURL(`${demo.market}/buy/0`);
  await said(page, "Buy this ticket?");
});

test("what is bought is the buyer's at Northstar, and both sides are in the order", async ({
  page,
  demo,
}) => {
  await page.goto(`${demo.market}/buy/0`);
  await be(page, "Ana");
  await press(page, "Buy for € 60");
  await expect(page).toHaveURL(`${demo.market}/orders`);
  await expect(page.getByRole("definition")).toHaveText(["ns-1002", "ns-1001"]);
  await page.goto(`${demo.northstar}/tickets`);
  await expect(page.getByRole("main")).toContainText("NS-2745");
  await page.goto(`${demo.market}/buy/0`);
  await said(page, "This ticket is not for sale");
  await signOutAtNorthstar(page, demo);
  await page.goto(`${demo.northstar}/login`);
  await be(page, "Ben");
  await expect(page.getByRole("main")).toContainText("You have none");
});

test("nobody buys their own, or more than Northstar allows", async ({ page, demo }) => {
  await page.goto(`${demo.market}/buy/0`);
  await be(page, "Ben");
  await said(page, "This ticket is yours");
  // Nor by the form that he is not shown.
  const bought = async () => {
    const body = new URLSearchParams({ price: 60 });
    return (await fetch("/buy/0", { method: "POST", body })).status;
  };
  expect(await page.evaluate(bought)).toBe(403);
  await signOutAtNorthstar(page, demo);
  await page.goto(`${demo.market}/buy/0`);
  await be(page, "Cleo");
  await press(page, "Buy for € 60");
  await said(page, "You have as many as you may");
  await page.goto(`${demo.market}/`);
  await expect(page.getByRole("link", { name: "Buy NS-2745" })).toBeVisible();
});

test("nobody pays another price than they have read", async ({ page, browser, demo }) => {
  await page.goto(`${demo.market}/buy/0`);
  await be(page, "Ana");
  await said(page, "Buy this ticket?");
  const seller = await (await browser.newContext()).newPage();
  await sells(seller, demo, "Ben", "NS-2745");
  await seller.getByLabel("Price").fill("70");
  await press(seller, "Put it up for sale");
  await expect(seller.getByRole("listitem")).toContainText("€ 70");
  await press(page, "Buy for € 60");
  await expect(page.getByRole("alert")).toHaveText("The price has changed. Nothing was bought.");
  await page.goto(`${demo.market}/orders`);
  await expect(page.getByRole("main")).toContainText("You have neither bought nor sold");
  await page.goto(`${demo.market}/buy/0`);
  await press(page, "Buy for € 70");
  await expect(page.getByRole("listitem")).toContainText("€ 70");
});

test("of two who buy at once one has the ticket", async ({ browser, demo }) => {
  const buyers = await Promise.all(
    ["Ana", "Cleo"].map(async (name) => {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${demo.northstar}/login`);
      await be(page, name);
      await said(page, "My tickets");
      return page;
    }),
  );
  const [ana, cleo] = buyers;
  // Cleo sells one, so that she may buy one.
  await cleo.goto(`${demo.market}/sell/NS-2751`);
  await press(cleo, "Put it up for sale");
  await ana.goto(`${demo.market}/buy/1`);
  await press(ana, "Buy for € 60");
  await said(ana, "Orders");
  await Promise.all(buyers.map((page) => page.goto(`${demo.market}/buy/0`)));
  await Promise.all(buyers.map((page) => press(page, "Buy for € 60")));
  const outcomes = await Promise.all(
    buyers.map(async (page) => {
      await expect(heading(page)).toHaveText(/^(Orders|This ticket is not for sale)$/);
      return heading(page).innerText();
    }),
  );
  expect(outcomes.sort()).toEqual(["Orders", "This ticket is not for sale"]);
});

// Proves an address by the code that the start page shows.
async function proves(page, start, address) {
  await said(page, "Sign in");
  await page.getByLabel(/^E-mail address/).fill(address);
  await press(page, "Send code");
  await said(page, "Enter your code");
  const sent = start.locator(".codes li").first();
  await expect(sent).toContainText(address);
  await page.getByLabel("Code").pressSequentially(await sent.locator("code").innerText());
}

test("who has no account proves an address with a code that is on the start page", async ({
  page,
  context,
  browser,
  demo,
}) => {
  const start = await context.newPage();
  await start.goto(demo.start);
  await page.goto(`${demo.riverside}/sell/RH-0107`);
  await proves(page, start, "rita@example.com");
  await said(page, "Sell your ticket");
  await press(page, "Put it up for sale");
  await expect(page).toHaveURL(`${demo.riverside}/`);
  // Who is signed in at one marketplace is a guest at the other.
  await page.goto(`${demo.market}/`);
  await expect(page.getByRole("navigation")).toContainText("You are a guest");

  const buyer = await (await browser.newContext()).newPage();
  await buyer.goto(`${demo.riverside}/`);
  await follow(buyer, "Buy RH-0107");
  await proves(buyer, start, "tom@example.com");
  await press(buyer, "Buy for");
  await expect(buyer.getByRole("definition")).toHaveText(["rita@example.com", "tom@example.com"]);
  await page.goto(`${demo.riverside}/sell/RH-0107`);
  await said(page, "This ticket is not yours");
});

test("who signs out at Northstar is a guest everywhere, with the next click", async ({
  page,
  browser,
  demo,
}) => {
  const phone = await (await browser.newContext()).newPage();
  for (const device of [page, phone]) {
    await device.goto(`${demo.market}/buy/0`);
    await be(device, "Ana");
    await said(device, "Buy this ticket?");
  }
  await follow(page, "Devices");
  await expect(page.getByRole("listitem")).toHaveCount(2);
  await signOutAtNorthstar(page, demo);
  for (const device of [page, phone]) {
    await device.goto(`${demo.market}/`);
    await expect(device.getByRole("navigation")).toContainText("You are a guest");
  }
});

test("who signs out of Encore stays signed in at Northstar", async ({ page, demo }) => {
  await page.goto(`${demo.market}/buy/0`);
  await be(page, "Ana");
  await follow(page, "Sign out");
  await expect(page.getByRole("main")).toContainText("signed out of Encore for Northstar in");
  await page.getByRole("main").getByRole("button").first().click();
  await said(page, "You are signed out");
  await page.goto(`${demo.market}/`);
  await expect(page.getByRole("navigation")).toContainText("You are a guest");
  // Login Force then passes through Northstar unseen.
  await follow(page, "Buy NS-2745");
  await expect(page).toHaveURL(`${demo.market}/buy/0`);
});

test("the start page tells live who asks whom, and how tokens end", async ({
  page,
  context,
  demo,
}) => {
  const start = await context.newPage();
  await start.goto(demo.start);
  await expect(start.locator("#live")).toContainText("Nobody has asked anything yet.");
  await sells(page, demo, "Ana", "NS-2738");
  await said(page, "Sell your ticket");
  const calls = start.locator(".calls");
  await expect(calls).toContainText("Northstar → Countersign POST /v1/links 201 Login Trust");
  await expect(calls).toContainText("Encore → Countersign GET /v1/sessions/verify 200");
  await expect(calls).toContainText("Encore → Northstar GET /tickets/NS-2738 200");
  const token = (kind) => start.locator(".tokens li").filter({ hasText: kind }).last();
  await expect(token("one-time token")).toContainText(/used once, spent at/);
  await expect(token("session token")).toContainText("of ana@northstar.example");
  await expect(token("session token")).toContainText("lives until");
  await signOutAtNorthstar(page, demo);
  await expect(token("session token")).toContainText("revoked at");
  await expect(token("authentication token")).toContainText("revoked at");
});

test("a device that is signed out from another has ended on the start page at once", async ({
  page,
  browser,
  demo,
}) => {
  const start = await page.context().newPage();
  await start.goto(demo.start);
  const phone = await (await browser.newContext()).newPage();
  for (const device of [phone, page]) {
    await device.goto(`${demo.market}/buy/0`);
    await be(device, "Ana");
    await said(device, "Buy this ticket?");
  }
  await follow(page, "Devices");
  await page.getByRole("main").getByRole("button").first().click();
  await expect(page.getByRole("listitem")).toHaveCount(1);
  // Of the four that have ended two are the one-time tokens that began it.
  await start.getByText("Ended: 4").click();
  const ended = start.locator("details li").filter({ hasText: "signed out elsewhere at" });
  await expect(ended).toHaveCount(2);
  // What was opened stays so when more has happened.
  await phone.goto(`${demo.market}/`);
  await expect(phone.getByRole("navigation")).toContainText("You are a guest");
  await expect(start.locator(".calls")).toContainText("GET /v1/sessions/verify 401");
  await expect(ended.first()).toBeVisible();
});

test("a link that was used signs nobody in again", async ({ page, context, demo }) => {
  const start = await context.newPage();
  await start.goto(demo.start);
  const again = start.getByRole("link", { name: "Open the last used link once more" });
  await expect(again).toHaveCount(0);
  await sells(page, demo, "Ana", "NS-2738");
  await said(page, "Sell your ticket");
  await signOutAtNorthstar(page, demo);
  const [tab] = await Promise.all([context.waitForEvent("page"), again.click()]);
  await said(tab, "This link was used already");
});

test("the tour works from its first step to its last", async ({ context, page: site, demo }) => {
  test.slow();
  const start = await context.newPage();
  await start.goto(demo.start);
  const open = async (step, name) => {
    const link = start.locator("section").nth(step - 1).getByRole("link", { name });
    await site.goto(await link.getAttribute("href"));
  };
  await open(1, "Log in at Northstar");
  await be(site, "Ana");
  await follow(site, "Sell NS-2738");
  await press(site, "Put it up for sale");
  await expect(site.getByRole("link", { name: "Buy NS-2738" })).toBeVisible();
  await open(2, "try to sell Ben’s ticket");
  await said(site, "This ticket is not yours");
  await open(3, "At Northstar");
  await press(site, "Sign out Ana");
  await open(3, "what is for sale");
  await follow(site, "Buy NS-2745");
  await be(site, "Ana");
  await said(site, "Buy this ticket?");
  await open(4, "buy Ben’s ticket");
  await press(site, "Buy for € 60");
  await said(site, "Orders");
  await open(4, "the order");
  await expect(site.getByRole("definition")).toHaveText(["ns-1002", "ns-1001"]);
  await open(4, "Ana’s tickets at Northstar");
  await expect(site.getByRole("main")).toContainText("NS-2745");
  await open(5, "which you sell");
  await follow(site, "Buy NS-2738");
  await said(site, "This ticket is yours");
  await open(5, "At Northstar");
  await press(site, "Sign out Ana");
  await open(5, "Buy that ticket");
  await follow(site, "Buy NS-2738");
  await be(site, "Cleo");
  await press(site, "Buy for € 60");
  await said(site, "You have as many as you may");
  await open(6, "Sell Rita’s ticket");
  await proves(site, start, "rita@example.com");
  await said(site, "Sell your ticket");
  await open(7, "Rita’s devices");
  await said(site, "Your devices");
  await open(7, "sign out of Encore");
  await site.getByRole("main").getByRole("button").first().click();
  await said(site, "You are signed out");
  await open(7, "her orders");
  await expect(site.getByRole("navigation")).toContainText("cleo@northstar.example");
  await open(7, "At Northstar");
  await press(site, "Sign out Cleo");
  await site.goto(`${demo.market}/`);
  await expect(site.getByRole("navigation")).toContainText("You are a guest");
});

test("every link of the tour leads somewhere", async ({ page, demo }) => {
  await page.goto(demo.start);
  const links = await page.getByRole("main").getByRole("link").all();
  const urls = await Promise.all(links.map((link) => link.evaluate(({ href }) => href)));
  expect(urls.length).toBeGreaterThan(10);
  for (const url of new Set(urls)) {
    const answer = await page.goto(url);
    expect(answer.status(), url).toBe(200);
  }
});

test("nothing of a token but its last characters is ever shown", async ({
  page,
  context,
  demo,
}) => {
  const start = await context.newPage();
  const streamed = [];
  await start.exposeFunction("keep", (html) => streamed.push(html));
  await start.addInitScript(() => {
    const Source = window.EventSource;
    window.EventSource = function (url) {
      const source = new Source(url);
      source.addEventListener("message", ({ data }) => window.keep(data));
      return source;
    };
  });
  await start.goto(demo.start);
  await sells(page, demo, "Ana", "NS-2738");
  await press(page, "Put it up for sale");
  await signOutAtNorthstar(page, demo);
  await page.goto(`${demo.market}/buy/0`);
  await be(page, "Ana");
  await press(page, "Buy for € 60");
  await said(page, "Orders");
  const kept = (await context.cookies()).map(({ value }) => value);
  await page.goto(`${demo.riverside}/sell/RH-0107`);
  await expect(start.locator(".calls")).toContainText("/auth/otp");
  // What is there without JavaScript.
  const { host, port } = new URL(demo.start);
  const whole = await context.request.get(`http://127.0.0.1:${port}/`, { headers: { host } });
  streamed.push(await whole.text());
  expect(streamed.length).toBeGreaterThan(5);
  expect(kept.length).toBeGreaterThan(2);
  for (const html of streamed) {
    expect(html).not.toMatch(MORE_OF_A_TOKEN);
    for (const secret of [...kept, "northern lights"]) expect(html).not.toContain(secret);
  }
  expect(streamed.at(-1)).toMatch(/cso_…[A-Za-z0-9_-]{4}(?![A-Za-z0-9_-])/);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the tour is the same, with a button more", async ({ page, context, demo }) => {
    await sells(page, demo, "Ana", "NS-2738");
    await page.getByRole("main").getByRole("button").click();
    await said(page, "Sell your ticket");
    await press(page, "Put it up for sale");
    await expect(page).toHaveURL(`${demo.market}/`);
    await signOutAtNorthstar(page, demo);
    await page.goto(`${demo.market}/buy/0`);
    await be(page, "Ana");
    await page.getByRole("main").getByRole("button").click();
    await expect(page).toHaveURL(`${demo.market}/buy/0`);
    await press(page, "Buy for € 60");
    await expect(page.getByRole("definition")).toHaveText(["ns-1002", "ns-1001"]);
    const start = await context.newPage();
    await start.goto(demo.start);
    await expect(start.locator(".calls")).toContainText("POST /v1/links");
    await expect(start.getByRole("link", { name: "Load again" })).toBeVisible();
  });
});

test("every page is open to everybody, and as narrow as the window", async ({
  page,
  demo,
}) => {
  test.slow();
  await page.setViewportSize({ width: 320, height: 640 });
  const looks = async () => {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      expect(await barriers(page), page.url()).toEqual([]);
    }
    const beside = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(beside, page.url()).toBeLessThanOrEqual(0);
  };
  const visit = async (url) => {
    await page.goto(url);
    await looks();
  };
  await visit(`${demo.northstar}/`);
  await visit(`${demo.northstar}/login`);
  await visit(`${demo.market}/`);
  await page.goto(`${demo.northstar}/login`);
  await page.getByLabel("E-mail").fill("ana@northstar.example");
  await page.getByLabel("Password").fill("wrong");
  await press(page, /^Log in$/);
  await expect(page.getByRole("alert")).toBeVisible();
  await looks();
  await be(page, "Ana");
  await said(page, "My tickets");
  await looks();
  await follow(page, "Sell NS-2738");
  await said(page, "Sell your ticket");
  await looks();
  await page.getByLabel("Price").fill("a lot");
  await press(page, "Put it up for sale");
  await expect(page.getByText("Write a whole number")).toBeVisible();
  await expect(page.getByLabel("Price")).toHaveValue("a lot");
  await looks();
  await visit(`${demo.northstar}/nowhere`);
  await visit(`${demo.market}/nowhere`);
  await visit(`${demo.market}/sell/NS-2745`);
  await visit(`${demo.market}/orders`);
  await visit(`${demo.market}/buy/0`);
  await press(page, "Buy for € 60");
  await said(page, "Orders");
  await looks();
  await visit(`${demo.start}/nowhere`);
  await visit(`${demo.start}/`);
  await page.getByText(/^Ended: /).click();
  await looks();
  await page.setViewportSize({ width: 1280, height: 800 });
  await looks();
});
