import { AUTHENTICATION, cookie, expect, expectIn, test } from "../stage.mjs";

// Where people want to be: an address that breaks if anybody reads or writes it once too often.
const DEEP = "/entradas/%C3%B1and%C3%BA?fila=%C3%BAltima&next=%2Fbuy%3Fa%3D1%26b%3D2&plus=1%2B1+2";

const LOG_IN = { name: "Log in" };

test("who has to sign in comes back to exactly where they were", async ({ page, stage }) => {
  for (const path of ["/", "/buy/7?row=3", DEEP]) {
    await page.goto(stage.at(path));
    await page.getByRole("button", LOG_IN).click();
    await expectIn(page, stage.at(path));
    await page.context().clearCookies();
  }
});

test("who is typed to a non-ASCII address comes back to it", async ({ page, stage }) => {
  await page.goto(stage.at("/entradas/ñandú?fila=última"));
  await page.getByRole("button", LOG_IN).click();
  await expectIn(page, stage.at("/entradas/%C3%B1and%C3%BA?fila=%C3%BAltima"));
});

test("whoever the partner says it is comes in", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await page.getByLabel("E-mail").fill("plus+tag@example.com");
  await page.getByRole("button", LOG_IN).click();
  await expectIn(page, stage.at("/buy/7"), "plus+tag@example.com");
});

test("several tabs at once each come back to where they were", async ({ context, stage }) => {
  const tabs = await Promise.all([1, 2, 3, 4].map(() => context.newPage()));
  await Promise.all(tabs.map((tab, index) => tab.goto(stage.at(`/buy/${index}?tab=${index}`))));
  for (const [index, tab] of tabs.entries()) {
    await tab.getByRole("button", LOG_IN).click();
    await expectIn(tab, stage.at(`/buy/${index}?tab=${index}`));
  }
});

test("two tabs that come back at the same time are both in", async ({ context, stage }) => {
  const tabs = await Promise.all([1, 2].map(() => context.newPage()));
  await Promise.all(tabs.map((tab, index) => tab.goto(stage.at(`/buy/${index}`))));
  await Promise.all(tabs.map((tab) => tab.getByRole("button", LOG_IN).click()));
  await Promise.all(tabs.map((tab, index) => expectIn(tab, stage.at(`/buy/${index}`))));
});

test("no guest gets through", async ({ page, context, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await page.getByRole("link", { name: "Continue as guest" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator("#who")).toHaveCount(0);
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  // And can still change their mind.
  await page.goto(stage.at("/buy/7"));
  await page.getByRole("button", LOG_IN).click();
  await expectIn(page, stage.at("/buy/7"));
});

test("a double click on the partner's button strands nobody", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await page.getByRole("button", LOG_IN).dblclick();
  await expectIn(page, stage.at("/buy/7"));
});

test("going back after signing in strands nobody", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await page.getByRole("button", LOG_IN).click();
  await expectIn(page, stage.at("/buy/7"));
  await page.goBack();
  // At the partner's login once more: logging in again leads to the same place.
  await page.getByRole("button", LOG_IN).click();
  await expectIn(page, stage.at("/buy/7"));
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("who comes back presses a button, and is in", async ({ page, stage }) => {
    await page.goto(stage.at(DEEP));
    await page.getByRole("button", LOG_IN).click();
    await page.getByRole("button", { name: /^Continue as/ }).click();
    await expectIn(page, stage.at(DEEP));
  });
});
