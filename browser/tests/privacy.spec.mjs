import { expectNothingLeft, expectNothingOnTheWayBack } from "../privacy.mjs";
import { expect, expectIn, test } from "../stage.mjs";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a link leaves no token behind", async ({ page, stage }) => {
      await page.goto(stage.northstar);
      await page.getByRole("link", { name: "Sell ticket 2738" }).click();
      if (!javaScriptEnabled) {
        await expect(page.getByRole("button", { name: /^Continue as/ })).toBeVisible();
        await expectNothingLeft(page, stage);
        await page.getByRole("button", { name: /^Continue as/ }).click();
      }
      await expectIn(page, stage.at("/sell/2738"));
      await goesOn(page, stage);
    });

    test("a link that is pasted leaves no token behind", async ({ page, stage }) => {
      await page.goto(stage.northstar);
      await page.goto(await stage.link());
      await expectNothingLeft(page, stage);
      await page.getByRole("button", { name: /^Continue as/ }).click();
      await expectIn(page, stage.at("/sell/2738"));
      await goesOn(page, stage);
    });

    test("the way to the partner and back leaves no token behind", async ({ page, stage }) => {
      await page.goto(stage.at("/buy/7?row=3"));
      await page.getByRole("button", { name: "Log in" }).click();
      if (!javaScriptEnabled) await page.getByRole("button", { name: /^Continue as/ }).click();
      await expectIn(page, stage.at("/buy/7?row=3"));
      await goesOn(page, stage);
    });

    test("a link that is refused leaves no token behind", async ({ page, stage }) => {
      const link = await stage.link();
      await stage.advance(61);
      await page.goto(stage.northstar);
      await page.goto(link);
      await expect(page.locator("main h1")).toHaveText("This link has expired");
      await expectNothingLeft(page, stage);
    });

    test("another partner's token, and one that came too late, are not left behind", async ({
      page,
      stage,
    }) => {
      await page.goto(stage.at("/buy/7"));
      const back = new URL(page.url()).searchParams.get("returnTo");
      await page.goto(`${back}?oneTimeToken=${await stage.forceToken(undefined, "southgate")}`);
      await expect(page.locator("main h1")).toHaveText("We could not sign you in");
      await expectNothingLeft(page, stage);
      await stage.advance(15 * 60);
      await page.goto(`${back}?oneTimeToken=${await stage.forceToken()}`);
      await expect(page.locator("main h1")).toHaveText("That took too long");
      await expectNothingLeft(page, stage);
    });
  });
}

// One page further, from which a token could be told, and all the way back.
async function goesOn(page, stage) {
  await expectNothingLeft(page, stage);
  await page.getByRole("link", { name: "Next" }).click();
  await expectIn(page, stage.at("/next"));
  await expectNothingLeft(page, stage);
  await expectNothingOnTheWayBack(page, stage);
}
