import { AUTHENTICATION, SESSION, cookie, expect, expectIn, signIn, test } from "../stage.mjs";

test("who signs out is asked once, and is out", async ({ page, context, stage }) => {
  const { token } = await signIn(context, stage);
  await page.goto(stage.at("/buy/7"));
  await expectIn(page, stage.at("/buy/7"));
  const session = (await cookie(context, SESSION)).value;

  await page.getByRole("link", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are signed out");
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  expect(await cookie(context, SESSION)).toBeUndefined();
  expect(await stage.lives(session)).toBe(false);
  const exchanged = await fetch(`${stage.api}/v1/sessions`, {
    method: "POST",
    headers: { authorization: `Basic ${token}` },
  });
  expect(exchanged.status).toBe(401);
});

test("who goes back after signing out is not in", async ({ page, context, stage }) => {
  await signIn(context, stage);
  await page.goto(stage.at("/buy/7"));
  await page.goto(stage.at("/auth/sign-out"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are signed out");
  await page.goto(stage.at("/buy/7"));
  expect(new URL(page.url()).origin).toBe(stage.northstar);
});

test("who stays is signed in as before", async ({ page, context, stage }) => {
  await signIn(context, stage);
  await page.goto(stage.at("/auth/sign-out?return_to=/buy/7"));
  await page.getByRole("link", { name: "Stay signed in" }).click();
  await expectIn(page, stage.at("/buy/7"));
});

test("another site's form signs nobody out", async ({ page, context, stage }) => {
  await signIn(context, stage);
  // It has the cookie that its forms are held against.
  await page.goto(stage.at("/auth/sign-out"));
  await page.goto(`${stage.northstar}/prize`);
  const answered = page.waitForResponse(stage.at("/auth/sign-out"));
  await page.getByRole("button", { name: "Win" }).click();
  expect((await answered).status()).toBe(403);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("We could not accept that form");
  await page.goto(stage.at("/buy/7"));
  await expectIn(page, stage.at("/buy/7"));
});

test("another site cannot show our pages within its own", async ({ page, stage }) => {
  await page.goto(stage.northstar);
  const refused = page.waitForEvent("console", (message) =>
    message.text().includes("frame-ancestors"),
  );
  await page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
  }, stage.at("/auth/sign-out"));
  await refused;
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("who signs out is out", async ({ page, context, stage }) => {
    await signIn(context, stage);
    await page.goto(stage.at("/auth/sign-out"));
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are signed out");
    expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  });
});
