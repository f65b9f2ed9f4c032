import { AUTHENTICATION, cookie, expect, expectIn, signIn, test } from "../stage.mjs";

const CONTINUE = { name: "Continue as a•••@example.com" };

test("who comes from the partner's page is in without a question", async ({ page, stage }) => {
  await page.goto(stage.northstar);
  await page.getByRole("link", { name: "Sell ticket 2738" }).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("who comes by a link that was in the page is in without a question", async ({
  page,
  stage,
}) => {
  await page.goto(`${stage.northstar}/ready`);
  await page.getByRole("link", { name: "Sell" }).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("who comes from the partner's app is in without a question", async ({ page, stage }) => {
  await page.goto(`${stage.northstar}/app`);
  await page.getByRole("link", { name: "Sell" }).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("an app's link that the system opens is in without a question", async ({ page, stage }) => {
  await page.goto(await stage.link({ from: "app" }));
  await expectIn(page, stage.at("/sell/2738"));
});

test("who pastes a link is asked, and then in", async ({ page, context, stage }) => {
  await page.goto(await stage.link());
  await expect(page.getByRole("button", CONTINUE)).toBeVisible();
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  await page.getByRole("button", CONTINUE).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("who comes from another site is asked, and then in", async ({ page, stage }) => {
  const elsewhere = stage.northstar.replace("northstar.", "forum.");
  await page.goto(`${elsewhere}/ready`);
  await page.getByRole("link", { name: "Sell" }).click();
  await page.getByRole("button", CONTINUE).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("who is signed in as someone else is asked, and then is who the partner says", async ({
  page,
  context,
  stage,
}) => {
  await signIn(context, stage, "bob@example.com");
  await page.goto(stage.at("/buy/7"));
  await expectIn(page, stage.at("/buy/7"), "bob@example.com");
  await page.goto(stage.northstar);
  await page.getByRole("link", { name: "Sell ticket 2738" }).click();
  await page.getByRole("button", CONTINUE).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("who has only a number comes in by it", async ({ page, stage }) => {
  await page.goto(await stage.link({ user: { phone: "+5491123456789" }, from: "app" }));
  await expectIn(page, stage.at("/sell/2738"), "+5491123456789");
});

test("a link leads to exactly where the partner says", async ({ page, stage }) => {
  await page.goto(await stage.link({ id: "ñandú 1+2", from: "app" }));
  await expect(page).toHaveURL(stage.at("/sell/%C3%B1and%C3%BA%201%2B2"));
});

test("a double click on the link strands nobody", async ({ page, stage }) => {
  for (const start of ["/", "/ready", "/app"]) {
    await page.goto(stage.northstar + start);
    await page.getByRole("link").first().dblclick();
    await expectIn(page, stage.at("/sell/2738"));
    await page.context().clearCookies();
  }
});

test("a double click on the button strands nobody", async ({ page, stage }) => {
  await page.goto(await stage.link());
  await page.getByRole("button", CONTINUE).dblclick();
  await expectIn(page, stage.at("/sell/2738"));
});

test.describe("without JavaScript, a double click", () => {
  test.use({ javaScriptEnabled: false });

  test("posts the form twice, and strands nobody", async ({ page, stage }) => {
    await page.goto(await stage.link());
    await page.getByRole("button", CONTINUE).dblclick();
    await expectIn(page, stage.at("/sell/2738"));
  });
});

test("going back after signing in strands nobody", async ({ page, stage }) => {
  await page.goto(`${stage.northstar}/ready`);
  await page.getByRole("link", { name: "Sell" }).click();
  await expectIn(page, stage.at("/sell/2738"));
  await page.goBack();
  await expect(page).toHaveURL(`${stage.northstar}/ready`);
  // The link is spent by now, and its person is in.
  await page.getByRole("link", { name: "Sell" }).click();
  await expectIn(page, stage.at("/sell/2738"));
});

test("going back to the question after signing in strands nobody", async ({ page, stage }) => {
  await page.goto(await stage.link());
  await page.getByRole("button", CONTINUE).click();
  await expectIn(page, stage.at("/sell/2738"));
  await page.goBack();
  // There is nothing left to ask.
  await expectIn(page, stage.at("/sell/2738"));
});

test("two tabs with one link are both in", async ({ context, stage }) => {
  const link = await stage.link();
  const [one, two] = [await context.newPage(), await context.newPage()];
  await Promise.all([one.goto(link), two.goto(link)]);
  await Promise.all([one, two].map((page) => page.getByRole("button", CONTINUE).click()));
  await Promise.all([one, two].map((page) => expectIn(page, stage.at("/sell/2738"))));
});

test("two tabs with two links are both in", async ({ context, stage }) => {
  const [one, two] = [await context.newPage(), await context.newPage()];
  await Promise.all([one.goto(stage.northstar), two.goto(stage.northstar)]);
  await Promise.all([
    one.getByRole("link", { name: "Sell ticket 2738" }).click(),
    two.getByRole("link", { name: "Sell ticket 2739" }).click(),
  ]);
  await expectEither(one, stage.at("/sell/2738"));
  await expectEither(two, stage.at("/sell/2739"));
});

// In at once, or after the question: whichever tab is second finds somebody signed in.
async function expectEither(page, url) {
  const button = page.getByRole("button", CONTINUE);
  await expect(page.locator("#who").or(button)).toBeVisible();
  if (await button.isVisible()) await button.click();
  await expectIn(page, url);
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  for (const start of ["/", "/ready", "/app"]) {
    test(`who comes from ${start} presses a button, and is in`, async ({ page, stage }) => {
      await page.goto(stage.northstar + start);
      await page.getByRole("link").first().click();
      await page.getByRole("button", CONTINUE).click();
      await expectIn(page, stage.at("/sell/2738"));
    });
  }
});

test("the keyboard alone is enough", async ({ page, stage }) => {
  await page.goto(await stage.link());
  await expect(page.getByRole("button", CONTINUE)).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", CONTINUE)).toBeFocused();
  await page.keyboard.press("Enter");
  await expectIn(page, stage.at("/sell/2738"));
});
