import { expectNothingLeft, expectNothingOnTheWayBack } from "../privacy.mjs";
import {
  ANA,
  AUTHENTICATION,
  cookie,
  expect,
  expectIn,
  expectTrouble,
  test,
} from "../stage.mjs";

const ADDRESS = /^E-mail address/;
const SEND = { name: "Send code" };
const SIGN_IN = { name: "Sign in", exact: true };
const AGAIN = { name: "Send another code" };

test.use({
  settings: {
    login_url: null,
    force: false,
    password: false,
    country: "GB",
    sms_countries: ["GB"],
    limits: { code_pause_seconds: 60 },
  },
});

// Asks for a code, as a person does who wants to go to `path`.
async function asksForCode(page, stage, { to = ANA, path = "/buy/7?row=3" } = {}) {
  await page.goto(stage.at(path));
  await page.getByLabel(ADDRESS).fill(to);
  await page.getByRole("button", SEND).click();
  await expectTrouble(page, "Enter your code");
}

// Enters a code by hand, in two halves as people read it.
async function enters(page, code) {
  await page.getByLabel("Code").pressSequentially(code);
}

// A code that is not the right one.
function wrong(code) {
  return String((Number(code) + 1) % 1_000_000).padStart(6, "0");
}

test("a code by e-mail lets in, to where the person was, at its last digit", async ({
  page,
  stage,
}) => {
  await asksForCode(page, stage);
  await expect(page.locator("main")).not.toContainText(ANA);
  await enters(page, await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("a code by SMS lets in", async ({ page, stage }) => {
  await asksForCode(page, stage, { to: "07400 123 456" });
  await enters(page, await stage.code("+447400123456"));
  await expectIn(page, stage.at("/buy/7?row=3"), "+447400123456");
});

test("a code may be pasted with what is around it", async ({ page, stage }) => {
  await asksForCode(page, stage);
  const code = await stage.code(ANA);
  await page.evaluate((text) => {
    const field = document.activeElement;
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData: data, cancelable: true, bubbles: true });
    if (field.dispatchEvent(event)) document.execCommand("insertText", false, text);
  }, ` ${code.slice(0, 3)} ${code.slice(3)} `);
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("a wrong code says how many tries are left, and the right one lets in", async ({
  page,
  context,
  stage,
}) => {
  await asksForCode(page, stage);
  const code = await stage.code(ANA);
  await enters(page, wrong(code));
  await expect(page.getByRole("alert")).toContainText("You have 4 tries left");
  await expect(page.getByLabel("Code")).toBeFocused();
  await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
  await page.getByLabel("Code").fill("");
  await enters(page, code);
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("after five wrong codes the right one is none, and a new one lets in", async ({
  page,
  stage,
}) => {
  await asksForCode(page, stage);
  const code = await stage.code(ANA);
  for (let tries = 4; tries > 0; tries -= 1) {
    await page.getByLabel("Code").fill(wrong(code));
    await expect(page.getByRole("alert")).toContainText(tries === 1 ? "one try" : `${tries} tries`);
  }
  await page.getByLabel("Code").fill(wrong(code));
  await expectTrouble(page, "Too many wrong codes");
  await stage.advance(61);
  await page.getByRole("button", { name: "Send a new code" }).click();
  await expectTrouble(page, "Enter your code");
  await enters(page, await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("an expired code says so, and a new one lets in", async ({ page, stage }) => {
  await asksForCode(page, stage);
  const code = await stage.code(ANA);
  await stage.advance(5 * 60 + 1);
  await enters(page, code);
  await expectTrouble(page, "That code has expired");
  await page.getByRole("button", { name: "Send a new code" }).click();
  await expectTrouble(page, "Enter your code");
  await enters(page, await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("another code can be asked for after a wait that is shown", async ({ page, stage }) => {
  await page.clock.install();
  await asksForCode(page, stage);
  const first = await stage.code(ANA);
  await expect(page.locator("main")).toContainText(/ask for another code in (1 minute|60 seconds)/);
  await stage.advance(61);
  await page.clock.runFor(61_000);
  await page.getByRole("button", AGAIN).click();
  await expect(page.locator("main")).toContainText("We sent another code");
  const second = await stage.code(ANA);
  expect(second).not.toBe(first);
  await enters(page, second);
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("who mistyped their address can change it", async ({ page, stage }) => {
  await asksForCode(page, stage, { to: "anna@example.com" });
  await page.getByText("Use another address").click();
  await page.getByLabel(ADDRESS).fill(ANA);
  await page.getByRole("button", SEND).click();
  await expectTrouble(page, "Enter your code");
  await enters(page, await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7?row=3"));
});

test("what is no address says so at its field", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await page.getByLabel(ADDRESS).fill("ana at example.com");
  await page.getByRole("button", SEND).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByLabel(ADDRESS)).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel(ADDRESS)).toHaveAccessibleDescription(/^That is neither/);
});

test("the keyboard alone is enough", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await expect(page.getByLabel(ADDRESS)).toBeFocused();
  await page.keyboard.type(ANA);
  await page.keyboard.press("Enter");
  await expectTrouble(page, "Enter your code");
  await expect(page.getByLabel("Code")).toBeFocused();
  await page.keyboard.type(await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7"));
});

test("another browser cannot enter the code", async ({ page, browser, context, stage }) => {
  await asksForCode(page, stage);
  const other = await browser.newContext();
  const thief = await other.newPage();
  await thief.goto(stage.at("/auth/sign-out"));
  await thief.goto(page.url());
  await expectTrouble(thief, "You began in another browser");
  await other.close();
  await enters(page, await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7?row=3"));
  expect(await cookie(context, AUTHENTICATION)).toBeDefined();
});

test("a double click on either button strands nobody", async ({ page, stage }) => {
  await page.goto(stage.at("/buy/7"));
  await page.getByLabel(ADDRESS).fill(ANA);
  await page.getByRole("button", SEND).dblclick();
  await expectTrouble(page, "Enter your code");
  const code = await stage.code(ANA);
  // All but the last digit, which would submit by itself.
  await page.getByLabel("Code").evaluate((field, code) => (field.value = code), code);
  await page.getByRole("button", SIGN_IN).dblclick();
  await expectIn(page, stage.at("/buy/7"));
});

test("going back after signing in strands nobody", async ({ page, stage }) => {
  await asksForCode(page, stage);
  await enters(page, await stage.code(ANA));
  await expectIn(page, stage.at("/buy/7?row=3"));
  await page.goBack();
  await expect(page.locator("main h1").or(page.locator("#who"))).toBeVisible();
  await page.goto(stage.at("/buy/8"));
  await expectIn(page, stage.at("/buy/8"));
});

test("a used code does not let in again", async ({ page, context, stage }) => {
  await asksForCode(page, stage);
  const there = page.url();
  const code = await stage.code(ANA);
  await enters(page, code);
  await expectIn(page, stage.at("/buy/7?row=3"));
  await stage.advance(61);
  await context.clearCookies({ name: /^__Host-countersign(-session)?$/ });
  await page.goto(there);
  if (await page.getByLabel("Code").isVisible()) await enters(page, code);
  await expect(page.locator("main h1")).toHaveText("That code was used");
  expect(await cookie(context, AUTHENTICATION)).toBeUndefined();
});

test("a code and its address stay out of addresses, logs and Referers", async ({ page, stage }) => {
  await asksForCode(page, stage);
  const code = await stage.code(ANA);
  await expectNothingLeft(page, stage, [code]);
  await enters(page, code);
  await expectIn(page, stage.at("/buy/7?row=3"));
  await expectNothingLeft(page, stage, [code]);
  await expectNothingOnTheWayBack(page, stage, [code]);
  const { market } = await stage.requests();
  expect(market.filter(({ target }) => target.includes("ana"))).toEqual([]);
  expect(await stage.log()).not.toContain(ANA);
});

test.describe("where the partner has a login too", () => {
  test.use({ settings: { force: true, password: false } });

  test("another way leads there, and back to where the person was", async ({ page, stage }) => {
    await page.goto(stage.at("/auth/otp?return_to=/buy/7%3Frow%3D3"));
    await page.getByRole("link", { name: "Sign in at Northstar Tickets" }).click();
    await page.getByRole("button", { name: "Log in" }).click();
    await expectIn(page, stage.at("/buy/7?row=3"));
  });

  test("a guest asks for a code in vain", async ({ page, stage }) => {
    await stage.settings({ sign_up: "closed" });
    await page.goto(stage.at("/auth/otp?return_to=/buy/7"));
    await page.getByLabel(ADDRESS).fill("guest@example.com");
    await page.getByRole("button", SEND).click();
    await expectTrouble(page, "Enter your code");
    expect(await stage.sent("guest@example.com")).toBe(false);
  });
});

test.describe("where a password is allowed too", () => {
  test.use({ settings: { login_url: null, force: false, password: true } });
  const PASSWORD = "correct horse battery staple";

  test("another way leads to it, and it lets in", async ({ page, stage }) => {
    await stage.addUser(`email:${ANA}`, PASSWORD);
    await page.goto(stage.at("/buy/7?row=3"));
    await page.getByRole("link", { name: "Use a password instead" }).click();
    await page.getByLabel(/e-mail address/i).fill(ANA);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", SIGN_IN).click();
    await expectIn(page, stage.at("/buy/7?row=3"));
    await expectNothingLeft(page, stage, [PASSWORD]);
  });

  test("a wrong one says no more than that", async ({ page, stage }) => {
    await stage.addUser(`email:${ANA}`, PASSWORD);
    const said = [];
    for (const who of [ANA, "nobody@example.com"]) {
      await page.goto(stage.at("/buy/7"));
      await page.getByRole("link", { name: "Use a password instead" }).click();
      await page.getByLabel(/e-mail address/i).fill(who);
      await page.getByLabel("Password", { exact: true }).fill("wrong horse battery staple");
      await page.getByRole("button", SIGN_IN).click();
      said.push(await page.getByRole("alert").innerText());
    }
    expect(said[0]).toBe(said[1]);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a code lets in at the press of the button", async ({ page, stage }) => {
    await asksForCode(page, stage);
    const code = await stage.code(ANA);
    await page.getByLabel("Code").fill(` ${code.slice(0, 3)} ${code.slice(3)} `);
    await page.getByRole("button", SIGN_IN).click();
    await expectIn(page, stage.at("/buy/7?row=3"));
    await expectNothingLeft(page, stage, [code]);
    await expectNothingOnTheWayBack(page, stage, [code]);
  });

  test("a wrong code, and another one after a wait", async ({ page, stage }) => {
    await asksForCode(page, stage);
    await page.getByLabel("Code").fill(wrong(await stage.code(ANA)));
    await page.getByRole("button", SIGN_IN).click();
    await expect(page.getByRole("alert")).toContainText("You have 4 tries left");
    await stage.advance(61);
    await page.getByRole("button", AGAIN).click();
    await expect(page.locator("main")).toContainText("We sent another code");
    await page.getByLabel("Code").fill(await stage.code(ANA));
    await page.getByRole("button", SIGN_IN).click();
    await expectIn(page, stage.at("/buy/7?row=3"));
  });
});

test.describe("where a limit is near", () => {
  test.use({
    settings: { login_url: null, force: false, limits: { sends_per_minute: 8 } },
  });

  // More than three quarters of the codes that a minute has.
  test.beforeEach(async ({ stage }) => {
    for (const someone of "abcdefg") {
      const asked = await fetch(`${stage.api}/v1/tokens`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          partner: "northstar",
          authenticator: "email",
          identity: { type: "email", value: `${someone}@example.com` },
        }),
      });
      expect(asked.status).toBe(201);
    }
  });

  test("the browser proves some work, and its person notices nothing", async ({ page, stage }) => {
    await page.goto(stage.at("/buy/7"));
    await expect(page.locator("input[name=work]")).toHaveCount(1);
    await asksForCode(page, stage);
    await enters(page, await stage.code(ANA));
    await expectIn(page, stage.at("/buy/7?row=3"));
  });

  test.describe("without JavaScript", () => {
    test.use({ javaScriptEnabled: false });

    test("its person waits a little", async ({ page, stage }) => {
      await page.goto(stage.at("/buy/7?row=3"));
      await page.getByLabel(ADDRESS).fill(ANA);
      await page.getByRole("button", SEND).click();
      await expect(page.getByRole("status")).toContainText("Please wait");
      await page.getByRole("button", SEND).click();
      await expect(page.getByRole("status")).toContainText("Please wait");
      await stage.advance(30);
      await page.getByRole("button", SEND).click();
      await expectTrouble(page, "Enter your code");
      await page.getByLabel("Code").fill(await stage.code(ANA));
      await page.getByRole("button", SIGN_IN).click();
      await expectIn(page, stage.at("/buy/7?row=3"));
    });
  });
});
