import { ANA, expect, test } from "../stage.mjs";

test("who is not signed in goes to the partner's login", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7?row=3"));
  expect(new URL(page.url()).origin).toBe(stage.northstar);
  const back = new URL(page.url()).searchParams.get("returnTo");
  expect(back).toMatch(new RegExp(`^${stage.market}/auth/return/csp_`));
});

test("who is signed in is known to the application", async ({ page, context, stage }) => {
  const { authentication } = await stage.device();
  await context.addCookies([
    {
      name: "__Host-countersign",
      value: authentication.token,
      domain: "market.localhost",
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
    },
  ]);
  await page.goto(stage.at("/buy/7?row=3"));
  await expect(page).toHaveURL(stage.at("/buy/7?row=3"));
  await expect(page.locator("#who")).toHaveText(ANA);
});
