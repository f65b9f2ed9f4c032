import {
  AUTHENTICATION,
  SESSION,
  cookie,
  expect,
  expectIn,
  signIn,
  test,
} from "../stage.mjs";

// Where a person sees the devices on which they are signed in.
async function devices(page, stage) {
  await page.goto(stage.at("/auth/account"));
  return page.locator("ul.devices > li");
}

test("who is signed in sees their devices, and which is this one", async ({
  page,
  context,
  stage,
}) => {
  await signIn(context, stage);
  await stage.device();
  const list = await devices(page, stage);
  await expect(list).toHaveCount(2);
  await expect(list.filter({ hasText: "This device" })).toHaveCount(1);
});

test("another device is signed out, and this one is not", async ({ page, context, stage }) => {
  await signIn(context, stage);
  const other = await stage.device();
  expect(await stage.lives(other.session.token)).toBe(true);
  const list = await devices(page, stage);
  await list
    .filter({ hasNotText: "This device" })
    .getByRole("button", { name: /Sign out/ })
    .click();
  await expect(page.locator("ul.devices > li")).toHaveCount(1);
  expect(await stage.lives(other.session.token)).toBe(false);
  await page.goto(stage.at("/buy/7"));
  await expectIn(page, stage.at("/buy/7"));
});

test("all others are signed out at once, after one question", async ({ page, context, stage }) => {
  await signIn(context, stage);
  const others = [await stage.device(), await stage.device(), await stage.device()];
  const list = await devices(page, stage);
  await expect(list).toHaveCount(4);
  await page.getByRole("link", { name: /Sign out all/ }).click();
  await page.getByRole("button", { name: /Sign out/ }).click();
  await expect(page.locator("ul.devices > li")).toHaveCount(1);
  for (const { session } of others) expect(await stage.lives(session.token)).toBe(false);
  expect(await stage.lives((await cookie(context, SESSION)).value)).toBe(true);
});

test("who asks to end all others may leave them", async ({ page, context, stage }) => {
  await signIn(context, stage);
  const { session } = await stage.device();
  await devices(page, stage);
  await page.getByRole("link", { name: "Sign out all other devices" }).click();
  await page.getByRole("link", { name: "Leave them signed in" }).click();
  await expect(page.locator("ul.devices > li")).toHaveCount(2);
  expect(await stage.lives(session.token)).toBe(true);
});

test("a double click ends one device", async ({ page, context, stage }) => {
  await signIn(context, stage);
  await stage.device();
  await stage.device();
  const list = await devices(page, stage);
  await list.getByRole("button", { name: /^Sign out/ }).first().dblclick();
  await expect(page.locator("ul.devices > li")).toHaveCount(2);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your devices");
});

test("nobody sees or ends another person's devices", async ({ page, context, stage }) => {
  await signIn(context, stage);
  const bob = await stage.device("bob@example.com");
  const list = await devices(page, stage);
  await expect(list).toHaveCount(1);
  expect(await stage.lives(bob.session.token)).toBe(true);
});

test("who is not signed in is sent to sign in, and comes back", async ({ page, stage }) => {
  await page.goto(stage.at("/auth/account"));
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.locator("ul.devices > li")).toHaveCount(1);
  await expect(page).toHaveURL(stage.at("/auth/account"));
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("another device is signed out", async ({ page, context, stage }) => {
    await signIn(context, stage);
    const other = await stage.device();
    const list = await devices(page, stage);
    await list
      .filter({ hasNotText: "This device" })
      .getByRole("button", { name: /Sign out/ })
      .click();
    await expect(page.locator("ul.devices > li")).toHaveCount(1);
    expect(await stage.lives(other.session.token)).toBe(false);
    expect(await cookie(context, AUTHENTICATION)).toBeDefined();
  });
});
