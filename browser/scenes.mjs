// Every page that a person can meet, and how they come to it. In no scene does it matter which
// language is spoken.

import { ANA, signIn } from "./stage.mjs";

const MAIN = "main form button:not(.quiet)";
const CODES = {
  login_url: null,
  force: false,
  password: false,
  limits: { code_pause_seconds: 60 },
};
const PASSWORDS = {
  login_url: null,
  force: false,
  password: true,
  reset_url: "https://market.example/reset",
};
const PASSWORD = "correct horse battery staple";
const PHONES = [
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
];

// Asks for a code.
async function asks({ page, stage }, to = ANA) {
  await page.goto(stage.at("/auth/otp?return_to=/buy/7"));
  await page.locator("#identity").fill(to);
  await page.locator(MAIN).click();
  await page.locator("#code").waitFor();
}

// A code that is not the right one.
async function guesses({ page, stage }) {
  const wrong = (Number(await stage.code(ANA)) + 1) % 1_000_000;
  await page.locator("#code").fill(String(wrong).padStart(6, "0"));
}

async function triesPassword({ page, stage }) {
  await page.goto(stage.at("/auth/password"));
  await page.locator("#identity").fill(ANA);
  await page.locator("#password").fill("wrong horse battery staple");
  await page.locator(MAIN).click();
  await page.locator(".error").waitFor();
}

// Comes in by a link on another device.
async function onAnother({ browser, stage }, userAgent) {
  const context = await browser.newContext({ userAgent });
  const page = await context.newPage();
  await page.goto(await stage.link());
  await page.locator(MAIN).click();
  await page.locator("#who").waitFor();
  await context.close();
}

async function threeDevices(set) {
  const { page, stage } = set;
  await onAnother(set, PHONES[0]);
  await stage.advance(26 * 60 * 60);
  await onAnother(set, PHONES[1]);
  await stage.advance(3 * 60 * 60);
  await page.goto(await stage.link());
  await page.locator(MAIN).click();
  await page.locator("#who").waitFor();
  await page.goto(stage.at("/auth/account"));
}

// The partner's login, and where it sends people back to.
async function atPartner({ page, stage }) {
  await page.goto(stage.at("/buy/7"));
  return new URL(page.url()).searchParams.get("returnTo");
}

// Shows what is answered to a request with these header fields, which a browser sets itself.
async function asIf({ page, context }, url, headers) {
  const { host, port, pathname } = new URL(url);
  const language = await page.evaluate(() => navigator.language);
  const answer = await context.request.get(`http://127.0.0.1:${port}${pathname}`, {
    headers: { host, "accept-language": language, ...headers },
    maxRedirects: 0,
  });
  const { status, contentType, body } = {
    status: answer.status(),
    contentType: answer.headers()["content-type"],
    body: await answer.body(),
  };
  await page.route(url, (route) => route.fulfill({ status, contentType, body }), { times: 1 });
  await page.goto(url);
}

// What a page's script would do by itself.
const heldStill = () => {
  HTMLFormElement.prototype.requestSubmit = () => {};
};
const withoutCrypto = () => Object.defineProperty(window, "crypto", { value: undefined });

const otp = [
  ["address", (set) => set.page.goto(set.stage.at("/auth/otp?return_to=/buy/7"))],
  [
    "address-wrong",
    async ({ page, stage }) => {
      await page.goto(stage.at("/auth/otp"));
      await page.locator("#identity").fill("ana at example.com");
      await page.locator(MAIN).click();
      await page.locator(".error").waitFor();
    },
  ],
  ["code", (set) => asks(set)],
  [
    "code-another",
    async (set) => {
      await asks(set);
      await set.stage.advance(61);
      await set.page.reload();
      await set.page.locator("button.quiet").click();
      await set.page.locator("#wait").waitFor();
    },
  ],
  ["code-meant", (set) => asks(set, "ana@gmial.com")],
  [
    "code-wrong",
    async (set) => {
      await asks(set);
      await guesses(set);
      await set.page.locator(".error").waitFor();
    },
  ],
  [
    "code-too-many",
    async (set) => {
      await asks(set);
      for (let tries = 5; tries > 0; tries -= 1) {
        const answered = set.page.waitForResponse((answer) => answer.status() === 401);
        await guesses(set);
        await answered;
        await set.page.waitForLoadState();
      }
    },
  ],
  [
    "code-expired",
    async (set) => {
      await asks(set);
      await set.stage.advance(301);
      await set.page.reload();
    },
  ],
  [
    "code-used",
    async (set) => {
      const { page, context, stage } = set;
      await asks(set);
      const awaited = page.url();
      await page.locator("#code").fill(await stage.code(ANA));
      await page.locator("#who").waitFor();
      await context.clearCookies({ name: /^__Host-countersign(-session)?$/ });
      await page.goto(awaited);
    },
  ],
  [
    "work",
    async ({ page, stage }) => {
      for (const someone of "abcdefg") {
        await fetch(`${stage.api}/v1/tokens`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            partner: "northstar",
            authenticator: "email",
            identity: { type: "email", value: `${someone}@example.com` },
          }),
        });
      }
      await page.goto(stage.at("/auth/otp"));
      await page.locator("#identity").fill(ANA);
      await page.locator(MAIN).click();
      await page.locator("#working[data-now]").waitFor();
    },
    { settings: { ...CODES, limits: { sends_per_minute: 8 } }, before: withoutCrypto },
  ],
].map(scene("otp", CODES));

const password = [
  ["password", (set) => set.page.goto(set.stage.at("/auth/password"))],
  ["password-wrong", triesPassword],
  ["forgotten", (set) => set.page.goto(set.stage.at("/auth/password/forgotten"))],
  [
    "forgotten-sent",
    async ({ page, stage }) => {
      await page.goto(stage.at("/auth/password/forgotten"));
      await page.locator("#identity").fill(ANA);
      await page.locator(MAIN).click();
      await page.locator("a.button").waitFor();
    },
  ],
  [
    "three-ways",
    (set) => set.page.goto(set.stage.at("/auth/password")),
    { settings: { ...PASSWORDS, force: true, login_url: "https://northstar.example/login" } },
  ],
].map(scene("password", PASSWORDS));

const enter = [
  ["asked", async ({ page, stage }) => page.goto(await stage.link())],
  [
    "unasked",
    async ({ page, stage }) => {
      await page.goto(`${stage.northstar}/ready`);
      await page.getByRole("link").click();
      await page.locator("#enter").waitFor();
    },
    { before: heldStill },
  ],
  [
    "over-another",
    async ({ page, context, stage }) => {
      await signIn(context, stage, "roberto.fernandez@example.com");
      await page.goto(await stage.link());
    },
  ],
  ["without-token", async (set) => set.page.goto(await atPartner(set))],
  [
    "without-token-two-ways",
    async (set) => {
      await set.stage.settings({ email: true });
      await set.page.goto(await atPartner(set));
    },
  ],
].map(scene("enter", { email: false, sms: false, password: false }));

const account = [
  ["devices", threeDevices],
  [
    "device-ended",
    async (set) => {
      await threeDevices(set);
      await set.page.locator(".devices button").first().click();
      await set.page.locator(".note").waitFor();
    },
  ],
  [
    "one-device",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await page.goto(stage.at("/auth/account"));
    },
  ],
  [
    "others",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await page.goto(stage.at("/auth/account?ask=others"));
    },
  ],
  [
    "others-ended",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await page.goto(stage.at("/auth/account?said=others"));
    },
  ],
  [
    "sign-out",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await page.goto(stage.at("/auth/sign-out"));
    },
  ],
  ["signed-out", ({ page, stage }) => page.goto(stage.at("/auth/sign-out"))],
].map(scene("account"));

const trouble = [
  ["no-such-page", ({ page, stage }) => page.goto(stage.at("/auth/nothing"))],
  ["malformed", ({ page, stage }) => page.goto(stage.at("/auth/otp?return_to=/1&return_to=/2"))],
  [
    "return-to",
    ({ page, stage }) => page.goto(stage.at("/auth/sign-in?return_to=https://evil.example/")),
  ],
  [
    "other-site",
    async ({ page, stage }) => {
      await page.goto(`${stage.northstar}/prize`);
      await page.locator("button").click();
      await page.locator("footer").waitFor();
    },
  ],
  [
    "no-cookies",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await page.goto(stage.at("/auth/sign-out"));
      await context.clearCookies();
      await page.locator(MAIN).click();
      await page.locator("footer").waitFor();
    },
  ],
  [
    "other-browser",
    async ({ page, context, stage }) => {
      await page.goto(await stage.link());
      await context.clearCookies();
      const begun = page.url();
      await page.goto(stage.at("/auth/sign-out"));
      await page.goto(begun);
    },
  ],
  [
    "expired",
    async ({ page, stage }) => {
      await page.goto(await stage.link());
      await stage.advance(15 * 60 + 1);
      await page.reload();
    },
  ],
  [
    "link-expired",
    async ({ page, stage }) => {
      const link = await stage.link();
      await stage.advance(61);
      await page.goto(link);
    },
  ],
  [
    "link-used",
    async ({ page, context, stage }) => {
      const link = await stage.link();
      await page.goto(link);
      await page.locator(MAIN).click();
      await page.locator("#who").waitFor();
      await context.clearCookies();
      await page.goto(link);
    },
  ],
  [
    "not-for-here",
    async ({ page, stage }) =>
      page.goto(stage.at(`/auth/enter?oneTimeToken=${await stage.forceToken()}`)),
  ],
  [
    "not-returned",
    async (set) => {
      const back = await atPartner(set);
      const link = new URL(await set.stage.link());
      await set.page.goto(`${back}?oneTimeToken=${link.searchParams.get("oneTimeToken")}`);
    },
  ],
  [
    "framed",
    (set) =>
      asIf(set, set.stage.at("/auth/sign-in"), {
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "iframe",
      }),
  ],
  [
    "blocked",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await stage.lock(`email:${ANA}`);
      await page.goto(stage.at("/buy/7"));
    },
  ],
  [
    "unavailable",
    async ({ page, context, stage }) => {
      await signIn(context, stage);
      await stage.away();
      await page.goto(stage.at("/auth/account"));
    },
  ],
  [
    "no-way-in",
    ({ page, stage }) => page.goto(stage.at("/auth/sign-in")),
    { settings: { login_url: null, email: false, sms: false, password: false } },
  ],
].map(scene("trouble"));

// How a partner looks that chose it.
const looks = [
  [
    "logo",
    async (set) => {
      await set.stage.settings({ logo: `${set.stage.northstar}/logo.svg` });
      await set.page.goto(set.stage.at("/auth/otp"));
    },
    { logo: true },
  ],
  ["yellow", (set) => asks(set), { settings: { ...CODES, colour: "#ffe600" } }],
  ["black", (set) => asks(set), { settings: { ...CODES, colour: "#000000" } }],
  [
    "long-name",
    ({ page, stage }) => page.goto(stage.at("/auth/otp")),
    { settings: { ...CODES, name: "Straßenbahnkonzertveranstaltungsgesellschaft Süd" } },
  ],
].map(scene("looks", CODES));

const dev = [
  [
    "dev",
    async ({ page, stage }) => {
      const pages = [stage.market, stage.api].map((origin) => `${origin}/auth`);
      await stage.settings({ public_urls: pages });
      await page.goto(stage.api);
    },
  ],
  [
    "outbox",
    async (set) => {
      await asks(set, "ana@example.com");
      await set.page.goto(`${set.stage.api}/dev/outbox`);
      await set.page.locator("details").waitFor();
    },
  ],
].map(scene("dev", CODES));

function scene(group, settings = {}) {
  return ([name, reach, more = {}]) => ({ group, name, reach, settings, ...more });
}

export const SCENES = [...otp, ...password, ...enter, ...account, ...trouble, ...looks, ...dev];

// Sets a stage, and comes to the page of a scene in a new browser.
export async function shown(browser, scene, stage, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  if (scene.before) await page.addInitScript(scene.before);
  await scene.reach({ browser, context, page, stage });
  await page.waitForLoadState("load");
  return { context, page };
}
