import { AUTHENTICATION, SESSION, cookie, expect, expectIn, signIn, test } from "../stage.mjs";

test("who is not signed in goes to the partner's login", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7?row=3"));
  const login = new URL(page.url());
  expect(login.origin).toBe(stage.northstar);
  expect(login.pathname).toBe("/login");
  const back = login.searchParams.get("returnTo");
  expect(back.startsWith(`${stage.market}/auth/return/csp_`)).toBe(true);
});

test("who is signed in does not notice that a session has ended", async ({
  page,
  context,
  stage,
}) => {
  await signIn(context, stage);
  await page.goto(stage.at("/buy/7?row=3"));
  await expectIn(page, stage.at("/buy/7?row=3"));
  const first = (await cookie(context, SESSION)).value;

  await stage.advance(16 * 60);
  expect(await stage.lives(first)).toBe(false);
  await page.goto(stage.at("/entradas/%C3%B1and%C3%BA?fila=%C3%BAltima&x=a%2Fb"));
  await expectIn(page, stage.at("/entradas/%C3%B1and%C3%BA?fila=%C3%BAltima&x=a%2Fb"));
  const second = (await cookie(context, SESSION)).value;
  expect(second).not.toBe(first);
  expect(await stage.lives(second)).toBe(true);
});

test("who was signed out elsewhere is asked to sign in again", async ({ page, context, stage }) => {
  const authentication = await signIn(context, stage);
  await page.goto(stage.at("/buy/7"));
  await expectIn(page, stage.at("/buy/7"));
  const ended = await fetch(`${stage.api}/v1/tokens/${authentication.id}`, {
    method: "DELETE",
    headers: { authorization: `Basic ${authentication.token}` },
  });
  expect(ended.status).toBe(204);
  await page.goto(stage.at("/buy/7"));
  expect(new URL(page.url()).origin).toBe(stage.northstar);
});

test("who is locked is told so, and comes in again once unlocked", async ({
  page,
  context,
  stage,
}) => {
  await signIn(context, stage);
  await stage.lock("email:ana@example.com");
  await page.goto(stage.at("/buy/7"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your account is locked");
  await stage.lock("email:ana@example.com", false);
  await page.goto(stage.at("/buy/7"));
  await expectIn(page, stage.at("/buy/7"));
});

test("the browser keeps our cookies for this origin alone, and from its scripts", async ({
  page,
  context,
  stage,
}) => {
  await signIn(context, stage);
  await page.goto(stage.at("/buy/7"));
  await page.goto(stage.at("/auth/sign-out"));
  const kept = await context.cookies();
  const names = kept.map((cookie) => cookie.name).sort();
  expect(names.map((name) => name.replace(/-browser-[0-9a-f]{8}$/, "-browser"))).toEqual([
    AUTHENTICATION,
    "__Host-countersign-browser",
    SESSION,
  ]);
  for (const cookie of kept) {
    expect(cookie).toMatchObject({
      domain: "market.localhost",
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
    });
  }
  expect(await page.evaluate(() => document.cookie)).toBe("");
});

test("the partner's login has a way back for each of eight tabs", async ({ context, stage }) => {
  for (let tab = 0; tab < 10; tab += 1) {
    const page = await context.newPage();
    await page.goto(stage.at(`/buy/${tab}`));
    await page.close();
  }
  const kept = (await context.cookies()).filter(({ name }) => name.includes("-at-"));
  expect(kept.length).toBe(8);
});

test("a partner without a way in says so", async ({ page, stage }) => {
  await stage.settings({ login_url: null, email: false, sms: false, password: false });
  await page.goto(stage.at("/buy/7"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You cannot sign in here");
});
